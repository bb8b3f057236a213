/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/walk.h"

/* ---- hops --------------------------------------------------------------------------------- */

static void change_pair(struct syn_walk *w, unsigned a, unsigned b, int64_t ns)
{
    w->radio_ns[a] += ns;
    w->radio_ns[b] += ns;
    w->pair_ns[a][b] += ns;
    w->pair_ns[b][a] += ns;
}

void syn_walk_change_radio(struct syn_walk *w, const struct syn_hop *h, int64_t times)
{
    if (h->from == h->to)
        return;
    if (h->direct) {
        change_pair(w, h->from, h->to, times * h->from_ns);
    } else if (!h->hub) {
        w->radio_ns[h->from] += times * h->from_ns;
        w->radio_ns[h->to] += times * h->to_ns;
    } else {
        change_pair(w, h->from, SYN_DEVICE_HUB, times * h->from_ns);
        change_pair(w, h->to, SYN_DEVICE_HUB, times * h->to_ns);
    }
}

/* Three radios of which two are a and b: none of their transfers can overlap. */
static int64_t triple_ns(const struct syn_walk *w, unsigned a, unsigned b)
{
    int64_t most = 0;
    for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
        most = n == a || n == b ? most : syn_larger_ns(most, w->pair_ns[a][n] + w->pair_ns[b][n]);
    return most + w->pair_ns[a][b];
}

/* Of the radios that a hop keeps busy, together with others. */
static int64_t hop_ns(const struct syn_walk *w, const struct syn_hop *h)
{
    const int64_t ends = syn_larger_ns(w->radio_ns[h->from], w->radio_ns[h->to]);
    if (h->direct)
        return syn_larger_ns(ends, triple_ns(w, h->from, h->to));
    if (!h->hub)
        return ends;
    return syn_larger_ns(
        syn_larger_ns(ends, w->radio_ns[SYN_DEVICE_HUB]),
        syn_larger_ns(triple_ns(w, h->from, SYN_DEVICE_HUB), triple_ns(w, h->to, SYN_DEVICE_HUB)));
}

void syn_walk_take_hop(struct syn_walk *w, const struct syn_hop *h, unsigned cut, bool inside,
                       struct syn_sums *sums)
{
    const struct syn_stage *s = w->stage;
    const int64_t ns = syn_hop_latency_ns(h);
    if (h->from == h->to)
        return;
    syn_walk_change_radio(w, h, s->weight);
    sums->latency_ns += ns;
    sums->own_ns += ns;
    sums->model_ns += inside ? ns : 0;
    sums->bytes += syn_stage_hop_bytes(s, h, cut);
    sums->energy_fj += syn_stage_hop_energy_fj(s, h);
    sums->peak_ns = syn_larger_ns(sums->peak_ns, hop_ns(w, h));
}

/* ---- judgement ---------------------------------------------------------------------------- */

static const struct syn_rest no_rest = {0};

struct syn_candidate syn_walk_candidate(const struct syn_walk *w, const struct syn_sums *sums,
                                        struct syn_ahead ahead, bool complete)
{
    const struct syn_stage *s = w->stage;
    const struct syn_rest *r = ahead.rest;
    const enum syn_outlook_order order = w->limits->order;
    const unsigned k = w->plan.chunk_count;
    const bool open = k && w->plan.chunks[k - 1].first == w->plan.chunks[k - 1].last;
    const int64_t peak = syn_larger_ns(sums->peak_ns, ahead.peak_ns);
    const int64_t fj = order == SYN_OUTLOOK_ENERGY ? r->first : r->second;
    const int64_t latency = order == SYN_OUTLOOK_LATENCY  ? r->first
                            : order == SYN_OUTLOOK_ENERGY ? r->second
                                                          : 0;
    return (struct syn_candidate){
        .plan = &w->plan,
        .complete = complete,
        .chunk_count = k - open + (unsigned)r->chunks,
        .score = {.round_ns = (uint64_t)peak,
                  .latency_ns = (uint64_t)(sums->latency_ns + latency),
                  .energy_fj = (uint64_t)(sums->energy_fj + fj + s->idle_uw * peak),
                  .bytes = sums->bytes + (uint64_t)r->bytes,
                  .away = sums->away + (uint64_t)r->away},
        .own_latency_ns = (uint64_t)(sums->own_ns + (order == SYN_OUTLOOK_OWN ? r->first : 0)),
        .model_latency_ns =
            (uint64_t)(sums->model_ns + (order == SYN_OUTLOOK_MODEL ? r->first : 0))};
}

bool syn_walk_wants(const struct syn_walk *w, const struct syn_candidate *c)
{
    const struct syn_pipeline *spec = &w->stage->problem->pipelines[w->stage->pipeline].spec;
    if (spec->latency_bound_ms > 0 && (double)c->own_latency_ns / 1e6 > spec->latency_bound_ms)
        return false;
    return c->score.round_ns <= w->round_ns && w->visitor->promising(w->visitor->ctx, c);
}

int64_t syn_walk_due_ns(const struct syn_walk *w, unsigned holder, unsigned cut)
{
    const struct syn_stage *s = w->stage;
    const unsigned target = w->plan.target;
    if (holder == target)
        return 0;
    return w->radio_ns[target] + s->weight * (w->free >> target & 1
                                                  ? w->least_ns[cut]
                                                  : syn_stage_least_ns(s, target, s->layers));
}

struct syn_ahead syn_walk_after(const struct syn_walk *w, unsigned device, unsigned cut)
{
    return (struct syn_ahead){
        syn_larger_ns(syn_outlook_peak_after(w->outlook, syn_walk_left(w), cut, device),
                      syn_walk_due_ns(w, device, cut)),
        syn_outlook_after(w->outlook, syn_walk_left(w), cut, device)};
}

/* ---- complete plans ------------------------------------------------------------------------- */

/* Radios of base and plan together, by pair. */
static int64_t radio_bound(const struct syn_walk *w, int64_t peak_ns)
{
    const struct syn_stage *s = w->stage;
    const struct syn_execution_plan *e = &w->plan;
    struct syn_radio_load load = s->radio;
    uint32_t set;
    unsigned holder = e->source;
    for (unsigned k = 0; k <= e->chunk_count; k++) {
        const bool result = k == e->chunk_count;
        const unsigned next = result ? e->target : e->chunks[k].device;
        const unsigned cut = result ? s->layers : e->chunks[k].first;
        if (next != holder)
            syn_radio_transfer(&load, s->problem->fleet, holder, next, s->table->bytes[cut],
                               (uint64_t)s->weight);
        holder = next;
    }
    return (int64_t)syn_radio_bound(&load, (uint64_t)peak_ns, &set);
}

/* T of base and plan, with the figures of the devices that the plan does not touch. */
static int64_t exact_peak(const struct syn_walk *w)
{
    const struct syn_stage *s = w->stage;
    int64_t accel[SYN_DEVICES_MAX], cpu[SYN_DEVICES_MAX];
    int64_t peak = syn_larger_ns(s->cap_ns, w->radio_ns[SYN_DEVICE_HUB]);
    for (unsigned d = 0; d < s->devices; d++) {
        accel[d] = syn_walk_busy_ns(w, d, SYN_UNIT_ACCEL);
        cpu[d] = syn_walk_cpu_ns(w, d);
    }
    for (unsigned k = 0; k < w->plan.chunk_count; k++) {
        const struct syn_plan_chunk *c = &w->plan.chunks[k];
        accel[c->device] += syn_stage_entry(s, c->device, c->first, c->last)->accel_ns;
        cpu[c->device] += syn_stage_cpu_ns(s, c->device, c->first, c->last);
    }
    for (unsigned d = 0; d < s->devices; d++) {
        const int64_t sensor =
            syn_walk_busy_ns(w, d, SYN_UNIT_SENSOR) + (d == w->plan.source ? w->sense_ns : 0);
        peak = syn_larger_ns(peak, syn_larger_ns(syn_larger_ns(accel[d], cpu[d]),
                                                 syn_larger_ns(sensor, w->radio_ns[d])));
    }
    return syn_larger_ns(peak, radio_bound(w, peak));
}

/* Do the pipelines of the base keep their latency bounds beside this plan? */
static bool bounds_kept(const struct syn_walk *w)
{
    struct syn_plan whole = w->stage->base;
    struct syn_prediction prediction;
    if (!w->stage->bounded)
        return true;
    whole.pipelines[w->stage->pipeline] = w->plan;
    return !syn_cost_predict_partial(w->stage->problem, &whole, SYN_EXECUTION_PARALLEL, &prediction,
                                     NULL);
}

static void tell(struct syn_walk *w, const struct syn_candidate *c)
{
    w->visitor->found(w->visitor->ctx, c);
    if (w->limits->patience)
        w->ask_last = w->ask + w->limits->patience;
}

void syn_walk_finish(struct syn_walk *w, unsigned holder, struct syn_sums sums)
{
    const unsigned cut = w->stage->layers;
    const struct syn_hop h = syn_stage_hop(w->stage, holder, w->plan.target, cut);
    syn_walk_take_hop(w, &h, cut, false, &sums);
    struct syn_candidate c = syn_walk_candidate(w, &sums, (struct syn_ahead){0, &no_rest}, false);
    if (syn_walk_wants(w, &c)) {
        sums.peak_ns = exact_peak(w);
        c = syn_walk_candidate(w, &sums, (struct syn_ahead){0, &no_rest}, true);
        if (syn_walk_wants(w, &c) && bounds_kept(w))
            tell(w, &c);
    }
    syn_walk_change_radio(w, &h, -w->stage->weight);
}
