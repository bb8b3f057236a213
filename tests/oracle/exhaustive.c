/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/oracle/exhaustive.h"

#include "core/cost/fit.h"
#include "tests/core/plan/brute.h"

#include <stdlib.h>
#include <string.h>

/* All execution plans of one pipeline. */
struct choices {
    size_t count, room;
    struct syn_execution_plan *list;
};

struct gathering {
    const struct syn_problem *problem;
    unsigned pipeline;
    struct choices *choices;
    size_t most;
    bool failed;
};

static bool possible_alone(const struct syn_problem *problem, unsigned pipeline,
                           const struct syn_execution_plan *e)
{
    struct syn_misfit misfit;
    for (unsigned k = 0; k < e->chunk_count; k++)
        if (syn_fit_alone(problem->fleet->devices[e->chunks[k].device].profile.timing.part,
                          problem->pipelines[pipeline].model, e->chunks[k].first, e->chunks[k].last,
                          &misfit))
            return false;
    return true;
}

static void gather(void *ctx, const struct syn_plan *plan)
{
    struct gathering *g = ctx;
    struct choices *c = g->choices;
    const struct syn_execution_plan *e = &plan->pipelines[g->pipeline];
    if (g->failed || c->count > g->most || !possible_alone(g->problem, g->pipeline, e))
        return;
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 64;
        struct syn_execution_plan *list = realloc(c->list, c->room * sizeof *list);
        g->failed = !list;
        if (!list)
            return;
        c->list = list;
    }
    c->list[c->count++] = *e;
}

static uint64_t product(const struct choices *choices, unsigned count)
{
    uint64_t n = 1;
    for (unsigned p = 0; p < count; p++)
        n = choices[p].count && n > UINT64_MAX / choices[p].count ? UINT64_MAX
                                                                  : n * choices[p].count;
    return n;
}

static int gather_all(const struct syn_problem *problem, uint64_t most, struct choices *choices)
{
    struct syn_plan nothing = {.pipeline_count = problem->pipeline_count};
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        struct gathering g = {problem, p, &choices[p], (size_t)most, false};
        brute_each(problem, &nothing, p, gather, &g);
        if (g.failed)
            return SYN_ENOMEM;
    }
    return 0;
}

static void judge(const struct syn_problem *problem, const struct syn_plan *plan,
                  struct exhaustive *result)
{
    static struct syn_prediction prediction;
    struct syn_score score;
    if (syn_cost_predict(problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    result->feasible++;
    syn_score_of(problem, plan, &prediction, &score);
    if (result->found &&
        syn_plan_compare(problem->objective, &score, plan, &result->score, &result->plan) >= 0)
        return;
    result->found = true;
    result->plan = *plan;
    result->score = score;
}

/* The next combination, like an odometer; false after the last. */
static bool turn(const struct choices *choices, size_t *at, struct syn_plan *plan)
{
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        at[p] = at[p] + 1 < choices[p].count ? at[p] + 1 : 0;
        plan->pipelines[p] = choices[p].list[at[p]];
        if (at[p])
            return true;
    }
    return false;
}

static void judge_all(const struct syn_problem *problem, const struct choices *choices,
                      struct exhaustive *result)
{
    size_t at[SYN_PIPELINES_MAX] = {0};
    struct syn_plan plan = {.pipeline_count = problem->pipeline_count};
    for (unsigned p = 0; p < plan.pipeline_count; p++)
        plan.pipelines[p] = choices[p].list[0];
    do
        judge(problem, &plan, result);
    while (turn(choices, at, &plan));
}

int exhaustive_search(const struct syn_problem *problem, uint64_t combinations_max,
                      struct exhaustive *result)
{
    struct choices choices[SYN_PIPELINES_MAX];
    memset(choices, 0, sizeof choices);
    memset(result, 0, sizeof *result);
    int rc = gather_all(problem, combinations_max, choices);
    result->combinations = product(choices, problem->pipeline_count);
    if (!rc && result->combinations > combinations_max)
        rc = SYN_ETIMEOUT;
    if (!rc && result->combinations)
        judge_all(problem, choices, result);
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        free(choices[p].list);
    return rc || result->found ? rc : SYN_EOOR;
}
