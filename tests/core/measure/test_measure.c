/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measure/measure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS 1000000

static struct syn_device_counters at(int64_t ms, uint32_t done, uint64_t busy_ms)
{
    struct syn_device_counters c = {.now_ns = ms * MS};
    c.done[0] = done;
    c.busy_ns[SYN_UNIT_ACCEL] = busy_ms * MS;
    c.tasks[SYN_UNIT_ACCEL] = done;
    c.energy_nj = (uint64_t)ms * 10000; /* 10 mW */
    c.pipeline_nj[0] = (uint64_t)done * 2000000;
    return c;
}

static void counters(struct syn_measure *m, unsigned device, struct syn_device_counters c)
{
    syn_measure_counters(m, device, &c);
}

static void what_came_before_the_first_counters_is_warming_up(void **state)
{
    (void)state;
    struct syn_measure *m = syn_measure_new(1, 1);
    struct syn_sample s;
    counters(m, 0, at(500, 7, 100));
    counters(m, 0, at(1500, 57, 600));
    syn_measure_total(m, &s);
    assert_float_equal(s.throughput_ips, 50, 1e-9);
    assert_float_equal(s.devices[0].utilisation[SYN_UNIT_ACCEL], 0.5, 1e-9);
    assert_float_equal(s.power_mw, 10, 1e-9);
    assert_float_equal(s.energy_mj, 0.2, 1e-9);
    assert_float_equal(s.pipelines[0].energy_mj, 2, 1e-9);
    syn_measure_free(m);
}

static void a_sample_covers_the_time_since_the_last_one(void **state)
{
    (void)state;
    struct syn_measure *m = syn_measure_new(1, 1);
    struct syn_sample s;
    counters(m, 0, at(0, 0, 0));
    counters(m, 0, at(1000, 100, 0));
    syn_measure_sample(m, &s);
    assert_float_equal(s.throughput_ips, 100, 1e-9);
    assert_false(syn_measure_ready(m));
    counters(m, 0, at(2000, 120, 0));
    assert_true(syn_measure_ready(m));
    syn_measure_sample(m, &s);
    assert_float_equal(s.throughput_ips, 20, 1e-9);
    assert_float_equal(s.t_s, 2, 1e-9);
    syn_measure_free(m);
}

static void percentiles_are_of_the_latencies_in_the_window(void **state)
{
    (void)state;
    struct syn_measure *m = syn_measure_new(1, 1);
    struct syn_sample s;
    for (int i = 100; i >= 0; i--)
        syn_measure_result(m, 0, (int64_t)i * MS);
    syn_measure_sample(m, &s);
    assert_float_equal(s.pipelines[0].latency_ms[0], 50, 1e-9);
    assert_float_equal(s.pipelines[0].latency_ms[1], 95, 1e-9);
    assert_float_equal(s.pipelines[0].latency_ms[2], 99, 1e-9);
    syn_measure_sample(m, &s);
    assert_true(isnan(s.pipelines[0].latency_ms[0]));
    syn_measure_free(m);
}

static void late_is_a_share_of_the_inferences(void **state)
{
    (void)state;
    struct syn_measure *m = syn_measure_new(1, 1);
    struct syn_sample s;
    struct syn_device_counters c = at(1000, 100, 0);
    c.tasks[SYN_UNIT_ACCEL] = 300; /* load, infer, unload */
    c.tasks[SYN_UNIT_CPU] = 300;
    c.late = 5;
    counters(m, 0, at(0, 0, 0));
    counters(m, 0, c);
    syn_measure_total(m, &s);
    assert_float_equal(s.late, 0.05, 1e-9);
    syn_measure_free(m);
}

static void a_run_without_any_inference_has_no_energy_per_inference(void **state)
{
    (void)state;
    struct syn_measure *m = syn_measure_new(2, 1);
    struct syn_sample s;
    counters(m, 0, at(0, 0, 0));
    counters(m, 0, at(1000, 0, 0));
    syn_measure_total(m, &s);
    assert_true(isnan(s.energy_mj));
    assert_false(s.devices[1].seen);
    assert_false(syn_measure_ready(m));
    syn_measure_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_before_the_first_counters_is_warming_up),
        cmocka_unit_test(a_sample_covers_the_time_since_the_last_one),
        cmocka_unit_test(percentiles_are_of_the_latencies_in_the_window),
        cmocka_unit_test(late_is_a_share_of_the_inferences),
        cmocka_unit_test(a_run_without_any_inference_has_no_energy_per_inference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
