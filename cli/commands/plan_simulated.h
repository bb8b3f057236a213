/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the event simulator makes of a plan, for those who want its throughput alone. */
#ifndef SYN_CLI_COMMANDS_PLAN_SIMULATED_H
#define SYN_CLI_COMMANDS_PLAN_SIMULATED_H

#include "core/plan/planner.h"

/* Inferences a second of all pipelines; NaN where the simulation fails or `options` cancel it. */
double syn_plan_simulated_ips(const struct syn_problem *problem, const struct syn_plan *plan,
                              enum syn_execution execution,
                              const struct syn_search_options *options);

#endif
