/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `plan simulate`: what a plan does, event by event. */
#ifndef SYN_CLI_COMMANDS_PLAN_SIMULATE_H
#define SYN_CLI_COMMANDS_PLAN_SIMULATE_H

#include "cli/commands/plan_record.h"
#include "core/schedule/simulate.h"

struct syn_call;
int syn_plan_simulate_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error);

#endif
