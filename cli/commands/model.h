/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handlers of `model` that have files of their own. */
#ifndef SYN_CLI_COMMANDS_MODEL_H
#define SYN_CLI_COMMANDS_MODEL_H

#include "cli/output/table.h"
#include "cli/shell/command.h"
#include "core/import/import.h"

#include <cjson/cJSON.h>

#define SYN_TEST_IMAGES "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
#define SYN_TEST_LABELS "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"

/* What a model is, in one row of a table and in one object. */
struct syn_table *syn_model_summary_table(void);
void syn_model_summary_row(struct syn_table *table, const struct syn_model *model);
void syn_model_show_summary(cJSON *json, const struct syn_model *model);

/* Reads a file and registers its model, which goes into `json` and `table`. */
int syn_model_add_file(struct syn_console *console, const char *path,
                       const struct syn_import_options *options, cJSON *json,
                       struct syn_table *table, struct syn_error *error);

int syn_model_add_run(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error);
int syn_model_check_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error);
int syn_model_test_run(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error);

#endif
