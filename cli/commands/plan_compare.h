/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `plan compare`: plans side by side, and what moves from one to the next. */
#ifndef SYN_CLI_COMMANDS_PLAN_COMPARE_H
#define SYN_CLI_COMMANDS_PLAN_COMPARE_H

#include "core/base/error.h"

struct syn_call;
struct syn_console;
int syn_plan_compare_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error);

#endif
