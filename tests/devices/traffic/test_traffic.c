/* SPDX-License-Identifier: MIT */
/* Inferences that go from board to board through a host, whatever the host does to messages. Built
 * twice: with the memory that virtual wearables have, and with that of a board. */
#include "bodies.h"

#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EACH    10  /* inferences of each pipeline */
#define SECONDS 300 /* of the devices' time, in which any run must be over */
#define MS      1000000

#define CHAIN                                                                                      \
    {                                                                                              \
        .layers = 4, .wide = 8, .size = 20                                                         \
    }
static const struct bodies_host faithful = {.late_ns = 0};

/* Hops in both directions between any two of three. */
static const struct bodies_pipe plan[] = {
    {CHAIN, 0, 1, 2, 0}, {CHAIN, 1, 2, 0, 1}, {CHAIN, 2, 2, 1, 1},
    {CHAIN, 0, 0, 1, 2}, {CHAIN, 2, 0, 1, 1}, {CHAIN, 1, 0, 2, 2},
};

static void expect_right(const struct bodies *b, uint32_t each)
{
    assert_int_equal(b->wrong, 0);
    for (unsigned p = 0; p < b->pipes; p++) {
        const struct syn_rt_counters *source = &b->body[b->plan[p].source].agent.rt.counters;
        const struct syn_rt_counters *target = &b->body[b->plan[p].target].agent.rt.counters;
        assert_int_equal(source->sensed[p], each);
        assert_int_equal(target->acted[p], b->acted_count[p]);
        assert_int_equal(target->acted[p] + target->dropped[p], each);
        assert_int_equal(source->dropped[p], target->dropped[p]);
    }
}

static void expect_no_drops(const struct bodies *b)
{
    for (unsigned i = 0; i < b->count; i++)
        for (unsigned p = 0; p < b->pipes; p++)
            assert_int_equal(b->body[i].agent.rt.counters.dropped[p], 0);
}

static void expect_order(const struct bodies *b)
{
    for (unsigned p = 0; p < b->pipes; p++)
        for (unsigned i = 0; i < b->acted_count[p]; i++)
            assert_int_equal(b->acted[p][i], i + 1);
}

static void expect_each_once(const struct bodies *b)
{
    for (unsigned p = 0; p < b->pipes; p++) {
        uint64_t seen = 0;
        for (unsigned i = 0; i < b->acted_count[p]; i++) {
            assert_false(seen >> b->acted[p][i] & 1);
            seen |= UINT64_C(1) << b->acted[p][i];
        }
    }
}

static void by_a_faithful_host_all_arrive_in_order(void **state)
{
    (void)state;
    struct bodies *b = bodies_new(3, plan, 6, &faithful, 1);
    bodies_start(b, SYN_RT_FAIR, EACH);
    assert_true(bodies_run(b, EACH, SECONDS));
    expect_right(b, EACH);
    expect_no_drops(b);
    expect_order(b);
    bodies_free(b);
}

static void one_at_a_time_they_take_turns(void **state)
{
    (void)state;
    struct bodies *b = bodies_new(3, plan, 3, &faithful, 2);
    bodies_start(b, SYN_RT_SEQUENTIAL, EACH);
    assert_true(bodies_run(b, EACH, SECONDS));
    expect_right(b, EACH);
    expect_order(b);
    bodies_free(b);
}

static void a_second_run_goes_on_where_the_first_ended(void **state)
{
    (void)state;
    struct bodies *b = bodies_new(3, plan, 6, &faithful, 3);
    for (uint32_t run = 1; run <= 3; run++) {
        bodies_start(b, SYN_RT_FAIR, EACH);
        assert_true(bodies_run(b, run * EACH, SECONDS));
        for (unsigned i = 0; i < b->count; i++)
            b->body[i].agent.running = false;
        expect_right(b, run * EACH);
    }
    expect_order(b);
    bodies_free(b);
}

static void links_that_are_full_delay_and_lose_nothing(void **state)
{
    (void)state;
    const struct bodies_host full = {.full_permille = 500};
    struct bodies *b = bodies_new(3, plan, 6, &full, 4);
    bodies_start(b, SYN_RT_FAIR, EACH);
    assert_true(bodies_run(b, EACH, SECONDS));
    expect_right(b, EACH);
    expect_no_drops(b);
    bodies_free(b);
}

/* Transfers overlap by no more than messages wait in links. */
static void no_radio_is_busy_for_longer_than_there_was_time(void **state)
{
    (void)state;
    struct bodies *b = bodies_new(3, plan, 6, &faithful, 5);
    int64_t from = b->now_ns;
    bodies_start(b, SYN_RT_FAIR, EACH);
    assert_true(bodies_run(b, EACH, SECONDS));
    for (unsigned i = 0; i < b->count; i++)
        assert_true(b->body[i].agent.rt.counters.busy_ns[SYN_UNIT_RADIO] <=
                    (uint64_t)(b->now_ns - from));
    bodies_free(b);
}

/* Losses, repetitions, disorder and full links, all at once. */
static void whatever_the_host_does_each_inference_arrives_once_or_is_counted(void **state)
{
    (void)state;
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 20;
    for (unsigned n = 0; n < 12; n++, seed++) {
        uint64_t s = seed;
        const struct bodies_host host = {
            .lost_permille = (unsigned)(syn_splitmix64(&s) % 120),
            .twice_permille = (unsigned)(syn_splitmix64(&s) % 100),
            .full_permille = (unsigned)(syn_splitmix64(&s) % 300),
            .late_ns = (int64_t)(syn_splitmix64(&s) % 40) * MS,
        };
        unsigned pipes = 1 + (unsigned)(syn_splitmix64(&s) % 6);
        struct bodies *b = bodies_new(3, plan, pipes, &host, seed);
        printf("SEED=%llu: %u of 1000 lost, up to %lld ms late, %u pipelines\n",
               (unsigned long long)seed, host.lost_permille, (long long)host.late_ns / MS, pipes);
        bodies_start(b, n % 3 == 2 ? SYN_RT_SEQUENTIAL : SYN_RT_FAIR, EACH);
        assert_true(bodies_run(b, EACH, SECONDS));
        assert_true(b->lost > 0 || host.lost_permille == 0);
        expect_right(b, EACH);
        expect_each_once(b);
        bodies_free(b);
    }
}

/* ---- wires ---- */

static void by_wires_all_arrive_in_order_and_the_host_carries_no_tensor(void **state)
{
    (void)state;
    const struct bodies_host host = {.wires = true};
    struct bodies *b = bodies_new(3, plan, 6, &host, 11);
    bodies_start(b, SYN_RT_FAIR, EACH);
    assert_true(bodies_run(b, EACH, SECONDS));
    expect_right(b, EACH);
    expect_no_drops(b);
    expect_order(b);
    assert_int_equal(b->pieces, 0);
    assert_true(b->by_wire > 0);
    bodies_free(b);
}

static void a_wire_takes_none_of_the_receivers_radio_time(void **state)
{
    (void)state;
    static const struct bodies_pipe one[] = {{CHAIN, 0, 0, 1, 1}};
    const struct bodies_host host = {.wires = true};
    struct bodies *b = bodies_new(2, one, 1, &host, 12);
    bodies_start(b, SYN_RT_FAIR, EACH);
    assert_true(bodies_run(b, EACH, SECONDS));
    expect_right(b, EACH);
    assert_int_equal(b->body[1].agent.rt.counters.busy_ns[SYN_UNIT_RADIO], 0);
    bodies_free(b);
}

static void where_wires_are_cut_the_host_relays_and_nothing_is_lost(void **state)
{
    (void)state;
    const struct bodies_host host = {.wires = true};
    struct bodies *b = bodies_new(3, plan, 6, &host, 13);
    bodies_start(b, SYN_RT_FAIR, EACH);
    assert_false(bodies_run(b, EACH / 3, 0));
    bodies_pass(b, 300 * MS);
    assert_int_equal(b->pieces, 0);
    bodies_cut(b, true);
    bodies_pass(b, 2000 * MS);
    assert_true(b->pieces > 0);
    bodies_cut(b, false);
    assert_true(bodies_run(b, EACH, SECONDS));
    expect_right(b, EACH);
    expect_no_drops(b);
    expect_order(b);
    bodies_free(b);
}

static void whatever_wires_and_host_do_each_inference_arrives_once_or_is_counted(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        const struct bodies_host host = {.lost_permille = seed % 4 * 20,
                                         .late_ns = (int64_t)seed % 3 * MS,
                                         .wires = true,
                                         .wire_lost_permille = 30,
                                         .wire_full_permille = 100};
        struct bodies *b = bodies_new(3, plan, 6, &host, 100 + seed);
        print_message("seed %u\n", (unsigned)seed);
        bodies_start(b, SYN_RT_FAIR, EACH);
        for (unsigned i = 0; i < 20; i++) {
            bodies_pass(b, (int64_t)(10 + seed * i % 90) * MS);
            bodies_cut(b, i % 2 == 0);
        }
        bodies_cut(b, false);
        assert_true(bodies_run(b, EACH, SECONDS));
        expect_right(b, EACH);
        expect_each_once(b);
        bodies_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_a_faithful_host_all_arrive_in_order),
        cmocka_unit_test(one_at_a_time_they_take_turns),
        cmocka_unit_test(a_second_run_goes_on_where_the_first_ended),
        cmocka_unit_test(links_that_are_full_delay_and_lose_nothing),
        cmocka_unit_test(no_radio_is_busy_for_longer_than_there_was_time),
        cmocka_unit_test(whatever_the_host_does_each_inference_arrives_once_or_is_counted),
        cmocka_unit_test(by_wires_all_arrive_in_order_and_the_host_carries_no_tensor),
        cmocka_unit_test(a_wire_takes_none_of_the_receivers_radio_time),
        cmocka_unit_test(where_wires_are_cut_the_host_relays_and_nothing_is_lost),
        cmocka_unit_test(whatever_wires_and_host_do_each_inference_arrives_once_or_is_counted),
    };
    return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
