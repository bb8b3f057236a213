/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/pareto.h"
#include "core/plan/score.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct syn_pareto front;

static void search(const struct syn_problem *problem, unsigned points)
{
    struct syn_error error = {0};
    if (syn_pareto_search(problem, syn_planner_find("synergy"), NULL, points, &front, &error))
        fail_msg("%s", error.message);
    assert_true(front.count > 0);
}

static bool dominates(const struct syn_prediction *a, const struct syn_prediction *b)
{
    return a->throughput_ips >= b->throughput_ips && a->power_mw <= b->power_mw;
}

static void assert_is_a_front(const char *where)
{
    for (unsigned i = 0; i < front.count; i++)
        for (unsigned k = 0; k < front.count; k++)
            if (i != k && dominates(&front.points[i].prediction, &front.points[k].prediction))
                fail_msg("%s: point %u dominates point %u", where, i, k);
    for (unsigned i = 1; i < front.count; i++) {
        assert_true(front.points[i].prediction.throughput_ips <
                    front.points[i - 1].prediction.throughput_ips);
        assert_true(front.points[i].prediction.power_mw < front.points[i - 1].prediction.power_mw);
    }
}

static void no_point_is_dominated_and_power_falls_with_the_rate(void **state)
{
    (void)state;
    for (unsigned workload = 1; workload <= 3; workload++)
        for (int set = 0; set < RIG_SET_COUNT; set++) {
            struct rig rig;
            char where[32];
            rig_workload(&rig, workload, (enum rig_set)set);
            (void)snprintf(where, sizeof where, "W%u on %s", workload, rig_set_names[set]);
            if (workload < 3 || set != RIG_MAX78000) { /* which is OOR */
                search(&rig.problem, 10);
                assert_int_equal(front.count, 10);
                assert_is_a_front(where);
            }
            rig_free(&rig);
        }
}

/* The first point is as fast as any plan of the planner, and each runs at the rate it stands for.
 */
static void points_run_at_their_rates_from_the_largest_down(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result found;
    struct syn_prediction p;
    rig_workload(&rig, 2, RIG_MAX78000);
    rig.problem.pipelines[1].spec.weight = 2;
    assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &found, NULL), 0);
    assert_int_equal(syn_cost_predict(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL, &p, NULL),
                     0);
    search(&rig.problem, 4);
    assert_int_equal(front.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct syn_pareto_point *point = &front.points[i];
        assert_true(fabs(point->prediction.throughput_ips / (4 * point->rate_rps) - 1) < 1e-6);
        assert_true(fabs(point->rate_rps / (p.throughput_ips / 4 * (4 - i) / 4) - 1) < 1e-6);
    }
    rig_free(&rig);
}

/* At the largest rate there may be a plan of less power than the fastest one, never of more. */
static void the_fastest_plan_is_no_better_at_its_own_rate(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result found;
    struct syn_prediction p;
    rig_workload(&rig, 1, RIG_MAX78002);
    assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &found, NULL), 0);
    assert_int_equal(syn_cost_predict(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL, &p, NULL),
                     0);
    search(&rig.problem, 1);
    assert_true(front.points[0].prediction.power_mw <= p.power_mw * (1 + 1e-6));
    rig_free(&rig);
}

static void what_was_proven_of_a_rate_is_kept(void **state)
{
    (void)state;
    struct rig rig;
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_int_equal(
        syn_pareto_search(&rig.problem, syn_planner_find("exact"), NULL, 4, &front, NULL), 0);
    assert_int_equal(front.count, 4);
    rig.problem.objective = SYN_OBJECTIVE_POWER;
    for (unsigned i = 0; i < front.count; i++) {
        const struct syn_pareto_point *point = &front.points[i];
        assert_true(point->proven);
        assert_int_equal(point->bound, syn_score_predicted(&rig.problem, &point->prediction));
    }
    rig_free(&rig);
}

static void caps_of_pipelines_bound_the_sweep(void **state)
{
    (void)state;
    struct rig rig;
    rig_workload(&rig, 2, RIG_MAX78000);
    rig.problem.pipelines[0].spec.rate_cap_ips = 1.7;
    search(&rig.problem, 3);
    assert_int_equal(front.count, 3);
    assert_true(fabs(front.points[0].rate_rps - 1.7) < 1e-6);
    assert_is_a_front("W2 with a cap");
    rig_free(&rig);
}

static void what_cannot_be_planned_has_no_front(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_error error = {0};
    rig_workload(&rig, 3, RIG_MAX78000);
    assert_int_equal(
        syn_pareto_search(&rig.problem, syn_planner_find("synergy"), NULL, 5, &front, &error),
        SYN_EOOR);
    assert_int_equal(front.count, 0);
    assert_non_null(strstr(error.message, "573,440"));
    rig_free(&rig);
}

static bool soon(void *ctx)
{
    return ++*(unsigned *)ctx > 20;
}

static void a_sweep_that_is_stopped_keeps_what_it_has(void **state)
{
    (void)state;
    struct rig rig;
    unsigned asked = 0;
    const struct syn_search_options options = {.cancelled = soon, .ctx = &asked};
    rig_workload(&rig, 1, RIG_MAX78002);
    assert_int_equal(
        syn_pareto_search(&rig.problem, syn_planner_find("synergy"), &options, 32, &front, NULL),
        0);
    assert_true(front.stopped && front.count > 0);
    assert_is_a_front("stopped");
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_point_is_dominated_and_power_falls_with_the_rate),
        cmocka_unit_test(points_run_at_their_rates_from_the_largest_down),
        cmocka_unit_test(the_fastest_plan_is_no_better_at_its_own_rate),
        cmocka_unit_test(what_was_proven_of_a_rate_is_kept),
        cmocka_unit_test(caps_of_pipelines_bound_the_sweep),
        cmocka_unit_test(what_cannot_be_planned_has_no_front),
        cmocka_unit_test(a_sweep_that_is_stopped_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
