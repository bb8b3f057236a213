/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baseline: each pipeline on as few devices as will hold it, then the lowest latency. */
#include "core/plan/planners/planners.h"
#include "core/plan/progressive.h"

static int by_devices(const struct syn_problem *problem, const struct syn_candidate *a,
                      const struct syn_candidate *b)
{
    (void)problem;
    if (a->chunk_count != b->chunk_count)
        return a->chunk_count < b->chunk_count ? -1 : 1;
    if (a->own_latency_ns != b->own_latency_ns)
        return a->own_latency_ns < b->own_latency_ns ? -1 : 1;
    return syn_score_compare_tail(&a->score, &b->score);
}

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    const struct syn_progressive how = {.compare = by_devices};
    return syn_progressive_search(problem, &how, options, result, error);
}

const struct syn_planner syn_planner_min_dev = {
    .name = "min-dev",
    .summary = "fewest devices that hold chunks, then lowest latency",
    .execution = SYN_EXECUTION_SEQUENTIAL,
    .search = search,
};
