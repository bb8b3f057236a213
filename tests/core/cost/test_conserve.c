/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work-conserving rates against the definition of max-min fairness: no unit, hub or odd set of
 * radios is overfull, and every pipeline is at its cap or uses something full on which nobody
 * has more for its weight. What one inference asks for is told from parallel predictions, which
 * are linear in the weights.
 */
#include "core/cost/cost.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { EARBUD, GLASSES, WATCH, RING };

#define RESOURCES_MAX 2048
#define NS_PER_S      1e9

/* need[r][p]: share of a second that one inference of p takes of resource r. */
struct needs {
    unsigned count;
    double need[RESOURCES_MAX][SYN_PIPELINES_MAX];
};

static void predict(const struct syn_problem *problem, const struct syn_plan *plan,
                    enum syn_execution execution, struct syn_prediction *prediction)
{
    struct syn_error error = {0};
    if (syn_cost_predict(problem, plan, execution, prediction, &error))
        fail_msg("%s", error.message);
}

static double set_ns(const struct syn_radio_load *load, uint32_t set, unsigned size)
{
    double ns = 0;
    for (unsigned a = 0; a < SYN_RADIO_NODES; a++)
        for (unsigned b = a + 1; b < SYN_RADIO_NODES; b++)
            if (set >> a & set >> b & 1)
                ns += (double)load->pair_ns[a][b];
    return ns / ((size - 1) / 2);
}

/* Every resource of a prediction in one list; the same order for the same fleet. */
static unsigned resources(const struct syn_fleet *fleet, const struct syn_prediction *p,
                          double list[RESOURCES_MAX])
{
    unsigned count = 0;
    const uint32_t hub = 1u << fleet->count;
    for (unsigned d = 0; d < fleet->count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            list[count++] = (double)p->busy_ns[d][u];
    list[count++] = (double)p->radio.node_ns[SYN_DEVICE_HUB];
    for (uint32_t s = 1; s < 2 * hub; s++) {
        const unsigned size = (unsigned)__builtin_popcount(s);
        const uint32_t set = (s & (hub - 1)) | (s & hub ? 1u << SYN_DEVICE_HUB : 0);
        if (size >= 3 && size % 2)
            list[count++] = set_ns(&p->radio, set, size);
    }
    return count;
}

static void find_needs(const struct syn_problem *problem, const struct syn_plan *plan,
                       struct needs *needs)
{
    static double before[RESOURCES_MAX], after[RESOURCES_MAX];
    struct syn_prediction p;
    predict(problem, plan, SYN_EXECUTION_PARALLEL, &p);
    needs->count = resources(problem->fleet, &p, before);
    for (unsigned i = 0; i < problem->pipeline_count; i++) {
        struct syn_problem heavier = *problem;
        heavier.pipelines[i].spec.weight++;
        predict(&heavier, plan, SYN_EXECUTION_PARALLEL, &p);
        (void)resources(problem->fleet, &p, after);
        for (unsigned r = 0; r < needs->count; r++)
            needs->need[r][i] = (after[r] - before[r]) / NS_PER_S;
    }
}

static double taken(const struct needs *needs, unsigned r, const struct syn_prediction *p,
                    unsigned count)
{
    double sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += needs->need[r][i] * p->pipelines[i].throughput_ips;
    return sum;
}

static double level(const struct syn_problem *problem, const struct syn_prediction *p, unsigned i)
{
    return p->pipelines[i].throughput_ips / problem->pipelines[i].spec.weight;
}

/* Is resource r full, used by i, and nobody on it better off than i? */
static bool holds(const struct syn_problem *problem, const struct needs *needs, unsigned r,
                  const struct syn_prediction *p, unsigned i)
{
    if (needs->need[r][i] <= 0 || taken(needs, r, p, problem->pipeline_count) < 1 - 1e-6)
        return false;
    for (unsigned q = 0; q < problem->pipeline_count; q++)
        if (needs->need[r][q] > 0 && level(problem, p, q) > level(problem, p, i) * (1 + 1e-6))
            return false;
    return true;
}

static bool has_reason(const struct syn_problem *problem, const struct needs *needs,
                       const struct syn_prediction *p, unsigned i)
{
    const double cap = problem->pipelines[i].spec.rate_cap_ips;
    if (cap > 0 && p->pipelines[i].throughput_ips >= cap * (1 - 1e-6))
        return p->pipelines[i].throughput_ips <= cap * (1 + 1e-6);
    for (unsigned r = 0; r < needs->count; r++)
        if (holds(problem, needs, r, p, i))
            return true;
    return false;
}

static void assert_max_min_fair(const struct syn_problem *problem, const struct syn_plan *plan,
                                const char *where)
{
    static struct needs needs;
    struct syn_prediction p;
    predict(problem, plan, SYN_EXECUTION_WORK_CONSERVING, &p);
    find_needs(problem, plan, &needs);
    for (unsigned r = 0; r < needs.count; r++)
        if (taken(&needs, r, &p, problem->pipeline_count) > 1 + 1e-6)
            fail_msg("%s: resource %u is overfull", where, r);
    for (unsigned i = 0; i < problem->pipeline_count; i++)
        if (!has_reason(problem, &needs, &p, i))
            fail_msg("%s: pipeline %u could be faster", where, i);
}

static unsigned random_below(uint64_t *seed, unsigned limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % limit;
}

/* One or two chunks, anywhere. */
static void random_pipeline(const struct syn_problem *problem, unsigned p, uint64_t *seed,
                            struct syn_execution_plan *e)
{
    const unsigned devices = problem->fleet->count;
    const unsigned layers = problem->pipelines[p].model->layer_count;
    const unsigned first = random_below(seed, devices), cut = 1 + random_below(seed, layers);
    memset(e, 0, sizeof *e);
    do
        e->source = (uint8_t)random_below(seed, devices);
    while (!(problem->pipelines[p].sources >> e->source & 1));
    do
        e->target = (uint8_t)random_below(seed, devices);
    while (!(problem->pipelines[p].targets >> e->target & 1));
    e->chunks[0] = (struct syn_plan_chunk){(uint8_t)first, 0, (uint16_t)cut};
    e->chunks[1] =
        (struct syn_plan_chunk){(uint8_t)((first + 1 + random_below(seed, devices - 1)) % devices),
                                (uint16_t)cut, (uint16_t)layers};
    e->chunk_count = cut < layers ? 2 : 1;
}

static bool random_plan(const struct syn_problem *problem, uint64_t *seed, struct syn_plan *plan)
{
    struct syn_prediction prediction;
    memset(plan, 0, sizeof *plan);
    plan->pipeline_count = problem->pipeline_count;
    for (int tries = 0; tries < 200; tries++) {
        for (unsigned p = 0; p < problem->pipeline_count; p++)
            random_pipeline(problem, p, seed, &plan->pipelines[p]);
        if (!syn_cost_predict(problem, plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
            return true;
    }
    return false;
}

static void random_plans_get_max_min_fair_rates(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rig rig;
        struct syn_plan plan;
        uint64_t random = seed;
        char where[32];
        (void)snprintf(where, sizeof where, "seed %u", (unsigned)seed);
        memset(&rig, 0, sizeof rig);
        rig_random(&rig, seed);
        if (random_plan(&rig.problem, &random, &plan)) {
            assert_max_min_fair(&rig.problem, &plan, where);
            checked++;
        }
        rig_free(&rig);
    }
    assert_true(checked > 150);
}

/* KWS on the earbud and again on the watch: with targets beside them nothing is shared. */
static void two_apart(struct rig *rig, struct syn_plan *plan)
{
    memset(rig, 0, sizeof *rig);
    rig_wearables(rig, RIG_MAX78000);
    const struct syn_model *kws = rig_model(rig, "kws");
    rig_pipeline(rig, kws, "earbud", "earbud");
    rig_pipeline(rig, kws, "watch", "ring");
    *plan = (struct syn_plan){
        .pipeline_count = 2,
        .pipelines = {
            {.source = EARBUD, .target = EARBUD, .chunk_count = 1, .chunks = {{EARBUD, 0, 9}}},
            {.source = WATCH, .target = RING, .chunk_count = 1, .chunks = {{WATCH, 0, 9}}}}};
}

static void pipelines_that_share_nothing_run_as_if_they_were_alone(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_plan plan;
    struct syn_prediction fair, free, p;
    two_apart(&rig, &plan);
    predict(&rig.problem, &plan, SYN_EXECUTION_PARALLEL, &fair);
    predict(&rig.problem, &plan, SYN_EXECUTION_WORK_CONSERVING, &free);
    assert_true(fair.pipelines[0].throughput_ips == fair.pipelines[1].throughput_ips);
    assert_true(free.pipelines[0].throughput_ips > 1.02 * free.pipelines[1].throughput_ips ||
                free.pipelines[1].throughput_ips > 1.02 * free.pipelines[0].throughput_ips);
    for (unsigned i = 0; i < 2; i++) {
        struct syn_plan alone = plan;
        alone.pipelines[1 - i].chunk_count = 0;
        assert_int_equal(
            syn_cost_predict_partial(&rig.problem, &alone, SYN_EXECUTION_PARALLEL, &p, NULL), 0);
        assert_true(fabs(p.throughput_ips / free.pipelines[i].throughput_ips - 1) < 1e-9);
    }
    /* The slowest pipeline is as fast as in a fair round, and binds as it does there. */
    assert_int_equal(free.round_ns, fair.round_ns);
    assert_int_equal(free.bottleneck_device, fair.bottleneck_device);
    assert_int_equal(free.bottleneck_unit, fair.bottleneck_unit);
    assert_true(free.power_mw > fair.power_mw);
    rig_free(&rig);
}

static void a_cap_holds_its_own_pipeline_alone(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_plan plan;
    struct syn_prediction fair, free;
    two_apart(&rig, &plan);
    predict(&rig.problem, &plan, SYN_EXECUTION_WORK_CONSERVING, &free);
    const double other = free.pipelines[1].throughput_ips;
    rig.problem.pipelines[0].spec.rate_cap_ips = 2;
    predict(&rig.problem, &plan, SYN_EXECUTION_PARALLEL, &fair);
    predict(&rig.problem, &plan, SYN_EXECUTION_WORK_CONSERVING, &free);
    assert_true(fabs(fair.pipelines[1].throughput_ips - 2) < 1e-6);
    assert_true(fabs(free.pipelines[0].throughput_ips - 2) < 1e-9);
    assert_true(fabs(free.pipelines[1].throughput_ips - other) < 1e-9);
    assert_int_equal(free.round_ns, 500000000);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_plans_get_max_min_fair_rates),
        cmocka_unit_test(pipelines_that_share_nothing_run_as_if_they_were_alone),
        cmocka_unit_test(a_cap_holds_its_own_pipeline_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
