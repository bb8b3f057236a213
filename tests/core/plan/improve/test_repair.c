/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/improve.h"
#include "tests/core/plan/instances.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct rig rig;

static struct syn_improve_limits limits(uint64_t seed, uint64_t iterations)
{
    return (struct syn_improve_limits){
        .deadline_ns = INT64_MAX, .seed = seed, .iterations = iterations};
}

static int repair(struct syn_plan *plan, uint64_t seed, uint64_t iterations)
{
    const struct syn_improve_limits l = limits(seed, iterations);
    return syn_repair(&rig.problem, &l, plan);
}

static void assert_feasible(const struct syn_plan *plan, uint64_t seed)
{
    struct syn_prediction prediction;
    struct syn_error error = {0};
    if (syn_cost_predict(&rig.problem, plan, SYN_EXECUTION_PARALLEL, &prediction, &error))
        fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
}

static void full_memory_on_sixteen_devices_is_filled(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct syn_plan plan = {0};
        instance_large(&rig, seed, 16, 32, 0.9);
        assert_int_equal(repair(&plan, seed, 0), 0);
        assert_feasible(&plan, seed);
        rig_free(&rig);
    }
}

/* MobileNetV2 and UNet come first and leave no room that EfficientNetV2 could use. */
static void a_plan_is_found_where_the_progressive_order_has_none(void **state)
{
    static const char *const models[] = {"unet", "efficientnetv2", "mobilenetv2"};
    struct syn_search_result result;
    struct syn_plan plan = {0};
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig_device(&rig, "glasses", &syn_part_max78002);
    rig_device(&rig, "watch", &syn_part_max78000);
    for (unsigned i = 0; i < 3; i++)
        rig_pipeline(&rig, rig_model(&rig, models[i]), "glasses", "watch");
    assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &result, NULL), 0);
    assert_true(result.repaired);
    assert_int_equal(repair(&plan, 1, 0), 0);
    assert_feasible(&plan, 1);
    rig_free(&rig);
}

static void what_it_returns_is_feasible_under_all_constraints(void **state)
{
    unsigned found = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct syn_plan plan = {0};
        instance_small(&rig, seed, &instance_limits_small);
        const int rc = repair(&plan, seed, 30);
        if (rc != 0 && rc != SYN_EOOR)
            fail_msg("seed %llu: %d", (unsigned long long)seed, rc);
        if (!rc)
            assert_feasible(&plan, seed);
        found += !rc;
        rig_free(&rig);
    }
    assert_in_range(found, 25, 59);
}

static void the_same_seed_gives_the_same_plan(void **state)
{
    struct syn_plan a = {0}, b = {0};
    (void)state;
    instance_large(&rig, 7, 16, 32, 0.95);
    assert_int_equal(repair(&a, 3, 0), repair(&b, 3, 0));
    rig_assert_same_plan(&a, &b);
    rig_free(&rig);
}

static void more_than_there_is_room_for_is_out_of_resource_at_once(void **state)
{
    struct syn_plan plan = {0};
    (void)state;
    rig_workload(&rig, 5, RIG_MAX78000);
    assert_int_equal(repair(&plan, 1, 0), SYN_EOOR);
    rig_free(&rig);
}

static void a_layer_that_fits_nowhere_is_out_of_resource(void **state)
{
    struct syn_plan plan = {0};
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig_wearables(&rig, RIG_MAX78000);
    rig_pipeline(&rig, rig_model(&rig, "mobilenetv2"), "glasses", "ring");
    assert_int_equal(repair(&plan, 1, 0), SYN_EOOR);
    rig_free(&rig);
}

static void a_deadline_that_has_passed_is_a_timeout(void **state)
{
    struct syn_plan plan = {0};
    const struct syn_improve_limits late = {.deadline_ns = 1, .seed = 1};
    (void)state;
    rig_workload(&rig, 2, RIG_MIXED);
    assert_int_equal(syn_repair(&rig.problem, &late, &plan), SYN_ETIMEOUT);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_memory_on_sixteen_devices_is_filled),
        cmocka_unit_test(a_plan_is_found_where_the_progressive_order_has_none),
        cmocka_unit_test(what_it_returns_is_feasible_under_all_constraints),
        cmocka_unit_test(the_same_seed_gives_the_same_plan),
        cmocka_unit_test(more_than_there_is_room_for_is_out_of_resource_at_once),
        cmocka_unit_test(a_layer_that_fits_nowhere_is_out_of_resource),
        cmocka_unit_test(a_deadline_that_has_passed_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
