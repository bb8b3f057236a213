/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/plan_json.h"
#include "core/plan/score.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* KWS over two devices, by hand; W2's other pipelines are whole on the glasses. */
#define SIMPLENET                                                                                  \
    "{\"name\":\"SimpleNet\",\"chunks\":[{\"device\":\"glasses\",\"first\":0,\"last\":14}]}"
#define WIDENET "{\"name\":\"WideNet\",\"chunks\":[{\"device\":\"watch\",\"first\":0,\"last\":14}]}"
#define KWS(chunks)                                                                                \
    "{\"name\":\"KWS\",\"model\":\"KWS\",\"source\":\"earbud\",\"chunks\":[" chunks "]}"
#define CHUNK(device, first, last)                                                                 \
    "{\"device\":\"" device "\",\"first\":" #first ",\"last\":" #last "}"
#define PLAN(pipelines) "{\"pipelines\":[" pipelines "]}"

static void reads(const char *text, struct syn_plan *plan)
{
    struct rig rig;
    struct syn_error error = {0};
    rig_workload(&rig, 2, RIG_MAX78000);
    if (syn_plan_parse(text, strlen(text), "plan.json", &rig.problem, plan, NULL, &error))
        fail_msg("%s", error.message);
    rig_free(&rig);
}

static void refuses(const char *text, const char *message)
{
    struct rig rig;
    struct syn_plan plan;
    struct syn_error error = {0};
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_int_equal(
        syn_plan_parse(text, strlen(text), "plan.json", &rig.problem, &plan, NULL, &error),
        SYN_EINVAL);
    assert_string_equal(error.message, message);
    assert_string_equal(error.file, "plan.json");
    assert_int_equal(error.line, 1);
    rig_free(&rig);
}

static void a_plan_written_by_hand_is_read_in_any_order(void **state)
{
    (void)state;
    struct syn_plan plan;
    reads(PLAN(SIMPLENET "," KWS(CHUNK("earbud", 0, 4) "," CHUNK("ring", 4, 9)) "," WIDENET),
          &plan);
    assert_int_equal(plan.pipeline_count, 3);
    const struct syn_execution_plan *kws = &plan.pipelines[0];
    assert_int_equal(kws->source, 0);
    assert_int_equal(kws->target, 3);
    assert_int_equal(kws->chunk_count, 2);
    assert_int_equal(kws->chunks[0].device, 0);
    assert_int_equal(kws->chunks[0].last, 4);
    assert_int_equal(kws->chunks[1].device, 3);
    assert_int_equal(kws->chunks[1].first, 4);
    assert_int_equal(kws->chunks[1].last, 9);
    assert_int_equal(plan.pipelines[2].chunks[0].device, 2);
}

static void an_answer_of_plan_search_with_one_good_plan_is_read(void **state)
{
    (void)state;
    struct syn_plan plan;
    reads("{\"plans\":[{\"status\":\"oor\",\"pipelines\":[]},{\"status\":\"ok\",\"gap\":null,"
          "\"pipelines\":[" SIMPLENET "," WIDENET "," KWS(CHUNK("ring", 0, 9)) "]}]}",
          &plan);
    assert_int_equal(plan.pipelines[0].chunks[0].device, 3);
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    refuses(PLAN(KWS(CHUNK("wrist", 0, 9)) "," SIMPLENET "," WIDENET),
            "pipelines[0].chunks[0].device: there is no device \"wrist\"");
    refuses(PLAN(KWS(CHUNK("ring", 1, 9)) "," SIMPLENET "," WIDENET),
            "pipelines[0].chunks[0].first: layer 0 is next");
    refuses(PLAN(KWS(CHUNK("ring", 0, 10)) "," SIMPLENET "," WIDENET),
            "pipelines[0].chunks[0].last: 1 to 9 are possible");
    refuses(PLAN(KWS(CHUNK("ring", 0, 0)) "," SIMPLENET "," WIDENET),
            "pipelines[0].chunks[0].last: 1 to 9 are possible");
    refuses(PLAN(KWS(CHUNK("ring", 0, 8)) "," SIMPLENET "," WIDENET),
            "pipelines[0].chunks: the chunks end at layer 8, the model has 9");
    refuses(PLAN(KWS(CHUNK("ring", 0, 8) "," CHUNK("ring", 8, 9)) "," SIMPLENET "," WIDENET),
            "pipelines: pipeline KWS: two chunks on ring");
    refuses(PLAN(SIMPLENET "," WIDENET), "pipelines: pipeline \"KWS\" is missing");
    refuses(PLAN(SIMPLENET "," SIMPLENET),
            "pipelines[1].name: there is no pipeline \"SimpleNet\" to plan for, or it stands here "
            "twice");
    refuses("{\"status\":\"oor\",\"pipelines\":[]}", "status: this plan is out of resource");
    refuses("{\"plans\":[]}", "plans: one plan with status \"ok\" is expected, 0 are here");
    refuses(PLAN("{\"name\":\"KWS\",\"source\":\"ring\",\"chunks\":[" CHUNK("ring", 0, 9) "]}"),
            "pipelines[0].source: ring does not meet the requirement");
    refuses(PLAN("{\"name\":\"KWS\",\"model\":\"UNet\",\"chunks\":[" CHUNK("ring", 0, 9) "]}"),
            "pipelines[0].model: pipeline \"KWS\" runs KWS");
}

static void a_source_that_several_devices_could_be_must_be_named(void **state)
{
    (void)state;
    static const char text[] = PLAN(SIMPLENET);
    struct rig rig;
    struct syn_plan plan;
    struct syn_error error = {0};
    rig_workload(&rig, 2, RIG_MAX78000);
    rig.problem.pipelines[1].sources = 3;
    assert_int_equal(
        syn_plan_parse(text, strlen(text), "plan.json", &rig.problem, &plan, NULL, &error),
        SYN_EINVAL);
    assert_string_equal(error.message, "pipelines[0]: \"source\" is needed: several devices meet "
                                       "the requirement");
    rig_free(&rig);
}

static void what_is_printed_is_read_back_the_same(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result result;
    struct syn_prediction prediction;
    struct syn_plan plan;
    struct syn_plan_facts facts, again;
    rig_workload(&rig, 4, RIG_MIXED);
    assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &result, NULL), 0);
    assert_int_equal(
        syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, NULL), 0);
    syn_plan_facts_init(&facts);
    syn_plan_facts_predicted(&facts, &rig.problem, &result.plan, &prediction);
    syn_plan_facts_bound(&facts, &rig.problem, &prediction, prediction.round_ns / 2);
    facts.repaired = true;
    memcpy(facts.id, "p1", 3);
    memcpy(facts.planner, "synergy", 8);
    char *text = syn_plan_print(&rig.problem, &result.plan, &facts);
    assert_non_null(text);
    assert_int_equal(
        syn_plan_parse(text, strlen(text), "plan.json", &rig.problem, &plan, &again, NULL), 0);
    rig_assert_same_plan(&plan, &result.plan);
    assert_string_equal(again.id, "p1");
    assert_true(again.throughput_ips == facts.throughput_ips);
    assert_true(fabs(again.gap - 1) < 1e-6);
    assert_true(fabs(again.ratio_to_bound - 0.5) < 1e-6);
    assert_true(fabs(again.bound_ips / again.throughput_ips - 2) < 1e-6);
    assert_true(again.devices_used >= 1 && again.devices_used <= 4);
    assert_true(again.repaired && !again.proven && !again.stopped);
    assert_true(isnan(again.simulated_ips));
    free(text);
    rig_free(&rig);
}

/* A bound is of the objective's first term; only plans with task parallelization have a gap. */
static void every_objective_has_a_bound_and_a_gap(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result result;
    rig_workload(&rig, 2, RIG_MAX78000);
    for (int o = 0; o < SYN_OBJECTIVE_POWER; o++) {
        struct syn_prediction prediction;
        struct syn_plan_facts facts;
        struct syn_score score;
        rig.problem.objective = (enum syn_objective)o;
        assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &result, NULL), 0);
        assert_int_equal(
            syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, NULL),
            0);
        syn_score_of(&rig.problem, &result.plan, &prediction, &score);
        const uint64_t first = syn_score_first(rig.problem.objective, &score);
        syn_plan_facts_init(&facts);
        syn_plan_facts_predicted(&facts, &rig.problem, &result.plan, &prediction);
        assert_true(isnan(facts.gap));
        syn_plan_facts_bound(&facts, &rig.problem, &prediction, first);
        assert_true(facts.gap == 0);
        assert_true(isnan(facts.bound_ips) == (o != SYN_OBJECTIVE_THROUGHPUT));
        assert_int_equal(syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_SEQUENTIAL,
                                          &prediction, NULL),
                         0);
        syn_plan_facts_predicted(&facts, &rig.problem, &result.plan, &prediction);
        syn_plan_facts_bound(&facts, &rig.problem, &prediction, first);
        assert_true(isnan(facts.gap));
        assert_true(facts.ratio_to_bound <= 1);
    }
    rig_free(&rig);
}

static void the_object_has_the_fields_that_scripts_rely_on(void **state)
{
    (void)state;
    static const char *const names[] = {"id",
                                        "planner",
                                        "status",
                                        "reason",
                                        "objective",
                                        "throughput_ips",
                                        "bound_ips",
                                        "gap",
                                        "simulated_ips",
                                        "latency_ms",
                                        "power_mw",
                                        "energy_mj",
                                        "search_ms",
                                        "devices_used",
                                        "gain",
                                        "ratio_to_synergy",
                                        "ratio_to_bound",
                                        "proven",
                                        "repaired",
                                        "stopped",
                                        "pipelines"};
    struct rig rig;
    struct syn_plan_facts facts;
    rig_workload(&rig, 2, RIG_MAX78000);
    syn_plan_facts_init(&facts);
    memcpy(facts.reason, "no room", 8);
    cJSON *object = syn_plan_to_json(&rig.problem, NULL, &facts);
    assert_int_equal(cJSON_GetArraySize(object), sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(cJSON_GetArrayItem(object, (int)i)->string, names[i]);
    assert_string_equal(syn_json_get(object, "status")->valuestring, "oor");
    assert_true(cJSON_IsNull(syn_json_get(object, "throughput_ips")));
    cJSON_Delete(object);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_written_by_hand_is_read_in_any_order),
        cmocka_unit_test(an_answer_of_plan_search_with_one_good_plan_is_read),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(a_source_that_several_devices_could_be_must_be_named),
        cmocka_unit_test(what_is_printed_is_read_back_the_same),
        cmocka_unit_test(every_objective_has_a_bound_and_a_gap),
        cmocka_unit_test(the_object_has_the_fields_that_scripts_rely_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
