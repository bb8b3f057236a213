/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/planner.h"
#include "tests/core/plan/brute.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PROBLEMS   300
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

/* Tighter than rig_random: memory runs out, rounds have an end. */
static void tighten(struct rig *rig, uint64_t seed)
{
    if (seed % 3 == 1)
        rig->fleet.devices[seed % 2].profile.timing.arena_bytes = 4096;
    if (seed % 5 == 2)
        rig->problem.round_max_ns = 20000000 + seed % 7 * 20000000;
    if (seed % 4 == 3)
        for (unsigned d = 0; d < rig->fleet.count; d++)
            rig->fleet.devices[d].profile.timing.configure_layer_ns = 400000;
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
        rig_random(&rig, seed);
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

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void prove(unsigned workload, enum rig_set set, enum syn_objective objective)
{
    struct rig rig;
    struct syn_search_result result;
    struct syn_error error = {0};
    const struct syn_search_options options = {.time_limit_ns = 20000000000};
    rig_workload(&rig, workload, set);
    rig.problem.objective = objective;
    const double begin = now_ms();
    const int rc = syn_planner_find("exact")->search(&rig.problem, &options, &result, &error);
    const double ms = now_ms() - begin;
    print_message("W%u %-8s %-10s ", workload, rig_set_names[set], syn_objective_name(objective));
    if (rc)
        print_message("%s, %.2f ms\n", error.message, ms);
    else
        print_message("begun %.3f, bound %.3f, %s, %llu candidates, %.2f ms\n",
                      1e-6 * (double)result.begun, 1e-6 * (double)result.bound,
                      result.proven ? "proven" : "OPEN", (unsigned long long)result.candidates, ms);
    rig_free(&rig);
}

static void exact_proves_the_workloads(void **state)
{
    (void)state;
    for (unsigned objective = 0; objective < SYN_OBJECTIVE_POWER; objective++)
        for (unsigned workload = 1; workload <= 5; workload++)
            for (unsigned set = 0; set < RIG_SET_COUNT; set++)
                prove(workload, (enum rig_set)set, (enum syn_objective)objective);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_finds_the_best_of_all_plans),
        cmocka_unit_test(exact_proves_the_workloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
