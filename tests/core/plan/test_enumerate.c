/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/enumerate.h"
#include "tests/core/plan/brute.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PROBLEMS 150

/* ---- what plain enumeration finds ---------------------------------------------------------- */

struct best {
    const struct syn_problem *problem;
    unsigned pipeline, feasible;
    uint64_t hash;
    bool have;
    struct syn_plan plan;
    struct syn_score score;
    uint64_t own_latency_ns;
};

/* A sum over all candidates that does not depend on their order. */
static uint64_t fingerprint(const struct syn_score *score, const struct syn_execution_plan *e,
                            uint64_t own_latency_ns)
{
    uint64_t h = syn_fnv1a(SYN_FNV1A_START, score, sizeof *score);
    h = syn_fnv1a(h, &own_latency_ns, sizeof own_latency_ns);
    h = syn_fnv1a(h, &e->source, 1);
    h = syn_fnv1a(h, &e->target, 1);
    for (unsigned k = 0; k < e->chunk_count; k++) {
        h = syn_fnv1a(h, &e->chunks[k].device, 1);
        h = syn_fnv1a(h, &e->chunks[k].last, 2);
    }
    return h;
}

static void judge(void *ctx, const struct syn_plan *plan)
{
    struct best *b = ctx;
    struct syn_prediction prediction;
    struct syn_score score;
    if (syn_cost_predict_partial(b->problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(b->problem, plan, &prediction, &score);
    b->feasible++;
    b->hash += fingerprint(&score, &plan->pipelines[b->pipeline],
                           prediction.pipelines[b->pipeline].latency_ns);
    if (b->have && syn_plan_compare(b->problem->objective, &score, plan, &b->score, &b->plan) >= 0)
        return;
    b->have = true;
    b->plan = *plan;
    b->score = score;
}

/* ---- what the enumerator finds ------------------------------------------------------------- */

static bool everything(void *ctx, const struct syn_candidate *candidate)
{
    (void)ctx;
    (void)candidate;
    return true;
}

static void collect(void *ctx, const struct syn_candidate *candidate)
{
    struct best *b = ctx;
    b->feasible++;
    b->hash += fingerprint(&candidate->score, candidate->plan, candidate->own_latency_ns);
}

/*
 * Stage by stage, as a planner would go: all feasible plans with their exact scores must be the
 * same ones that plain enumeration and prediction give.
 */
static void compare_stages(struct rig *rig)
{
    struct syn_plan base = {.pipeline_count = rig->problem.pipeline_count};
    for (unsigned p = 0; p < rig->problem.pipeline_count; p++) {
        struct best plain = {.problem = &rig->problem, .pipeline = p};
        struct best fast = plain;
        const struct syn_visitor visitor = {&fast, everything, collect, NULL};
        uint64_t count = 0;
        brute_each(&rig->problem, &base, p, judge, &plain);
        assert_int_equal(
            syn_enumerate(&rig->problem, &base, p, NULL, INT64_MAX, &visitor, &count, NULL), 0);
        assert_int_equal(fast.feasible, plain.feasible);
        assert_true(fast.hash == plain.hash);
        if (!plain.have)
            return;
        base = plain.plan;
    }
}

/* One in four has a device with a part of another kind. */
static void make_problem(struct rig *rig, uint64_t seed)
{
    rig_random(rig, seed);
    if (seed % 4 == 3)
        rig_other_part(rig, (unsigned)(seed / 4) % rig->fleet.count, seed);
}

static void finds_the_same_plans_with_the_same_scores_as_plain_enumeration(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < PROBLEMS; seed++) {
        struct rig rig;
        make_problem(&rig, seed);
        compare_stages(&rig);
        rig_free(&rig);
    }
}

/* ---- bounds -------------------------------------------------------------------------------- */

#define DEPTH_MAX SYN_PLAN_CHUNKS_MAX

struct bounds {
    struct syn_candidate stack[4 * DEPTH_MAX];
    struct syn_execution_plan plans[4 * DEPTH_MAX];
    unsigned depth, checked;
    enum syn_objective objective;
};

static bool begins_like(const struct syn_execution_plan *e, const struct syn_execution_plan *start)
{
    bool same = e->source == start->source && e->target == start->target &&
                e->chunk_count >= start->chunk_count;
    for (unsigned k = 0; same && k < start->chunk_count; k++) {
        const struct syn_plan_chunk *chunk = &start->chunks[k];
        same = e->chunks[k].device == chunk->device && e->chunks[k].first == chunk->first &&
               (chunk->last == chunk->first || e->chunks[k].last == chunk->last);
    }
    return same;
}

static bool remember(void *ctx, const struct syn_candidate *c)
{
    struct bounds *b = ctx;
    while (b->depth &&
           (b->depth == 4 * DEPTH_MAX || !begins_like(c->plan, &b->plans[b->depth - 1])))
        b->depth--;
    b->plans[b->depth] = *c->plan;
    b->stack[b->depth++] = *c;
    return true;
}

static void holds(void *ctx, const struct syn_candidate *c)
{
    struct bounds *b = ctx;
    for (unsigned i = 0; i < b->depth; i++) {
        if (!begins_like(c->plan, &b->plans[i]))
            continue;
        const struct syn_candidate *bound = &b->stack[i];
        assert_true(bound->score.round_ns <= c->score.round_ns);
        assert_true(bound->own_latency_ns <= c->own_latency_ns);
        assert_true(bound->model_latency_ns <= c->model_latency_ns);
        assert_true(syn_score_compare(b->objective, &bound->score, &c->score) <= 0);
        b->checked++;
    }
    assert_int_equal(c->chunk_count, c->plan->chunk_count);
}

static void what_a_visitor_is_asked_is_never_worse_than_what_follows(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (uint64_t seed = 0; seed < PROBLEMS; seed++) {
        struct rig rig;
        struct bounds bounds = {.depth = 0};
        const struct syn_visitor visitor = {&bounds, remember, holds, NULL};
        uint64_t count = 0;
        make_problem(&rig, seed);
        bounds.objective = rig.problem.objective;
        const struct syn_plan base = {.pipeline_count = rig.problem.pipeline_count};
        assert_int_equal(
            syn_enumerate(&rig.problem, &base, 0, NULL, INT64_MAX, &visitor, &count, NULL), 0);
        checked += bounds.checked;
        rig_free(&rig);
    }
    assert_true(checked > 1000);
}

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static void a_cancelled_search_says_so(void **state)
{
    (void)state;
    struct rig rig;
    struct best best = {.feasible = 0};
    struct syn_error error = {0};
    const struct syn_search_options options = {.cancelled = always};
    const struct syn_visitor visitor = {&best, everything, collect, NULL};
    uint64_t count = 0;
    rig_random(&rig, 1);
    const struct syn_plan base = {.pipeline_count = rig.problem.pipeline_count};
    assert_int_equal(
        syn_enumerate(&rig.problem, &base, 0, &options, INT64_MAX, &visitor, &count, &error),
        SYN_ECANCELED);
    assert_string_equal(error.message, "the search was cancelled");
    assert_int_equal(best.feasible, 0);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_same_plans_with_the_same_scores_as_plain_enumeration),
        cmocka_unit_test(what_a_visitor_is_asked_is_never_worse_than_what_follows),
        cmocka_unit_test(a_cancelled_search_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
