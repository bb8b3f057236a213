/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baseline: by what lies between first and last chunk, in the memory that others leave. */
#include "core/plan/planners/planners.h"
#include "core/plan/progressive.h"

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    const struct syn_progressive how = {.compare = syn_by_model_latency,
                                        .order_of_sums = SYN_OUTLOOK_MODEL};
    return syn_progressive_search(problem, &how, options, result, error);
}

const struct syn_planner syn_planner_joint_model = {
    .name = "joint-model",
    .summary = "lowest model latency in the memory that the others leave",
    .execution = SYN_EXECUTION_SEQUENTIAL,
    .search = search,
};
