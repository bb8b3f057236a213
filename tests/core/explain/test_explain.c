/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What binds, what would help, what comes next: against sums, hand-made changes and plain search.
 */
#include "core/explain/change.h"
#include "core/explain/explain.h"
#include "tests/core/plan/brute.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEED   20261121
#define RANDOM 60

static struct rig rig;
static struct syn_search_result found;
static struct syn_explanation explanation;

static const struct syn_planner *planner(void)
{
    const struct syn_planner *synergy = syn_planner_find("synergy");
    assert_non_null(synergy);
    return synergy;
}

/* Searches the rig's problem and explains the answer. */
static void explain(enum syn_execution execution)
{
    const struct syn_explain_options options = {.planner = planner()};
    struct syn_error error = {0};
    if (planner()->search(&rig.problem, NULL, &found, &error))
        fail_msg("%s", error.message);
    if (syn_explain(&rig.problem, &found.plan, execution, &options, &explanation, &error))
        fail_msg("%s", error.message);
}

static void clear(void)
{
    syn_explanation_clear(&explanation);
    rig_free(&rig);
}

static const struct syn_help *help(enum syn_help_kind kind, unsigned device)
{
    for (unsigned i = 0; i < explanation.help_count; i++)
        if (explanation.helps[i].change.kind == kind &&
            explanation.helps[i].change.device == device)
            return &explanation.helps[i];
    fail_msg("help %d is not there", (int)kind);
    return NULL;
}

/* ---- the books ---- */

static void add_up(const struct syn_works *works, unsigned device, enum syn_unit unit,
                   uint64_t expected)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < works->count; i++)
        if (syn_work_occupies(&works->list[i], device, unit))
            sum += works->list[i].ns;
    assert_int_equal(sum, expected);
}

static void tasks_add_up_to_the_busy_times_of_the_prediction(void **state)
{
    unsigned planned = 0;
    (void)state;
    for (uint64_t seed = SEED; seed < SEED + RANDOM; seed++) {
        struct syn_prediction prediction;
        struct syn_works works;
        rig_random(&rig, seed);
        if (!planner()->search(&rig.problem, NULL, &found, NULL)) {
            planned++;
            assert_int_equal(syn_cost_predict(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL,
                                              &prediction, NULL),
                             0);
            assert_int_equal(syn_works_of(&rig.problem, &found.plan, &works), 0);
            for (unsigned d = 0; d < rig.fleet.count; d++)
                for (int u = 0; u < SYN_UNIT_COUNT; u++)
                    add_up(&works, d, (enum syn_unit)u, prediction.busy_ns[d][u]);
            uint64_t bytes = 0;
            for (unsigned i = 0; i < works.count; i++)
                bytes += works.list[i].bytes;
            assert_int_equal(bytes, prediction.bytes_sent);
            syn_works_clear(&works);
        }
        rig_free(&rig);
    }
    print_message("seeds from %d, %u of %d have a plan\n", SEED, planned, RANDOM);
    assert_true(planned > RANDOM / 2);
}

/* ---- what binds ---- */

static uint64_t shares(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < explanation.shares.count; i++)
        sum += explanation.shares.list[i].ns;
    return sum;
}

static void the_shares_of_what_binds_add_up_to_the_round(void **state)
{
    unsigned seen[SYN_BINDS_COUNT] = {0};
    (void)state;
    for (uint64_t seed = SEED; seed < SEED + RANDOM; seed++) {
        rig_random(&rig, seed);
        if (planner()->search(&rig.problem, NULL, &found, NULL)) {
            rig_free(&rig);
            continue;
        }
        explain(seed % 4 ? SYN_EXECUTION_PARALLEL : SYN_EXECUTION_SEQUENTIAL);
        const struct syn_binding *b = &explanation.binding;
        seen[b->kind]++;
        assert_int_equal(b->ns, explanation.figures.round_ns);
        if (b->kind == SYN_BINDS_UNIT)
            assert_int_equal(shares(), b->ns);
        if (b->kind == SYN_BINDS_RADIOS) {
            unsigned nodes = 0;
            for (uint32_t set = b->set; set; set &= set - 1)
                nodes++;
            const uint64_t at_once = (nodes - 1) / 2;
            assert_int_equal((shares() + at_once - 1) / at_once, b->ns);
        }
        if (b->kind == SYN_BINDS_SEQUENCE)
            assert_int_equal(shares(), b->ns);
        for (unsigned i = 1; i < explanation.shares.count; i++)
            assert_true(explanation.shares.list[i - 1].ns >= explanation.shares.list[i].ns);
        clear();
    }
    assert_true(seen[SYN_BINDS_UNIT] > 0);
    assert_true(seen[SYN_BINDS_SEQUENCE] > 0);
}

static void a_rate_cap_that_binds_is_named(void **state)
{
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    rig.problem.pipelines[1].spec.rate_cap_ips = 1;
    explain(SYN_EXECUTION_PARALLEL);
    assert_int_equal(explanation.binding.kind, SYN_BINDS_CAP);
    assert_int_equal(explanation.binding.pipeline, 1);
    assert_int_equal(explanation.binding.ns, 1000000000);
    assert_int_equal(explanation.helps[0].change.kind, SYN_HELP_CAP); /* helps most */
    assert_int_equal(explanation.helps[0].change.pipeline, 1);
    assert_true(explanation.helps[0].gain > 1);
    clear();
}

static void links_carry_the_bytes_that_the_prediction_says(void **state)
{
    struct syn_prediction prediction;
    uint64_t bytes = 0, ns = 0, expected = 0;
    (void)state;
    rig_workload(&rig, 4, RIG_MAX78002);
    explain(SYN_EXECUTION_PARALLEL);
    assert_int_equal(
        syn_cost_predict(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL, &prediction, NULL), 0);
    for (unsigned i = 0; i < explanation.link_count; i++) {
        bytes += explanation.links[i].bytes;
        ns += explanation.links[i].ns;
    }
    for (unsigned d = 0; d < rig.fleet.count; d++)
        expected += prediction.busy_ns[d][SYN_UNIT_RADIO];
    assert_int_equal(bytes, prediction.bytes_sent);
    assert_int_equal(2 * ns, expected); /* all are direct: both ends are busy */
    clear();
}

/* ---- memory ---- */

static void memory_says_what_is_full_and_which_chunk_it_keeps_away(void **state)
{
    unsigned kept = 0;
    (void)state;
    rig_workload(&rig, 1, RIG_MAX78000);
    explain(SYN_EXECUTION_PARALLEL);
    for (unsigned d = 0; d < rig.fleet.count; d++) {
        const struct syn_device_memory *m = &explanation.memory[d];
        for (unsigned i = 0; i < SYN_MEMORY_COUNT; i++)
            assert_true(m->of[i].used <= m->of[i].have);
        if (!m->why[0])
            continue;
        kept++;
        struct syn_plan moved = found.plan;
        struct syn_prediction prediction;
        moved.pipelines[m->pipeline].chunks[m->chunk].device = (uint8_t)d;
        struct syn_error error = {0};
        assert_int_equal(
            syn_cost_predict(&rig.problem, &moved, SYN_EXECUTION_PARALLEL, &prediction, &error),
            SYN_EOOR);
    }
    print_message("%u devices keep a chunk away\n", kept);
    clear();
}

/* Two models that fill a device each: neither can go to the other's. */
static void a_chunk_that_does_not_fit_beside_another_is_named_with_the_limit(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig_device(&rig, "a", &syn_part_max78000);
    rig_device(&rig, "b", &syn_part_max78000);
    rig_pipeline(&rig, rig_model(&rig, "unet"), "a", "a");
    rig_pipeline(&rig, rig_model(&rig, "widenet"), "b", "b");
    explain(SYN_EXECUTION_PARALLEL);
    const unsigned other = !explanation.binding.device;
    assert_non_null(strstr(explanation.memory[other].why, other ? "on b" : "on a"));
    assert_int_equal(explanation.memory[explanation.binding.device].why[0], '\0');
    clear();
}

/* ---- what would help ---- */

static void an_easier_problem_is_never_worse(void **state)
{
    unsigned changes = 0;
    (void)state;
    for (uint64_t seed = SEED; seed < SEED + RANDOM; seed++) {
        rig_random(&rig, seed);
        if (planner()->search(&rig.problem, NULL, &found, NULL)) {
            rig_free(&rig);
            continue;
        }
        explain(SYN_EXECUTION_PARALLEL);
        for (unsigned i = 0; i < explanation.help_count; i++) {
            const struct syn_help *h = &explanation.helps[i];
            changes++;
            assert_true(h->reached);
            if (h->change.kind == SYN_HELP_DEVICE && rig.problem.objective >= SYN_OBJECTIVE_ENERGY)
                continue; /* it needs power even when idle */
            if (h->change.kind == SYN_HELP_DIRECT)
                continue; /* both radios are busy for as long as the slower end needs */
            if (h->gain < h->kept || h->gain < 0)
                fail_msg("seed %lu: change %d gains %g, kept %g", (unsigned long)seed,
                         (int)h->change.kind, h->gain, h->kept);
            if (i > 0)
                assert_true(explanation.helps[i - 1].gain >= h->gain);
        }
        clear();
    }
    print_message("%u changes\n", changes);
}

static void what_would_help_is_what_a_search_of_that_problem_finds(void **state)
{
    struct syn_search_result faster;
    struct syn_prediction prediction;
    struct syn_figures figures;
    (void)state;
    rig_workload(&rig, 4, RIG_MAX78002);
    explain(SYN_EXECUTION_PARALLEL);
    const double gain = help(SYN_HELP_RADIOS, 0)->gain;
    const struct syn_figures before = explanation.figures;
    for (unsigned d = 0; d < rig.fleet.count; d++) {
        rig.fleet.devices[d].profile.timing.message_ns /= 2;
        rig.fleet.devices[d].profile.timing.byte_ps /= 2;
    }
    assert_int_equal(planner()->search(&rig.problem, NULL, &faster, NULL), 0);
    assert_int_equal(
        syn_cost_predict(&rig.problem, &faster.plan, SYN_EXECUTION_PARALLEL, &prediction, NULL), 0);
    figures = syn_figures_of(&prediction);
    assert_true(gain >= syn_explain_gain(SYN_OBJECTIVE_THROUGHPUT, &before, &figures));
    print_message("radios twice as fast: %g\n", gain);
    assert_true(gain > 0.01);
    clear();
}

static void direct_links_help_where_the_console_relays_through_one_radio(void **state)
{
    (void)state;
    rig_workload(&rig, 1, RIG_MAX78000);
    memset(rig.fleet.direct, 0, sizeof rig.fleet.direct);
    explain(SYN_EXECUTION_PARALLEL);
    assert_int_equal(explanation.binding.kind, SYN_BINDS_HUB);
    assert_true(help(SYN_HELP_DIRECT, 0)->gain > 0);
    clear();
}

static void one_more_device_is_asked_for_once_for_every_kind_of_profile(void **state)
{
    unsigned devices = 0;
    (void)state;
    rig_workload(&rig, 2, RIG_MIXED);
    explain(SYN_EXECUTION_PARALLEL);
    for (unsigned i = 0; i < explanation.help_count; i++)
        devices += explanation.helps[i].change.kind == SYN_HELP_DEVICE;
    assert_int_equal(devices, 2);
    clear();
}

static void a_pin_that_costs_throughput_is_found(void **state)
{
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    rig.problem.pipelines[2].hosts = 1 << 3; /* from the glasses over the ring to the earbud */
    explain(SYN_EXECUTION_PARALLEL);
    unsigned pins = 0;
    for (unsigned i = 0; i < explanation.help_count; i++)
        if (explanation.helps[i].change.kind == SYN_HELP_PIN && explanation.helps[i].gain > 0)
            pins++;
    assert_true(pins > 0);
    clear();
}

static void a_rate_that_costs_energy_is_found(void **state)
{
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    explain(SYN_EXECUTION_PARALLEL);
    const uint64_t fastest = explanation.figures.round_ns;
    syn_explanation_clear(&explanation);
    rig.problem.objective = SYN_OBJECTIVE_ENERGY;
    explain(SYN_EXECUTION_PARALLEL);
    const uint64_t least = explanation.figures.energy_nj;
    syn_explanation_clear(&explanation);
    rig.problem.round_max_ns = fastest + fastest / 100;
    explain(SYN_EXECUTION_PARALLEL);
    const struct syn_help *rate = help(SYN_HELP_RATE, 0);
    assert_true(rate->figures.energy_nj <= least);
    assert_true(rate->gain >= 0);
    clear();
}

/* ---- plans nearby ---- */

struct second {
    const struct syn_execution_plan *taken;
    unsigned pipeline;
    bool have;
    struct syn_figures best;
};

static void look(void *ctx, const struct syn_plan *plan)
{
    struct second *s = ctx;
    struct syn_prediction prediction;
    if (!syn_execution_plan_compare(&plan->pipelines[s->pipeline], s->taken) ||
        syn_cost_predict(&rig.problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    const struct syn_figures figures = syn_figures_of(&prediction);
    if (!s->have || syn_explain_gain(rig.problem.objective, &s->best, &figures) > 0)
        s->best = figures;
    s->have = true;
}

static void the_nearest_plans_are_those_of_plain_enumeration(void **state)
{
    unsigned compared = 0;
    (void)state;
    for (uint64_t seed = SEED; seed < SEED + RANDOM; seed++) {
        rig_random(&rig, seed);
        if (planner()->search(&rig.problem, NULL, &found, NULL)) {
            rig_free(&rig);
            continue;
        }
        explain(SYN_EXECUTION_PARALLEL);
        for (unsigned i = 0; i < explanation.near_count; i++) {
            const struct syn_near *n = &explanation.nears[i];
            struct second second = {.taken = &found.plan.pipelines[n->pipeline],
                                    .pipeline = n->pipeline};
            struct syn_plan base = found.plan;
            if (n->kind != SYN_NEAR_PIPELINE)
                continue;
            base.pipelines[n->pipeline] = (struct syn_execution_plan){0};
            brute_each(&rig.problem, &base, n->pipeline, look, &second);
            assert_true(second.have);
            /* Energies of predictions are rounded to nanojoules a device. */
            if (fabs(syn_explain_gain(rig.problem.objective, &second.best, &n->figures)) > 1e-6)
                fail_msg("seed %lu: pipeline %u has a nearer plan", (unsigned long)seed,
                         n->pipeline);
            assert_true(syn_execution_plan_compare(&n->plan.pipelines[n->pipeline],
                                                   &found.plan.pipelines[n->pipeline]) != 0);
            compared++;
        }
        clear();
    }
    print_message("%u pipelines\n", compared);
    assert_true(compared > RANDOM);
}

static void a_plan_without_the_device_that_binds_does_not_use_it(void **state)
{
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    explain(SYN_EXECUTION_PARALLEL);
    assert_true(explanation.avoidable);
    for (unsigned i = 0; i < explanation.near_count; i++) {
        const struct syn_near *n = &explanation.nears[i];
        for (unsigned p = 0; n->kind == SYN_NEAR_AVOID && p < n->plan.pipeline_count; p++)
            for (unsigned k = 0; k < n->plan.pipelines[p].chunk_count; k++)
                assert_int_not_equal(n->plan.pipelines[p].chunks[k].device, n->device);
    }
    clear();
}

/* ---- time ---- */

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static void an_explanation_that_is_cancelled_ends_and_leaves_nothing(void **state)
{
    const struct syn_explain_options options = {.planner = planner(), .cancelled = always};
    struct syn_error error = {0};
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_int_equal(planner()->search(&rig.problem, NULL, &found, &error), 0);
    assert_int_equal(syn_explain(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL, &options,
                                 &explanation, &error),
                     SYN_ECANCELED);
    assert_null(explanation.shares.list);
    rig_free(&rig);
}

static void without_time_what_binds_is_said_and_what_was_not_searched_too(void **state)
{
    const struct syn_explain_options options = {.planner = planner(), .time_limit_ns = 1};
    struct syn_error error = {0};
    (void)state;
    rig_workload(&rig, 4, RIG_MAX78002);
    assert_int_equal(planner()->search(&rig.problem, NULL, &found, &error), 0);
    assert_int_equal(syn_explain(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL, &options,
                                 &explanation, &error),
                     0);
    assert_true(explanation.shares.count > 0);
    assert_true(explanation.help_count > 10);
    for (unsigned i = 0; i < explanation.help_count; i++)
        assert_false(explanation.helps[i].reached);
    clear();
}

static void a_plan_that_does_not_fit_is_not_explained(void **state)
{
    const struct syn_explain_options options = {.planner = planner()};
    struct syn_error error = {0};
    (void)state;
    rig_workload(&rig, 1, RIG_MAX78000);
    assert_int_equal(planner()->search(&rig.problem, NULL, &found, &error), 0);
    for (unsigned p = 0; p < 3; p++) {
        struct syn_execution_plan *e = &found.plan.pipelines[p];
        e->chunk_count = 1;
        e->chunks[0] = (struct syn_plan_chunk){
            .device = 0, .last = (uint16_t)rig.problem.pipelines[p].model->layer_count};
    }
    assert_int_equal(syn_explain(&rig.problem, &found.plan, SYN_EXECUTION_PARALLEL, &options,
                                 &explanation, &error),
                     SYN_EOOR);
    assert_true(error.message[0]);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_add_up_to_the_busy_times_of_the_prediction),
        cmocka_unit_test(the_shares_of_what_binds_add_up_to_the_round),
        cmocka_unit_test(a_rate_cap_that_binds_is_named),
        cmocka_unit_test(links_carry_the_bytes_that_the_prediction_says),
        cmocka_unit_test(memory_says_what_is_full_and_which_chunk_it_keeps_away),
        cmocka_unit_test(a_chunk_that_does_not_fit_beside_another_is_named_with_the_limit),
        cmocka_unit_test(an_easier_problem_is_never_worse),
        cmocka_unit_test(what_would_help_is_what_a_search_of_that_problem_finds),
        cmocka_unit_test(direct_links_help_where_the_console_relays_through_one_radio),
        cmocka_unit_test(one_more_device_is_asked_for_once_for_every_kind_of_profile),
        cmocka_unit_test(a_pin_that_costs_throughput_is_found),
        cmocka_unit_test(a_rate_that_costs_energy_is_found),
        cmocka_unit_test(the_nearest_plans_are_those_of_plain_enumeration),
        cmocka_unit_test(a_plan_without_the_device_that_binds_does_not_use_it),
        cmocka_unit_test(an_explanation_that_is_cancelled_ends_and_leaves_nothing),
        cmocka_unit_test(without_time_what_binds_is_said_and_what_was_not_searched_too),
        cmocka_unit_test(a_plan_that_does_not_fit_is_not_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
