/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `plan explain`: what binds, what would help, what comes next. */
#ifndef SYN_CLI_COMMANDS_PLAN_EXPLAIN_H
#define SYN_CLI_COMMANDS_PLAN_EXPLAIN_H

#include "core/base/error.h"

struct syn_call;
struct syn_console;
int syn_plan_explain_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error);

#endif
