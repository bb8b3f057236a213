/* SPDX-License-Identifier: MIT */
/* What the runtime promises, seen on worlds of one to three devices. */
#include "world.h"

#include "devices/base/error.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { A, B, C };

static struct world w;

/* A keyword spotter as the figures of our profiles have it; hop is a radio message. */
static const struct world_pipeline kws = {.weight = 1,
                                          .source = A,
                                          .target = A,
                                          .chunk_count = 1,
                                          .chunks = {A},
                                          .sense = 1 * MS,
                                          .load = 300 * US,
                                          .infer = 1400 * US,
                                          .unload = 50 * US,
                                          .act = 1 * MS,
                                          .hop = 5 * MS,
                                          .slots = 2};

/* Rounds a second of simulated time, warm-up left out. */
static double rate_of(unsigned p, int64_t span)
{
    world_run(&w, span);
    uint32_t acted = w.acted[p];
    int64_t since = w.acted_ns[p];
    world_run(&w, 11 * span);
    return (w.acted[p] - acted) / ((double)(w.acted_ns[p] - since) / 1e9);
}

static void assert_rate(unsigned p, double bottleneck_ns)
{
    double rate = rate_of(p, 2000ll * MS), bound = 1e9 / bottleneck_ns;
    if (fabs(rate - bound) > 0.01 * bound)
        fail_msg("pipeline %u: %.3f a second, bound %.3f", p, rate, bound);
}

/* ---- throughput ---- */

static void alone_the_accelerator_of_a_spotter_never_rests(void **state)
{
    (void)state;
    world_init(&w, 1, &kws, 1, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    assert_rate(0, 1750 * US);
}

static void a_slow_sensor_sets_the_pace(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.sense = 7 * MS;
    world_init(&w, 1, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    assert_rate(0, 7 * MS);
}

static void two_devices_are_bound_by_the_radio_they_share(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    world_init(&w, 2, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    assert_rate(0, 10 * MS); /* there and back */
}

static void three_devices_are_bound_by_the_radio_in_the_middle(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    p.target = C;
    world_init(&w, 3, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    assert_rate(0, 10 * MS);
    assert_true(w.rt[B].counters.busy_ns[SYN_UNIT_RADIO] > (uint64_t)(0.99 * 22000 * MS));
}

static void chunks_on_two_accelerators_work_in_parallel(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunk_count = 2;
    p.chunks[1] = B;
    p.infer = 30 * MS;
    world_init(&w, 2, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    assert_rate(0, 30350 * US);
}

static void pipelines_on_one_accelerator_share_its_time(void **state)
{
    (void)state;
    struct world_pipeline plan[3] = {kws, kws, kws};
    plan[1].infer = 3 * MS;
    plan[2].infer = 28 * MS;
    world_init(&w, 1, plan, 3, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    double round = 3 * 350 * US + 1400 * US + 3 * MS + 28 * MS;
    for (unsigned p = 0; p < 3; p++)
        assert_rate(p, round);
}

static void weights_divide_the_round(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].weight = 3;
    world_init(&w, 1, plan, 2, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    double round = 4 * 1750 * US;
    assert_rate(0, round / 3);
    assert_rate(1, round);
}

static void actions_for_others_do_not_keep_the_accelerator_waiting(void **state)
{
    (void)state;
    struct world_pipeline plan[4];
    for (unsigned i = 0; i < 4; i++) { /* all act on A, each computes at its own source */
        plan[i] = kws;
        plan[i].source = plan[i].chunks[0] = (uint8_t)i;
        plan[i].infer = i == 0 ? 3 * MS : 2 * MS;
        plan[i].hop = 900 * US;
    }
    for (int64_t act = 1000 * US; act >= 100 * US; act -= 50 * US * SYN_FEWER) {
        for (unsigned i = 0; i < 4; i++)
            plan[i].act = act;
        world_init(&w, 4, plan, 4, 6);
        world_start(&w, SYN_RT_FAIR, 0);
        double accel = 3350 * US, cpu = 350 * US + 4 * (double)act;
        assert_rate(0, accel > cpu ? accel : cpu);
    }
}

/* ---- fairness ---- */

/* 0 is fast and alone on A; 1 is slow and alone on B. */
static void start_fast_and_slow(enum syn_rt_mode mode, unsigned depth)
{
    struct world_pipeline plan[2] = {kws, kws};
    plan[1].source = plan[1].target = plan[1].chunks[0] = B;
    plan[1].infer = 50 * MS;
    world_init(&w, 2, plan, 2, depth);
    world_start(&w, mode, 0);
}

static void a_fast_pipeline_waits_for_a_slow_one(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= 8; depth++) {
        start_fast_and_slow(SYN_RT_FAIR, depth);
        world_run(&w, 20000ll * MS);
        assert_true(w.acted[1] > 300);
        assert_true(w.spread <= depth);
    }
}

static void work_conserving_it_does_not_wait(void **state)
{
    (void)state;
    start_fast_and_slow(SYN_RT_WORK_CONSERVING, 2);
    assert_rate(0, 1750 * US);
    assert_rate(1, 50350 * US);
}

static void a_rate_cap_holds_the_whole_fair_round_back(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].gap = 20 * MS;
    world_init(&w, 1, plan, 2, 3);
    world_start(&w, SYN_RT_FAIR, 0);
    assert_rate(0, 20 * MS);
    assert_rate(1, 20 * MS);
}

/* Both are sensed by one unit, which the capped one does not hold while it waits. */
static void work_conserving_a_rate_cap_holds_nobody_else_back(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].gap = 20 * MS;
    world_init(&w, 1, plan, 2, 3);
    world_start(&w, SYN_RT_WORK_CONSERVING, 0);
    assert_rate(0, 20 * MS);
    world_init(&w, 1, plan, 2, 3);
    world_start(&w, SYN_RT_WORK_CONSERVING, 0);
    assert_rate(1, 20 * MS / ((20 * MS - 1750 * US) / (1.750 * MS)));
}

/* What one pipeline was ahead in a run that was not fair does not count in the next. */
static void after_a_work_conserving_run_a_fair_one_holds_nobody_up(void **state)
{
    (void)state;
    start_fast_and_slow(SYN_RT_WORK_CONSERVING, 2);
    world_run(&w, 2000ll * MS);
    world_stop(&w);
    world_run(&w, INT64_MAX);
    assert_true(w.acted[0] > 10 * w.acted[1]);
    world_start(&w, SYN_RT_FAIR, 20);
    const uint32_t before = w.acted[0];
    world_run(&w, INT64_MAX);
    assert_int_equal(w.acted[0], before + 20);
}

/* ---- one at a time ---- */

static void sequential_a_round_is_the_sum_of_its_tasks(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].chunks[0] = B;
    plan[0].target = C;
    plan[1].source = B;
    plan[1].target = A;
    world_init(&w, 3, plan, 2, 4);
    world_start(&w, SYN_RT_SEQUENTIAL, 50);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.in_flight_max, 1);
    assert_int_equal(w.acted[0], 50);
    assert_int_equal(w.acted[1], 50);
    int64_t one = 3750 * US + 10 * MS, other = 3750 * US + 5 * MS;
    assert_int_equal(w.acted_ns[1], 50 * (one + other));
    assert_int_equal(w.task_time, 50 * (one + other));
    assert_true(world_idle(&w));
}

static void sequential_a_round_serves_weights_in_plan_order(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].weight = 2;
    plan[1].source = plan[1].target = plan[1].chunks[0] = B;
    world_init(&w, 2, plan, 2, 4);
    world_start(&w, SYN_RT_SEQUENTIAL, 0);
    world_run(&w, 3ll * 3750 * US * 10);
    assert_int_equal(w.acted[0], 20);
    assert_int_equal(w.acted[1], 10);
    assert_int_equal(w.in_flight_max, 1);
}

/* ---- bounds ---- */

static void a_slow_target_holds_the_source_back(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    p.target = C;
    p.act = 500 * MS;
    world_init(&w, 3, &p, 1, 1000);
    world_start(&w, SYN_RT_WORK_CONSERVING, 0);
    world_run(&w, 20000ll * MS);
    /* head, in, out and result slots, two each, and one on the accelerator at most. */
    assert_true(w.in_flight_max <= 9);
    assert_true(w.in_flight_max >= 8);
    assert_int_equal(w.acted[0], 39);
}

static void a_limit_ends_the_run_and_the_next_goes_on_counting(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].chunks[0] = B;
    plan[0].weight = 5;
    world_init(&w, 2, plan, 2, 3);
    for (unsigned run = 1; run <= 3; run++) {
        world_start(&w, SYN_RT_FAIR, 25);
        world_run(&w, INT64_MAX);
        assert_int_equal(w.acted[0], 25 * run);
        assert_int_equal(w.acted[1], 25 * run);
        assert_true(world_idle(&w));
    }
}

static void after_a_stop_what_is_under_way_drains(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    world_init(&w, 2, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 0);
    world_run(&w, 100 * MS);
    world_stop(&w);
    assert_false(world_idle(&w));
    world_run(&w, INT64_MAX);
    assert_true(world_idle(&w));
    assert_int_equal(w.rt[A].counters.sensed[0], w.acted[0]);
    assert_int_equal(w.in_flight, 0);
}

static void a_device_that_starts_later_serves_what_arrives(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    world_init(&w, 2, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 10);
    world_run(&w, INT64_MAX);
    /* The source alone starts again: credits and slots are those of the first run. */
    syn_rt_start(&w.rt[A], SYN_RT_FAIR, 10, w.now);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.acted[0], 20);
}

static void a_link_that_comes_back_is_granted_anew(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    world_init(&w, 2, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 10);
    world_run(&w, INT64_MAX);
    syn_rt_peer_lost(&w.rt[A], B);
    syn_rt_peer_lost(&w.rt[B], A);
    world_start(&w, SYN_RT_FAIR, 10);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.acted[0], 10); /* nothing may be sent */
    assert_int_equal(w.rt[A].counters.sensed[0], 12);
    syn_rt_peer_found(&w.rt[A], B, w.now);
    syn_rt_peer_found(&w.rt[B], A, w.now);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.acted[0], 20);
    assert_true(world_idle(&w));
}

/* ---- accounts ---- */

static void units_are_busy_for_their_work_alone(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    world_init(&w, 2, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 100);
    world_run(&w, INT64_MAX);
    const uint64_t *a = w.rt[A].counters.busy_ns, *b = w.rt[B].counters.busy_ns;
    assert_int_equal(a[SYN_UNIT_SENSOR], 100 * MS);
    assert_int_equal(a[SYN_UNIT_CPU], 100 * MS);
    assert_int_equal(a[SYN_UNIT_ACCEL], 0);
    assert_int_equal(a[SYN_UNIT_RADIO], 1000 * MS);
    assert_int_equal(b[SYN_UNIT_RADIO], 1000 * MS);
    assert_int_equal(b[SYN_UNIT_CPU], 100 * 350 * US);
    assert_int_equal(b[SYN_UNIT_ACCEL], 100 * 1750 * US);
    assert_int_equal(w.rt[B].counters.tasks[SYN_UNIT_ACCEL], 300);
    assert_int_equal(w.rt[B].counters.tasks[SYN_UNIT_RADIO], 200);
    const uint32_t *at_a = w.rt[A].counters.work[0], *at_b = w.rt[B].counters.work[0];
    assert_int_equal(at_a[SYN_RT_WORK_SEND_WINDOW], 100);
    assert_int_equal(at_a[SYN_RT_WORK_RECEIVE_RESULT], 100);
    assert_int_equal(at_a[SYN_RT_WORK_SEND] + at_a[SYN_RT_WORK_RECEIVE], 0);
    assert_int_equal(at_b[SYN_RT_WORK_RECEIVE], 100);
    assert_int_equal(at_b[SYN_RT_WORK_SEND], 100);
    assert_int_equal(at_b[SYN_RT_WORK_CONFIGURE], 1);
}

static void only_a_change_of_chunk_configures(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    world_init(&w, 1, plan, 1, 4);
    world_start(&w, SYN_RT_FAIR, 10);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.loads, 10);
    assert_int_equal(w.configures, 1);
    world_init(&w, 1, plan, 2, 1); /* in turns */
    world_start(&w, SYN_RT_FAIR, 10);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.loads, 20);
    assert_int_equal(w.configures, 20);
}

static void a_dropped_inference_is_counted_at_both_ends_and_delays_nobody(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].chunks[0] = B;
    plan[0].target = C;
    world_init(&w, 3, plan, 2, 2);
    w.drop_every = 7;
    world_start(&w, SYN_RT_FAIR, 100);
    world_run(&w, INT64_MAX);
    const struct syn_rt_counters *source = &w.rt[A].counters, *target = &w.rt[C].counters;
    assert_int_equal(source->sensed[0], 100);
    assert_true(target->dropped[0] > 10);
    assert_int_equal(source->dropped[0], target->dropped[0]);
    assert_int_equal(w.rt[B].counters.dropped[0], 0);
    assert_int_equal(target->acted[0] + target->dropped[0], 100);
    assert_int_equal(w.acted[1], 100);
    assert_true(world_idle(&w));
}

static void
an_inference_that_an_accelerator_fails_at_is_dropped_and_the_chunk_configured_anew(void **state)
{
    (void)state;
    struct world_pipeline plan[2] = {kws, kws};
    plan[0].chunks[0] = B;
    plan[0].target = C;
    world_init(&w, 3, plan, 2, 2);
    w.fail_every = 7;
    world_start(&w, SYN_RT_FAIR, 100);
    world_run(&w, INT64_MAX);
    unsigned faults = 0, dropped = 0, acted = 0;
    for (unsigned d = A; d <= C; d++)
        faults += w.rt[d].counters.faults;
    for (unsigned p = 0; p < 2; p++) {
        dropped += w.rt[plan[p].target].counters.dropped[p];
        acted += w.acted[p];
        assert_int_equal(w.rt[plan[p].source].counters.dropped[p],
                         w.rt[plan[p].target].counters.dropped[p]);
    }
    assert_int_equal(faults, 200 / 7);
    assert_int_equal(dropped, faults);
    assert_int_equal(acted, 200 - faults);
    assert_true(w.configures > faults);
    assert_true(world_idle(&w));
}

static void late_handling_costs_no_simulated_time(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    p.target = C;
    world_init(&w, 3, &p, 1, 4);
    w.jitter = 400 * US;
    world_start(&w, SYN_RT_FAIR, 200);
    world_run(&w, INT64_MAX);
    int64_t jittered = w.acted_ns[0];
    world_init(&w, 3, &p, 1, 4);
    world_start(&w, SYN_RT_FAIR, 200);
    world_run(&w, INT64_MAX);
    assert_int_equal(w.acted_ns[0], jittered);
}

static void late_work_is_counted(void **state)
{
    (void)state;
    world_init(&w, 1, &kws, 1, 1);
    world_start(&w, SYN_RT_FAIR, 1);
    struct syn_task sense = w.events[0].task;
    w.event_count = 0;
    syn_rt_ended(&w.rt[A], &sense, 0, MS, 30 * US);
    assert_int_equal(w.rt[A].counters.late, 1);
    assert_int_equal(w.rt[A].counters.late_ns, 30 * US);
}

/* ---- wrong use ---- */

static void wrong_routes_are_refused(void **state)
{
    (void)state;
    struct syn_rt rt;
    struct syn_rt_port port = {0};
    struct syn_route good = {
        .used = true, .weight = 1, .has_head = true, .head_to = 1, .slots = {1, 0, 0, 0}};
    struct syn_route r = good;
    assert_int_equal(syn_rt_init(&rt, &port, &r, 1, 1), 0);
    assert_int_equal(syn_rt_init(&rt, &port, &r, 1, 0), SYN_EINVAL);
    r.weight = 0;
    assert_int_equal(syn_rt_init(&rt, &port, &r, 1, 1), SYN_EINVAL);
    r = good;
    r.head_to = SYN_RT_LOCAL; /* to a body that is not here */
    assert_int_equal(syn_rt_init(&rt, &port, &r, 1, 1), SYN_EINVAL);
    r = good;
    r.slots[SYN_STAGE_HEAD] = SYN_RT_SLOTS_MAX + 1;
    assert_int_equal(syn_rt_init(&rt, &port, &r, 1, 1), SYN_EINVAL);
    r.slots[SYN_STAGE_HEAD] = 0;
    assert_int_equal(syn_rt_init(&rt, &port, &r, 1, 1), SYN_EINVAL);
}

static void a_transfer_without_credit_is_refused(void **state)
{
    (void)state;
    struct world_pipeline p = kws;
    p.chunks[0] = B;
    world_init(&w, 2, &p, 1, 4);
    assert_int_equal(syn_rt_receive_begin(&w.rt[B], 0, SYN_STAGE_BODY_IN), 0);
    assert_int_equal(syn_rt_receive_begin(&w.rt[B], 0, SYN_STAGE_BODY_IN), 1);
    assert_int_equal(syn_rt_receive_begin(&w.rt[B], 0, SYN_STAGE_BODY_IN), SYN_ENOMEM);
    assert_int_equal(syn_rt_receive_begin(&w.rt[B], 0, SYN_STAGE_TAIL), SYN_EINVAL);
    assert_int_equal(syn_rt_receive_begin(&w.rt[B], 9, SYN_STAGE_BODY_IN), SYN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone_the_accelerator_of_a_spotter_never_rests),
        cmocka_unit_test(a_slow_sensor_sets_the_pace),
        cmocka_unit_test(two_devices_are_bound_by_the_radio_they_share),
        cmocka_unit_test(three_devices_are_bound_by_the_radio_in_the_middle),
        cmocka_unit_test(chunks_on_two_accelerators_work_in_parallel),
        cmocka_unit_test(pipelines_on_one_accelerator_share_its_time),
        cmocka_unit_test(weights_divide_the_round),
        cmocka_unit_test(actions_for_others_do_not_keep_the_accelerator_waiting),
        cmocka_unit_test(a_fast_pipeline_waits_for_a_slow_one),
        cmocka_unit_test(work_conserving_it_does_not_wait),
        cmocka_unit_test(a_rate_cap_holds_the_whole_fair_round_back),
        cmocka_unit_test(work_conserving_a_rate_cap_holds_nobody_else_back),
        cmocka_unit_test(after_a_work_conserving_run_a_fair_one_holds_nobody_up),
        cmocka_unit_test(sequential_a_round_is_the_sum_of_its_tasks),
        cmocka_unit_test(sequential_a_round_serves_weights_in_plan_order),
        cmocka_unit_test(a_slow_target_holds_the_source_back),
        cmocka_unit_test(a_limit_ends_the_run_and_the_next_goes_on_counting),
        cmocka_unit_test(after_a_stop_what_is_under_way_drains),
        cmocka_unit_test(a_device_that_starts_later_serves_what_arrives),
        cmocka_unit_test(a_link_that_comes_back_is_granted_anew),
        cmocka_unit_test(units_are_busy_for_their_work_alone),
        cmocka_unit_test(only_a_change_of_chunk_configures),
        cmocka_unit_test(a_dropped_inference_is_counted_at_both_ends_and_delays_nobody),
        cmocka_unit_test(
            an_inference_that_an_accelerator_fails_at_is_dropped_and_the_chunk_configured_anew),
        cmocka_unit_test(late_handling_costs_no_simulated_time),
        cmocka_unit_test(late_work_is_counted),
        cmocka_unit_test(wrong_routes_are_refused),
        cmocka_unit_test(a_transfer_without_credit_is_refused),
    };
    return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
