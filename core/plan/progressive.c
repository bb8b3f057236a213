/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/progressive.h"

#include "core/plan/oor.h"
#include "devices/base/bits.h"

#include <string.h>

/* The best candidate so far. */
struct choice {
    const struct syn_problem *problem;
    syn_candidate_compare compare;
    bool have;
    struct syn_execution_plan plan;
    struct syn_candidate best; /* refers to `plan` */
};

/* Could something that begins like this come before the best in syn_execution_plan_compare? */
static bool could_precede(const struct syn_candidate *c, const struct syn_execution_plan *best)
{
    const struct syn_execution_plan *e = c->plan;
    if (c->complete)
        return syn_execution_plan_compare(e, best) < 0;
    if (e->source != best->source)
        return e->source < best->source;
    if (e->target != best->target)
        return e->target < best->target;
    if (c->chunk_count != best->chunk_count)
        return c->chunk_count < best->chunk_count;
    for (unsigned k = 0; k < e->chunk_count; k++)
        if (e->chunks[k].device != best->chunks[k].device)
            return e->chunks[k].device < best->chunks[k].device;
    return true;
}

static bool promising(void *ctx, const struct syn_candidate *candidate)
{
    const struct choice *c = ctx;
    if (!c->have)
        return true;
    const int order = c->compare(c->problem, candidate, &c->best);
    return order < 0 || (order == 0 && could_precede(candidate, &c->plan));
}

/* T alone: whether anything can be faster than the best so far. */
static bool faster(void *ctx, const struct syn_candidate *candidate)
{
    const struct choice *c = ctx;
    return !c->have || candidate->score.round_ns < c->best.score.round_ns;
}

static int before(void *ctx, const struct syn_candidate *a, const struct syn_candidate *b)
{
    const struct choice *c = ctx;
    return c->compare(c->problem, a, b);
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
    struct syn_stage *stage; /* NULL before the first */
};

static int walk(struct search *s, struct syn_stage *stage, const struct syn_limits *limits,
                const struct syn_visitor *visitor)
{
    return syn_enumerate_stage(stage, limits, s->options, s->deadline_ns, visitor,
                               &s->result->candidates);
}

/* The numbers of chunks in the planner's order, within other limits, until one gives a plan. */
static int choose_spread(struct search *s, struct syn_stage *stage, struct syn_limits limits,
                         const struct syn_visitor *visitor, const bool *have)
{
    const enum syn_spread spread = s->how->spread;
    int rc = 0;
    if (spread == SYN_SPREAD_ANY)
        return walk(s, stage, &limits, visitor);
    const unsigned hosts = syn_bits_count(syn_stage_useful(stage));
    unsigned most = hosts < stage->layers ? hosts : stage->layers;
    /* Source and target are two at most. */
    if (limits.strangers < most)
        most = limits.strangers + 2 < most ? limits.strangers + 2 : most;
    for (unsigned i = 1; !rc && !*have && i <= most; i++) {
        limits.chunks = spread == SYN_SPREAD_FEWEST ? i : most + 1 - i;
        rc = walk(s, stage, &limits, visitor);
        /* Out of patience, not of time: one chunk more or less may be found. */
        if (rc == SYN_ETIMEOUT && !*have && limits.patience) {
            s->result->stopped = true;
            rc = syn_search_interrupted(s->options, s->deadline_ns);
        }
    }
    return rc;
}

/*
 * Where T comes first: the plans whose T is no more than a bound on it, among which a sum is to be
 * small; if there are none, the smallest T that there is, and then the plans of that T.
 */
static int choose_by_round(struct search *s, struct syn_stage *stage, struct syn_limits limits,
                           struct choice *choice)
{
    const struct syn_visitor all = {choice, promising, found, before};
    const struct syn_visitor fast = {choice, faster, found, before};
    limits.least_round = true;
    int rc = walk(s, stage, &limits, &all);
    if (rc || choice->have)
        return rc;
    limits.least_round = false;
    rc = walk(s, stage, &limits, &fast);
    if (rc || !choice->have)
        return rc;
    limits.round_ns = choice->best.score.round_ns;
    return walk(s, stage, &limits, &all);
}

static int choose_in(struct search *s, struct syn_stage *stage, struct choice *choice)
{
    const struct syn_visitor visitor = {choice, promising, found, before};
    struct syn_limits limits = SYN_NO_LIMITS;
    int rc = 0;
    limits.order = s->how->order_of_sums;
    limits.one_of_twins = true;
    limits.patience = s->how->patience;
    if (s->how->round_first)
        return choose_by_round(s, stage, limits, choice);
    if (!s->how->own_first)
        return choose_spread(s, stage, limits, &visitor, &choice->have);
    for (limits.strangers = 0; !rc && !choice->have && limits.strangers <= stage->devices;
         limits.strangers++)
        rc = choose_spread(s, stage, limits, &visitor, &choice->have);
    return rc;
}

/* No plan for a pipeline: words, or the rescue. */
static int no_plan(struct search *s, const struct syn_plan *base, unsigned pipeline,
                   struct syn_error *error)
{
    int rc = syn_plan_prove_oor(s->problem, error);
    if (rc)
        return rc;
    const struct syn_plan so_far = *base;
    if (s->how->rescue && !s->how->rescue(s->problem, s->deadline_ns, s->result)) {
        s->result->repaired = true;
        return 0;
    }
    s->result->plan = so_far;
    return syn_plan_explain_oor(s->problem, &so_far, pipeline, error);
}

/* Words for a stage that ended without a plan; 0 where it has one. */
static int judge(const struct search *s, unsigned pipeline, int rc, bool have,
                 struct syn_error *error)
{
    if (rc == SYN_ECANCELED)
        return syn_error_set(error, rc, "the search was cancelled");
    if (rc == SYN_ENOMEM)
        return syn_error_set(error, rc, "no memory for the search");
    if (rc == SYN_ETIMEOUT && !have)
        return syn_error_set(error, rc, "no plan for pipeline %s within the time limit",
                             s->problem->pipelines[pipeline].spec.name);
    return 0;
}

static int choose(struct search *s, unsigned pipeline, struct syn_error *error)
{
    struct choice choice = {.problem = s->problem, .compare = s->how->compare};
    const struct syn_plan empty = {.pipeline_count = s->problem->pipeline_count};
    const struct syn_plan *base = s->how->blind ? &empty : &s->result->plan;
    int rc = s->stage ? syn_stage_move(s->stage, base, pipeline, error)
                      : syn_stage_new(&s->stage, s->problem, base, pipeline, error);
    if (rc)
        return rc;
    rc = choose_in(s, s->stage, &choice);
    s->result->stopped |= rc == SYN_ETIMEOUT;
    rc = judge(s, pipeline, rc, choice.have, error);
    if (!rc && !choice.have)
        return no_plan(s, base, pipeline, error);
    if (!rc)
        s->result->plan.pipelines[pipeline] = choice.plan;
    return rc;
}

int syn_progressive_search(const struct syn_problem *problem,
                           const struct syn_progressive *progressive,
                           const struct syn_search_options *options,
                           struct syn_search_result *result, struct syn_error *error)
{
    struct search s = {.problem = problem,
                       .how = progressive,
                       .options = options,
                       .deadline_ns = syn_search_deadline(options),
                       .result = result};
    struct syn_prediction prediction;
    int rc = 0;
    memset(result, 0, sizeof *result);
    result->plan.pipeline_count = problem->pipeline_count;
    if (problem->pipeline_count == 0)
        return syn_error_set(error, SYN_EINVAL, "there is no pipeline to plan for");
    for (unsigned i = 0; !rc && !result->repaired && i < problem->pipeline_count; i++)
        rc = choose(&s, progressive->order ? progressive->order[i] : i, error);
    syn_stage_free(s.stage);
    if (!rc && progressive->blind)
        rc = syn_cost_predict(problem, &result->plan, SYN_EXECUTION_PARALLEL, &prediction, error);
    return rc;
}

int syn_by_own_latency(const struct syn_problem *problem, const struct syn_candidate *a,
                       const struct syn_candidate *b)
{
    (void)problem;
    if (a->own_latency_ns != b->own_latency_ns)
        return a->own_latency_ns < b->own_latency_ns ? -1 : 1;
    return syn_score_compare_tail(&a->score, &b->score);
}

int syn_by_model_latency(const struct syn_problem *problem, const struct syn_candidate *a,
                         const struct syn_candidate *b)
{
    (void)problem;
    if (a->model_latency_ns != b->model_latency_ns)
        return a->model_latency_ns < b->model_latency_ns ? -1 : 1;
    return syn_score_compare_tail(&a->score, &b->score);
}
