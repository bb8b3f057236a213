/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory first. Pipelines go in by size, largest first, each where memory is least scarce. What
 * does not fit then throws out others, which look for another place themselves; a pipeline that
 * keeps others from fitting or fails again and again weighs more and more, so that in the end the
 * difficult ones sit and the easy ones move.
 */
#include "core/plan/improve/clock.h"
#include "core/plan/improve/insert.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX    6000 /* where nobody sets a limit: some seconds */
#define STEPS_ALONE   500  /* of one pipeline on devices that are empty */
#define RESTART_AFTER 250  /* rounds without a plan of more pipelines than before */
#define THROWN_MAX    4

struct repair {
    const struct syn_problem *problem;
    const struct syn_improve_limits *limits;
    struct syn_atlas *atlas;
    struct syn_inserter *inserter;
    struct syn_goal goal;
    bool bounded; /* by latencies or the round */
    uint64_t seed;
    uint32_t out;                         /* pipelines that have no place */
    uint32_t failures[SYN_PIPELINES_MAX]; /* + 1: how often they did not fit */
    struct syn_ledger now, trial;
};

static unsigned bits(uint32_t set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

/* Into `trial`, or not at all. */
static bool put(struct repair *r, unsigned pipeline)
{
    struct syn_execution_plan plan;
    struct syn_ledger_peak peak;
    struct syn_score score;
    if (!syn_insert_find(r->inserter, &r->trial, pipeline, &r->goal, &r->seed, &plan))
        return false;
    syn_ledger_put(&r->trial, pipeline, &plan);
    if (!syn_ledger_settle(&r->trial) &&
        (!r->bounded || syn_ledger_score(&r->trial, &score, &peak)))
        return true;
    syn_ledger_take(&r->trial, pipeline);
    (void)syn_ledger_settle(&r->trial);
    return false;
}

/* Largest first, with noise. */
static unsigned sort_by_size(struct repair *r, uint32_t set, double noise, unsigned *order)
{
    double size[SYN_PIPELINES_MAX];
    unsigned count = 0;
    for (unsigned p = 0; p < r->atlas->pipelines; p++) {
        unsigned at = count;
        if (!(set >> p & 1))
            continue;
        size[p] = r->atlas->size[p] / (1 + bits(r->problem->pipelines[p].hosts)) *
                  (1 + noise * (2 * syn_draw_share(&r->seed) - 1));
        for (; at > 0 && size[order[at - 1]] < size[p]; at--)
            order[at] = order[at - 1];
        order[at] = p;
        count++;
    }
    return count;
}

/* Returns those that did not fit. */
static uint32_t put_all(struct repair *r, uint32_t set, double noise)
{
    unsigned order[SYN_PIPELINES_MAX];
    const unsigned count = sort_by_size(r, set, noise, order);
    uint32_t out = 0;
    for (unsigned i = 0; i < count; i++) {
        if (syn_improve_interrupted(r->limits))
            return out | set;
        if (!put(r, order[i]))
            out |= 1u << order[i];
        set &= ~(1u << order[i]);
    }
    return out;
}

/* How hard it was to place them. */
static uint64_t weight_of(const struct repair *r, uint32_t set)
{
    uint64_t weight = 0;
    for (unsigned p = 0; p < r->atlas->pipelines; p++)
        weight += set >> p & 1 ? 1 + r->failures[p] : 0;
    return weight;
}

static unsigned pick(struct repair *r, uint32_t set)
{
    unsigned n = syn_draw(&r->seed, bits(set));
    for (unsigned p = 0;; p++)
        if (set >> p & 1 && n-- == 0)
            return p;
}

/* Pipelines of one or two devices that `pipeline` could use. */
static uint32_t victims(struct repair *r, unsigned pipeline)
{
    const unsigned device = pick(r, r->problem->pipelines[pipeline].hosts);
    const unsigned want = 1 + syn_draw(&r->seed, THROWN_MAX);
    uint32_t near = 0, chosen = 0, in = 0;
    for (unsigned i = 0; i < r->trial.device[device].count; i++)
        near |= 1u << r->trial.device[device].chunks[i].pipeline;
    for (unsigned p = 0; p < r->atlas->pipelines; p++)
        in |= r->trial.plan.pipelines[p].chunk_count ? 1u << p : 0;
    for (unsigned i = 0; i < want && in & ~chosen; i++)
        chosen |= 1u << pick(r, near & ~chosen ? near & ~chosen : in & ~chosen);
    return chosen;
}

static void take_all(struct repair *r, uint32_t set)
{
    for (unsigned p = 0; p < r->atlas->pipelines; p++)
        if (set >> p & 1)
            syn_ledger_take(&r->trial, p);
}

/* One pipeline in, whoever must leave for it. */
static void squeeze(struct repair *r)
{
    const unsigned pipeline = pick(r, r->out);
    uint32_t out = r->out & ~(1u << pipeline);
    r->trial = r->now;
    if (!put(r, pipeline)) {
        const uint32_t thrown = victims(r, pipeline);
        r->trial = r->now;
        take_all(r, thrown);
        if (syn_ledger_settle(&r->trial))
            return;
        out |= put(r, pipeline) ? 0 : 1u << pipeline;
        out |= put_all(r, thrown, 0.5);
    }
    if (weight_of(r, out) > weight_of(r, r->out)) {
        r->failures[pipeline]++;
        return;
    }
    r->now = r->trial;
    r->out = out;
}

static void start(struct repair *r, double noise)
{
    syn_ledger_clear(&r->trial, r->atlas);
    (void)syn_ledger_settle(&r->trial);
    r->goal.noise = noise;
    r->out = put_all(r, (uint32_t)((UINT64_C(1) << r->atlas->pipelines) - 1), noise);
    r->now = r->trial;
}

static bool too_much(const struct syn_atlas *t)
{
    for (unsigned i = 0; i < t->resources; i++)
        if (t->use[i] > 1)
            return true;
    return false;
}

/* Has each of those that are left out a place where nothing else is? */
static bool all_fit_alone(struct repair *r)
{
    const unsigned steps = r->goal.steps_max;
    bool fit = true;
    r->goal.steps_max = STEPS_ALONE;
    for (unsigned p = 0; fit && p < r->atlas->pipelines; p++) {
        if (!(r->out >> p & 1))
            continue;
        syn_ledger_clear(&r->trial, r->atlas);
        (void)syn_ledger_settle(&r->trial);
        fit = put(r, p);
    }
    r->goal.steps_max = steps;
    return fit;
}

static int search(struct repair *r)
{
    const uint64_t most = r->limits->iterations ? r->limits->iterations : ROUNDS_MAX;
    unsigned least = SYN_PIPELINES_MAX, since = 0;
    start(r, 0);
    if (!syn_improve_interrupted(r->limits) && !all_fit_alone(r))
        return SYN_EOOR;
    for (uint64_t round = 0; r->out; round++) {
        if (syn_improve_interrupted(r->limits))
            return SYN_ETIMEOUT;
        if (round == most)
            return SYN_EOOR;
        if (bits(r->out) < least) {
            least = bits(r->out);
            since = 0;
        }
        if (++since > RESTART_AFTER) {
            start(r, 0.3);
            least = bits(r->out);
            since = 0;
        } else {
            squeeze(r);
        }
    }
    return 0;
}

static int run(struct repair *r, struct syn_plan *plan)
{
    struct syn_prediction prediction;
    int rc = too_much(r->atlas) ? SYN_EOOR : search(r);
    if (!rc)
        rc = syn_cost_predict(r->problem, &r->now.plan, SYN_EXECUTION_PARALLEL, &prediction, NULL);
    if (!rc)
        *plan = r->now.plan;
    return rc;
}

int syn_repair(const struct syn_problem *problem, const struct syn_improve_limits *limits,
               struct syn_plan *plan)
{
    struct repair *r = calloc(1, sizeof *r);
    if (!r)
        return SYN_ENOMEM;
    r->problem = problem;
    r->limits = limits;
    r->seed = limits->seed;
    r->bounded = problem->round_max_ns > 0;
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        r->bounded |= problem->pipelines[p].spec.latency_bound_ms > 0;
    r->goal = (struct syn_goal){.load = 1,
                                .power = 1,
                                .scale_ns = 1000000000,
                                .limit_ns = problem->round_max_ns ? (int64_t)problem->round_max_ns
                                                                  : INT64_MAX,
                                .memory = 1,
                                .chunk = 0.001,
                                .chunks_max = SYN_PLAN_CHUNKS_MAX,
                                .steps_max = 60};
    int rc = syn_atlas_new(&r->atlas, problem);
    if (!rc)
        rc = syn_inserter_new(&r->inserter, r->atlas);
    if (!rc)
        rc = run(r, plan);
    syn_inserter_free(r->inserter);
    syn_atlas_free(r->atlas);
    free(r);
    return rc;
}
