/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `plan timeline`: a simulated plan as a chart. */
#ifndef SYN_CLI_COMMANDS_PLAN_TIMELINE_H
#define SYN_CLI_COMMANDS_PLAN_TIMELINE_H

#include "core/base/error.h"

struct syn_call;
struct syn_console;
int syn_plan_timeline_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error);

#endif
