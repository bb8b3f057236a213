/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/conserve.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1e9
/* A resource this near to full is full: sums of rates are not exact. */
#define FULL (1 - 1e-9)

/* Something that pipelines share: a unit, the hub's radio, an odd set of radios. */
struct resource {
    unsigned device;
    enum syn_unit unit;
    uint32_t set; /* of nodes; 0: a unit */
};

struct filling {
    const struct syn_problem *problem;
    const struct syn_usage *usage;
    struct syn_prediction *out;
    struct syn_radio_load all; /* of all pipelines: which nodes transfer */
    unsigned count;
    bool growing[SYN_PIPELINES_MAX];
    double *rates;
    double level;          /* all pipelines that grow are at weight x level */
    struct resource first; /* that is full at this level */
    bool shared;           /* a resource, and no cap, gave the level */
    bool seen;             /* some resource has been full before */
};

static double weight(const struct filling *f, unsigned p)
{
    return f->problem->pipelines[p].spec.weight;
}

static double cap_level(const struct filling *f, unsigned p)
{
    const double cap = f->problem->pipelines[p].spec.rate_cap_ips;
    return cap > 0 ? cap / NS_PER_S / weight(f, p) : INFINITY;
}

static uint64_t inside_ns(const struct syn_radio_load *load, uint32_t set)
{
    uint64_t sum = 0;
    for (unsigned a = 0; set >> a; a++)
        for (unsigned b = a + 1; set >> a & 1 && set >> b; b++)
            sum += set >> b & 1 ? load->pair_ns[a][b] : 0;
    return sum;
}

/* Time that one inference of the pipeline takes of the resource. */
static double need_ns(const struct filling *f, const struct resource *r, unsigned p)
{
    if (r->set)
        return (double)inside_ns(&f->usage->radio[p], r->set) / syn_radio_at_once(r->set);
    if (r->device == SYN_DEVICE_HUB)
        return (double)f->usage->radio[p].node_ns[SYN_DEVICE_HUB];
    return (double)f->usage->busy_ns[p][r->device][r->unit];
}

/* What frozen pipelines take of it, and what those that grow take at level 1. */
static void sums(const struct filling *f, const struct resource *r, double *taken, double *slope)
{
    *taken = *slope = 0;
    for (unsigned p = 0; p < f->count; p++) {
        const double need = need_ns(f, r, p);
        *taken += f->growing[p] ? 0 : need * f->rates[p];
        *slope += f->growing[p] ? need * weight(f, p) : 0;
    }
}

static void fill_up(struct filling *f, const struct resource *r)
{
    double taken, slope;
    sums(f, r, &taken, &slope);
    if (slope <= 0 || (1 - taken) / slope >= f->level)
        return;
    f->level = fmax((1 - taken) / slope, 0);
    f->first = *r;
    f->shared = true;
}

/* Who uses a full resource has its rate. */
static void freeze(struct filling *f, const struct resource *r, bool *frozen)
{
    double taken, slope;
    sums(f, r, &taken, &slope);
    if (slope <= 0 || taken + slope * f->level < FULL)
        return;
    for (unsigned p = 0; p < f->count; p++)
        frozen[p] |= f->growing[p] && need_ns(f, r, p) > 0;
}

/* Calls one of the two for every resource: units, the hub, odd sets. */
static void each_resource(struct filling *f, bool *frozen)
{
    struct resource r = {.device = SYN_DEVICE_HUB, .unit = SYN_UNIT_RADIO};
    uint32_t set = 0;
    frozen ? freeze(f, &r, frozen) : fill_up(f, &r);
    for (r.device = 0; r.device < f->problem->fleet->count; r.device++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            r.unit = (enum syn_unit)u;
            frozen ? freeze(f, &r, frozen) : fill_up(f, &r);
        }
    r.unit = SYN_UNIT_RADIO;
    while ((set = syn_radio_next_set(&f->all, set)) != 0) {
        r.set = set;
        frozen ? freeze(f, &r, frozen) : fill_up(f, &r);
    }
}

static void note_bottleneck(struct filling *f)
{
    unsigned device = f->first.set ? 0 : f->first.device;
    if (!f->shared || f->seen)
        return;
    while (f->first.set && !(f->first.set >> device & 1))
        device++;
    f->seen = true;
    f->out->bottleneck_device = device;
    f->out->bottleneck_unit = f->first.unit;
    f->out->bottleneck_set = f->first.set;
}

/* One step: raises the level until something is full or a cap is reached. False at the end. */
static bool step(struct filling *f)
{
    bool frozen[SYN_PIPELINES_MAX] = {false}, any = false, more = false;
    f->level = INFINITY;
    f->shared = false;
    each_resource(f, NULL);
    for (unsigned p = 0; p < f->count; p++)
        if (f->growing[p] && cap_level(f, p) < f->level) {
            f->level = cap_level(f, p);
            f->shared = false;
        }
    if (!isfinite(f->level))
        return false; /* nothing keeps anything busy */
    note_bottleneck(f);
    each_resource(f, frozen);
    for (unsigned p = 0; p < f->count; p++) {
        frozen[p] |= f->growing[p] && cap_level(f, p) <= f->level;
        any |= frozen[p];
        if (f->growing[p])
            f->rates[p] = weight(f, p) * f->level;
        f->growing[p] &= !frozen[p];
        more |= f->growing[p];
    }
    return any && more;
}

void syn_conserve_rates(const struct syn_problem *problem, const struct syn_plan *plan,
                        const struct syn_usage *usage, double rates[SYN_PIPELINES_MAX],
                        struct syn_prediction *out)
{
    struct filling f = {.problem = problem,
                        .usage = usage,
                        .out = out,
                        .all = out->radio,
                        .count = plan->pipeline_count,
                        .rates = rates};
    memset(rates, 0, SYN_PIPELINES_MAX * sizeof *rates);
    for (unsigned p = 0; p < f.count; p++)
        f.growing[p] = plan->pipelines[p].chunk_count > 0;
    while (step(&f))
        continue;
}
