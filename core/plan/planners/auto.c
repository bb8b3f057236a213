/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The default: `synergy`, then `exact` from there for a second at most. */
#include "core/plan/exact/search.h"
#include "core/plan/planners/planners.h"

#define MOST_NS 1000000000

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    struct syn_search_options most = options ? *options : (struct syn_search_options){0};
    if (most.time_limit_ns <= 0 || most.time_limit_ns > MOST_NS)
        most.time_limit_ns = MOST_NS;
    return syn_exact_search(problem, &most, result, error);
}

const struct syn_planner syn_planner_auto = {
    .name = "auto",
    .summary = "synergy, then exact for at most a second",
    .execution = SYN_EXECUTION_PARALLEL,
    .search = search,
};
