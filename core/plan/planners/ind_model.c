/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baseline: each pipeline as if it were alone, by what lies between its first and last chunk. */
#include "core/plan/planners/planners.h"
#include "core/plan/progressive.h"

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    const struct syn_progressive how = {
        .compare = syn_by_model_latency, .order_of_sums = SYN_OUTLOOK_MODEL, .blind = true};
    return syn_progressive_search(problem, &how, options, result, error);
}

const struct syn_planner syn_planner_ind_model = {
    .name = "ind-model",
    .summary = "lowest model latency (compute and cuts), each pipeline blind to the others",
    .execution = SYN_EXECUTION_SEQUENTIAL,
    .search = search,
};
