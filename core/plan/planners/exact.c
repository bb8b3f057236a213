/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proven optimum, or the best plan and a bound when time runs out: core/plan/exact. */
#include "core/plan/exact/search.h"
#include "core/plan/planners/planners.h"

const struct syn_planner syn_planner_exact = {
    .name = "exact",
    .summary = "a proven optimum; the best plan so far and its gap where time runs out",
    .execution = SYN_EXECUTION_PARALLEL,
    .search = syn_exact_search,
};
