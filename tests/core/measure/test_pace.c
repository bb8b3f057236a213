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
#define ALL    (1U << SYN_RT_WORK_SENSE | 1U << SYN_RT_WORK_LOAD | 1U << SYN_RT_WORK_INFER)

enum { EARBUD, GLASSES, WATCH, RING };

/* KWS and SimpleNet on four MAX78000: the watch ends both, and holds the end of SimpleNet. */
struct w2 {
    struct rig rig;
    struct syn_plan plan;
};

static int set_up(void **state)
{
    static struct w2 w;
    memset(&w, 0, sizeof w);
    rig_wearables(&w.rig, RIG_MAX78000);
    (void)rig_pipeline(&w.rig, rig_model(&w.rig, "kws"), "earbud", "watch");
    (void)rig_pipeline(&w.rig, rig_model(&w.rig, "simplenet"), "glasses", "watch");
    w.plan.pipeline_count = 2;
    w.plan.pipelines[0] = (struct syn_execution_plan){
        .source = EARBUD, .target = WATCH, .chunk_count = 1, .chunks = {{EARBUD, 0, 9}}};
    w.plan.pipelines[1] =
        (struct syn_execution_plan){.source = GLASSES,
                                    .target = WATCH,
                                    .chunk_count = 2,
                                    .chunks = {{GLASSES, 0, 10}, {WATCH, 10, 14}}};
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    rig_free(&((struct w2 *)*state)->rig);
    return 0;
}

/* What one inference of each pipeline does at each device, and to its units. */
static const struct {
    unsigned device, pipeline;
    unsigned work; /* bits of enum syn_rt_work */
    unsigned tasks[SYN_UNIT_COUNT];
} works[] = {
    {EARBUD, 0, ALL | 1U << SYN_RT_WORK_UNLOAD | 1U << SYN_RT_WORK_SEND, {1, 2, 3, 1}},
    {GLASSES, 1, ALL | 1U << SYN_RT_WORK_UNLOAD | 1U << SYN_RT_WORK_SEND, {1, 2, 3, 1}},
    {WATCH, 0, 1U << SYN_RT_WORK_RECEIVE_RESULT | 1U << SYN_RT_WORK_ACT, {0, 1, 0, 1}},
    {WATCH,
     1,
     1U << SYN_RT_WORK_RECEIVE | 1U << SYN_RT_WORK_LOAD | 1U << SYN_RT_WORK_INFER |
         1U << SYN_RT_WORK_UNLOAD | 1U << SYN_RT_WORK_ACT,
     {0, 3, 3, 1}},
};

/* So many inferences of one pipeline, on devices of which one is different. */
static void add(const struct w2 *w, const struct syn_fleet *fleet, unsigned pipeline,
                unsigned count, struct syn_sample *sample)
{
    struct syn_problem problem = w->rig.problem;
    struct syn_plan plan = w->plan;
    struct syn_prediction p;
    problem.fleet = fleet;
    plan.pipelines[1 - pipeline].chunk_count = 0;
    assert_int_equal(syn_cost_predict_partial(&problem, &plan, SYN_EXECUTION_PARALLEL, &p, NULL),
                     0);
    for (unsigned i = 0; i < sizeof works / sizeof works[0]; i++) {
        struct syn_device_sample *seen = &sample->devices[works[i].device];
        if (works[i].pipeline != pipeline)
            continue;
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            seen->busy_ns[u] += count * p.busy_ns[works[i].device][u];
            seen->tasks[u] += count * works[i].tasks[u];
        }
        for (unsigned k = 0; k < SYN_RT_WORK_COUNT; k++)
            seen->work[pipeline][k] += works[i].work >> k & 1 ? count : 0;
    }
}

static void measure(const struct w2 *w, unsigned device, enum syn_unit unit, uint16_t permille,
                    struct syn_sample *sample)
{
    struct syn_fleet fleet = w->rig.fleet;
    memset(sample, 0, sizeof *sample);
    fleet.devices[device].profile.timing.skew_permille[unit] = permille;
    for (unsigned p = 0; p < w->plan.pipeline_count; p++)
        add(w, &fleet, p, ROUNDS, sample);
}

static double speed(const struct w2 *w, const struct syn_sample *sample, unsigned device,
                    enum syn_unit unit)
{
    struct syn_pace pace;
    syn_pace_of(&w->rig.problem, &w->plan, sample, device, &pace);
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

/* The watch's action for KWS is short, what SimpleNet does there is long. */
static void who_is_ahead_when_a_sample_is_taken_makes_no_difference(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    for (unsigned p = 0; p < 2; p++) {
        measure(w, GLASSES, SYN_UNIT_CPU, 1000, &sample);
        add(w, &w->rig.fleet, p, ROUNDS / 5, &sample);
        for (unsigned d = 0; d < 3; d++)
            for (unsigned u = SYN_UNIT_CPU; u < SYN_UNIT_COUNT; u++)
                if (d != WATCH || u != SYN_UNIT_SENSOR)
                    assert_float_equal((float)speed(w, &sample, d, (enum syn_unit)u), 1.0F, 1e-6F);
    }
}

static void what_is_loaded_and_not_yet_inferred_makes_no_difference(void **state)
{
    const struct w2 *w = *state;
    struct syn_device_sample *seen;
    struct syn_sample sample;
    struct syn_chunk_cost cost;
    assert_int_equal(syn_cost_chunk(&w->rig.fleet.devices[GLASSES],
                                    w->rig.problem.pipelines[1].model, 0, 10, NULL, &cost),
                     0);
    memset(&sample, 0, sizeof sample);
    add(w, &w->rig.fleet, 1, 4, &sample);
    seen = &sample.devices[GLASSES];
    seen->work[1][SYN_RT_WORK_LOAD]++;
    for (unsigned u = SYN_UNIT_CPU; u <= SYN_UNIT_ACCEL; u++) {
        seen->tasks[u]++;
        seen->busy_ns[u] += cost.load_ns;
        assert_float_equal((float)speed(w, &sample, GLASSES, (enum syn_unit)u), 1.0F, 1e-6F);
    }
}

/* The runtime saves changes of chunk that a prediction counts. */
static void a_change_of_chunk_counts_where_there_was_one(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    struct syn_chunk_cost cost;
    assert_int_equal(syn_cost_chunk(&w->rig.fleet.devices[EARBUD],
                                    w->rig.problem.pipelines[0].model, 0, 9, NULL, &cost),
                     0);
    measure(w, EARBUD, SYN_UNIT_CPU, 1000, &sample);
    sample.devices[EARBUD].work[0][SYN_RT_WORK_CONFIGURE] = 7;
    sample.devices[EARBUD].busy_ns[SYN_UNIT_CPU] += 7 * cost.configure_ns;
    sample.devices[EARBUD].busy_ns[SYN_UNIT_ACCEL] += 7 * cost.configure_ns;
    assert_float_equal((float)speed(w, &sample, EARBUD, SYN_UNIT_CPU), 1.0F, 1e-6F);
    assert_float_equal((float)speed(w, &sample, EARBUD, SYN_UNIT_ACCEL), 1.0F, 1e-6F);
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
    measure(w, GLASSES, SYN_UNIT_RADIO, 250, &sample);
    assert_float_equal((float)speed(w, &sample, GLASSES, SYN_UNIT_RADIO), 0.25F, 1e-4F);
    assert_float_equal((float)speed(w, &sample, EARBUD, SYN_UNIT_RADIO), 1.0F, 1e-4F);
    assert_true(speed(w, &sample, WATCH, SYN_UNIT_RADIO) < 0.5);
}

/* `permille` of the time that load and unload take by the figures, which every inference of
 * SimpleNet does once at that device: its actions, and inference, take as long as ever. */
static void move_data(const struct w2 *w, unsigned device, const struct syn_chunk *chunk,
                      unsigned permille, struct syn_sample *sample)
{
    struct syn_chunk_cost cost;
    assert_int_equal(syn_cost_chunk(&w->rig.fleet.devices[device],
                                    w->rig.problem.pipelines[1].model, chunk->first, chunk->last,
                                    NULL, &cost),
                     0);
    const int64_t ns = (int64_t)(cost.load_ns + cost.unload_ns) * ROUNDS;
    const uint64_t more = (uint64_t)(ns * ((int64_t)permille - 1000) / 1000);
    sample->devices[device].busy_ns[SYN_UNIT_CPU] += more;
    sample->devices[device].busy_ns[SYN_UNIT_ACCEL] += more;
}

static const struct syn_chunk at_glasses = {.first = 0, .last = 10};
static const struct syn_chunk at_watch = {.first = 10, .last = 14};

/* A CPU that does nothing but move data leaves no doubt what is the accelerator's own. */
static void a_board_that_moves_data_slowly_or_at_once_infers_as_it_should(void **state)
{
    static const unsigned permille[] = {50000, 5000, 1200, 500, 10};
    const struct w2 *w = *state;
    struct syn_sample sample;
    for (unsigned i = 0; i < sizeof permille / sizeof permille[0]; i++) {
        measure(w, 0, SYN_UNIT_CPU, 1000, &sample);
        move_data(w, GLASSES, &at_glasses, permille[i], &sample);
        const double s = speed(w, &sample, GLASSES, SYN_UNIT_ACCEL);
        if (i == 0)
            assert_true(isnan(s) || fabs(s - 1) < 1e-4);
        else
            assert_float_equal((float)s, 1.0F, 1e-4F);
    }
}

/* The watch acts for both pipelines, a thousand times as long as it infers four layers. */
static void what_actions_may_hide_is_not_known_and_never_wrong(void **state)
{
    static const unsigned permille[] = {100000, 5000, 2000, 1010, 990, 500, 100, 10, 1};
    const struct w2 *w = *state;
    struct syn_sample sample;
    unsigned unknown = 0;
    for (unsigned i = 0; i < sizeof permille / sizeof permille[0]; i++) {
        measure(w, 0, SYN_UNIT_CPU, 1000, &sample);
        move_data(w, WATCH, &at_watch, permille[i], &sample);
        const double s = speed(w, &sample, WATCH, SYN_UNIT_ACCEL);
        unknown += isnan(s) ? 1 : 0;
        assert_true(isnan(s) || (s > 0.75 && s < 1.34));
    }
    assert_true(unknown >= 4 && unknown < sizeof permille / sizeof permille[0]);
}

/* Counters of anything: no speed below 0, none that is infinite. */
static void whatever_was_counted_a_speed_is_positive_or_not_known(void **state)
{
    const struct w2 *w = *state;
    struct syn_sample sample;
    uint64_t x = 1;
    for (unsigned i = 0; i < 20000; i++) {
        measure(w, 0, SYN_UNIT_CPU, 1000, &sample);
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            x = x * 6364136223846793005U + 1442695040888963407U;
            sample.devices[WATCH].busy_ns[u] = x >> (x % 3 ? 20 + x % 44 : 63);
        }
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            const double s = speed(w, &sample, WATCH, (enum syn_unit)u);
            if (!isnan(s) && !(s > 0 && isfinite(s)))
                fail_msg("case %u: unit %u works at %f", i, u, s);
        }
    }
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
        cmocka_unit_test(who_is_ahead_when_a_sample_is_taken_makes_no_difference),
        cmocka_unit_test(what_is_loaded_and_not_yet_inferred_makes_no_difference),
        cmocka_unit_test(a_change_of_chunk_counts_where_there_was_one),
        cmocka_unit_test(a_unit_that_is_slower_is_found_and_no_other),
        cmocka_unit_test(a_slow_radio_slows_the_transfers_of_its_peers),
        cmocka_unit_test(a_board_that_moves_data_slowly_or_at_once_infers_as_it_should),
        cmocka_unit_test(what_actions_may_hide_is_not_known_and_never_wrong),
        cmocka_unit_test(whatever_was_counted_a_speed_is_positive_or_not_known),
        cmocka_unit_test(units_without_work_say_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
