/* SPDX-License-Identifier: MIT */
/* Times and energies of tasks: the figures of devices/part/PART.md 2. */
#include "devices/runtime/timing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct syn_timing feather = {
    .accel_hz = 50000000,
    .start_ns = 6600,
    .word_ns = 270,
    .configure_layer_ns = 15000,
    .weight_byte_ps = 71300,
    .sense_ns = 1000000,
    .act_ns = 1000000,
    .message_ns = 3750000,
    .byte_ps = 5704918, /* 1392 us / 244 bytes */
    .idle_uw = 9400,
    .active_uw = {0, 42000, 50000, 15000},
    .skew_permille = {1000, 1000, 1000, 1000},
};

static void an_inference_takes_its_cycles_and_its_start(void **state)
{
    (void)state;
    assert_int_equal(syn_timing_infer(&feather, 70157), 1403140 + 6600); /* mnist, 1410 us */
    assert_int_equal(syn_timing_infer(&feather, 71782), 1435640 + 6600); /* kws20_v3, 1442 us */
    assert_int_equal(syn_timing_infer(&feather, 0), 6600);
}

static void words_layers_and_weights_take_their_time(void **state)
{
    (void)state;
    assert_int_equal(syn_timing_words(&feather, 1024), 276480); /* 3x32x32: 0.2776 ms measured */
    assert_int_equal(syn_timing_configure(&feather, 9), 135000);
    assert_int_equal(syn_timing_weights(&feather, 381792), 27221770); /* 27 ms, rounded up */
    assert_int_equal(syn_timing_sense(&feather), 1000000);
    assert_int_equal(syn_timing_act(&feather), 1000000);
}

static void a_message_costs_a_fixed_time_and_its_bytes(void **state)
{
    (void)state;
    assert_int_equal(syn_timing_message(&feather, 0), 3750000);
    assert_int_equal(syn_timing_message(&feather, 244), 3750000 + 1392000);
}

static void parts_of_a_nanosecond_are_rounded_up(void **state)
{
    (void)state;
    struct syn_timing t = feather;
    t.accel_hz = 3;
    t.start_ns = 0;
    assert_int_equal(syn_timing_infer(&t, 1), 333333334);
    assert_int_equal(syn_timing_infer(&t, 3), 1000000000);
}

static void a_slow_unit_takes_longer_and_the_others_do_not(void **state)
{
    (void)state;
    struct syn_timing t = feather;
    t.skew_permille[SYN_UNIT_ACCEL] = 800;
    t.skew_permille[SYN_UNIT_RADIO] = 1200;
    assert_int_equal(syn_timing_infer(&t, 70157), (1403140 + 6600) * 5 / 4);
    assert_int_equal(syn_timing_message(&t, 0), 3125000);
    assert_int_equal(syn_timing_act(&t), 1000000);
    assert_int_equal(syn_timing_words(&t, 1024), 276480);
}

static void large_numbers_saturate_and_do_not_wrap(void **state)
{
    (void)state;
    struct syn_timing t = feather;
    /* A billion seconds of inference: more than 64 bits before the division. */
    assert_int_equal(syn_timing_infer(&t, 50000000ull * 1000000000ull), 1000000000000006600ull);
    t.accel_hz = 1;
    assert_true(syn_timing_infer(&t, UINT64_MAX) == UINT64_MAX);
    t.accel_hz = 0;
    assert_true(syn_timing_infer(&t, 1) == UINT64_MAX);
    t.byte_ps = UINT32_MAX;
    t.message_ns = UINT32_MAX;
    assert_int_equal(syn_timing_message(&t, UINT32_MAX), 18446744065119618ull + UINT32_MAX);
}

static void energy_is_idle_power_always_and_active_power_while_busy(void **state)
{
    (void)state;
    /* One second: 9.4 mJ idle; accelerator half of it, 25 mJ; radio a tenth, 1.5 mJ. */
    uint64_t busy[SYN_UNIT_COUNT] = {0, 0, 500000000, 100000000};
    assert_int_equal(syn_timing_energy(&feather, 1000000000, busy), 35900000);
}

static void energy_of_a_year_is_exact(void **state)
{
    (void)state;
    uint64_t year_ns = 31536000ull * 1000000000ull;
    uint64_t busy[SYN_UNIT_COUNT] = {0, 0, 0, 0};
    assert_int_equal(syn_timing_energy(&feather, year_ns, busy), 31536000ull * 9400000ull);
    /* Remainders below a nanojoule add up before they are cut. */
    busy[SYN_UNIT_CPU] = 10;   /* 420,000 fJ */
    busy[SYN_UNIT_ACCEL] = 13; /* 650,000 fJ */
    assert_int_equal(syn_timing_energy(&feather, 0, busy), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inference_takes_its_cycles_and_its_start),
        cmocka_unit_test(words_layers_and_weights_take_their_time),
        cmocka_unit_test(a_message_costs_a_fixed_time_and_its_bytes),
        cmocka_unit_test(parts_of_a_nanosecond_are_rounded_up),
        cmocka_unit_test(a_slow_unit_takes_longer_and_the_others_do_not),
        cmocka_unit_test(large_numbers_saturate_and_do_not_wrap),
        cmocka_unit_test(energy_is_idle_power_always_and_active_power_while_busy),
        cmocka_unit_test(energy_of_a_year_is_exact),
    };
    return cmocka_run_group_tests_name("timing", tests, NULL, NULL);
}
