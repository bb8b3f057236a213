/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `device logs`: what a device said between its answers, with the time at which it came. */
#ifndef SYN_CLI_COMMANDS_DEVICE_LOGS_H
#define SYN_CLI_COMMANDS_DEVICE_LOGS_H

#include "cli/console.h"
#include "cli/shell/call.h"

int syn_device_logs_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error);

#endif
