/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baseline: own source and target devices first, then as few devices as possible. */
#include "core/plan/planners/planners.h"
#include "core/plan/progressive.h"

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    const struct syn_progressive how = {.compare = syn_by_own_latency,
                                        .order_of_sums = SYN_OUTLOOK_OWN,
                                        .own_first = true,
                                        .spread = SYN_SPREAD_FEWEST};
    return syn_progressive_search(problem, &how, options, result, error);
}

const struct syn_planner syn_planner_pri_min_dev = {
    .name = "pri-min-dev",
    .summary = "own source and target devices first, then as min-dev",
    .execution = SYN_EXECUTION_SEQUENTIAL,
    .search = search,
};
