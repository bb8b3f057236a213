/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan says when something that it relies on is no longer what it was. */
#include "core/plan/inputs.h"
#include "core/plan/plan_json.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { EARBUD, GLASSES, WATCH, RING };

static struct rig rig;
static struct syn_search_result found;

/* A plan of W2 with its inputs, as text that the caller frees with cJSON_free. */
static char *write_plan(void)
{
    struct syn_plan_facts facts;
    struct syn_error error = {0};
    rig_workload(&rig, 2, RIG_MAX78000);
    if (syn_planner_find("synergy")->search(&rig.problem, NULL, &found, &error))
        fail_msg("%s", error.message);
    syn_plan_facts_init(&facts);
    facts.feasible = true;
    cJSON *json = syn_plan_to_json(&rig.problem, &found.plan, &facts);
    assert_non_null(json);
    cJSON *inputs = syn_plan_inputs(&rig.problem, json);
    assert_non_null(inputs);
    assert_true(cJSON_AddItemToObject(json, "inputs", inputs));
    char *text = cJSON_PrintUnformatted(json);
    assert_non_null(text);
    cJSON_Delete(json);
    return text;
}

static int check(const char *text, struct syn_error *error)
{
    struct syn_json *doc;
    memset(error, 0, sizeof *error);
    assert_int_equal(syn_json_parse(&doc, text, strlen(text), "plan.json", error), 0);
    int rc = syn_plan_inputs_check(doc, syn_json_root(doc), &rig.problem, error);
    syn_json_free(doc);
    return rc;
}

static void assert_changed(const char *text, const char *words)
{
    struct syn_error error;
    assert_int_equal(check(text, &error), SYN_ESTATE);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
    assert_non_null(strstr(error.hint, "plan search"));
}

static void a_plan_holds_as_long_as_nothing_changes(void **state)
{
    struct syn_error error;
    char *text = write_plan();
    (void)state;
    if (check(text, &error))
        fail_msg("%s", error.message);
    cJSON_free(text);
    rig_free(&rig);
}

static void a_plan_without_inputs_claims_nothing(void **state)
{
    struct syn_error error;
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_int_equal(check("{\"pipelines\": []}", &error), 0);
    rig_free(&rig);
}

/* Every figure of a device that is used, one after the other. */
static void a_figure_that_was_measured_anew_is_named_with_both_values(void **state)
{
    char *text = write_plan();
    struct syn_timing *t = &rig.fleet.devices[GLASSES].profile.timing;
    (void)state;
    t->accel_hz = 40000000;
    assert_changed(text,
                   "device glasses is not what it was: accel_hz was 50000000 and is 40000000");
    t->accel_hz = 50000000;
    t->active_uw[SYN_UNIT_RADIO] += 1;
    assert_changed(text, "radio_uw was 15000 and is 15001");
    t->active_uw[SYN_UNIT_RADIO] -= 1;
    t->skew_permille[SYN_UNIT_ACCEL] = 800;
    assert_changed(text, "its accel had 1.000 of the profile's speed, now 0.800");
    t->skew_permille[SYN_UNIT_ACCEL] = 1000;
    t->part = &syn_part_max78002;
    assert_changed(text, "part was \"MAX78000\" and is \"MAX78002\"");
    cJSON_free(text);
    rig_free(&rig);
}

static bool used(unsigned device)
{
    bool found_it = false;
    for (unsigned p = 0; p < found.plan.pipeline_count; p++) {
        const struct syn_execution_plan *e = &found.plan.pipelines[p];
        found_it = found_it || e->source == device || e->target == device;
        for (unsigned k = 0; k < e->chunk_count; k++)
            found_it = found_it || e->chunks[k].device == device;
    }
    return found_it;
}

static void devices_beside_the_plan_may_change_join_and_leave(void **state)
{
    struct syn_error error;
    (void)state;
    char *text = write_plan();
    assert_true(used(EARBUD) && used(GLASSES) && used(WATCH) && used(RING));
    rig_device(&rig, "another", &syn_part_max78000);
    assert_int_equal(check(text, &error), 0);
    cJSON_free(text);
    /* Now one that is there and idle. */
    rig_free(&rig);
    text = write_plan();
    char *again = strstr(text, "\"ring\"");
    assert_non_null(again);
    rig.fleet.devices[RING].profile.timing.accel_hz = 1000000;
    assert_changed(text, "device ring");
    for (; again; again = strstr(again, "\"ring\"")) /* the plan no longer uses it */
        if (again > strstr(text, "\"inputs\""))
            break;
        else
            memcpy(again, "\"none\"", 6);
    assert_int_equal(check(text, &error), 0);
    cJSON_free(text);
    rig_free(&rig);
}

static void a_link_that_is_relayed_now_is_named(void **state)
{
    char *text = write_plan();
    (void)state;
    memset(rig.fleet.direct, 0, sizeof rig.fleet.direct);
    assert_changed(text, "directly and now does over the console's radio");
    cJSON_free(text);
    rig_free(&rig);
}

static void a_pipeline_that_its_app_says_differently_is_named(void **state)
{
    char *text = write_plan();
    (void)state;
    rig.problem.pipelines[1].spec.weight = 3;
    assert_changed(
        text, "pipeline SimpleNet of app W2 is not what it was: weight was not given and is 3");
    rig.problem.pipelines[1].spec.weight = 1;
    (void)snprintf(rig.problem.pipelines[1].spec.name, SYN_APP_NAME_MAX, "other");
    assert_changed(text, "app W2 no longer has a pipeline SimpleNet");
    (void)snprintf(rig.problem.pipelines[1].spec.name, SYN_APP_NAME_MAX, "SimpleNet");
    rig_pipeline(&rig, rig.problem.pipelines[0].model, "earbud", "ring");
    (void)snprintf(rig.problem.pipelines[3].spec.name, SYN_APP_NAME_MAX, "new");
    assert_changed(text, "app test has a new pipeline new");
    cJSON_free(text);
    rig_free(&rig);
}

static void a_model_with_other_weights_is_named(void **state)
{
    char *text = write_plan();
    (void)state;
    for (unsigned i = 0; i < rig.model_count; i++)
        if (!strcmp(rig.models[i]->name, "WideNet"))
            rig.models[i]->hash[31] ^= 1;
    assert_changed(text, "model WideNet has other layers or weights");
    cJSON_free(text);
    rig_free(&rig);
}

/* Replaces the first `from` behind `after`; of equal length. */
static void edit(char *text, const char *after, const char *from, const char *to)
{
    char *at = strstr(text, after);
    at = at ? strstr(at, from) : NULL;
    if (!at || strlen(from) != strlen(to))
        fail_msg("no %s behind %s", from, after);
    memcpy(at, to, strlen(to));
}

static void objective_and_constraints_belong_to_the_question(void **state)
{
    struct syn_error error;
    char *text = write_plan();
    (void)state;
    edit(text, "{", "\"objective\":\"throughput\"", "\"objective\":\"latency\"   ");
    assert_changed(text, "objective was \"throughput\" and is \"latency\"");
    cJSON_free(text);
    rig_free(&rig);
    text = write_plan();
    edit(text, "\"question\"", "\"objective\":\"throughput\"", "\"objective\":\"latency\"   ");
    assert_int_equal(check(text, &error), SYN_ECORRUPT);
    cJSON_free(text);
    rig_free(&rig);
}

static void values_that_were_edited_are_corrupt(void **state)
{
    struct syn_error error;
    char *text = write_plan();
    (void)state;
    edit(text, "\"devices\":[", "50000000", "60000000");
    assert_int_equal(check(text, &error), SYN_ECORRUPT);
    assert_non_null(strstr(error.message, "inputs.devices[0].hash"));
    cJSON_free(text);
    rig_free(&rig);
}

static void malformed_inputs_are_refused(void **state)
{
    static const char *const texts[] = {
        "{\"inputs\": 3}",
        "{\"inputs\": {}}",
        "{\"inputs\": {\"models\": [3]}}",
        "{\"inputs\": {\"models\": [{\"name\": \"a\"}]}}",
        "{\"inputs\": {\"models\": [{\"name\": 3, \"hash\": \"\"}]}}",
        "{\"inputs\": {\"models\": [], \"pipelines\": [], \"devices\": [], \"links\": null}}",
    };
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct syn_error error;
        assert_int_equal(check(texts[i], &error), SYN_EINVAL);
        assert_int_equal(error.line, 1);
    }
    rig_free(&rig);
}

/* Whatever byte is wrong, the answer is an error or the plan still holds; nothing crashes. */
static void any_byte_of_the_file_may_be_wrong(void **state)
{
    char *text = write_plan();
    const size_t size = strlen(text);
    (void)state;
    for (size_t i = 0; i < size; i += 7) {
        struct syn_json *doc;
        struct syn_error error = {0};
        const char was = text[i];
        text[i] = was == '"' ? '3' : '"';
        if (!syn_json_parse(&doc, text, size, "plan.json", &error)) {
            (void)syn_plan_inputs_check(doc, syn_json_root(doc), &rig.problem, &error);
            syn_json_free(doc);
        }
        text[i] = was;
    }
    cJSON_free(text);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_holds_as_long_as_nothing_changes),
        cmocka_unit_test(a_plan_without_inputs_claims_nothing),
        cmocka_unit_test(a_figure_that_was_measured_anew_is_named_with_both_values),
        cmocka_unit_test(devices_beside_the_plan_may_change_join_and_leave),
        cmocka_unit_test(a_link_that_is_relayed_now_is_named),
        cmocka_unit_test(a_pipeline_that_its_app_says_differently_is_named),
        cmocka_unit_test(a_model_with_other_weights_is_named),
        cmocka_unit_test(objective_and_constraints_belong_to_the_question),
        cmocka_unit_test(values_that_were_edited_are_corrupt),
        cmocka_unit_test(malformed_inputs_are_refused),
        cmocka_unit_test(any_byte_of_the_file_may_be_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
