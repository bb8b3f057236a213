/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `plan search --pareto`: the front of throughput against power, every point of it a plan. */
#ifndef SYN_CLI_COMMANDS_PLAN_PARETO_H
#define SYN_CLI_COMMANDS_PLAN_PARETO_H

#include "cli/commands/plan_search.h"

/* Do the options go together? 0 or SYN_EINVAL. */
int syn_plan_pareto_check(const struct syn_call *call, struct syn_error *error);

/* The workload is narrowed here, without a rate; `search` says limit and threads. */
int syn_plan_pareto_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_workload *workload, const struct syn_plan_search *search,
                        struct syn_error *error);

#endif
