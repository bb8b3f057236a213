/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/app/app.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "{\"format\": \"synergy-app/1\", \"name\": \"a\", \"pipelines\": [\n"
#define ENDS "\"sense\": {\"kind\": \"camera\"}, \"act\": {\"kind\": \"led\"}"

static int parse(struct syn_app *app, const char *text, struct syn_error *error)
{
    return syn_app_parse(app, text, strlen(text), "a.json", error);
}

static const struct workload {
    const char *file;
    unsigned count;
    const char *first, *sense, *source, *act, *target;
} workloads[] = {
    {"w1", 3, "ConvNet5", "camera", "glasses", "display", "watch"},
    {"w2", 3, "KWS", "microphone", "earbud", "haptic", "ring"},
    {"w3", 2, "EfficientNetV2", "camera", "glasses", "display", "watch"},
    {"w4", 8, "ConvNet5", "camera", "glasses", "display", "watch"},
    {"w5", 7, "ConvNet5", "camera", "glasses", "display", "watch"},
};

static void the_reference_workloads_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        const struct workload *w = &workloads[i];
        struct syn_error error = {0};
        struct syn_app app;
        char path[256];
        (void)snprintf(path, sizeof path, SYN_SOURCE_DIR "/scripts/apps/%s.json", w->file);
        assert_int_equal(syn_app_read(&app, path, &error), 0);
        assert_string_equal(app.name, w->file);
        assert_int_equal(app.pipeline_count, w->count);
        assert_string_equal(app.pipelines[0].model, w->first);
        assert_string_equal(app.pipelines[0].sense.kind, w->sense);
        assert_string_equal(app.pipelines[0].sense.device, w->source);
        assert_string_equal(app.pipelines[0].act.kind, w->act);
        assert_string_equal(app.pipelines[0].act.device, w->target);
        assert_int_equal(app.pipelines[0].weight, 1);
        assert_int_equal(app.pipelines[0].on.count + app.pipelines[0].not_on.count, 0);
    }
}

static void a_pipeline_is_named_after_its_model_and_any_device_will_do(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_app app;
    assert_int_equal(parse(&app, HEAD "{\"model\": \"KWS\", " ENDS "}]}", &error), 0);
    assert_string_equal(app.pipelines[0].name, "KWS");
    assert_string_equal(app.pipelines[0].sense.device, "");
    assert_string_equal(app.pipelines[0].sense.wear, "");
    assert_int_equal(app.pipelines[0].weight, 1);
    assert_true(app.pipelines[0].rate_cap_ips == 0);
}

static void what_is_printed_reads_back_the_same(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_app a, b;
    assert_int_equal(
        parse(&a,
              HEAD "{\"model\": \"KWS\", \"weight\": 3, \"rate_cap_ips\": 2.5,"
                   " \"latency_bound_ms\": 90, \"on\": [\"watch\", \"ring\"], \"not_on\": "
                   "[\"x\"],\"sense\": {\"kind\": \"imu\", \"wear\": \"watch\", \"fold\": 3},"
                   " \"act\": {\"kind\": \"led\", \"device\": \"ring\"}},"
                   "{\"name\": \"second\", \"model\": \"KWS\", \"sense\": {\"kind\": \"imu\", "
                   "\"fold\": 1},"
                   " \"act\": {\"kind\": \"led\"}}]}",
              &error),
        0);
    assert_int_equal(a.pipelines[0].sense.fold, 3);
    assert_int_equal(a.pipelines[1].sense.fold, 1);
    char *text = syn_app_print(&a);
    assert_non_null(text);
    assert_int_equal(parse(&b, text, &error), 0);
    assert_memory_equal(&a, &b, sizeof a);
    free(text);
}

static void wrong_manifests_are_refused_with_place_and_cause(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line, column;
        const char *message;
    } cases[] = {
        {HEAD "{\"model\": \"KWS\", \"wieght\": 1, " ENDS "}]}", 2, 18,
         "pipelines[0].wieght: unknown field \"wieght\", did you mean \"weight\"?"},
        {HEAD "{\"model\": \"KWS\", \"weight\": 0, " ENDS "}]}", 2, 18,
         "pipelines[0].weight: 0 is out of range (1 to 1000)"},
        {HEAD "{\"model\": \"KWS\", \"rate_cap_ips\": -1, " ENDS "}]}", 2, 18,
         "pipelines[0].rate_cap_ips: -1 is out of range (0 to 1000000)"},
        {HEAD "{\"model\": \"KWS\", \"sense\": {}, \"act\": {\"kind\": \"led\"}}]}", 2, 18,
         "pipelines[0].sense: field \"kind\" is missing"},
        {HEAD "{" ENDS "}]}", 2, 1, "pipelines[0]: field \"model\" is missing"},
        {HEAD "{\"model\": \"KWS\", " ENDS "},\n{\"model\": \"KWS\", " ENDS "}]}", 3, 1,
         "pipelines[1]: an earlier pipeline is named \"KWS\"; give them different names"},
        {HEAD "{\"model\": \"KWS\", \"on\": [], " ENDS "}]}", 2, 18,
         "pipelines[0].on: 0 elements; 1 to 16 are allowed"},
        {HEAD "{\"model\": \"KWS\", \"not_on\": [\"a\", \"a\"], " ENDS "}]}", 2, 34,
         "pipelines[0].not_on[1]: \"a\" stands here twice"},
        {HEAD "{\"model\": \"KWS\", \"on\": [\"a b\"], " ENDS "}]}", 2, 25,
         "pipelines[0].on[0]: a name of letters, digits and . _ - + / is expected"},
        {HEAD "{\"model\": \"KWS\", \"sense\": {\"kind\": \"a\", \"fold\": 256}, \"act\": {}}]}", 2,
         41, "pipelines[0].sense.fold: 256 is out of range (1 to 255)"},
        {HEAD "{\"model\": \"KWS\", \"sense\": {\"kind\": \"a\"}, \"act\": {\"kind\": \"b\", "
              "\"fold\": 2}}]}",
         2, 63, "pipelines[0].act.fold: unknown field \"fold\""},
        {HEAD "]}", 1, 42, "pipelines: 0 elements; 1 to 32 are allowed"},
        {"{\"format\": \"synergy-model/1\", \"name\": \"a\", \"pipelines\": []}", 1, 2,
         "format: \"synergy-model/1\" cannot be read; \"synergy-app/1\" is expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct syn_error error = {0};
        struct syn_app app = {.name = "kept"};
        assert_int_equal(parse(&app, cases[i].text, &error), SYN_EINVAL);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(error.line, cases[i].line);
        assert_int_equal(error.column, cases[i].column);
        assert_string_equal(app.name, "kept");
    }
}

static void settings_reach_one_pipeline_or_all(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_app app;
    assert_int_equal(parse(&app,
                           HEAD "{\"name\": \"x.y\", \"model\": \"KWS\", " ENDS "},"
                                "{\"name\": \"z\", \"model\": \"KWS\", " ENDS "}]}",
                           &error),
                     0);
    assert_int_equal(syn_app_set(&app, "x.y.weight", "7", &error), 0);
    assert_int_equal(app.pipelines[0].weight, 7);
    assert_int_equal(app.pipelines[1].weight, 1);
    assert_int_equal(syn_app_set(&app, "rate_cap_ips", "2.5", &error), 0);
    assert_true(app.pipelines[0].rate_cap_ips == 2.5 && app.pipelines[1].rate_cap_ips == 2.5);
    assert_int_equal(syn_app_set(&app, "z.latency_bound_ms", "40", &error), 0);
    assert_true(app.pipelines[1].latency_bound_ms == 40);
    assert_int_equal(syn_app_set(&app, "z.on", "watch,ring", &error), 0);
    assert_int_equal(app.pipelines[1].on.count, 2);
    assert_string_equal(app.pipelines[1].on.names[1], "ring");
    assert_int_equal(app.pipelines[0].on.count, 0);
    assert_int_equal(syn_app_set(&app, "not_on", "earbud", &error), 0);
    assert_true(syn_device_names_have(&app.pipelines[0].not_on, "earbud"));
    assert_int_equal(syn_app_set(&app, "z.on", "", &error), 0);
    assert_int_equal(app.pipelines[1].on.count, 0);
}

static void wrong_settings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        int code;
        const char *message, *hint;
    } cases[] = {
        {"wieght", "1", SYN_EINVAL,
         "\"wieght\" cannot be set (weight, rate_cap_ips, latency_bound_ms, on, not_on)",
         "did you mean \"weight\"?"},
        {"weight", "1.5", SYN_EINVAL, "weight: \"1.5\" is no whole number from 1 to 1000", ""},
        {"weight", "1001", SYN_EINVAL, "weight: \"1001\" is no whole number from 1 to 1000", ""},
        {"rate_cap_ips", "fast", SYN_EINVAL,
         "rate_cap_ips: \"fast\" is no number from 0 to 1000000", ""},
        {"rate_cap_ips", "nan", SYN_EINVAL, "rate_cap_ips: \"nan\" is no number from 0 to 1000000",
         ""},
        {"rate_cap_ips", "0.00001", SYN_EINVAL,
         "rate_cap_ips: 1e-05 with weight 1 makes rounds of more than 10000 s", ""},
        {"on", "watch,,ring", SYN_EINVAL,
         "on: \"watch,,ring\": at most 16 names of devices with commas between them are expected",
         ""},
        {"not_on", "ring,ring", SYN_EINVAL, "not_on: \"ring\" stands there twice", ""},
        {"KWZ.weight", "1", SYN_ENOENT, "a has no pipeline \"KWZ\"", "did you mean \"KWS\"?"},
    };
    struct syn_app app;
    struct syn_error error = {0};
    assert_int_equal(parse(&app, HEAD "{\"model\": \"KWS\", " ENDS "}]}", &error), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(syn_app_set(&app, cases[i].key, cases[i].value, &error), cases[i].code);
        assert_string_equal(error.message, cases[i].message);
        assert_string_equal(error.hint, cases[i].hint);
        assert_int_equal(app.pipelines[0].weight, 1);
        assert_int_equal(app.pipelines[0].on.count + app.pipelines[0].not_on.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_workloads_read),
        cmocka_unit_test(a_pipeline_is_named_after_its_model_and_any_device_will_do),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(wrong_manifests_are_refused_with_place_and_cause),
        cmocka_unit_test(settings_reach_one_pipeline_or_all),
        cmocka_unit_test(wrong_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
