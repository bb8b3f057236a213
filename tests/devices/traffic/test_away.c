/* SPDX-License-Identifier: MIT */
/* Devices whose link to the host is away for a while, or that switch to another deployment one
 * after the other. Built twice: with the memory of virtual wearables, and with that of a board. */
#include "bodies.h"

#include "devices/agent/plan.h"

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

/* What the others still send of the deployment before. */
static void what_was_under_way_before_a_deployment_is_no_part_of_it(void **state)
{
    (void)state;
    static const struct bodies_pipe through[] = {{CHAIN, 0, 1, 2, 0}, {CHAIN, 1, 2, 0, 1}};
    for (unsigned first = 0; first < 3; first++) {
        struct bodies *b = bodies_new(3, through, 2, &faithful, 30 + first);
        bodies_start(b, SYN_RT_FAIR, 0);
        bodies_pass(b, 600 * MS);
        for (unsigned i = 0; i < 3; i++) {
            b->body[i].away = i == first;
            syn_agent_plan_stop(&b->body[i].agent);
        }
        bodies_pass(b, 500 * MS); /* until the others repeat what it does not confirm */
        b->body[first].away = false;
        for (unsigned i = 0; i < 3; i++) {
            bodies_deploy(b, (first + i) % 3);
            bodies_pass(b, 1500 * MS);
        }
        b->acted_count[0] = b->acted_count[1] = 0;
        bodies_start(b, SYN_RT_FAIR, EACH);
        assert_true(bodies_run(b, EACH, 10));
        for (unsigned p = 0; p < 2; p++)
            for (unsigned i = 0; i < EACH; i++)
                assert_int_equal(b->acted[p][i], i + 1);
        bodies_free(b);
    }
}

/* Hops in both directions between any two of three. */
static const struct bodies_pipe plan[] = {
    {CHAIN, 0, 1, 2, 0}, {CHAIN, 1, 2, 0, 1}, {CHAIN, 2, 2, 1, 1},
    {CHAIN, 0, 0, 1, 2}, {CHAIN, 2, 0, 1, 1}, {CHAIN, 1, 0, 2, 2},
};

/* All that was sensed has arrived, once. */
static void expect_all(const struct bodies *b, uint32_t each)
{
    assert_int_equal(b->wrong, 0);
    for (unsigned p = 0; p < b->pipes; p++) {
        uint64_t seen = 0;
        assert_int_equal(b->body[b->plan[p].source].agent.rt.counters.sensed[p], each);
        assert_int_equal(b->acted_count[p], each);
        for (unsigned i = 0; i < each; i++) {
            assert_false(seen >> b->acted[p][i] & 1);
            seen |= UINT64_C(1) << b->acted[p][i];
        }
        for (unsigned i = 0; i < b->count; i++)
            assert_int_equal(b->body[i].agent.rt.counters.dropped[p], 0);
    }
}

/* What fills `stage` of a pipeline has a credit for each of its slots. */
static void expect_credits(const struct bodies *b, unsigned p, unsigned from,
                           enum syn_stage from_stage, unsigned to, enum syn_stage to_stage)
{
    const struct syn_rt *sender = &b->body[from].agent.rt, *receiver = &b->body[to].agent.rt;
    if (from != to)
        assert_int_equal(sender->credits[p][syn_rt_sender(from_stage)],
                         receiver->routes[p].slots[to_stage]);
}

static void expect_every_credit_back(const struct bodies *b)
{
    for (unsigned p = 0; p < b->pipes; p++) {
        const struct bodies_pipe *at = &b->plan[p];
        expect_credits(b, p, at->source, SYN_STAGE_HEAD, at->first, SYN_STAGE_BODY_IN);
        expect_credits(b, p, at->first, SYN_STAGE_BODY_OUT, at->second, SYN_STAGE_BODY_IN);
        expect_credits(b, p, at->second, SYN_STAGE_BODY_OUT, at->target, SYN_STAGE_TAIL);
    }
}

static void a_device_that_was_away_gets_all_that_was_for_it(void **state)
{
    (void)state;
    for (unsigned device = 0; device < 3; device++)
        for (unsigned way = 0; way < 2; way++) { /* it halts, or its link is cut */
            struct bodies *b = bodies_new(3, plan, 6, &faithful, 50 + device);
            bodies_start(b, SYN_RT_FAIR, EACH);
            bodies_pass(b, 250 * MS);
            *(way ? &b->body[device].away : &b->body[device].dead) = true;
            bodies_pass(b, 20000 * (int64_t)MS);
            assert_false(bodies_run(b, EACH, 0));
            b->body[device].dead = b->body[device].away = false;
            assert_true(bodies_run(b, EACH, 10));
            expect_all(b, EACH);
            bodies_pass(b, 1000 * MS);
            expect_every_credit_back(b);
            bodies_free(b);
        }
}

static void it_is_waited_for_over_stops_and_starts(void **state)
{
    (void)state;
    struct bodies *b = bodies_new(3, plan, 6, &faithful, 60);
    bodies_start(b, SYN_RT_FAIR, EACH);
    bodies_pass(b, 250 * MS);
    b->body[1].away = true;
    for (unsigned i = 0; i < 3; i++)
        syn_agent_plan_stop(&b->body[i].agent);
    bodies_pass(b, 20000 * (int64_t)MS);
    b->body[1].away = false;
    uint32_t sensed[6];
    for (unsigned p = 0; p < 6; p++)
        sensed[p] = b->body[b->plan[p].source].agent.rt.counters.sensed[p];
    bodies_start(b, SYN_RT_FAIR, EACH);
    bodies_pass(b, 10000 * (int64_t)MS);
    for (unsigned p = 0; p < 6; p++)
        assert_int_equal(b->acted_count[p], sensed[p] + EACH);
    expect_every_credit_back(b);
    bodies_free(b);
}

static void meanwhile_the_others_go_on(void **state)
{
    (void)state;
    static const struct bodies_pipe most_away[] = {
        {CHAIN, 0, 2, 1, 1}, {CHAIN, 0, 2, 1, 0}, {CHAIN, 0, 1, 2, 2},
        {CHAIN, 1, 0, 2, 2}, {CHAIN, 0, 2, 1, 1}, {CHAIN, 0, 0, 1, 1},
    };
    struct bodies *b = bodies_new(3, most_away, 6, &faithful, 70);
    bodies_start(b, SYN_RT_WORK_CONSERVING, 60);
    bodies_pass(b, 100 * MS);
    b->body[2].away = true;
    bodies_pass(b, 30000 * (int64_t)MS);
    assert_int_equal(b->acted_count[5], 60);
    for (unsigned p = 0; p < 5; p++)
        assert_true(b->acted_count[p] < 60);
    b->body[2].away = false;
    assert_true(bodies_run(b, 60, 60));
    expect_all(b, 60);
    bodies_free(b);
}

/* Losses of any kind, devices that come and go, for some seconds; then the host is faithful. */
static void when_losses_end_every_credit_is_back_and_every_pipeline_delivers(void **state)
{
    (void)state;
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
    for (unsigned n = 0; n < (given ? 1 : 16); n++, seed++) {
        uint64_t s = seed;
        const struct bodies_host host = {
            .lost_permille = (unsigned)(syn_splitmix64(&s) % 700),
            .twice_permille = (unsigned)(syn_splitmix64(&s) % 100),
            .full_permille = (unsigned)(syn_splitmix64(&s) % 300),
            .late_ns = (int64_t)(syn_splitmix64(&s) % 40) * MS,
        };
        const unsigned pipes = 1 + (unsigned)(syn_splitmix64(&s) % 6);
        struct bodies *b = bodies_new(3, plan, pipes, &host, seed);
        print_message("SEED=%llu: %u of 1000 lost, %u pipelines\n", (unsigned long long)seed,
                      host.lost_permille, pipes);
        bodies_start(b, n % 2 ? SYN_RT_WORK_CONSERVING : SYN_RT_FAIR, 60);
        for (unsigned i = 0; i < 20; i++) {
            bodies_pass(b, (int64_t)(syn_splitmix64(&s) % 3000) * MS);
            b->body[syn_splitmix64(&s) % 3].away ^= syn_splitmix64(&s) % 4 == 0;
        }
        for (unsigned i = 0; i < 3; i++)
            b->body[i].away = false;
        b->host = faithful;
        assert_true(bodies_run(b, 60, 100));
        expect_all(b, 60);
        bodies_pass(b, 1000 * MS);
        expect_every_credit_back(b);
        bodies_free(b);
    }
}

/* It is sent again after a second, in which many pass it. */
static void a_hop_that_was_lost_is_not_taken_for_one_that_has_arrived(void **state)
{
    (void)state;
    static const struct bodies_pipe quick[] = {
        {{.layers = 4, .wide = 8, .size = 4}, 0, 0, 1, 2},
    };
    for (uint64_t seed = 1; seed <= 10; seed++) {
        const struct bodies_host host = {.lost_permille = 40};
        struct bodies *b = bodies_new(3, quick, 1, &host, seed);
        bodies_start(b, SYN_RT_WORK_CONSERVING, 60);
        assert_true(bodies_run(b, 60, SECONDS));
        expect_all(b, 60);
        bodies_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_under_way_before_a_deployment_is_no_part_of_it),
        cmocka_unit_test(a_device_that_was_away_gets_all_that_was_for_it),
        cmocka_unit_test(it_is_waited_for_over_stops_and_starts),
        cmocka_unit_test(meanwhile_the_others_go_on),
        cmocka_unit_test(a_hop_that_was_lost_is_not_taken_for_one_that_has_arrived),
        cmocka_unit_test(when_losses_end_every_credit_is_back_and_every_pipeline_delivers),
    };
    return cmocka_run_group_tests_name("traffic_away", tests, NULL, NULL);
}
