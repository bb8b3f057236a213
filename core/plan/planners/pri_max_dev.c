/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baseline: own source and target devices first, then as many devices as possible. */
#include "core/plan/planners/planners.h"
#include "core/plan/progressive.h"

/* On many devices there are too many orders of them to look at them all: then `stopped`. */
#define PATIENCE 100000

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    const struct syn_progressive how = {.compare = syn_by_own_latency,
                                        .order_of_sums = SYN_OUTLOOK_OWN,
                                        .own_first = true,
                                        .spread = SYN_SPREAD_MOST,
                                        .patience = PATIENCE};
    return syn_progressive_search(problem, &how, options, result, error);
}

const struct syn_planner syn_planner_pri_max_dev = {
    .name = "pri-max-dev",
    .summary = "own source and target devices first, then as max-dev",
    .execution = SYN_EXECUTION_SEQUENTIAL,
    .search = search,
};
