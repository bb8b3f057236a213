/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measure/pace.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 50

/* W2 on four MAX78000, everything where it is sensed. */
struct w2 {
    struct rig rig;
    struct syn_plan plan;
    struct syn_prediction prediction;
};

static int set_up(void **state)
{
    static struct w2 w;
    memset(&w, 0, sizeof w);
    rig_wearables(&w.rig, RIG_MAX78000);
    (void)rig_pipeline(&w.rig, rig_model(&w.rig, "kws"), "earbud", "ring");
    (void)rig_pipeline(&w.rig, rig_model(&w.rig, "simplenet"), "glasses", "watch");
    w.plan.pipeline_count = 2;
    w.plan.pipelines[0] = (struct syn_execution_plan){
        .source = 0, .target = 3, .chunk_count = 1, .chunks = {{.device = 0, .last = 9}}};
    w.plan.pipelines[1] =
        (struct syn_execution_plan){.source = 1,
                                    .target = 2,
                                    .chunk_count = 2,
                                    .chunks = {{.device = 1, .last = 10}, {2, 10, 14}}};
    assert_int_equal(
        syn_cost_predict(&w.rig.problem, &w.plan, SYN_EXECUTION_PARALLEL, &w.prediction, NULL), 0);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    rig_free(&((struct w2 *)*state)->rig);
    return 0;
}

/* So many rounds of the same plan on devices of which one is different. */
static void measure(const struct w2 *w, unsigned device, enum syn_unit unit, uint16_t permille,
                    struct syn_sample *sample)
{
    static const unsigned tasks[4][SYN_UNIT_COUNT] = {
        {1, 2, 3, 1}, {1, 2, 3, 1}, {0, 3, 3, 1}, {0, 1, 0, 1}};
    struct syn_problem problem = w->rig.problem;
    struct syn_fleet fleet = w->rig.fleet;
    struct syn_prediction p;
    problem.fleet = &fleet;
    fleet.devices[device].profile.timing.skew_permille[unit] = permille;
    assert_int_equal(syn_cost_predict(&problem, &w->plan, SYN_EXECUTION_PARALLEL, &p, NULL), 0);
    memset(sample, 0, sizeof *sample);
    for (unsigned d = 0; d < fleet.count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            sample->devices[d].busy_ns[u] = ROUNDS * p.busy_ns[d][u];
            sample->devices[d].tasks[u] = ROUNDS * tasks[d][u];
        }
}

static double speed(const struct w2 *w, const struct syn_sample *sample, unsigned device,
                    enum syn_unit unit)
{
    struct syn_pace pace;
    syn_pace_of(&w->rig.problem, &w->plan, &w->prediction, sample, device, &pace);
    return pace.speed[unit];
}

static void devices_as_profiled_are_as_fast_as_their_figures(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    measure(w, 0, SYN_UNIT_CPU, 1000, &sample);
    for (unsigned d = 0; d < 3; d++)
        for (unsigned u = SYN_UNIT_CPU; u < SYN_UNIT_COUNT; u++)
            assert_float_equal((float)speed(w, &sample, d, (enum syn_unit)u), 1.0F, 1e-6F);
}

static void a_unit_that_is_slower_is_found_and_no_other(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    for (unsigned u = SYN_UNIT_SENSOR; u < SYN_UNIT_RADIO; u++) {
        measure(w, 1, (enum syn_unit)u, 800, &sample);
        for (unsigned d = 0; d < 3; d++)
            for (unsigned v = SYN_UNIT_SENSOR; v < SYN_UNIT_RADIO; v++) {
                const double s = speed(w, &sample, d, (enum syn_unit)v);
                if (!isnan(s))
                    assert_float_equal((float)s, d == 1 && v == u ? 0.8F : 1, 1e-4F);
            }
    }
}

static void a_slow_radio_slows_the_transfers_of_its_peers(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    measure(w, 2, SYN_UNIT_RADIO, 250, &sample);
    assert_float_equal((float)speed(w, &sample, 2, SYN_UNIT_RADIO), 0.25F, 1e-4F);
    assert_float_equal((float)speed(w, &sample, 1, SYN_UNIT_RADIO), 0.25F, 1e-4F);
    assert_float_equal((float)speed(w, &sample, 0, SYN_UNIT_RADIO), 1.0F, 1e-6F);
}

static void units_without_work_say_nothing(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    measure(w, 0, SYN_UNIT_CPU, 1000, &sample);
    assert_true(isnan(speed(w, &sample, 3, SYN_UNIT_ACCEL)));
    assert_true(isnan(speed(w, &sample, 3, SYN_UNIT_SENSOR)));
    memset(&sample, 0, sizeof sample);
    assert_true(isnan(speed(w, &sample, 0, SYN_UNIT_CPU)));
    assert_false(syn_pace_is_notable(NAN));
    assert_true(syn_pace_is_notable(0.8));
    assert_false(syn_pace_is_notable(1.01));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_as_profiled_are_as_fast_as_their_figures),
        cmocka_unit_test(a_unit_that_is_slower_is_found_and_no_other),
        cmocka_unit_test(a_slow_radio_slows_the_transfers_of_its_peers),
        cmocka_unit_test(units_without_work_say_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
