/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/planner.h"
#include "tests/core/plan/brute.h"
#include "tests/core/plan/instances.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PROBLEMS   (300 / SYN_FEWER)
#define PLANS_MOST 40000 /* of all pipelines together, that are tried one by one */

/* ---- all plans of all pipelines ------------------------------------------------------------ */

struct all {
    const struct syn_problem *problem;
    unsigned pipeline;
    uint64_t tried;
    bool have;
    uint64_t best; /* first term */
};

static void next(void *ctx, const struct syn_plan *plan)
{
    struct all *a = ctx;
    struct syn_prediction prediction;
    struct syn_score score;
    if (++a->pipeline < a->problem->pipeline_count) {
        brute_each(a->problem, plan, a->pipeline, next, a);
        a->pipeline--;
        return;
    }
    a->pipeline--;
    a->tried++;
    if (syn_cost_predict(a->problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(a->problem, plan, &prediction, &score);
    const uint64_t value = syn_score_first(a->problem->objective, &score);
    if (!a->have || value < a->best)
        a->best = value;
    a->have = true;
}

static void count(void *ctx, const struct syn_plan *plan)
{
    (void)plan;
    ++*(uint64_t *)ctx;
}

static bool few_plans(const struct syn_problem *problem)
{
    const struct syn_plan empty = {.pipeline_count = problem->pipeline_count};
    uint64_t all = 1;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        uint64_t own = 0;
        brute_each(problem, &empty, p, count, &own);
        all *= own;
    }
    return all <= PLANS_MOST;
}

/* Rounds that have an end, chunks that are slow to configure: where relaxations could be wrong. */
static void tighten(struct rig *rig, uint64_t seed)
{
    if (seed % 5 == 2)
        rig->problem.round_max_ns = 20000000 + seed % 7 * 20000000;
    if (seed % 4 == 3)
        for (unsigned d = 0; d < rig->fleet.count; d++)
            rig->fleet.devices[d].profile.timing.configure_layer_ns = 400000;
    rig->problem.objective = (enum syn_objective)(seed / 2 % SYN_OBJECTIVE_COUNT);
}

static bool agrees(const struct syn_problem *problem, uint64_t seed)
{
    const struct syn_plan empty = {.pipeline_count = problem->pipeline_count};
    struct all all = {.problem = problem};
    struct syn_search_result result;
    struct syn_prediction prediction;
    struct syn_score score;
    struct syn_error error = {0};
    brute_each(problem, &empty, 0, next, &all);
    const int rc = syn_planner_find("exact")->search(problem, NULL, &result, &error);
    if (rc != (all.have ? 0 : SYN_EOOR))
        fail_msg("seed %llu: %d, %s", (unsigned long long)seed, rc, error.message);
    if (rc)
        return false;
    assert_int_equal(
        syn_cost_predict(problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, &error), 0);
    syn_score_of(problem, &result.plan, &prediction, &score);
    const uint64_t value = syn_score_first(problem->objective, &score);
    if (value != all.best || !result.proven || result.bound != value)
        fail_msg("seed %llu, %s: %llu, proven %d, bound %llu; the best is %llu",
                 (unsigned long long)seed, syn_objective_name(problem->objective),
                 (unsigned long long)value, result.proven, (unsigned long long)result.bound,
                 (unsigned long long)all.best);
    return true;
}

static void exact_finds_the_best_of_all_plans(void **state)
{
    (void)state;
    unsigned feasible = 0, tried = 0;
    for (uint64_t seed = 0; seed < PROBLEMS; seed++) {
        struct rig rig;
        if (seed % 3)
            instance_small(&rig, seed, &instance_limits_tiny);
        else
            rig_random(&rig, seed);
        if (seed % 4 == 1)
            (void)rig_links(&rig, seed);
        tighten(&rig, seed);
        if (seed % 3 == 2)
            rig_other_part(&rig, (unsigned)(seed / 3 % 3), seed);
        if (few_plans(&rig.problem)) {
            tried++;
            feasible += agrees(&rig.problem, seed);
        }
        rig_free(&rig);
    }
    print_message("%u problems, %u with plans\n", tried, feasible);
    assert_in_range(feasible, PROBLEMS / 6, PROBLEMS);
}

/* ---- the reference workloads --------------------------------------------------------------- */

static uint64_t value_of(const struct syn_problem *problem, const struct syn_plan *plan)
{
    struct syn_prediction prediction;
    struct syn_score score;
    assert_int_equal(syn_cost_predict(problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL), 0);
    syn_score_of(problem, plan, &prediction, &score);
    return syn_score_first(problem->objective, &score);
}

static void prove(unsigned workload, enum rig_set set, enum syn_objective objective)
{
    struct rig rig;
    struct syn_search_result result, other;
    struct syn_error error = {0};
    const struct syn_search_options options = {.threads = 2};
    rig_workload(&rig, workload, set);
    rig.problem.objective = objective;
    const int rc = syn_planner_find("exact")->search(&rig.problem, &options, &result, &error);
    print_message("W%u %-8s %-10s ", workload, rig_set_names[set], syn_objective_name(objective));
    if (rc) {
        assert_int_equal(rc, SYN_EOOR);
        assert_int_not_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &other, NULL),
                             0);
        print_message("%s\n", error.message);
    } else {
        assert_true(result.proven);
        assert_int_equal(value_of(&rig.problem, &result.plan), result.bound);
        print_message("%llu, synergy %llu\n", (unsigned long long)result.bound,
                      (unsigned long long)result.begun);
    }
    rig_free(&rig);
}

static void exact_proves_the_workloads(void **state)
{
    (void)state;
    for (unsigned objective = 0; objective < SYN_OBJECTIVE_POWER; objective++)
        for (unsigned workload = 1; workload <= 5; workload++)
            for (unsigned set = 0; set < RIG_SET_COUNT; set++)
                /* That one alone takes seconds. */
                if (workload != 4 || set != RIG_MIXED || objective != SYN_OBJECTIVE_ENERGY)
                    prove(workload, (enum rig_set)set, (enum syn_objective)objective);
}

/* ---- searches that end early ------------------------------------------------------------------
 */

struct watch {
    pthread_t thread;
    unsigned asked, patience;
    uint64_t value, bound; /* of the last report */
};

static bool cancelled(void *ctx)
{
    struct watch *w = ctx;
    assert_true(pthread_equal(pthread_self(), w->thread));
    return ++w->asked > w->patience;
}

/* Values only ever fall, bounds only ever rise, and they do not cross. */
static void progress(void *ctx, const struct syn_search_progress *p)
{
    struct watch *w = ctx;
    assert_true(pthread_equal(pthread_self(), w->thread));
    assert_non_null(p->stage);
    assert_true(p->bound >= w->bound);
    assert_true(!w->value || (p->value && p->value <= w->value));
    assert_true(!p->value || p->bound <= p->value);
    w->value = p->value;
    w->bound = p->bound;
}

/* No plan is below the bound that a search was stopped with. */
static void check_bound(const struct syn_problem *problem, uint64_t bound)
{
    static const char *const names[] = {"synergy", "joint-model", "auto"};
    for (unsigned i = 0; i < 3; i++) {
        const struct syn_search_options options = {.time_limit_ns = 30000000};
        struct syn_search_result result;
        if (!syn_planner_find(names[i])->search(problem, &options, &result, NULL))
            assert_true(value_of(problem, &result.plan) >= bound);
    }
}

static unsigned stop_after(uint64_t seed, unsigned patience, unsigned threads)
{
    struct rig rig;
    struct syn_search_result result;
    struct syn_error error = {0};
    struct watch watch = {.thread = pthread_self(), .patience = patience};
    const struct syn_search_options options = {
        .threads = threads, .cancelled = cancelled, .progress = progress, .ctx = &watch};
    unsigned stopped = 0;
    instance_large(&rig, seed, 8, 12, 0.5 + 0.1 * (double)(seed % 5));
    rig.problem.objective = (enum syn_objective)(seed % SYN_OBJECTIVE_POWER);
    const int rc = syn_planner_find("exact")->search(&rig.problem, &options, &result, &error);
    if (rc == 0) {
        const uint64_t value = value_of(&rig.problem, &result.plan);
        assert_true(result.bound <= value);
        assert_int_equal(result.proven, result.bound == value);
        assert_true(result.proven || result.stopped);
        assert_true(!watch.value || watch.value == value);
        check_bound(&rig.problem, result.bound);
        stopped = result.stopped;
    } else {
        assert_true(rc == SYN_ECANCELED || rc == SYN_EOOR);
        assert_true(error.message[0] != '\0');
    }
    rig_free(&rig);
    return stopped;
}

static void a_stopped_search_has_a_plan_and_a_bound_that_holds(void **state)
{
    (void)state;
    unsigned stopped = 0;
    for (uint64_t seed = 0; seed < 8; seed++)
        for (unsigned patience = 0; patience <= 400; patience = 5 * patience + 16)
            stopped += stop_after(seed, patience, 1 + seed % 2);
    assert_true(stopped > 0);
}

/* Neither a plan nor a proof that there is none: that is another answer than OOR. */
static void a_search_without_time_says_that_nothing_is_proven(void **state)
{
    static const char *const names[] = {"exact", "auto"};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const struct syn_search_options options = {.time_limit_ns = 1};
        struct rig rig;
        struct syn_search_result result;
        struct syn_error error = {0};
        instance_large(&rig, 1, 16, 32, 0.95);
        assert_int_equal(
            syn_planner_find(names[i])->search(&rig.problem, &options, &result, &error),
            SYN_ETIMEOUT);
        assert_non_null(strstr(error.message, "no proof that there is none"));
        rig_free(&rig);
    }
}

/* `auto` is `exact` with a limit: never worse than `synergy`, and it says what that had. */
static void auto_begins_with_the_plan_of_synergy(void **state)
{
    (void)state;
    for (unsigned set = RIG_MAX78002; set < RIG_SET_COUNT; set++) {
        struct rig rig;
        struct syn_search_result synergy, result;
        rig_workload(&rig, 4, (enum rig_set)set);
        assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &synergy, NULL),
                         0);
        assert_int_equal(syn_planner_find("auto")->search(&rig.problem, NULL, &result, NULL), 0);
        assert_int_equal(result.begun, value_of(&rig.problem, &synergy.plan));
        assert_true(value_of(&rig.problem, &result.plan) < result.begun);
        rig_free(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_finds_the_best_of_all_plans),
        cmocka_unit_test(exact_proves_the_workloads),
        cmocka_unit_test(a_stopped_search_has_a_plan_and_a_bound_that_holds),
        cmocka_unit_test(a_search_without_time_says_that_nothing_is_proven),
        cmocka_unit_test(auto_begins_with_the_plan_of_synergy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
