/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/constraints.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { EARBUD, GLASSES, WATCH, RING };
enum { KWS, SIMPLENET, WIDENET };

struct bench {
    struct rig rig;
    struct syn_constraints constraints;
    struct syn_error error;
};

static void w2(struct bench *b)
{
    memset(b, 0, sizeof *b);
    rig_workload(&b->rig, 2, RIG_MAX78000);
}

static void rule(struct bench *b, bool pin, const char *pipeline, const char *first,
                 const char *second)
{
    struct syn_host_rule *r = &b->constraints.rules[b->constraints.rule_count++];
    r->pin = pin;
    (void)snprintf(r->pipeline, sizeof r->pipeline, "%s", pipeline);
    (void)snprintf(r->devices.names[r->devices.count++], 32, "%s", first);
    if (second)
        (void)snprintf(r->devices.names[r->devices.count++], 32, "%s", second);
}

static uint16_t hosts(const struct bench *b, unsigned pipeline)
{
    return b->rig.problem.pipelines[pipeline].hosts;
}

static void applies(struct bench *b)
{
    if (syn_constraints_apply(&b->constraints, &b->rig.problem, &b->error))
        fail_msg("%s", b->error.message);
}

static void refuses(struct bench *b, int code, const char *words)
{
    assert_int_equal(syn_constraints_apply(&b->constraints, &b->rig.problem, &b->error), code);
    assert_string_equal(b->error.message, words);
    rig_free(&b->rig);
}

static void pins_and_bans_say_where_chunks_may_be(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    rule(&b, true, "kws", "ring", "Watch");
    rule(&b, false, "", "ring", NULL);
    rule(&b, false, "WideNet", "glasses", "earbud");
    applies(&b);
    assert_int_equal(hosts(&b, KWS), 1 << WATCH);
    assert_int_equal(hosts(&b, SIMPLENET), 1 << EARBUD | 1 << GLASSES | 1 << WATCH);
    assert_int_equal(hosts(&b, WIDENET), 1 << WATCH);
    rig_free(&b.rig);
}

static void devices_below_the_floor_hold_nothing_and_unknown_batteries_are_full(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    b.rig.fleet.devices[EARBUD].battery_percent = 19;
    b.rig.fleet.devices[RING].battery_percent = 20;
    b.constraints.battery_floor = 20;
    applies(&b);
    for (unsigned p = 0; p < 3; p++)
        assert_int_equal(hosts(&b, p), 1 << GLASSES | 1 << WATCH | 1 << RING);
    rig_free(&b.rig);
}

static void a_pipeline_that_may_be_nowhere_is_told_why_for_every_device(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    b.rig.fleet.devices[RING].battery_percent = 3;
    b.constraints.battery_floor = 5;
    b.rig.problem.pipelines[KWS].hosts = 1 << EARBUD | 1 << RING | 1 << WATCH;
    (void)snprintf(b.rig.problem.pipelines[KWS].spec.not_on.names[0], 32, "glasses");
    b.rig.problem.pipelines[KWS].spec.not_on.count = 1;
    rule(&b, true, "KWS", "earbud", "ring");
    rule(&b, false, "", "earbud", NULL);
    refuses(&b, SYN_EOOR,
            "pipeline KWS: no device may hold its chunks (earbud: banned; glasses: the app says "
            "so; watch: pinned to earbud or ring; ring: its battery is at 3 %, the floor at 5 %)");
}

static void a_pin_needs_one_of_its_devices_and_a_ban_none(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    rule(&b, false, "", "belt", NULL);
    rule(&b, true, "KWS", "belt", "ring");
    applies(&b);
    assert_int_equal(hosts(&b, KWS), 1 << RING);
    assert_int_equal(hosts(&b, WIDENET), 15);
    rig_free(&b.rig);
    w2(&b);
    rule(&b, true, "KWS", "belt", NULL);
    refuses(&b, SYN_ENOENT, "pipeline KWS is to be on belt only, which is not connected");
}

static void wrong_names_are_found_before_a_search(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    rule(&b, true, "KWZ", "ring", NULL);
    assert_int_equal(syn_constraints_check(&b.constraints, &b.rig.problem, &b.error), SYN_ENOENT);
    assert_string_equal(b.error.message, "there is no pipeline \"KWZ\"");
    assert_string_equal(b.error.hint, "did you mean 'KWS'?");
    (void)snprintf(b.constraints.rules[0].pipeline, SYN_APP_NAME_MAX, "KWS");
    (void)snprintf(b.constraints.rules[0].devices.names[0], 32, "rung");
    assert_int_equal(syn_constraints_check(&b.constraints, &b.rig.problem, &b.error), SYN_ENOENT);
    assert_string_equal(b.error.message, "there is no device \"rung\"");
    assert_string_equal(b.error.hint, "did you mean 'ring'?");
    (void)snprintf(b.constraints.rules[0].devices.names[0], 32, "RING");
    assert_int_equal(syn_constraints_check(&b.constraints, &b.rig.problem, &b.error), 0);
    rig_free(&b.rig);
}

static void
a_rate_bounds_the_round_and_caps_pipelines_only_where_power_is_the_objective(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    b.constraints.rate_rps = 4;
    applies(&b);
    assert_int_equal(b.rig.problem.round_max_ns, 250000000);
    assert_true(b.rig.problem.pipelines[KWS].spec.rate_cap_ips == 0);
    rig_free(&b.rig);
    w2(&b);
    b.rig.problem.objective = SYN_OBJECTIVE_POWER;
    b.rig.problem.pipelines[WIDENET].spec.weight = 3;
    b.constraints.rate_rps = 4;
    applies(&b);
    assert_true(b.rig.problem.pipelines[KWS].spec.rate_cap_ips == 4);
    assert_true(b.rig.problem.pipelines[WIDENET].spec.rate_cap_ips == 12);
    rig_free(&b.rig);
}

static void a_rate_beyond_a_cap_contradicts_it_and_no_number_is_no_rate(void **state)
{
    (void)state;
    struct bench b;
    w2(&b);
    b.constraints.rate_rps = 20;
    b.rig.problem.pipelines[KWS].spec.rate_cap_ips = 10;
    refuses(&b, SYN_EOOR,
            "pipeline KWS may do 10 inferences a second at most, less than the 20 that 20 rounds a "
            "second ask of it");
    const double wrong[] = {-1, (double)NAN, (double)INFINITY};
    for (unsigned i = 0; i < 3; i++) {
        w2(&b);
        b.constraints.rate_rps = wrong[i];
        refuses(&b, SYN_EINVAL, "a rate is a positive number of rounds a second");
    }
}

static void constraints_have_words(void **state)
{
    (void)state;
    struct bench b;
    char text[256];
    w2(&b);
    assert_false(syn_constraints_any(&b.constraints));
    assert_string_equal(syn_constraints_words(&b.constraints, text, sizeof text), "");
    b.constraints.rate_rps = 2.5;
    b.constraints.battery_floor = 20;
    rule(&b, true, "KWS", "ring", "watch");
    rule(&b, false, "", "earbud", NULL);
    rule(&b, false, "WideNet", "glasses", NULL);
    assert_true(syn_constraints_any(&b.constraints));
    assert_string_equal(syn_constraints_words(&b.constraints, text, sizeof text),
                        "2.5 rounds/s, KWS on ring or watch only, nothing on earbud, WideNet not "
                        "on glasses, no chunks on batteries below 20 %");
    char cut[10];
    assert_string_equal(syn_constraints_words(&b.constraints, cut, sizeof cut), "2.5 round");
    rig_free(&b.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pins_and_bans_say_where_chunks_may_be),
        cmocka_unit_test(devices_below_the_floor_hold_nothing_and_unknown_batteries_are_full),
        cmocka_unit_test(a_pipeline_that_may_be_nowhere_is_told_why_for_every_device),
        cmocka_unit_test(a_pin_needs_one_of_its_devices_and_a_ban_none),
        cmocka_unit_test(wrong_names_are_found_before_a_search),
        cmocka_unit_test(
            a_rate_bounds_the_round_and_caps_pipelines_only_where_power_is_the_objective),
        cmocka_unit_test(a_rate_beyond_a_cap_contradicts_it_and_no_number_is_no_rate),
        cmocka_unit_test(constraints_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
