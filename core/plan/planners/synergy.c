/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The paper's way: pipelines in descending data intensity, each taking the execution plan that is
 * best for the whole, given those that were taken before it.
 */
#include "core/plan/improve/improve.h"
#include "core/plan/planners/planners.h"
#include "core/plan/progressive.h"

/* Repairing is not the paper's: it is bounded in steps, so that the answer is the same everywhere.
 */
#define REPAIR_ROUNDS 500 /* a second or so */
#define POLISH_PLANS  64  /* neighbourhoods */
#define SEED          1

static int by_objective(const struct syn_problem *problem, const struct syn_candidate *a,
                        const struct syn_candidate *b)
{
    return syn_score_compare(problem->objective, &a->score, &b->score);
}

/* Stable: pipelines of equal intensity stay as they are. */
static void sort_by_intensity(const struct syn_problem *problem, unsigned *order)
{
    uint64_t intensity[SYN_PIPELINES_MAX];
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        unsigned at = p;
        intensity[p] = syn_model_data_intensity(problem->pipelines[p].model);
        for (; at > 0 && intensity[order[at - 1]] < intensity[p]; at--)
            order[at] = order[at - 1];
        order[at] = p;
    }
}

/* Memory first, and then the whole plan a little better. */
static int repair(const struct syn_problem *problem, int64_t deadline_ns,
                  struct syn_search_result *result)
{
    struct syn_improve_limits limits = {
        .deadline_ns = deadline_ns, .iterations = REPAIR_ROUNDS, .seed = SEED};
    struct syn_prediction prediction;
    struct syn_score score;
    int rc = syn_repair(problem, &limits, &result->plan);
    if (!rc)
        rc = syn_cost_predict(problem, &result->plan, SYN_EXECUTION_PARALLEL, &prediction, NULL);
    if (rc)
        return rc;
    limits.iterations = POLISH_PLANS;
    syn_score_of(problem, &result->plan, &prediction, &score);
    return syn_improve(problem, &limits, &result->plan, &score, &result->candidates);
}

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    unsigned order[SYN_PIPELINES_MAX];
    sort_by_intensity(problem, order);
    const struct syn_progressive how = {.rescue = repair,
                                        .compare = by_objective,
                                        .order = order,
                                        .order_of_sums = syn_enumerate_order(problem->objective),
                                        .round_first =
                                            problem->objective == SYN_OBJECTIVE_THROUGHPUT};
    int rc = syn_progressive_search(problem, &how, options, result, error);
    /* With one pipeline nothing was taken before it: its best is the best. */
    result->proven = !rc && problem->pipeline_count == 1 && !result->stopped && !result->repaired;
    return rc;
}

const struct syn_planner syn_planner_synergy = {
    .name = "synergy",
    .summary = "all plans of each pipeline, the most data-intensive first, best for the whole",
    .execution = SYN_EXECUTION_PARALLEL,
    .search = search,
};
