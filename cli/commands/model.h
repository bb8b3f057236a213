/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handlers of `model` that have files of their own. */
#ifndef SYN_CLI_COMMANDS_MODEL_H
#define SYN_CLI_COMMANDS_MODEL_H

#include "cli/shell/command.h"

#define SYN_TEST_IMAGES "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
#define SYN_TEST_LABELS "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"

int syn_model_check_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error);
int syn_model_test_run(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error);

#endif
