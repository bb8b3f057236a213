/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/improve.h"
#include "core/plan/improve/insert.h"
#include "tests/core/plan/brute.h"
#include "tests/core/plan/instances.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS (60 / SYN_FEWER)
/* Of 216 feasible problems among 250, all were repaired and 215 ended at their optimum. */
#define TINY_SEEDS    (150u / SYN_FEWER)
#define FOUND_PERCENT 99
#define BEST_PERCENT  97

static struct rig rig;
static const char *const objectives[] = {"throughput", "latency", "energy", "power"};

/* ---- helpers --------------------------------------------------------------------------------- */

/* A feasible plan of a random problem; false where none is found. */
static bool make(uint64_t seed, struct syn_plan *plan)
{
    const struct syn_improve_limits l = {.deadline_ns = INT64_MAX, .seed = seed, .iterations = 20};
    instance_small(&rig, seed, &instance_limits_small);
    rig.problem.objective = (enum syn_objective)(seed % SYN_OBJECTIVE_COUNT);
    memset(plan, 0, sizeof *plan);
    if (!syn_repair(&rig.problem, &l, plan))
        return true;
    rig_free(&rig);
    return false;
}

static void judge(const struct syn_plan *plan, struct syn_score *score, uint64_t seed)
{
    struct syn_prediction prediction;
    struct syn_error error = {0};
    if (syn_cost_predict(&rig.problem, plan, SYN_EXECUTION_PARALLEL, &prediction, &error))
        fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
    syn_score_of(&rig.problem, plan, &prediction, score);
}

static void improve(struct syn_plan *plan, struct syn_score *score, uint64_t seed,
                    uint64_t iterations)
{
    const struct syn_improve_limits l = {
        .deadline_ns = INT64_MAX, .seed = seed, .iterations = iterations};
    uint64_t looked = 0;
    assert_int_equal(syn_improve(&rig.problem, &l, plan, score, &looked), 0);
    assert_in_range(looked, 0, iterations);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void the_ledger_has_the_figures_of_the_cost_model(void **state)
{
    unsigned found = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        static struct syn_ledger ledger;
        struct syn_atlas *atlas;
        struct syn_ledger_peak peak;
        struct syn_score a, b;
        struct syn_plan plan;
        if (!make(seed, &plan))
            continue;
        found++;
        assert_int_equal(syn_atlas_new(&atlas, &rig.problem), 0);
        syn_ledger_clear(&ledger, atlas);
        for (unsigned p = 0; p < plan.pipeline_count; p++)
            syn_ledger_put(&ledger, p, &plan.pipelines[p]);
        assert_int_equal(syn_ledger_settle(&ledger), 0);
        /* Out and in again, so that nothing is left behind. */
        for (unsigned p = 0; p < plan.pipeline_count; p += 2) {
            syn_ledger_take(&ledger, p);
            (void)syn_ledger_settle(&ledger);
            syn_ledger_put(&ledger, p, &plan.pipelines[p]);
        }
        assert_int_equal(syn_ledger_settle(&ledger), 0);
        assert_true(syn_ledger_score(&ledger, &a, &peak));
        judge(&plan, &b, seed);
        if (memcmp(&a, &b, sizeof a))
            fail_msg("seed %llu: the ledger differs", (unsigned long long)seed);
        syn_atlas_free(atlas);
        rig_free(&rig);
    }
    assert_in_range(found, SEEDS / 3, SEEDS);
}

static void no_plan_becomes_worse_or_infeasible(void **state)
{
    unsigned better[SYN_OBJECTIVE_COUNT] = {0}, tried[SYN_OBJECTIVE_COUNT] = {0};
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct syn_plan plan, before;
        struct syn_score score, told, was;
        if (!make(seed, &plan))
            continue;
        judge(&plan, &was, seed);
        before = plan;
        told = was;
        improve(&plan, &told, seed, 60);
        judge(&plan, &score, seed);
        if (memcmp(&score, &told, sizeof score))
            fail_msg("seed %llu: the score is not the plan's", (unsigned long long)seed);
        const int order = syn_plan_compare(rig.problem.objective, &score, &plan, &was, &before);
        if (order > 0)
            fail_msg("seed %llu: worse", (unsigned long long)seed);
        better[rig.problem.objective] += order < 0;
        tried[rig.problem.objective]++;
        rig_free(&rig);
    }
    for (unsigned o = 0; o < SYN_OBJECTIVE_COUNT; o++)
        if (!better[o] && tried[o] > 8)
            fail_msg("nothing improved for %s", objectives[o]);
}

static void the_same_seed_and_limit_give_the_same_plan(void **state)
{
    struct syn_plan a, b;
    struct syn_score x, y;
    (void)state;
    instance_large(&rig, 3, 16, 32, 0.5);
    const struct syn_improve_limits l = {.deadline_ns = INT64_MAX, .seed = 9};
    assert_int_equal(syn_repair(&rig.problem, &l, &a), 0);
    judge(&a, &x, 3);
    b = a;
    y = x;
    improve(&a, &x, 5, 200);
    improve(&b, &y, 5, 200);
    rig_assert_same_plan(&a, &b);
    assert_memory_equal(&x, &y, sizeof x);
    rig_free(&rig);
}

/* The same neighbourhoods, whether they are asked for at once or a few at a time. */
static void portions_walk_on_where_the_last_one_stopped(void **state)
{
    struct syn_plan whole, parts;
    struct syn_score x, y;
    struct syn_improver *improver = NULL;
    uint64_t looked = 0;
    (void)state;
    instance_large(&rig, 4, 8, 16, 0.8);
    struct syn_improve_limits l = {.deadline_ns = INT64_MAX, .seed = 3};
    assert_int_equal(syn_repair(&rig.problem, &l, &whole), 0);
    judge(&whole, &x, 4);
    parts = whole;
    y = x;
    improve(&whole, &x, 3, 600);
    assert_int_equal(syn_improver_new(&improver, &rig.problem), 0);
    for (l.iterations = 40; looked < 600;)
        syn_improver_run(improver, &l, &parts, &y, &looked);
    rig_assert_same_plan(&whole, &parts);
    assert_memory_equal(&x, &y, sizeof x);
    syn_improver_free(improver);
    rig_free(&rig);
}

static void it_stops_when_told_to(void **state)
{
    struct syn_plan plan;
    struct syn_score score;
    uint64_t looked = 0;
    atomic_bool stop = true;
    (void)state;
    rig_workload(&rig, 2, RIG_MIXED);
    struct syn_improve_limits l = {.deadline_ns = INT64_MAX, .seed = 1};
    assert_int_equal(syn_repair(&rig.problem, &l, &plan), 0);
    judge(&plan, &score, 0);
    l.stop = &stop;
    assert_int_equal(syn_improve(&rig.problem, &l, &plan, &score, &looked), 0);
    assert_int_equal(looked, 0);
    l.stop = NULL;
    l.enough = score.round_ns;
    assert_int_equal(syn_improve(&rig.problem, &l, &plan, &score, &looked), 0);
    assert_int_equal(looked, 0);
    rig_free(&rig);
}

/* ---- against everything there is ------------------------------------------------------------- */

struct everything {
    bool have;
    uint64_t best; /* first term */
};

static void whole_plan(void *ctx, const struct syn_plan *plan)
{
    struct everything *e = ctx;
    struct syn_prediction prediction;
    struct syn_score score;
    if (syn_cost_predict(&rig.problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(&rig.problem, plan, &prediction, &score);
    const uint64_t first = syn_score_first(rig.problem.objective, &score);
    if (!e->have || first < e->best)
        *e = (struct everything){true, first};
}

static void first_pipeline(void *ctx, const struct syn_plan *plan)
{
    struct syn_prediction prediction;
    if (rig.problem.pipeline_count == 1)
        whole_plan(ctx, plan);
    else if (!syn_cost_predict_partial(&rig.problem, plan, SYN_EXECUTION_PARALLEL, &prediction,
                                       NULL))
        brute_each(&rig.problem, plan, 1, whole_plan, ctx);
}

static void most_tiny_problems_end_at_their_optimum(void **state)
{
    static const struct instance_limits limits = {2, 3, 1, 2, 2, 3, false};
    unsigned feasible = 0, found = 0, best = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= TINY_SEEDS; seed++) {
        const struct syn_improve_limits l = {
            .deadline_ns = INT64_MAX, .seed = seed, .iterations = 100};
        struct syn_plan plan = {0}, empty = {0};
        struct everything all = {0};
        struct syn_score score;
        instance_small(&rig, seed, &limits);
        rig.problem.objective = (enum syn_objective)(seed % SYN_OBJECTIVE_COUNT);
        empty.pipeline_count = rig.problem.pipeline_count;
        brute_each(&rig.problem, &empty, 0, first_pipeline, &all);
        const int rc = syn_repair(&rig.problem, &l, &plan);
        if (!rc && !all.have)
            fail_msg("seed %llu: a plan where there is none", (unsigned long long)seed);
        feasible += all.have;
        found += !rc;
        if (!rc) {
            judge(&plan, &score, seed);
            improve(&plan, &score, seed, 100);
            const uint64_t first = syn_score_first(rig.problem.objective, &score);
            if (first < all.best)
                fail_msg("seed %llu: better than the best", (unsigned long long)seed);
            best += first == all.best;
        }
        rig_free(&rig);
    }
    print_message("%u tiny problems: %u feasible, %u repaired, %u best\n", TINY_SEEDS, feasible,
                  found, best);
    assert_true(feasible > TINY_SEEDS / 3);
    assert_true(found * 100 >= feasible * FOUND_PERCENT);
    assert_true(best * 100 >= feasible * BEST_PERCENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_has_the_figures_of_the_cost_model),
        cmocka_unit_test(no_plan_becomes_worse_or_infeasible),
        cmocka_unit_test(the_same_seed_and_limit_give_the_same_plan),
        cmocka_unit_test(most_tiny_problems_end_at_their_optimum),
        cmocka_unit_test(portions_walk_on_where_the_last_one_stopped),
        cmocka_unit_test(it_stops_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
