/* SPDX-License-Identifier: MIT */
/* What the agent says without being asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"

enum { MS = 1000000 };

static const struct chain small = {.layers = 2, .wide = 8, .size = 8};

static void subscribe(struct bench *b, unsigned link, uint32_t period, bool results, bool logs)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_uint(out, "cnt", period);
    syn_cbor_pair_bool(out, "res", results);
    syn_cbor_pair_bool(out, "log", logs);
    bench_expect_ok(bench_ask(b, link, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_SUBSCRIBE));
    b->message_count = 0;
}

static void start(struct bench *b, bool sequential)
{
    uint8_t hash[SYN_SHA256_SIZE];
    bench_local_deployment(b, small, hash);
    bench_expect_ok(bench_plan(b, "prepare", 1, hash));
    bench_expect_ok(bench_plan(b, "commit", 1, NULL));
    bench_expect_ok(bench_run(b, true, sequential, 0));
    b->message_count = 0;
}

static void one_inference(struct bench *b)
{
    const struct syn_tensor_result result = {.best = 3, .count = 512, .value = 90, .second = -4};
    uint32_t acted = b->agent.rt.counters.acted[0];
    while (b->agent.rt.counters.acted[0] == acted) {
        bool act = b->begun[0].task.kind == SYN_TASK_ACT;
        (void)bench_end_task(b, act ? &result : NULL);
    }
}

static void nobody_hears_anything_before_subscribing(void **state)
{
    struct bench *b = *state;
    start(b, false);
    one_inference(b);
    b->now += 5000LL * MS;
    (void)syn_agent_poll(&b->agent);
    syn_agent_log(&b->agent, 1, "unheard");
    assert_int_equal(b->message_count, 0);
    assert_int_equal(b->agent.links[0].lost_events, 0);
}

static void counters_come_once_a_period_of_device_time(void **state)
{
    struct bench *b = *state;
    b->now = 7 * MS;
    subscribe(b, 0, 100, false, false);
    assert_int_equal(syn_agent_poll(&b->agent), 107 * MS);
    assert_int_equal(b->message_count, 0);
    b->now = 107 * MS;
    assert_int_equal(syn_agent_poll(&b->agent), 207 * MS);
    assert_int_equal(b->message_count, 1);
    b->now = 512 * MS; /* periods that were missed are not made up for */
    assert_int_equal(syn_agent_poll(&b->agent), 607 * MS);
    assert_int_equal(b->message_count, 2);
    const struct message *m = &b->messages[1];
    assert_int_equal(m->header.op, SYN_SMP_READ_RSP);
    assert_int_equal(m->header.seq, SYN_SMP_EVENT_SEQ);
    assert_int_equal(m->header.id, SYN_ID_EVENT);
    assert_string_equal(answer_text(m, "ev"), "count");
    assert_int_equal(answer_number(m, "t"), 512 * MS);
    subscribe(b, 0, 0, false, false);
    assert_int_equal(syn_agent_poll(&b->agent), INT64_MAX);
}

static void counters_tell_work_and_energy(void **state)
{
    struct bench *b = *state;
    start(b, false);
    subscribe(b, 0, 10, false, false);
    one_inference(b);
    b->now += 20 * MS;
    (void)syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 1);
    const struct message *m = &b->messages[0];
    struct counts {
        uint64_t busy[SYN_UNIT_COUNT], nj;
        uint32_t done[1], sensed[1], work[SYN_RT_WORK_COUNT];
    } counts = {.nj = 0};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD_ARRAY(SYN_KEY_U64S, struct counts, busy, "busy"),
        SYN_FIELD(SYN_KEY_U64, struct counts, nj, "nj"),
        SYN_FIELD_ARRAY(SYN_KEY_U32S, struct counts, done, "done"),
        SYN_FIELD_ARRAY(SYN_KEY_U32S, struct counts, sensed, "sens"),
        SYN_FIELD_ARRAY(SYN_KEY_U32S, struct counts, work, "work"),
    };
    struct syn_cbor_in in;
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 5, &counts, NULL), 0);
    assert_int_equal(counts.done[0], 1);
    assert_true(counts.sensed[0] >= 1);
    assert_true(counts.busy[SYN_UNIT_SENSOR] >= 1 * MS);
    assert_true(counts.busy[SYN_UNIT_ACCEL] > 0);
    assert_int_equal(counts.busy[SYN_UNIT_RADIO], 0);
    assert_int_equal(counts.work[SYN_RT_WORK_UNLOAD], 1);
    assert_int_equal(counts.work[SYN_RT_WORK_ACT], 1);
    assert_int_equal(counts.work[SYN_RT_WORK_SEND], 0);
    uint64_t elapsed = (uint64_t)(b->now - b->agent.started_ns);
    assert_int_equal(counts.nj, syn_timing_energy(&b->agent.timing, elapsed, counts.busy));
}

static void results_carry_what_the_action_saw(void **state)
{
    struct bench *b = *state;
    start(b, false);
    subscribe(b, 1, 0, true, false);
    one_inference(b);
    assert_int_equal(b->message_count, 1);
    const struct message *m = &b->messages[0];
    assert_int_equal(m->link, 1);
    assert_string_equal(answer_text(m, "ev"), "res");
    assert_int_equal(answer_number(m, "p"), 0);
    assert_int_equal(answer_number(m, "n"), 1);
    assert_int_equal(answer_number(m, "best"), 3);
    assert_int_equal(answer_number(m, "val"), 90);
    assert_int_equal(answer_number(m, "ih"), 0x1122334455667788);
    assert_int_equal(answer_number(m, "oh"), 0x99);
    assert_true(answer_number(m, "a") > answer_number(m, "s"));
}

static void events_are_lost_with_a_count_while_nobody_can_take_them(void **state)
{
    struct bench *b = *state;
    start(b, false);
    subscribe(b, 0, 0, true, false);
    b->deaf = true;
    one_inference(b);
    b->deaf = false;
    assert_int_equal(b->agent.links[0].lost_events, 1);
    syn_agent_link_closed(&b->agent, 0);
    one_inference(b);
    assert_int_equal(b->agent.links[0].lost_events, 2);
    assert_int_equal(b->message_count, 0);
    syn_agent_link_opened(&b->agent, 0);
    one_inference(b);
    assert_int_equal(b->message_count, 0);
    assert_int_equal(b->agent.links[0].lost_events, 2);
}

static void results_leave_room_for_the_counters(void **state)
{
    struct bench *b = *state;
    start(b, false);
    subscribe(b, 0, 100, true, false);
    b->now += 200LL * MS;
    (void)syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 1);
    b->narrow = b->room + 48; /* for counters, or for a result, but not for both */
    one_inference(b);
    assert_int_equal(b->message_count, 1);
    assert_int_equal(b->agent.links[0].lost_events, 1);
    b->now += 200LL * MS;
    (void)syn_agent_poll(&b->agent);
    assert_string_equal(answer_text(&b->messages[1], "ev"), "count");
    b->narrow = 0;
    one_inference(b);
    assert_string_equal(answer_text(&b->messages[2], "ev"), "res");
}

static void log_lines_and_faults_reach_who_asked_for_them(void **state)
{
    struct bench *b = *state;
    char longer[400];
    subscribe(b, 0, 0, false, true);
    syn_agent_log(&b->agent, 2, "battery low");
    syn_agent_fault(&b->agent, 4, "host too slow");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    syn_agent_log(&b->agent, 3, longer);
    assert_int_equal(b->message_count, 3);
    assert_string_equal(answer_text(&b->messages[0], "ev"), "log");
    assert_int_equal(answer_number(&b->messages[0], "lvl"), 2);
    assert_string_equal(answer_text(&b->messages[0], "msg"), "battery low");
    assert_string_equal(answer_text(&b->messages[1], "ev"), "fault");
    assert_int_equal(answer_number(&b->messages[1], "p"), 4);
    assert_int_equal(strlen(answer_text(&b->messages[2], "msg")), 200);
}

/* The next inference ends with a fault instead of an output. */
static void fail_inference(struct bench *b)
{
    struct begun begun;
    while (b->begun[0].task.kind != SYN_TASK_INFER)
        (void)bench_end_task(b, NULL);
    begun = b->begun[0];
    memmove(b->begun, b->begun + 1, --b->begun_count * sizeof *b->begun);
    const int64_t end = begun.start_ns + (int64_t)begun.duration_ns;
    b->now = end > b->now ? end : b->now;
    syn_agent_infer_failed(&b->agent, &begun.task, begun.start_ns, b->now, "layer 3: overwrite");
}

static void an_inference_that_fails_is_counted_and_told_once_a_second(void **state)
{
    struct bench *b = *state;
    start(b, false);
    subscribe(b, 0, 0, false, true);
    fail_inference(b);
    fail_inference(b);
    assert_int_equal(b->message_count, 1);
    assert_string_equal(answer_text(&b->messages[0], "ev"), "fault");
    assert_string_equal(answer_text(&b->messages[0], "msg"), "layer 3: overwrite");
    assert_int_equal(answer_number(&b->messages[0], "p"), 0);
    b->now += SYN_AGENT_FAULT_NS;
    one_inference(b);
    fail_inference(b);
    assert_int_equal(b->message_count, 2);
    assert_int_equal(b->agent.rt.counters.faults, 3);
    assert_int_equal(b->agent.rt.counters.dropped[0], 3);
    assert_true(b->agent.rt.counters.acted[0] > 0);
    bench_payload(b);
    syn_cbor_put_map(&b->out, 0);
    assert_int_equal(
        answer_number(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_ACCEL), "flt"), 3);
}

static void the_fault_that_a_device_started_after_is_told_once_to_who_asks_for_the_log(void **state)
{
    static const struct syn_agent_start fault = {.why = "a fault of the core at 0x00000200",
                                                 .fault = true};
    static const struct syn_agent_start power = {.why = "power"};
    struct bench *b = *state;
    b->agent.identity.start = &fault;
    subscribe(b, 0, 0, true, false);
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 0);
    for (unsigned link = 0; link < SYN_AGENT_LINKS_MAX; link++) {
        subscribe(b, link, 0, false, true);
        syn_agent_poll(&b->agent);
        syn_agent_poll(&b->agent);
        assert_int_equal(b->message_count, 1);
        assert_int_equal(b->messages[0].link, link);
        assert_string_equal(answer_text(&b->messages[0], "ev"), "fault");
        assert_string_equal(answer_text(&b->messages[0], "msg"), fault.why);
        subscribe(b, link, 0, false, true);
        syn_agent_poll(&b->agent);
        assert_int_equal(b->message_count, 0);
    }
    syn_agent_link_opened(&b->agent, 0); /* another host */
    subscribe(b, 0, 0, false, true);
    b->agent.identity.start = &power;
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 0);
    b->agent.identity.start = &fault;
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 1);
}

static void beacons_go_out_every_100_ms_of_a_run_and_at_once_when_sequential(void **state)
{
    struct bench *b = *state;
    start(b, false);
    assert_int_equal(syn_agent_poll(&b->agent), b->agent.started_ns + SYN_AGENT_BEACON_NS);
    assert_int_equal(b->beacons, 0);
    one_inference(b);
    assert_int_equal(b->beacons, 0);
    b->now = b->agent.started_ns + SYN_AGENT_BEACON_NS;
    (void)syn_agent_poll(&b->agent);
    assert_int_equal(b->beacons, 1);
    bench_expect_ok(bench_run(b, false, false, 0));
    while (b->begun_count > 0)
        (void)bench_end_task(b, NULL);
    assert_int_equal(syn_agent_poll(&b->agent), INT64_MAX);
    bench_expect_ok(bench_run(b, true, true, 0));
    one_inference(b);
    assert_int_equal(b->beacons, 2);
}

static bool tells_work(const struct message *m)
{
    uint32_t work[1], seen = 0;
    static const struct syn_cbor_field field = {.key = "work", .kind = SYN_KEY_U32S, .size = 1};
    struct syn_cbor_in in;
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, &field, 1, work, &seen), 0);
    return seen != 0;
}

/* Only work by kind may be left out, once all of it has been done more than 65,535 times. */
static void the_counters_of_the_largest_deployment_fit_one_event(void **state)
{
    struct bench *b = *state;
    struct syn_rt_counters *c = &b->agent.rt.counters;
    subscribe(b, 0, 1, false, false);
    b->agent.rt.pipeline_count = SYN_RT_PIPELINES_MAX;
    memset(c, 0xff, sizeof *c);
    b->now = 10 * MS;
    syn_agent_poll(&b->agent);
    for (unsigned p = 0; p < SYN_RT_PIPELINES_MAX; p++)
        for (unsigned k = 0; k < SYN_RT_WORK_COUNT; k++)
            c->work[p][k] = UINT16_MAX;
    b->now = 20 * MS;
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 2);
    assert_int_equal(b->agent.links[0].lost_events, 0);
    assert_int_equal(tells_work(&b->messages[0]), SYN_RT_PIPELINES_MAX <= 8); /* as in firmware */
    assert_true(tells_work(&b->messages[1]));
    b->agent.rt.pipeline_count = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_hears_anything_before_subscribing),
        TEST(counters_come_once_a_period_of_device_time),
        TEST(counters_tell_work_and_energy),
        TEST(results_carry_what_the_action_saw),
        TEST(events_are_lost_with_a_count_while_nobody_can_take_them),
        TEST(results_leave_room_for_the_counters),
        TEST(log_lines_and_faults_reach_who_asked_for_them),
        TEST(an_inference_that_fails_is_counted_and_told_once_a_second),
        TEST(the_fault_that_a_device_started_after_is_told_once_to_who_asks_for_the_log),
        TEST(beacons_go_out_every_100_ms_of_a_run_and_at_once_when_sequential),
        TEST(the_counters_of_the_largest_deployment_fit_one_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
