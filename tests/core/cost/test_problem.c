/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/problem.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct syn_model *find(void *ctx, const char *name)
{
    const struct syn_model *model = ctx;
    return strcmp(name, model->name) ? NULL : model;
}

struct bench {
    struct rig rig;
    const struct syn_model *model;
    struct syn_app app;
    struct syn_error error;
};

/* Four wearables with a camera each; only the earbud hears. */
static void set_up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    rig_wearables(&b->rig, RIG_MAX78000);
    struct syn_profile *earbud = &b->rig.fleet.devices[0].profile;
    (void)snprintf(earbud->sensors[earbud->sensor_count++], SYN_KIND_MAX, "microphone");
    uint64_t seed = 1;
    b->model = rig_random_model(&b->rig, &seed, 2);
    (void)snprintf(b->app.name, sizeof b->app.name, "listen");
    b->app.pipeline_count = 1;
    struct syn_pipeline *p = &b->app.pipelines[0];
    (void)snprintf(p->name, sizeof p->name, "words");
    (void)snprintf(p->model, sizeof p->model, "%s", b->model->name);
    (void)snprintf(p->sense.kind, sizeof p->sense.kind, "camera");
    (void)snprintf(p->act.kind, sizeof p->act.kind, "haptic");
}

static int add(struct bench *b)
{
    const int rc =
        syn_problem_add(&b->rig.problem, &b->app, find, (void *)(uintptr_t)b->model, &b->error);
    return rc;
}

static void windows_that_the_model_does_not_read_are_refused(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.app.pipelines[0].sense.fold = 2;
    assert_int_equal(add(&b), SYN_EINVAL);
    assert_non_null(strstr(b.error.message, "as they are, but its sensing task folds them by 2"));
    assert_string_equal(b.error.hint,
                        "leave \"fold\" out of \"sense\": the model says what it reads");
    rig_free(&b.rig);
    memset(&b.rig, 0, sizeof b.rig);
    rig_wearables(&b.rig, RIG_MAX78000);
    b.model = rig_parse(&b.rig, "{\"format\":\"synergy-model/1\",\"name\":\"R0\",\"weights\":{"
                                "\"seed\":1},\"input\":{\"channels\":8,\"height\":4,\"width\":6,"
                                "\"fold\":2},\"layers\":[{\"op\":\"conv2d\",\"channels\":4}]}");
    b.app.pipelines[0].sense.fold = 2;
    assert_int_equal(add(&b), 0);
    b.app.pipelines[0].sense.fold = 1;
    assert_int_equal(add(&b), SYN_EINVAL);
    assert_string_equal(b.error.message,
                        "pipeline words: R0 reads windows of 2x8x12 folded by 2 to 8x4x6, but its "
                        "sensing task does not fold them");
    rig_free(&b.rig);
}

static void a_sensing_task_that_says_nothing_of_folding_makes_what_the_model_reads(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.model = rig_parse(&b.rig, "{\"format\":\"synergy-model/1\",\"name\":\"R0\",\"weights\":{"
                                "\"seed\":1},\"input\":{\"channels\":8,\"length\":6,\"fold\":4},"
                                "\"layers\":[{\"op\":\"conv1d\",\"channels\":4,\"kernel\":3}]}");
    assert_int_equal(add(&b), 0);
    b.app.pipelines[0].sense.fold = 2;
    assert_int_equal(add(&b), SYN_EINVAL);
    assert_string_equal(b.error.message,
                        "pipeline words: R0 reads windows of 2x24x1 folded by 4 to 8x6x1, but its "
                        "sensing task folds them otherwise");
    rig_free(&b.rig);
}

static void refuses(struct bench *b, const char *words)
{
    assert_int_equal(add(b), SYN_ENOENT);
    assert_string_equal(b->error.message, words);
    assert_int_equal(b->rig.problem.pipeline_count, 0);
    rig_free(&b->rig);
}

static void a_requirement_that_several_devices_meet_leaves_the_choice_open(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    assert_int_equal(add(&b), 0);
    assert_int_equal(b.rig.problem.pipeline_count, 1);
    const struct syn_problem_pipeline *p = &b.rig.problem.pipelines[0];
    assert_int_equal(p->sources, 15);
    assert_int_equal(p->targets, 15);
    assert_int_equal(p->hosts, 15);
    assert_int_equal(p->spec.weight, 1);
    assert_string_equal(p->app, "listen");
    rig_free(&b.rig);
}

static void kind_device_and_body_place_narrow_it(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    (void)snprintf(b.app.pipelines[0].sense.kind, SYN_KIND_MAX, "microphone");
    (void)snprintf(b.app.pipelines[0].act.wear, SYN_KIND_MAX, "ring");
    assert_int_equal(add(&b), 0);
    assert_int_equal(b.rig.problem.pipelines[0].sources, 1);
    assert_int_equal(b.rig.problem.pipelines[0].targets, 8);
    (void)snprintf(b.app.pipelines[0].act.wear, SYN_KIND_MAX, "%s", "");
    (void)snprintf(b.app.pipelines[0].act.device, SYN_DEVICE_NAME, "watch");
    assert_int_equal(add(&b), 0);
    assert_int_equal(b.rig.problem.pipelines[1].targets, 4);
    rig_free(&b.rig);
}

static void what_no_device_has_is_refused_by_name(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    (void)snprintf(b.app.pipelines[0].sense.kind, SYN_KIND_MAX, "ppg");
    refuses(&b, "pipeline words: no device has the sensor \"ppg\"");
    set_up(&b);
    (void)snprintf(b.app.pipelines[0].sense.kind, SYN_KIND_MAX, "microphone");
    (void)snprintf(b.app.pipelines[0].sense.device, SYN_DEVICE_NAME, "ring");
    refuses(&b, "pipeline words: no device on device ring has the sensor \"microphone\"");
    set_up(&b);
    (void)snprintf(b.app.pipelines[0].act.device, SYN_DEVICE_NAME, "belt");
    refuses(&b, "pipeline words: no device for its interaction task (haptic) on device belt");
    set_up(&b);
    (void)snprintf(b.app.pipelines[0].model, SYN_MODEL_NAME_MAX, "GPT");
    refuses(&b, "pipeline words: there is no model \"GPT\"");
    set_up(&b);
    b.rig.fleet.count = 0;
    refuses(&b, "pipeline words: no device is connected");
}

static void more_pipelines_than_a_device_can_tell_apart_are_refused(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.rig.problem.pipeline_count = SYN_PIPELINES_MAX;
    assert_int_equal(add(&b), SYN_EINVAL);
    assert_string_equal(b.error.message, "app listen: more than 32 pipelines in all");
    rig_free(&b.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_that_the_model_does_not_read_are_refused),
        cmocka_unit_test(a_sensing_task_that_says_nothing_of_folding_makes_what_the_model_reads),
        cmocka_unit_test(a_requirement_that_several_devices_meet_leaves_the_choice_open),
        cmocka_unit_test(kind_device_and_body_place_narrow_it),
        cmocka_unit_test(what_no_device_has_is_refused_by_name),
        cmocka_unit_test(more_pipelines_than_a_device_can_tell_apart_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
