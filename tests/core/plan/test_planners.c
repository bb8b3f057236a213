/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/planner.h"
#include "tests/core/plan/brute.h"
#include "tests/core/plan/instances.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PROBLEMS (40 / SYN_FEWER)

/* ---- every planner by plain enumeration ---------------------------------------------------- */

/* What a baseline looks at, most important first; NONE ends the list. */
enum figure { NONE, STRANGERS, FEWEST, MOST, OWN, MODEL, FIGURES };

struct definition {
    const char *name;
    enum figure order[4]; /* empty: the objective's order, pipelines by data intensity */
    bool blind;
};

static const struct definition definitions[] = {
    {"synergy", {NONE}, false},
    {"min-dev", {FEWEST, OWN}, false},
    {"max-dev", {MOST, OWN}, false},
    {"pri-min-dev", {STRANGERS, FEWEST, OWN}, false},
    {"pri-max-dev", {STRANGERS, MOST, OWN}, false},
    {"ind-model", {MODEL}, true},
    {"joint-model", {MODEL}, false},
    {"ind-e2e", {OWN}, true},
};

#define DEFINITIONS (sizeof definitions / sizeof definitions[0])

struct best {
    const struct syn_problem *problem;
    const struct definition *definition;
    unsigned pipeline;
    bool have;
    struct syn_plan plan;
    struct syn_score score;
    uint64_t figures[FIGURES];
};

static uint64_t hop_ns(const struct syn_problem *problem, unsigned from, unsigned to,
                       const struct syn_model *model, unsigned at)
{
    struct syn_cut cut;
    assert_int_equal(syn_model_cut(model, at, &cut), 0);
    return syn_cost_transfer(problem->fleet, from, to,
                             at < model->layer_count ? cut.bytes
                                                     : syn_cost_result_bytes(cut.bytes));
}

static void measure(const struct syn_problem *problem, unsigned pipeline,
                    const struct syn_plan *plan, const struct syn_prediction *prediction,
                    uint64_t figures[FIGURES])
{
    const struct syn_execution_plan *e = &plan->pipelines[pipeline];
    const struct syn_model *model = problem->pipelines[pipeline].model;
    const struct syn_fleet_device *devices = problem->fleet->devices;
    memset(figures, 0, FIGURES * sizeof *figures);
    for (unsigned k = 0; k < e->chunk_count; k++)
        figures[STRANGERS] += e->chunks[k].device != e->source && e->chunks[k].device != e->target;
    figures[FEWEST] = e->chunk_count;
    figures[MOST] = SYN_PLAN_CHUNKS_MAX - e->chunk_count;
    figures[OWN] = prediction->pipelines[pipeline].latency_ns;
    figures[MODEL] =
        figures[OWN] - syn_timing_sense(&devices[e->source].profile.timing) -
        syn_timing_act(&devices[e->target].profile.timing) -
        hop_ns(problem, e->source, e->chunks[0].device, model, 0) -
        hop_ns(problem, e->chunks[e->chunk_count - 1].device, e->target, model, model->layer_count);
}

static int compare(const struct best *b, const struct syn_plan *plan, const struct syn_score *score,
                   const uint64_t figures[FIGURES])
{
    const enum figure *order = b->definition->order;
    if (order[0] == NONE)
        return syn_plan_compare(b->problem->objective, score, plan, &b->score, &b->plan);
    for (unsigned i = 0; order[i] != NONE; i++)
        if (figures[order[i]] != b->figures[order[i]])
            return figures[order[i]] < b->figures[order[i]] ? -1 : 1;
    const int c = syn_score_compare_tail(score, &b->score);
    return c ? c
             : syn_execution_plan_compare(&plan->pipelines[b->pipeline],
                                          &b->plan.pipelines[b->pipeline]);
}

static void judge(void *ctx, const struct syn_plan *plan)
{
    struct best *b = ctx;
    struct syn_prediction prediction;
    struct syn_score score;
    uint64_t figures[FIGURES];
    if (syn_cost_predict_partial(b->problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(b->problem, plan, &prediction, &score);
    measure(b->problem, b->pipeline, plan, &prediction, figures);
    if (b->have && compare(b, plan, &score, figures) >= 0)
        return;
    b->have = true;
    b->plan = *plan;
    b->score = score;
    memcpy(b->figures, figures, sizeof figures);
}

static unsigned most_intense(const struct syn_problem *problem, const struct syn_plan *plan)
{
    unsigned best = SYN_PIPELINES_MAX;
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        if (!plan->pipelines[p].chunk_count &&
            (best == SYN_PIPELINES_MAX ||
             syn_model_data_intensity(problem->pipelines[p].model) >
                 syn_model_data_intensity(problem->pipelines[best].model)))
            best = p;
    return best;
}

static bool plain(const struct syn_problem *problem, const struct definition *definition,
                  struct syn_plan *plan)
{
    const struct syn_plan empty = {.pipeline_count = problem->pipeline_count};
    struct syn_prediction prediction;
    *plan = empty;
    for (unsigned i = 0; i < problem->pipeline_count; i++) {
        const unsigned p = definition->order[0] == NONE ? most_intense(problem, plan) : i;
        struct best best = {.problem = problem, .definition = definition, .pipeline = p};
        brute_each(problem, definition->blind ? &empty : plan, p, judge, &best);
        if (!best.have)
            return false;
        plan->pipelines[p] = best.plan.pipelines[p];
    }
    return !syn_cost_predict(problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL);
}

static bool agrees_with_plain(const struct definition *definition, struct rig *rig, uint64_t seed)
{
    struct syn_plan expected;
    struct syn_search_result result;
    struct syn_error error = {0};
    const bool any = plain(&rig->problem, definition, &expected);
    const int rc = syn_planner_find(definition->name)->search(&rig->problem, NULL, &result, &error);
    if (rc == 0 && result.repaired)
        assert_false(any);
    else if (rc != (any ? 0 : SYN_EOOR))
        fail_msg("%s, seed %llu: %d %s", definition->name, (unsigned long long)seed, rc,
                 error.message);
    assert_false(result.stopped);
    if (any)
        rig_assert_same_plan(&result.plan, &expected);
    else
        assert_true(result.repaired || error.message[0] != '\0');
    return any;
}

static unsigned agrees_on(const struct definition *definition, unsigned problems,
                          void (*make)(struct rig *rig, uint64_t seed))
{
    unsigned feasible = 0;
    for (uint64_t seed = 0; seed < problems; seed++) {
        struct rig rig;
        make(&rig, seed);
        feasible += agrees_with_plain(definition, &rig, seed);
        rig_free(&rig);
    }
    return feasible;
}

/* One in four has a device with a part of another kind. */
static void make_random(struct rig *rig, uint64_t seed)
{
    rig_random(rig, seed);
    if (seed % 4 == 3)
        rig_other_part(rig, (unsigned)(seed / 4) % rig->fleet.count, seed);
}

static void every_planner_finds_what_plain_enumeration_finds(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEFINITIONS; i++) {
        const unsigned problems = i == 0 ? 3 * PROBLEMS : PROBLEMS;
        assert_in_range(agrees_on(&definitions[i], problems, make_random), problems / 4, problems);
    }
}

/* Pairs of them have links of their own, which were measured. */
static void make_linked(struct rig *rig, uint64_t seed)
{
    rig_random(rig, seed);
    (void)rig_links(rig, seed);
}

static void every_planner_finds_what_plain_enumeration_finds_where_links_were_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEFINITIONS; i++) {
        const unsigned problems = i == 0 ? 3 * PROBLEMS : PROBLEMS;
        assert_in_range(agrees_on(&definitions[i], problems, make_linked), problems / 4, problems);
    }
}

/* Throughput of a problem's plan, by the links of that problem or another. */
static double throughput(const struct syn_problem *problem, const struct syn_plan *plan)
{
    struct syn_prediction prediction;
    assert_int_equal(syn_cost_predict(problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL), 0);
    return prediction.throughput_ips;
}

/* Four devices behind the console: a relay that is slower than its radios' figures say, and between
 * two of the devices a wire that is faster. */
static void a_fast_wire_draws_chunks_and_a_slow_relay_drives_them_away(void **state)
{
    static struct syn_search_result before, after;
    static const struct syn_fleet_link wire = {
        .measured = true, .wired = true, .send_ns = 50000, .send_byte_ps = 1000000};
    static const struct syn_fleet_link relay = {.measured = true,
                                                .send_ns = 8000000,
                                                .send_byte_ps = 20000000,
                                                .receive_ns = 8000000,
                                                .receive_byte_ps = 20000000};
    struct rig rig = {.model_count = 0};
    (void)state;
    rig_workload(&rig, 1, RIG_MAX78000);
    memset(rig.fleet.direct, 0, sizeof rig.fleet.direct);
    rig.fleet.hub_wired = true;
    assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &before, NULL), 0);
    for (unsigned a = 0; a < rig.fleet.count; a++)
        for (unsigned b = 0; b < rig.fleet.count; b++)
            rig.fleet.links[a][b] = a / 2 == b / 2 ? wire : relay;
    assert_int_equal(syn_planner_find("synergy")->search(&rig.problem, NULL, &after, NULL), 0);
    const double was = throughput(&rig.problem, &before.plan);
    const double is = throughput(&rig.problem, &after.plan);
    print_message("with the table %.1f inferences a second, without it %.1f\n", is, was);
    assert_true(is > 1.05 * was);
    rig_free(&rig);
}

/* Devices that nothing tells apart but their order. */
static void make_alike(struct rig *rig, uint64_t seed)
{
    static const char *const names[] = {"earbud", "glasses", "watch", "ring"};
    const unsigned count = 1 + (unsigned)(seed % 3);
    memset(rig, 0, sizeof *rig);
    rig_wearables(rig, seed % 2 ? RIG_MAX78000 : RIG_MIXED);
    for (unsigned p = 0; p < count; p++) {
        const struct syn_model *model =
            rig_random_model(rig, &seed, 2 + p + (unsigned)(seed >> 9 & 1));
        struct syn_problem_pipeline *pipe =
            rig_pipeline(rig, model, names[(seed >> 8) % 4], names[(seed >> 11) % 4]);
        pipe->targets |= (uint16_t)((seed >> 14) % 3 == 0 ? 15 : 0);
    }
    rig->fleet.direct[2][3] = rig->fleet.direct[3][2] = (seed >> 17) % 4 != 0;
    rig->problem.objective = (enum syn_objective)((seed >> 20) % SYN_OBJECTIVE_COUNT);
}

static void among_devices_that_are_alike_the_order_of_connecting_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEFINITIONS; i++)
        assert_in_range(agrees_on(&definitions[i], PROBLEMS, make_alike), PROBLEMS / 4, PROBLEMS);
}

/* Memory, caps, bounds, relays, bans, weights: whatever binds now and then. */
static void make_tight(struct rig *rig, uint64_t seed)
{
    static const struct instance_limits limits = {2, 4, 1, 4, 2, 5, false};
    instance_small(rig, seed, &limits);
    rig->problem.objective = (enum syn_objective)(seed % SYN_OBJECTIVE_COUNT);
    if (seed % 5 == 0)
        rig->problem.round_max_ns = 50000000;
}

static void synergy_finds_what_plain_enumeration_finds_where_everything_binds(void **state)
{
    (void)state;
    assert_in_range(agrees_on(&definitions[0], 2 * PROBLEMS, make_tight), PROBLEMS / 4,
                    2 * PROBLEMS);
}

/* ---- the reference workloads --------------------------------------------------------------- */

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void print_plan(const struct rig *rig, const struct syn_plan *plan)
{
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const struct syn_execution_plan *e = &plan->pipelines[p];
        print_message("    %-14s %s:", rig->problem.pipelines[p].model->name,
                      rig->fleet.devices[e->source].name);
        for (unsigned k = 0; k < e->chunk_count; k++)
            print_message(" %s[%u,%u)", rig->fleet.devices[e->chunks[k].device].name,
                          e->chunks[k].first, e->chunks[k].last);
        print_message(" :%s\n", rig->fleet.devices[e->target].name);
    }
}

/* No prediction may beat what single pipelines and single units dictate. */
static void check_trivial_bounds(const struct rig *rig, const struct syn_plan *plan,
                                 const struct syn_prediction *p)
{
    uint64_t busiest = 0;
    for (unsigned d = 0; d < rig->fleet.count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            busiest = p->busy_ns[d][u] > busiest ? p->busy_ns[d][u] : busiest;
    assert_true(p->bound_ns >= busiest);
    assert_true(p->round_ns >= p->bound_ns);
    for (unsigned i = 0; i < plan->pipeline_count; i++)
        assert_true(p->pipelines[i].latency_ns > rig->fleet.devices[0].profile.timing.sense_ns);
    assert_true(p->latency_sum_ns >= p->bound_ns); /* all weights are one */
}

static void run_workload(unsigned workload, enum rig_set set, const struct syn_planner *planner)
{
    struct rig rig;
    struct syn_search_result result, again;
    struct syn_prediction prediction;
    struct syn_error error = {0};
    rig_workload(&rig, workload, set);
    const double begin = now_ms();
    const int rc = planner->search(&rig.problem, NULL, &result, &error);
    const double ms = now_ms() - begin;
    print_message("W%u %-8s %-11s ", workload, rig_set_names[set], planner->name);
    if (rc) {
        assert_int_equal(rc, SYN_EOOR);
        print_message("oor, %.1f ms: %s\n", ms, error.message);
        rig_free(&rig);
        return;
    }
    assert_int_equal(
        syn_cost_predict(&rig.problem, &result.plan, planner->execution, &prediction, &error), 0);
    print_message("T %.3f ms, %.2f ips, bound by %s of %s, %llu candidates, %.1f ms\n",
                  1e-6 * (double)prediction.round_ns, prediction.throughput_ips,
                  syn_unit_name(prediction.bottleneck_unit),
                  rig.fleet.devices[prediction.bottleneck_device].name,
                  (unsigned long long)result.candidates, ms);
    print_plan(&rig, &result.plan);
    check_trivial_bounds(&rig, &result.plan, &prediction);
    assert_int_equal(planner->search(&rig.problem, NULL, &again, &error), 0);
    rig_assert_same_plan(&again.plan, &result.plan);
    rig_free(&rig);
}

static void the_workloads_have_plans_or_reasons(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEFINITIONS; i++)
        for (unsigned workload = 1; workload <= 5; workload++)
            for (unsigned set = 0; set < RIG_SET_COUNT; set++)
                run_workload(workload, (enum rig_set)set, syn_planner_find(definitions[i].name));
}

static void refuse_by(const char *planner, unsigned workload, enum rig_set set, const char *words)
{
    struct rig rig;
    struct syn_search_result result;
    struct syn_error error = {0};
    rig_workload(&rig, workload, set);
    assert_int_equal(syn_planner_find(planner)->search(&rig.problem, NULL, &result, &error),
                     SYN_EOOR);
    assert_string_equal(error.message, words);
    rig_free(&rig);
}

static void mobilenet_on_max78000_is_refused_for_the_data_memory_of_layer_44(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEFINITIONS; i++)
        for (unsigned workload = 3; workload <= 4; workload++)
            refuse_by(definitions[i].name, workload, RIG_MAX78000,
                      "MobileNetV2 on MAX78000: layer 44 needs 573,440 of 524,288 bytes of data "
                      "memory");
}

static void w5_on_four_max78000_is_refused_for_its_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEFINITIONS; i++)
        if (!definitions[i].blind)
            refuse_by(definitions[i].name, 5, RIG_MAX78000,
                      "W5 on four MAX78000: weights 2,008,874 of 1,769,472 bytes");
}

/* Each pipeline finds its plan alone; together they exceed a device. */
static void what_blind_planners_combine_is_refused_with_the_device_and_its_limit(void **state)
{
    (void)state;
    refuse_by("ind-e2e", 1, RIG_MAX78000,
              "ConvNet5, ResSimpleNet, UNet do not fit on glasses together: needs 41 of 32 layers");
    refuse_by("ind-model", 2, RIG_MAX78000,
              "SimpleNet does not fit on glasses: needs 318 kernel words, 223 free on processor 40 "
              "(WideNet holds the rest)");
}

/* A capped and a bounded pipeline, one that may not use its neighbour: plans keep to all of it. */
static void constraints_are_kept(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result free_result, result;
    struct syn_prediction free_prediction, prediction;
    struct syn_error error = {0};
    const struct syn_planner *synergy = syn_planner_find("synergy");
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_int_equal(synergy->search(&rig.problem, NULL, &free_result, &error), 0);
    assert_int_equal(syn_cost_predict(&rig.problem, &free_result.plan, SYN_EXECUTION_PARALLEL,
                                      &free_prediction, &error),
                     0);
    rig.problem.pipelines[1].hosts = 1 << 0 | 1 << 3;
    rig.problem.pipelines[2].spec.latency_bound_ms =
        (double)free_prediction.pipelines[2].latency_ns / 1e6;
    assert_int_equal(synergy->search(&rig.problem, NULL, &result, &error), 0);
    assert_int_equal(
        syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, &error),
        0);
    for (unsigned k = 0; k < result.plan.pipelines[1].chunk_count; k++)
        assert_true(rig.problem.pipelines[1].hosts >> result.plan.pipelines[1].chunks[k].device &
                    1);
    assert_true(prediction.round_ns > free_prediction.round_ns);
    rig.problem.pipelines[2].spec.latency_bound_ms = 1;
    assert_int_equal(synergy->search(&rig.problem, NULL, &result, &error), SYN_EOOR);
    assert_string_equal(error.message,
                        "pipeline WideNet: its latency is at least 10.239 ms, its bound 1.000 ms");
    rig_free(&rig);
}

/* A chunk that joins another on its device makes that one slower: it must be configured each time.
 */
static void nobody_joins_a_pipeline_that_has_no_time_to_spare(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result result;
    struct syn_prediction prediction;
    struct syn_error error = {0};
    const struct syn_planner *synergy = syn_planner_find("synergy");
    memset(&rig, 0, sizeof rig);
    rig_wearables(&rig, RIG_MAX78000);
    const struct syn_model *small = rig_model(&rig, "convnet5");
    struct syn_problem_pipeline *first = rig_pipeline(&rig, small, "earbud", "ring");
    first->hosts = 1;
    assert_int_equal(synergy->search(&rig.problem, NULL, &result, &error), 0);
    assert_int_equal(
        syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, &error),
        0);
    struct syn_problem_pipeline *second = rig_pipeline(&rig, small, "earbud", "ring");
    second->hosts = 1;
    if (synergy->search(&rig.problem, NULL, &result, &error))
        fail_msg("%s", error.message);
    first->spec.latency_bound_ms = (double)prediction.latency_sum_ns / 1e6;
    assert_int_equal(synergy->search(&rig.problem, NULL, &result, &error), SYN_EOOR);
    second->hosts = 1 | 1 << 3;
    assert_int_equal(synergy->search(&rig.problem, NULL, &result, &error), 0);
    assert_int_equal(result.plan.pipelines[1].chunks[0].device, 3);
    rig_free(&rig);
}

/* Pipelines that go in by data intensity block each other; others make room. */
static void where_one_after_the_other_finds_no_plan_the_repair_is_marked(void **state)
{
    (void)state;
    unsigned repaired = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct rig rig;
        struct syn_search_result result;
        struct syn_prediction prediction;
        struct syn_error error = {0};
        instance_small(&rig, seed, &instance_limits_small);
        rig.problem.objective = (enum syn_objective)(seed % 3);
        const int rc = syn_planner_find("synergy")->search(&rig.problem, NULL, &result, &error);
        if (rc == 0 && result.repaired) {
            assert_false(result.proven);
            assert_int_equal(syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_PARALLEL,
                                              &prediction, &error),
                             0);
            repaired++;
        }
        rig_free(&rig);
    }
    assert_true(repaired > 0);
}

static void a_search_out_of_time_says_so_or_returns_a_feasible_plan(void **state)
{
    (void)state;
    for (unsigned us = 1; us <= 4096; us *= 4) {
        struct rig rig;
        struct syn_search_result result;
        struct syn_prediction prediction;
        struct syn_error error = {0};
        const struct syn_search_options options = {.time_limit_ns = us * 1000};
        rig_workload(&rig, 4, RIG_MIXED);
        const int rc = syn_planner_find("synergy")->search(&rig.problem, &options, &result, &error);
        if (rc == 0)
            assert_int_equal(syn_cost_predict(&rig.problem, &result.plan, SYN_EXECUTION_PARALLEL,
                                              &prediction, &error),
                             0);
        else
            assert_int_equal(rc, SYN_ETIMEOUT);
        rig_free(&rig);
    }
}

static void nothing_to_plan_for_is_an_error(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_search_result result;
    struct syn_error error = {0};
    memset(&rig, 0, sizeof rig);
    rig_wearables(&rig, RIG_MAX78000);
    assert_int_equal(syn_planner_find("min-dev")->search(&rig.problem, NULL, &result, &error),
                     SYN_EINVAL);
    assert_null(syn_planner_find("best"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_planner_finds_what_plain_enumeration_finds),
        cmocka_unit_test(
            every_planner_finds_what_plain_enumeration_finds_where_links_were_measured),
        cmocka_unit_test(a_fast_wire_draws_chunks_and_a_slow_relay_drives_them_away),
        cmocka_unit_test(among_devices_that_are_alike_the_order_of_connecting_decides),
        cmocka_unit_test(synergy_finds_what_plain_enumeration_finds_where_everything_binds),
        cmocka_unit_test(mobilenet_on_max78000_is_refused_for_the_data_memory_of_layer_44),
        cmocka_unit_test(w5_on_four_max78000_is_refused_for_its_weights),
        cmocka_unit_test(what_blind_planners_combine_is_refused_with_the_device_and_its_limit),
        cmocka_unit_test(constraints_are_kept),
        cmocka_unit_test(nobody_joins_a_pipeline_that_has_no_time_to_spare),
        cmocka_unit_test(where_one_after_the_other_finds_no_plan_the_repair_is_marked),
        cmocka_unit_test(a_search_out_of_time_says_so_or_returns_a_feasible_plan),
        cmocka_unit_test(nothing_to_plan_for_is_an_error),
        cmocka_unit_test(the_workloads_have_plans_or_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
