/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/ledger.h"

#include <string.h>

static const struct syn_timing *timing_of(const struct syn_ledger *l, unsigned device)
{
    return &l->atlas->problem->fleet->devices[device].profile.timing;
}

static uint64_t weight_of(const struct syn_ledger *l, unsigned pipeline)
{
    return l->atlas->problem->pipelines[pipeline].spec.weight;
}

void syn_ledger_clear(struct syn_ledger *l, struct syn_atlas *atlas)
{
    memset(l, 0, sizeof *l);
    l->atlas = atlas;
    l->plan.pipeline_count = atlas->pipelines;
    for (unsigned d = 0; d < atlas->devices; d++) {
        l->device[d].arena_bytes = timing_of(l, d)->arena_bytes;
        l->device[d].left = atlas->room[d];
    }
}

/* ---- sensing, hops, action ------------------------------------------------------------------ */

/* One hop, `sign` times the weight; unsigned numbers wrap back when it is taken out again. */
static void count_hop(struct syn_ledger *l, unsigned p, unsigned from, unsigned to, unsigned cut,
                      int sign)
{
    const struct syn_fleet *fleet = l->atlas->problem->fleet;
    const uint32_t bytes = l->atlas->bytes[p][cut];
    if (from == to)
        return;
    const uint64_t times = sign < 0 ? 0 - weight_of(l, p) : weight_of(l, p);
    syn_radio_transfer(&l->radio, fleet, from, to, bytes, times);
    l->path_ns[p] += sign * (int64_t)syn_cost_transfer(fleet, from, to, bytes);
    l->bytes += times * syn_fleet_times(fleet, from, to) * bytes;
}

static void count_path(struct syn_ledger *l, unsigned p, const struct syn_execution_plan *e,
                       int sign)
{
    const int64_t sense = sign * (int64_t)syn_timing_sense(timing_of(l, e->source));
    const int64_t act = sign * (int64_t)syn_timing_act(timing_of(l, e->target));
    unsigned holder = e->source;
    for (unsigned k = 0; k < e->chunk_count; k++) {
        count_hop(l, p, holder, e->chunks[k].device, e->chunks[k].first, sign);
        holder = e->chunks[k].device;
        l->away += holder == e->source ? 0 : (uint64_t)(int64_t)sign;
    }
    count_hop(l, p, holder, e->target, e->chunks[e->chunk_count - 1].last, sign);
    l->device[e->source].sensor_ns += (int64_t)weight_of(l, p) * sense;
    l->device[e->target].act_ns += (int64_t)weight_of(l, p) * act;
    l->path_ns[p] += sense + act;
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* What waits for chunk k: its input unless it is sensed here, its output unless it is the result.
 */
static int64_t arena_of(const struct syn_ledger *l, unsigned p, const struct syn_execution_plan *e,
                        unsigned k)
{
    const struct syn_plan_chunk *c = &e->chunks[k];
    const uint32_t *bytes = l->atlas->bytes[p];
    const int64_t in = k == 0 && c->device == e->source ? 0 : bytes[c->first];
    return in + (k + 1u == e->chunk_count ? 0 : bytes[c->last]);
}

static void count_demand(struct syn_ledger *l, unsigned p, const struct syn_plan_chunk *c,
                         bool back)
{
    const struct syn_figures *f = l->atlas->of[p][c->device];
    const struct syn_demand *from = &f->demand[c->first], *to = &f->demand[c->last];
    struct syn_demand *left = &l->device[c->device].left;
    for (unsigned r = 0; r < l->atlas->resources; r++) {
        const uint32_t much = to->of[r] - from->of[r];
        if (left->of[r] != SYN_DEMAND_FREE)
            left->of[r] += back ? much : 0 - much;
    }
}

static void insert_chunk(struct syn_ledger_device *d, struct syn_ledger_chunk chunk)
{
    unsigned at = d->count++;
    for (; at > 0 && d->chunks[at - 1].pipeline > chunk.pipeline; at--)
        d->chunks[at] = d->chunks[at - 1];
    d->chunks[at] = chunk;
    d->stale = true;
}

static void remove_chunk(struct syn_ledger_device *d, unsigned pipeline)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < d->count; i++)
        if (d->chunks[i].pipeline != pipeline)
            d->chunks[kept++] = d->chunks[i];
    d->count = kept;
    d->stale = true;
}

void syn_ledger_take(struct syn_ledger *l, unsigned p)
{
    struct syn_execution_plan *e = &l->plan.pipelines[p];
    for (unsigned k = 0; k < e->chunk_count; k++) {
        struct syn_ledger_device *d = &l->device[e->chunks[k].device];
        remove_chunk(d, p);
        d->arena_bytes += arena_of(l, p, e, k);
        count_demand(l, p, &e->chunks[k], true);
    }
    count_path(l, p, e, -1);
    memset(e, 0, sizeof *e);
}

void syn_ledger_put(struct syn_ledger *l, unsigned p, const struct syn_execution_plan *plan)
{
    l->plan.pipelines[p] = *plan;
    for (unsigned k = 0; k < plan->chunk_count; k++) {
        const struct syn_plan_chunk *c = &plan->chunks[k];
        struct syn_ledger_device *d = &l->device[c->device];
        insert_chunk(d, (struct syn_ledger_chunk){
                            .pipeline = (uint8_t)p, .first = c->first, .last = c->last});
        d->arena_bytes -= arena_of(l, p, plan, k);
        count_demand(l, p, c, false);
    }
    count_path(l, p, plan, 1);
}

bool syn_ledger_has_room(const struct syn_ledger *l, unsigned p, unsigned device, unsigned first,
                         unsigned last)
{
    const struct syn_figures *f = l->atlas->of[p][device];
    const struct syn_demand *from = &f->demand[first], *to = &f->demand[last];
    uint32_t over = 0;
    for (unsigned r = 0; r < l->atlas->resources; r++)
        over |= to->of[r] - from->of[r] > l->device[device].left.of[r];
    return !over;
}

/* ---- placing -------------------------------------------------------------------------------- */

/* True where all chunks of the device fit; then infer_ns[] takes what each needs. */
static bool place(const struct syn_ledger *l, unsigned device, const struct syn_ledger_device *d,
                  int64_t *infer_ns)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_chunk chunks[SYN_PIPELINES_MAX];
    const struct syn_place *at = places;
    for (unsigned i = 0; i < d->count; i++) {
        const struct syn_model *model = l->atlas->of[d->chunks[i].pipeline][device]->model;
        chunks[i] = (struct syn_chunk){.layers = model->layers,
                                       .first = d->chunks[i].first,
                                       .last = d->chunks[i].last,
                                       .layer_count = (uint16_t)model->layer_count};
    }
    if (syn_place_chunks(timing_of(l, device)->part, chunks, d->count, places, NULL))
        return false;
    for (unsigned i = 0; i < d->count; i++) {
        const struct syn_ledger_chunk *c = &d->chunks[i];
        infer_ns[i] =
            syn_figures_infer_ns(l->atlas->of[c->pipeline][device], c->first, c->last, at);
        at += c->last - c->first;
    }
    return true;
}

/* The same, remembered. */
static bool placed(const struct syn_ledger *l, unsigned device, const struct syn_ledger_device *d,
                   int64_t *infer_ns)
{
    uint64_t key = 0;
    if (d->count > SYN_PLACED_CHUNKS_MAX)
        return place(l, device, d, infer_ns);
    for (unsigned i = 0; i < d->count; i++)
        key = syn_placed_key(key, l->atlas->of[d->chunks[i].pipeline][device]->id,
                             d->chunks[i].first, d->chunks[i].last);
    struct syn_placed *entry = syn_placed_at(l->atlas->placed, key);
    if (entry->key != key) {
        entry->fits = place(l, device, d, entry->infer_ns);
        entry->key = key;
    }
    memcpy(infer_ns, entry->infer_ns, d->count * sizeof *infer_ns);
    return entry->fits;
}

static int settle(const struct syn_ledger *l, unsigned device, struct syn_ledger_device *d)
{
    int64_t infer_ns[SYN_PIPELINES_MAX] = {0};
    d->accel_ns = d->cpu_ns = d->latency_ns = 0;
    d->stale = false;
    if (d->count && !placed(l, device, d, infer_ns))
        return SYN_EOOR;
    for (unsigned i = 0; i < d->count; i++) {
        struct syn_ledger_chunk *c = &d->chunks[i];
        const struct syn_figures *f = l->atlas->of[c->pipeline][device];
        const int64_t weight = (int64_t)weight_of(l, c->pipeline);
        const int64_t moving = f->words_ns[c->first] + f->words_ns[c->last] +
                               (d->count > 1 ? f->configure_ns[c->last - c->first] : 0);
        c->own_ns = moving + infer_ns[i];
        d->accel_ns += weight * c->own_ns;
        d->cpu_ns += weight * moving;
        d->latency_ns += c->own_ns;
    }
    return 0;
}

int syn_ledger_settle(struct syn_ledger *l)
{
    for (unsigned d = 0; d < l->atlas->devices; d++) {
        if (l->device[d].arena_bytes < 0)
            return SYN_EOOR;
        if (l->device[d].stale && settle(l, d, &l->device[d])) {
            l->device[d].stale = true;
            return SYN_EOOR;
        }
    }
    return 0;
}

int syn_ledger_try(const struct syn_ledger *l, unsigned device, unsigned pipeline, unsigned first,
                   unsigned last, struct syn_ledger_device *after)
{
    *after = l->device[device];
    insert_chunk(after, (struct syn_ledger_chunk){.pipeline = (uint8_t)pipeline,
                                                  .first = (uint16_t)first,
                                                  .last = (uint16_t)last});
    return settle(l, device, after);
}

/* ---- the sum of it -------------------------------------------------------------------------- */

static void higher(struct syn_ledger_peak *peak, unsigned device, enum syn_unit unit, int64_t ns)
{
    if (ns > peak->ns)
        *peak = (struct syn_ledger_peak){.ns = ns, .device = device, .unit = unit};
}

/* Nodes that still transfer, which is what syn_radio_bound goes by. */
static void count_nodes(struct syn_radio_load *radio)
{
    radio->nodes = 0;
    for (unsigned a = 0; a < SYN_RADIO_NODES; a++)
        for (unsigned b = a + 1; b < SYN_RADIO_NODES; b++)
            if (radio->pair_ns[a][b])
                radio->nodes |= 1u << a | 1u << b;
}

static struct syn_ledger_peak busiest_unit(const struct syn_ledger *l)
{
    struct syn_ledger_peak peak = {0};
    for (unsigned d = 0; d < l->atlas->devices; d++) {
        const struct syn_ledger_device *v = &l->device[d];
        higher(&peak, d, SYN_UNIT_SENSOR, v->sensor_ns);
        higher(&peak, d, SYN_UNIT_CPU, v->cpu_ns + v->act_ns);
        higher(&peak, d, SYN_UNIT_ACCEL, v->accel_ns);
        higher(&peak, d, SYN_UNIT_RADIO, (int64_t)l->radio.node_ns[d]);
    }
    higher(&peak, SYN_DEVICE_HUB, SYN_UNIT_RADIO, (int64_t)l->radio.node_ns[SYN_DEVICE_HUB]);
    return peak;
}

int64_t syn_ledger_busiest(const struct syn_ledger *l)
{
    return busiest_unit(l).ns;
}

static struct syn_ledger_peak find_peak(const struct syn_ledger *l)
{
    struct syn_ledger_peak peak = busiest_unit(l);
    struct syn_radio_load radio = l->radio;
    uint32_t set = 0;
    count_nodes(&radio);
    const uint64_t together = syn_radio_bound(&radio, (uint64_t)peak.ns, &set);
    if (together) {
        higher(&peak, 0, SYN_UNIT_RADIO, (int64_t)together);
        peak.set = set;
    }
    return peak;
}

/* Latencies, which must keep their bounds. */
static bool sum_latencies(const struct syn_ledger *l, uint64_t *sum)
{
    int64_t latency[SYN_PIPELINES_MAX];
    bool kept = true;
    memcpy(latency, l->path_ns, sizeof latency);
    for (unsigned d = 0; d < l->atlas->devices; d++)
        for (unsigned i = 0; i < l->device[d].count; i++)
            latency[l->device[d].chunks[i].pipeline] += l->device[d].chunks[i].own_ns;
    *sum = 0;
    for (unsigned p = 0; p < l->atlas->pipelines; p++) {
        const double bound_ms = l->atlas->problem->pipelines[p].spec.latency_bound_ms;
        *sum += (uint64_t)latency[p];
        kept &= !(bound_ms > 0 && (double)latency[p] / 1e6 > bound_ms);
    }
    return kept;
}

static uint64_t energy_fj(const struct syn_ledger *l, uint64_t round_ns)
{
    uint64_t fj = 0;
    for (unsigned d = 0; d < l->atlas->devices; d++) {
        const struct syn_ledger_device *v = &l->device[d];
        const struct syn_timing *t = timing_of(l, d);
        fj += round_ns * t->idle_uw + l->radio.node_ns[d] * t->active_uw[SYN_UNIT_RADIO] +
              (uint64_t)v->sensor_ns * t->active_uw[SYN_UNIT_SENSOR] +
              (uint64_t)(v->cpu_ns + v->act_ns) * t->active_uw[SYN_UNIT_CPU] +
              (uint64_t)v->accel_ns * t->active_uw[SYN_UNIT_ACCEL];
    }
    return fj;
}

bool syn_ledger_score(const struct syn_ledger *l, struct syn_score *score,
                      struct syn_ledger_peak *peak)
{
    const struct syn_problem *problem = l->atlas->problem;
    const uint64_t cap = syn_cost_cap_ns(problem, &l->plan);
    *peak = find_peak(l);
    const uint64_t round = cap > (uint64_t)peak->ns ? cap : (uint64_t)peak->ns;
    *score = (struct syn_score){
        .round_ns = round, .energy_fj = energy_fj(l, round), .bytes = l->bytes, .away = l->away};
    const bool kept = sum_latencies(l, &score->latency_ns);
    return kept && !(problem->round_max_ns && round > problem->round_max_ns);
}
