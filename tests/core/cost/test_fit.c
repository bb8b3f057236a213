/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which reference models fit where, and the words with which a plan is refused. */
#include "core/cost/cost.h"
#include "core/cost/fit.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { EARBUD, GLASSES, WATCH, RING };

static int kernels(struct rig *rig, unsigned first, unsigned last, struct syn_misfit *misfit)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_residents chunk = {
        .count = 1, .list = {{.first = (uint16_t)first, .last = (uint16_t)last}}};
    return syn_fit_kernels(&rig->problem, GLASSES, &chunk, places, misfit);
}

static void ranges_of_mobilenet_pass_by_weight_bias_and_layers_on_max78000(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_misfit misfit;
    memset(&rig, 0, sizeof rig);
    rig_wearables(&rig, RIG_MAX78000);
    rig_pipeline(&rig, rig_model(&rig, "mobilenetv2"), "glasses", "ring");
    assert_int_equal(kernels(&rig, 0, 32, &misfit), 0);
    assert_int_equal(kernels(&rig, 32, 42, &misfit), 0);
    assert_int_equal(kernels(&rig, 42, 52, &misfit), 0);
    assert_int_equal(kernels(&rig, 52, 56, &misfit), 0);
    assert_int_equal(kernels(&rig, 32, 45, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_BIAS);
    assert_int_equal(misfit.need, 288);
    static const uint16_t used[] = {480, 432, 432, 432};
    assert_memory_equal(misfit.used, used, sizeof used);
    rig_free(&rig);
}

static void layer_44_of_mobilenet_needs_573440_of_524288_bytes_of_data_memory(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_misfit misfit = {0};
    char words[160];
    memset(&rig, 0, sizeof rig);
    const struct syn_model *model = rig_model(&rig, "mobilenetv2");
    assert_int_equal(syn_fit_alone(&syn_part_max78000, model, 44, 45, &misfit), SYN_EOOR);
    syn_misfit_words(&misfit, words, sizeof words);
    assert_string_equal(words, "needs 573,440 of 524,288 bytes of data memory");
    assert_int_equal(syn_fit_alone(&syn_part_max78002, model, 44, 45, &misfit), 0);
    rig_free(&rig);
}

/* W1 with one chunk a pipeline on the devices given. */
static void put_w1(struct rig *rig, struct syn_plan *plan, unsigned convnet, unsigned res,
                   unsigned unet)
{
    const unsigned devices[] = {convnet, res, unet};
    rig_workload(rig, 1, RIG_MAX78000);
    *plan = (struct syn_plan){.pipeline_count = 3};
    for (unsigned p = 0; p < 3; p++)
        plan->pipelines[p] = (struct syn_execution_plan){
            .source = GLASSES,
            .target = WATCH,
            .chunk_count = 1,
            .chunks = {
                {(uint8_t)devices[p], 0, (uint16_t)rig->problem.pipelines[p].model->layer_count}}};
}

static void refuses_w1(unsigned convnet, unsigned res, unsigned unet, const char *words)
{
    struct rig rig;
    struct syn_plan plan;
    struct syn_prediction prediction;
    struct syn_error error = {0};
    put_w1(&rig, &plan, convnet, res, unet);
    rig.fleet.devices[EARBUD].profile.timing.arena_bytes = 1 << 20; /* not what is tested here */
    assert_int_equal(
        syn_cost_predict(&rig.problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, &error),
        SYN_EOOR);
    assert_string_equal(error.device, "glasses");
    assert_string_equal(error.message, words);
    rig_free(&rig);
}

/* ConvNet5 takes 60 + 56 + 12 words of most processors, ResSimpleNet nearly all. */
static void a_model_that_finds_no_room_is_refused_with_what_holds_the_rest(void **state)
{
    (void)state;
    refuses_w1(GLASSES, GLASSES, EARBUD,
               "ResSimpleNet does not fit on glasses: needs 764 kernel words, 640 free on "
               "processor 20 (ConvNet5 holds the rest)");
    refuses_w1(EARBUD, GLASSES, GLASSES,
               "ResSimpleNet, UNet do not fit on glasses together: needs 36 of 32 layers");
}

static void tensors_that_wait_must_fit_into_the_arena(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_plan plan;
    struct syn_prediction prediction;
    struct syn_error error = {0};
    put_w1(&rig, &plan, WATCH, GLASSES, WATCH);
    assert_int_equal(
        syn_cost_predict(&rig.problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, &error),
        SYN_EOOR);
    /* 48x48x48 and 28x28 bytes in 64 KiB */
    assert_string_equal(error.message,
                        "watch: tensors that wait need 111,376 of 65,536 bytes of arena");
    rig_free(&rig);
}

static void what_stays_on_the_device_needs_no_arena(void **state)
{
    (void)state;
    struct rig rig;
    uint32_t bytes;
    memset(&rig, 0, sizeof rig);
    const struct syn_model *model = rig_model(&rig, "kws");
    struct syn_execution_plan e = {
        .source = EARBUD, .target = RING, .chunk_count = 1, .chunks = {{EARBUD, 0, 9}}};
    assert_int_equal(syn_fit_arena(model, &e, 0, &bytes), 0);
    assert_int_equal(bytes, 0); /* sensed here; the result is no tensor that waits */
    e.chunks[0].device = RING;
    assert_int_equal(syn_fit_arena(model, &e, 0, &bytes), 0);
    assert_int_equal(bytes, 128 * 128);
    e.chunk_count = 2;
    e.chunks[0] = (struct syn_plan_chunk){EARBUD, 0, 3};
    e.chunks[1] = (struct syn_plan_chunk){RING, 3, 9};
    assert_int_equal(syn_fit_arena(model, &e, 0, &bytes), 0);
    assert_int_equal(bytes, 64 * 63);
    assert_int_equal(syn_fit_arena(model, &e, 1, &bytes), 0);
    assert_int_equal(bytes, 64 * 63);
    rig_free(&rig);
}

static void refuses_shape(const struct rig *rig, const struct syn_plan *plan, const char *words)
{
    struct syn_error error = {0};
    assert_int_equal(syn_plan_check(&rig->problem, plan, &error), SYN_EINVAL);
    assert_string_equal(error.message, words);
}

static void a_plan_that_is_none_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_plan plan, good;
    put_w1(&rig, &good, WATCH, EARBUD, GLASSES);
    assert_int_equal(syn_plan_check(&rig.problem, &good, NULL), 0);
    plan = good;
    plan.pipeline_count = 2;
    refuses_shape(&rig, &plan, "the plan has 2 pipelines, the problem 3");
    plan = good;
    plan.pipelines[0].source = RING;
    refuses_shape(&rig, &plan, "pipeline ConvNet5: ring cannot be its source (camera)");
    plan = good;
    plan.pipelines[1].chunks[0].last = 16;
    refuses_shape(&rig, &plan,
                  "pipeline ResSimpleNet: the chunks end at layer 16, ResSimpleNet has 17");
    plan = good;
    plan.pipelines[1].chunks[0].first = 1;
    refuses_shape(&rig, &plan,
                  "pipeline ResSimpleNet: the chunk on earbud begins at layer 1, layer 0 is next");
    plan = good;
    plan.pipelines[2].chunk_count = 0;
    refuses_shape(&rig, &plan, "pipeline UNet: no chunks");
    rig.problem.pipelines[0].hosts = 1 << GLASSES;
    refuses_shape(&rig, &good, "pipeline ConvNet5: watch may not hold its chunks");
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_of_mobilenet_pass_by_weight_bias_and_layers_on_max78000),
        cmocka_unit_test(layer_44_of_mobilenet_needs_573440_of_524288_bytes_of_data_memory),
        cmocka_unit_test(a_model_that_finds_no_room_is_refused_with_what_holds_the_rest),
        cmocka_unit_test(tensors_that_wait_must_fit_into_the_arena),
        cmocka_unit_test(what_stays_on_the_device_needs_no_arena),
        cmocka_unit_test(a_plan_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
