/* SPDX-License-Identifier: MIT */
/* Virtual wearables that serve pipelines together: throughput, bit-exact results, loss. */
#include "fleet.h"

#include "devices/emulator/resident.h"
#include "devices/part/registers.h"
#include "devices/ports/posix/accel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { A, B, C };

static struct fleet f;

static const struct chain small = {.layers = 4, .wide = 8, .size = 12};

static void expect_rate(const char *what, double round_ns, double tolerance)
{
    double rate = fleet_rate(&f), bound = 1e9 / round_ns;
    print_message("%s: %.2f rounds a second, bound %.2f (%.1f %%), late %u\n", what, rate, bound,
                  100 * rate / bound, fleet_late(&f));
    assert_true(rate > (1 - tolerance) * bound);
    assert_true(rate < (1 + tolerance) * bound);
    assert_int_equal(f.wrong, 0);
}

static void alone_a_wearable_reaches_the_bound_of_its_accelerator(void **state)
{
    (void)state;
    const struct fleet_pipe p = {.chain = small, .weight = 1, .chunk_count = 1};
    fleet_open(&f, 1, &p, 1, 4, false);
    fleet_start(&f, SYN_RT_FAIR, 0);
    fleet_run(&f, 200, 30);
    expect_rate("alone", fleet_bound_ns(&f), 0.05);
    fleet_close(&f);
}

static void two_wearables_reach_the_bound_of_their_radios(void **state)
{
    (void)state;
    const struct fleet_pipe p = {
        .chain = small, .weight = 1, .chunk_count = 1, .devices = {B}, .target = A};
    fleet_open(&f, 2, &p, 1, 4, false);
    fleet_start(&f, SYN_RT_FAIR, 0);
    fleet_run(&f, 40, 60);
    expect_rate("two", fleet_bound_ns(&f), 0.05);
    fleet_close(&f);
}

/* Three pipelines round the body, each cut between two devices. */
static const struct fleet_pipe round_the_body[3] = {
    {.chain = {4, 8, 12},
     .weight = 1,
     .source = A,
     .chunk_count = 2,
     .devices = {A, B},
     .cuts = {0, 2},
     .target = C},
    {.chain = {3, 16, 10},
     .weight = 1,
     .source = B,
     .chunk_count = 2,
     .devices = {B, C},
     .cuts = {0, 1},
     .target = A},
    {.chain = {5, 4, 14},
     .weight = 1,
     .source = C,
     .chunk_count = 2,
     .devices = {C, A},
     .cuts = {0, 3},
     .target = A},
};

static void three_wearables_reach_the_bound_of_the_air(void **state)
{
    (void)state;
    fleet_open(&f, 3, round_the_body, 3, 6, false);
    fleet_start(&f, SYN_RT_FAIR, 0);
    fleet_run(&f, 30, 60);
    expect_rate("three", fleet_bound_ns(&f), 0.05);
    fleet_close(&f);
}

static void tensors_of_many_pieces_arrive_whole(void **state)
{
    (void)state;
    /* 6,400 bytes leave the first chunk, in four messages. */
    const struct fleet_pipe p = {.chain = {3, 16, 20},
                                 .weight = 1,
                                 .source = A,
                                 .chunk_count = 2,
                                 .devices = {A, B},
                                 .cuts = {0, 2},
                                 .target = A};
    fleet_open(&f, 2, &p, 1, 4, false);
    fleet_start(&f, SYN_RT_FAIR, 0);
    fleet_run(&f, 16, 60);
    expect_rate("large", fleet_bound_ns(&f), 0.1);
    fleet_close(&f);
}

static void weights_divide_the_round(void **state)
{
    (void)state;
    struct fleet_pipe plan[2] = {
        {.chain = small, .weight = 3, .chunk_count = 1, .devices = {B}, .target = A},
        {.chain = small, .weight = 1, .source = B, .chunk_count = 1, .devices = {A}, .target = B}};
    fleet_open(&f, 2, plan, 2, 4, false);
    fleet_start(&f, SYN_RT_FAIR, 0);
    fleet_run(&f, 12, 60);
    print_message("weights 3 and 1: acted %u and %u\n", f.acted[0], f.acted[1]);
    assert_in_range(f.acted[0], 3 * (f.acted[1] - 4), 3 * (f.acted[1] + 4));
    assert_int_equal(f.wrong, 0);
    fleet_close(&f);
}

static void sequential_a_round_takes_the_sum_of_its_tasks(void **state)
{
    (void)state;
    fleet_open(&f, 3, round_the_body, 3, 6, false);
    fleet_start(&f, SYN_RT_SEQUENTIAL, 0);
    fleet_run(&f, 16, 60);
    expect_rate("sequential", fleet_sum_ns(&f), 0.05);
    fleet_close(&f);
}

static void a_limit_ends_the_run_and_everyone_rests(void **state)
{
    (void)state;
    fleet_open(&f, 3, round_the_body, 3, 4, false);
    for (unsigned run = 1; run <= 2; run++) {
        fleet_start(&f, SYN_RT_FAIR, 5);
        fleet_run(&f, 5 * run, 60);
        fleet_pass(&f, 300000000);
        for (unsigned p = 0; p < 3; p++)
            assert_int_equal(f.acted[p], 5 * run);
        assert_true(fleet_idle(&f));
        fleet_stop(&f);
    }
    assert_int_equal(f.wrong, 0);
    fleet_close(&f);
}

static void through_the_host_tensors_arrive_even_when_some_are_lost(void **state)
{
    (void)state;
    const struct fleet_pipe p = {
        .chain = small, .weight = 1, .chunk_count = 1, .devices = {B}, .target = A};
    fleet_open(&f, 2, &p, 1, 4, true);
    f.lose_every = 9;
    fleet_start(&f, SYN_RT_FAIR, 8);
    fleet_run(&f, 8, 60);
    assert_int_equal(f.wrong, 0);
    assert_true(f.relayed > 30);
    fleet_close(&f);
}

static void when_a_wearable_dies_what_was_on_its_way_is_counted(void **state)
{
    (void)state;
    const struct fleet_pipe plan[2] = {
        {.chain = small, .weight = 1, .chunk_count = 1, .devices = {B}, .target = A},
        {.chain = small, .weight = 1, .source = C, .chunk_count = 1, .devices = {C}, .target = C}};
    fleet_open(&f, 3, plan, 2, 4, false);
    fleet_start(&f, SYN_RT_WORK_CONSERVING, 0);
    fleet_run(&f, 3, 60);
    assert_true(f.device[A].agent->peers[B].up);
    fleet_kill(&f, B);
    fleet_pass(&f, 100000000);
    assert_false(f.device[A].agent->peers[B].up);
    assert_true(f.device[A].agent->rt.counters.dropped[0] > 0);
    unsigned before = f.acted[1];
    fleet_pass(&f, 300000000);
    assert_true(f.acted[1] > before); /* others go on */
    fleet_close(&f);
}

static void a_fault_of_an_accelerator_drops_one_inference_and_no_more(void **state)
{
    (void)state;
    const struct fleet_pipe p = {
        .chain = small, .weight = 1, .chunk_count = 1, .devices = {B}, .target = A};
    fleet_open(&f, 2, &p, 1, 4, false);
    struct syn_accel *accel = syn_wearable_accel(f.device[B].wearable);
    struct syn_emulator *e = syn_resident_emulator(syn_compute_emulated_resident(accel->compute));
    const struct syn_registers *regs = syn_registers_of(&syn_part_max78000);
    syn_emulator_write(e, syn_layer_address(regs, 0, 0, SYN_LREG_ROWS), 0xffffffff);
    fleet_start(&f, SYN_RT_FAIR, 8);
    fleet_run(&f, 7, 60);
    fleet_pass(&f, 300000000);
    assert_int_equal(f.acted[0], 7);
    assert_int_equal(f.device[A].agent->rt.counters.dropped[0], 1);
    assert_int_equal(f.device[A].agent->rt.counters.faults, 0);
    assert_int_equal(f.device[B].agent->rt.counters.faults, 1);
    assert_int_equal(f.wrong, 0);
    assert_true(fleet_idle(&f));
    fleet_close(&f);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void at_rest_nothing_wakes(void **state)
{
    (void)state;
    fleet_open(&f, 3, round_the_body, 3, 4, false);
    fleet_pass(&f, 50000000);
    double before = cpu_seconds();
    unsigned woken = 0;
    int64_t end = syn_loop_now() + 1000000000;
    for (int64_t now = syn_loop_now(); now < end; now = syn_loop_now())
        woken += (unsigned)syn_loop_step(f.loop, end - now);
    print_message("at rest: woken %u times in a second, %.4f %% of a core\n", woken,
                  100 * (cpu_seconds() - before));
    assert_int_equal(woken, 0);
    assert_true(cpu_seconds() - before < 0.001);
    fleet_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone_a_wearable_reaches_the_bound_of_its_accelerator),
        cmocka_unit_test(two_wearables_reach_the_bound_of_their_radios),
        cmocka_unit_test(three_wearables_reach_the_bound_of_the_air),
        cmocka_unit_test(tensors_of_many_pieces_arrive_whole),
        cmocka_unit_test(weights_divide_the_round),
        cmocka_unit_test(sequential_a_round_takes_the_sum_of_its_tasks),
        cmocka_unit_test(a_limit_ends_the_run_and_everyone_rests),
        cmocka_unit_test(through_the_host_tensors_arrive_even_when_some_are_lost),
        cmocka_unit_test(when_a_wearable_dies_what_was_on_its_way_is_counted),
        cmocka_unit_test(a_fault_of_an_accelerator_drops_one_inference_and_no_more),
        cmocka_unit_test(at_rest_nothing_wakes),
    };
    return cmocka_run_group_tests_name("wearable", tests, NULL, NULL);
}
