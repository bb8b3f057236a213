/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/progressive.h"

#include "core/plan/oor.h"

#include <string.h>

/* The best candidate so far. */
struct choice {
    const struct syn_problem *problem;
    syn_candidate_compare compare;
    bool have;
    struct syn_execution_plan plan;
    struct syn_candidate best; /* refers to `plan` */
};

static bool promising(void *ctx, const struct syn_candidate *candidate)
{
    const struct choice *c = ctx;
    return !c->have || c->compare(c->problem, candidate, &c->best) <= 0;
}

static void found(void *ctx, const struct syn_candidate *candidate)
{
    struct choice *c = ctx;
    int order = c->have ? c->compare(c->problem, candidate, &c->best) : -1;
    if (order == 0)
        order = syn_execution_plan_compare(candidate->plan, &c->plan);
    if (order >= 0)
        return;
    c->have = true;
    c->plan = *candidate->plan;
    c->best = *candidate;
    c->best.plan = &c->plan;
}

struct search {
    const struct syn_problem *problem;
    const struct syn_progressive *how;
    const struct syn_search_options *options;
    int64_t deadline_ns;
    struct syn_search_result *result;
};

static int choose(struct search *s, unsigned pipeline, struct syn_error *error)
{
    struct choice choice = {.problem = s->problem, .compare = s->how->compare};
    const struct syn_visitor visitor = {&choice, promising, found};
    const struct syn_plan empty = {.pipeline_count = s->problem->pipeline_count};
    const struct syn_plan *base = s->how->blind ? &empty : &s->result->plan;
    int rc = syn_enumerate(s->problem, base, pipeline, s->options, s->deadline_ns, &visitor,
                           &s->result->candidates, error);
    if (rc == SYN_ETIMEOUT && !choice.have)
        return syn_error_set(error, rc, "no plan for pipeline %s within the time limit",
                             s->problem->pipelines[pipeline].spec.name);
    if (rc && rc != SYN_ETIMEOUT)
        return rc;
    if (!choice.have)
        return syn_plan_explain_oor(s->problem, base, pipeline, error);
    s->result->plan.pipelines[pipeline] = choice.plan;
    return 0;
}

int syn_progressive_search(const struct syn_problem *problem,
                           const struct syn_progressive *progressive,
                           const struct syn_search_options *options,
                           struct syn_search_result *result, struct syn_error *error)
{
    struct search s = {problem, progressive, options, syn_search_deadline(options), result};
    struct syn_prediction prediction;
    int rc = 0;
    memset(result, 0, sizeof *result);
    result->plan.pipeline_count = problem->pipeline_count;
    if (problem->pipeline_count == 0)
        return syn_error_set(error, SYN_EINVAL, "there is no pipeline to plan for");
    for (unsigned i = 0; !rc && i < problem->pipeline_count; i++)
        rc = choose(&s, progressive->order ? progressive->order[i] : i, error);
    if (!rc && progressive->blind)
        rc = syn_cost_predict(problem, &result->plan, SYN_EXECUTION_PARALLEL, &prediction, error);
    return rc;
}
