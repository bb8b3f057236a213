/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Large-neighbourhood search. Pipelines that load the bottleneck and some that share devices with
 * them are taken out and put back one by one at prices that rise steeply with the load of each
 * unit. What is a little worse than the best is walked on from for a while.
 */
#include "core/plan/improve/improve.h"

#include "core/plan/improve/clock.h"
#include "core/plan/improve/insert.h"

#include <stdlib.h>
#include <string.h>

#define THROWN_MAX  3    /* at a time, for one that finds no place */
#define THROWS_MAX  3    /* in one neighbourhood */
#define TAKEN_MAX   5    /* pipelines, besides those of a device that is cleared */
#define CLEAR_SHARE 0.7  /* of the neighbourhoods clear a device */
#define PATIENCE    400  /* neighbourhoods without a new best before going back to it */
#define WORSE       0.02 /* than the best: what is walked on from */
#define POLISH_EACH 10   /* neighbourhoods that go for the second term of the objective */

struct syn_improver {
    const struct syn_problem *problem;
    const struct syn_improve_limits *limits;
    struct syn_atlas *atlas;
    struct syn_inserter *inserter;
    uint64_t seed;
    struct syn_ledger now, trial;
    struct syn_score now_score, best_score;
    struct syn_ledger_peak now_peak;
    struct syn_plan best;
    unsigned since; /* the last new best */
    bool walking;   /* `now` is where the last portion ended */
};

/* ---- what to take out ------------------------------------------------------------------------ */

static unsigned bits(uint32_t set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

static unsigned pick(struct syn_improver *s, uint32_t set)
{
    unsigned n = syn_draw(&s->seed, bits(set));
    for (unsigned p = 0;; p++)
        if (set >> p & 1 && n-- == 0)
            return p;
}

static uint32_t all_pipelines(const struct syn_improver *s)
{
    return (uint32_t)((UINT64_C(1) << s->atlas->pipelines) - 1);
}

/* Devices on which a pipeline does anything. */
static uint32_t devices_of(const struct syn_execution_plan *e)
{
    uint32_t devices = 1u << e->source | 1u << e->target;
    for (unsigned k = 0; k < e->chunk_count; k++)
        devices |= 1u << e->chunks[k].device;
    return devices;
}

static bool relayed(const struct syn_improver *s, const struct syn_execution_plan *e)
{
    unsigned holder = e->source;
    for (unsigned k = 0; k <= e->chunk_count; k++) {
        const unsigned next = k < e->chunk_count ? e->chunks[k].device : e->target;
        if (next != holder && syn_fleet_by_hub(s->problem->fleet, holder, next))
            return true;
        holder = next;
    }
    return false;
}

/* Does the pipeline keep `unit` of the device busy? */
static bool loads_unit(const struct syn_execution_plan *e, unsigned device, enum syn_unit unit)
{
    const bool sends =
        e->source != e->target || e->chunk_count > 1 || e->chunks[0].device != e->source;
    bool holds = false;
    for (unsigned k = 0; k < e->chunk_count; k++)
        holds |= e->chunks[k].device == device;
    switch (unit) {
    case SYN_UNIT_SENSOR:
        return e->source == device;
    case SYN_UNIT_CPU:
        return holds || e->target == device;
    case SYN_UNIT_ACCEL:
        return holds;
    default:
        return sends && (devices_of(e) >> device & 1);
    }
}

static uint32_t at_bottleneck(const struct syn_improver *s)
{
    const struct syn_ledger_peak *peak = &s->now_peak;
    uint32_t set = 0;
    for (unsigned p = 0; p < s->atlas->pipelines; p++) {
        const struct syn_execution_plan *e = &s->now.plan.pipelines[p];
        const bool in = peak->set                        ? bits(devices_of(e) & peak->set) > 1
                        : peak->device == SYN_DEVICE_HUB ? relayed(s, e)
                                                         : loads_unit(e, peak->device, peak->unit);
        set |= in ? 1u << p : 0;
    }
    return set;
}

static uint32_t sharing(const struct syn_improver *s, unsigned pipeline)
{
    const uint32_t devices = devices_of(&s->now.plan.pipelines[pipeline]);
    uint32_t set = 0;
    for (unsigned p = 0; p < s->atlas->pipelines; p++)
        set |= devices_of(&s->now.plan.pipelines[p]) & devices ? 1u << p : 0;
    return set;
}

static unsigned bottleneck_pipeline(struct syn_improver *s)
{
    const uint32_t hot = at_bottleneck(s);
    return pick(s, hot ? hot : all_pipelines(s));
}

/* A pipeline of the bottleneck, and what lies where it begins, ends, or could run: it goes first,
 * the others find another place. */
static uint32_t clear_device(struct syn_improver *s, unsigned *first)
{
    const unsigned p = bottleneck_pipeline(s), kind = syn_draw(&s->seed, 4);
    const struct syn_execution_plan *e = &s->now.plan.pipelines[p];
    const unsigned device = kind < 2    ? e->source
                            : kind == 2 ? e->target
                                        : pick(s, s->problem->pipelines[p].hosts);
    uint32_t others = 0;
    for (unsigned i = 0; i < s->now.device[device].count; i++)
        others |= 1u << s->now.device[device].chunks[i].pipeline;
    others &= ~(1u << p);
    while (bits(others) > TAKEN_MAX)
        others &= ~(1u << pick(s, others));
    *first = p;
    return others | 1u << p;
}

/* Some of the bottleneck, some that share devices with it, some others. */
static uint32_t some_pipelines(struct syn_improver *s, unsigned *first)
{
    const uint32_t all = all_pipelines(s), hot = at_bottleneck(s);
    const unsigned want = 1 + syn_draw(&s->seed, TAKEN_MAX);
    const unsigned one = pick(s, hot && syn_draw(&s->seed, 8) ? hot : all);
    const uint32_t near = sharing(s, one);
    uint32_t set = 1u << one;
    while (bits(set) < want && set != all) {
        const unsigned kind = syn_draw(&s->seed, 4);
        const uint32_t from = kind == 0 ? hot & ~set : kind < 3 ? near & ~set : 0;
        set |= 1u << pick(s, from ? from : all & ~set);
    }
    *first = pick(s, set);
    return set;
}

/* ---- how to put back ------------------------------------------------------------------------- */

/*
 * Energy is active power and, idle, the length of the round. The latter follows from the busiest
 * unit alone: prices are a guess at it; with a limit on the units, somewhere up to twice the round
 * as it is, the rest is a matter of active energy.
 */
static void price_energy(struct syn_improver *s, struct syn_goal *g)
{
    static const double idle_shares[] = {0, 0.1, 1};
    const int64_t busiest = syn_ledger_busiest(&s->trial), round = g->scale_ns;
    g->energy_per_fj = s->atlas->pipelines / (double)(s->now_score.energy_fj + 1);
    g->load = idle_shares[syn_draw(&s->seed, 3)];
    if (busiest < round && syn_draw(&s->seed, 2)) {
        const double share = 2 * syn_draw_share(&s->seed);
        const int64_t limit = busiest + (int64_t)(share * (double)(round - busiest));
        g->limit_ns = limit < g->limit_ns ? limit : g->limit_ns;
        g->load = 0;
    }
}

static struct syn_goal goal_of(struct syn_improver *s)
{
    const struct syn_score *now = &s->now_score;
    const bool polish = syn_draw(&s->seed, POLISH_EACH) == 0;
    const double count = s->atlas->pipelines;
    const uint64_t most = s->problem->round_max_ns;
    struct syn_goal g = {.load = 1,
                         .power = 2 + syn_draw(&s->seed, 3),
                         .scale_ns = now->round_ns ? (int64_t)now->round_ns : 1,
                         .limit_ns = most ? (int64_t)most : INT64_MAX,
                         .latency_per_ns = 1e-3 * count / (double)(now->latency_ns + 1),
                         .memory = syn_draw(&s->seed, 2) ? 0.02 : 0,
                         .noise = syn_draw(&s->seed, 2) ? 0.1 * syn_draw_share(&s->seed) : 0,
                         .chunks_max = SYN_PLAN_CHUNKS_MAX,
                         .steps_max = 40};
    const double worse = syn_draw(&s->seed, 2) ? 1 : 1 + WORSE;
    const int64_t limit = (int64_t)((double)s->best_score.round_ns * worse);
    if (s->problem->objective == SYN_OBJECTIVE_THROUGHPUT) {
        g.limit_ns = limit < g.limit_ns ? limit : g.limit_ns;
        g.latency_per_ns *= polish ? 1e3 : 1;
        g.load = polish ? 1e-3 : 1;
    } else if (s->problem->objective == SYN_OBJECTIVE_LATENCY) {
        g.latency_per_ns *= 1e3;
        g.load = polish ? 1 : 1e-2;
    } else {
        price_energy(s, &g);
    }
    return g;
}

/* Some of those on a device that the pipeline could use make room for it. */
static uint32_t throw_out(struct syn_improver *s, unsigned pipeline)
{
    const unsigned device = pick(s, s->problem->pipelines[pipeline].hosts);
    const unsigned want = 1 + syn_draw(&s->seed, THROWN_MAX);
    uint32_t near = 0, thrown = 0;
    for (unsigned i = 0; i < s->trial.device[device].count; i++)
        near |= 1u << s->trial.device[device].chunks[i].pipeline;
    for (unsigned i = 0; i < want && near & ~thrown; i++)
        thrown |= 1u << pick(s, near & ~thrown);
    for (unsigned p = 0; p < s->atlas->pipelines; p++)
        if (thrown >> p & 1)
            syn_ledger_take(&s->trial, p);
    return thrown;
}

static bool insert(struct syn_improver *s, const struct syn_goal *goal, unsigned p)
{
    struct syn_execution_plan plan;
    if (!syn_insert_find(s->inserter, &s->trial, p, goal, &s->seed, &plan))
        return false;
    syn_ledger_put(&s->trial, p, &plan);
    return !syn_ledger_settle(&s->trial);
}

/* The one first, then in any order. Who finds no place throws others out, a few times. */
static bool put_back(struct syn_improver *s, uint32_t set, unsigned first)
{
    const struct syn_goal goal = goal_of(s);
    unsigned throws = syn_draw(&s->seed, 2) ? THROWS_MAX : 0;
    while (set) {
        const unsigned p = set >> first & 1 ? first : pick(s, set);
        if (insert(s, &goal, p)) {
            set &= ~(1u << p);
            continue;
        }
        if (!throws-- || s->trial.plan.pipelines[p].chunk_count)
            return false;
        set |= throw_out(s, p);
        if (syn_ledger_settle(&s->trial))
            return false;
        first = p;
    }
    return true;
}

/* ---- the walk ---------------------------------------------------------------------------------
 */

/* The trial against the best, by what judges plans. */
static void keep_best(struct syn_improver *s, const struct syn_score *score)
{
    struct syn_prediction prediction;
    struct syn_score judged;
    if (syn_plan_compare(s->problem->objective, score, &s->trial.plan, &s->best_score, &s->best) >=
            0 ||
        syn_cost_predict(s->problem, &s->trial.plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(s->problem, &s->trial.plan, &prediction, &judged);
    if (syn_plan_compare(s->problem->objective, &judged, &s->trial.plan, &s->best_score,
                         &s->best) >= 0)
        return;
    s->best = s->trial.plan;
    s->best_score = judged;
    s->since = 0;
}

static bool acceptable(const struct syn_improver *s, const struct syn_score *score)
{
    const enum syn_objective objective = s->problem->objective;
    const uint64_t best = syn_score_first(objective, &s->best_score);
    return syn_score_compare(objective, score, &s->now_score) <= 0 ||
           (double)syn_score_first(objective, score) <= (double)best * (1 + WORSE);
}

static void go_back(struct syn_improver *s)
{
    syn_ledger_clear(&s->now, s->atlas);
    for (unsigned p = 0; p < s->atlas->pipelines; p++)
        syn_ledger_put(&s->now, p, &s->best.pipelines[p]);
    (void)syn_ledger_settle(&s->now);
    (void)syn_ledger_score(&s->now, &s->now_score, &s->now_peak);
    s->since = 0;
}

static void neighbourhood(struct syn_improver *s)
{
    struct syn_score score;
    struct syn_ledger_peak peak;
    unsigned first = 0;
    const uint32_t set = syn_draw_share(&s->seed) < CLEAR_SHARE ? clear_device(s, &first)
                                                                : some_pipelines(s, &first);
    s->trial = s->now;
    for (unsigned p = 0; p < s->atlas->pipelines; p++)
        if (set >> p & 1)
            syn_ledger_take(&s->trial, p);
    s->since++;
    if (syn_ledger_settle(&s->trial) || !put_back(s, set, first) ||
        !syn_ledger_score(&s->trial, &score, &peak) || !acceptable(s, &score))
        return;
    keep_best(s, &score);
    s->now = s->trial;
    s->now_score = score;
    s->now_peak = peak;
}

static bool over(const struct syn_improver *s, uint64_t done)
{
    return (s->limits->iterations && done >= s->limits->iterations) ||
           syn_score_first(s->problem->objective, &s->best_score) <= s->limits->enough ||
           syn_improve_interrupted(s->limits);
}

/* From another plan than the last portion ended with. */
static void begin(struct syn_improver *s, const struct syn_plan *plan,
                  const struct syn_score *score)
{
    s->seed = s->walking ? s->seed : s->limits->seed;
    s->walking = true;
    s->best = *plan;
    s->best_score = *score;
    go_back(s);
}

int syn_improver_new(struct syn_improver **improver, const struct syn_problem *problem)
{
    struct syn_improver *s = calloc(1, sizeof *s);
    *improver = NULL;
    if (!s)
        return SYN_ENOMEM;
    s->problem = problem;
    int rc = syn_atlas_new(&s->atlas, problem);
    if (!rc)
        rc = syn_inserter_new(&s->inserter, s->atlas);
    if (rc)
        syn_improver_free(s);
    else
        *improver = s;
    return rc;
}

void syn_improver_free(struct syn_improver *s)
{
    if (!s)
        return;
    syn_inserter_free(s->inserter);
    syn_atlas_free(s->atlas);
    free(s);
}

void syn_improver_aim(struct syn_improver *s, const struct syn_problem *problem)
{
    s->problem = s->atlas->problem = problem;
    s->walking = false;
}

void syn_improver_run(struct syn_improver *s, const struct syn_improve_limits *limits,
                      struct syn_plan *plan, struct syn_score *score, uint64_t *looked)
{
    s->limits = limits;
    if (!s->walking ||
        syn_plan_compare(s->problem->objective, score, plan, &s->best_score, &s->best) != 0)
        begin(s, plan, score);
    for (uint64_t done = 0; s->atlas->pipelines && !over(s, done); done++) {
        neighbourhood(s);
        ++*looked;
        if (s->since > PATIENCE)
            go_back(s);
    }
    *plan = s->best;
    *score = s->best_score;
}

int syn_improve(const struct syn_problem *problem, const struct syn_improve_limits *limits,
                struct syn_plan *plan, struct syn_score *score, uint64_t *looked)
{
    struct syn_improver *s;
    const int rc = syn_improver_new(&s, problem);
    if (!rc)
        syn_improver_run(s, limits, plan, score, looked);
    syn_improver_free(s);
    return rc;
}
