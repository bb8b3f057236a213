/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/price.h"

#include <stdlib.h>
#include <string.h>

static const struct syn_timing *timing_of(const struct syn_pricer *x, unsigned device)
{
    return &x->relax->problem->fleet->devices[device].profile.timing;
}

static const struct syn_relax_pipeline *pipe_of(const struct syn_pricer *x)
{
    return &x->relax->pipeline[x->pipeline];
}

int syn_pricer_new(struct syn_pricer *x, struct syn_relax *relax, unsigned pipeline)
{
    const size_t layers = relax->pipeline[pipeline].layers, devices = relax->devices;
    const size_t places = (layers + 1) * devices;
    memset(x, 0, sizeof *x);
    x->relax = relax;
    x->pipeline = pipeline;
    x->arcs = malloc((devices * layers * (layers + 1) / 2 + 1) * sizeof *x->arcs);
    x->start = calloc(devices * layers + 1, sizeof *x->start);
    x->chunk = malloc(places * sizeof *x->chunk);
    x->rest = malloc(places * sizeof *x->rest);
    x->chunk_arc = calloc(places, sizeof *x->chunk_arc);
    x->rest_next = calloc(places, sizeof *x->rest_next);
    x->allow = calloc(layers + 1, sizeof *x->allow);
    for (size_t l = 0; x->allow && l < layers; l++)
        x->allow[l] = relax->pipeline[pipeline].hosts;
    if (x->arcs && x->start && x->chunk && x->rest && x->chunk_arc && x->rest_next && x->allow)
        return 0;
    syn_pricer_free(x);
    return SYN_ENOMEM;
}

void syn_pricer_free(struct syn_pricer *x)
{
    free(x->arcs);
    free(x->start);
    free(x->chunk);
    free(x->rest);
    free(x->chunk_arc);
    free(x->rest_next);
    free(x->allow);
    memset(x, 0, sizeof *x);
}

/* ---- arcs ------------------------------------------------------------------------------------ */

static bool memory_holds(const struct syn_pricer *x, unsigned d, unsigned first, unsigned last)
{
    const struct syn_relax_pipeline *pipe = pipe_of(x);
    const struct syn_relax_device *device = &x->relax->device[d];
    const unsigned width = device->memory_count - 1;
    for (unsigned i = 0; i < width; i++)
        if (pipe->demand[d][last * width + i] - pipe->demand[d][first * width + i] >
            pipe->limit[device->memory + i])
            return false;
    return last == pipe->layers || pipe->bytes[last] <= pipe->limit[device->memory + width];
}

static uint32_t filter_from(struct syn_pricer *x, unsigned d, unsigned first, uint32_t at)
{
    const struct syn_relax_pipeline *pipe = pipe_of(x);
    const unsigned cuts = pipe->layers + 1;
    const int64_t accel = pipe->limit[syn_relax_unit(d, SYN_UNIT_ACCEL)] / pipe->weight;
    const int64_t cpu = pipe->limit[syn_relax_unit(d, SYN_UNIT_CPU)] / pipe->weight;
    const bool shared = x->relax->shared >> d & 1;
    for (unsigned last = first + 1; last <= pipe->layers; last++) {
        const int64_t config = shared ? pipe->config_ns[d][last - first] : 0;
        const int64_t moving = pipe->words_ns[d * cuts + first] + pipe->words_ns[d * cuts + last];
        const int64_t infer = pipe->infer_ns[d][syn_relax_range(first, last)];
        if (infer > accel || !(x->allow[last - 1] >> d & 1))
            break;
        if (moving + config > cpu || moving + config + infer > accel ||
            !memory_holds(x, d, first, last) || pipe->alone[d][syn_relax_range(first, last)] == 2)
            continue;
        x->arcs[at++] =
            (struct syn_arc){.last = (uint16_t)last, .infer_ns = infer, .config_ns = config};
    }
    return at;
}

void syn_pricer_filter(struct syn_pricer *x)
{
    const unsigned layers = pipe_of(x)->layers;
    uint32_t at = 0;
    for (unsigned d = 0; d < x->relax->devices; d++)
        for (unsigned first = 0; first < layers; first++) {
            x->start[d * layers + first] = at;
            at = filter_from(x, d, first, at);
        }
    x->start[x->relax->devices * layers] = at;
}

/* ---- prices ---------------------------------------------------------------------------------- */

static int64_t unit_price(const struct syn_pricer *x, const struct syn_prices *prices,
                          unsigned device, enum syn_unit unit)
{
    int64_t price = prices->row[syn_relax_unit(device, unit)];
    if (x->relax->energy)
        price += (int64_t)timing_of(x, device)->active_uw[unit] << prices->shift;
    return price * pipe_of(x)->weight;
}

static int64_t latency_price(const struct syn_pricer *x, const struct syn_prices *prices)
{
    return x->relax->latency ? INT64_C(1) << prices->shift : 0;
}

static int64_t set_price(const struct syn_pricer *x, const struct syn_prices *prices, unsigned a,
                         unsigned b)
{
    int64_t price = 0;
    for (unsigned u = x->relax->first_set; u < x->relax->rows; u++)
        if (x->relax->set[u] >> a & 1 && x->relax->set[u] >> b & 1)
            price += prices->row[u];
    return price * pipe_of(x)->weight;
}

static void price_pair(struct syn_pricer *x, const struct syn_prices *prices, unsigned a,
                       unsigned b)
{
    const struct syn_fleet *fleet = x->relax->problem->fleet;
    const int64_t from = unit_price(x, prices, a, SYN_UNIT_RADIO);
    const int64_t to = unit_price(x, prices, b, SYN_UNIT_RADIO);
    const int64_t latency = latency_price(x, prices);
    const bool by_hub = syn_fleet_by_hub(fleet, a, b);
    const int64_t hub = by_hub ? prices->row[syn_relax_hub(x->relax)] * pipe_of(x)->weight : 0;
    if (fleet->direct[a][b]) {
        x->hop_pair[a][b] = from + to + latency + set_price(x, prices, a, b);
        return;
    }
    x->hop_from[a][b] = from + latency + hub;
    x->hop_to[a][b] = to + latency + hub;
    if (by_hub) {
        x->hop_from[a][b] += set_price(x, prices, a, SYN_DEVICE_HUB);
        x->hop_to[a][b] += set_price(x, prices, b, SYN_DEVICE_HUB);
    }
}

static void price_all(struct syn_pricer *x, const struct syn_prices *prices)
{
    const struct syn_relax *r = x->relax;
    for (unsigned a = 0; a < r->devices; a++) {
        x->cpu[a] = unit_price(x, prices, a, SYN_UNIT_CPU);
        x->accel[a] = unit_price(x, prices, a, SYN_UNIT_ACCEL) + latency_price(x, prices);
        x->arena[a] = prices->row[r->device[a].memory + r->device[a].memory_count - 1];
        for (unsigned b = 0; b < r->devices; b++)
            if (a != b)
                price_pair(x, prices, a, b);
    }
}

int64_t syn_pricer_hop(const struct syn_pricer *x, unsigned a, unsigned b, unsigned cut)
{
    const struct syn_relax_pipeline *pipe = pipe_of(x);
    const struct syn_relax_hop h = syn_relax_hop(x->relax, x->pipeline, a, b, cut);
    if (h.from_ns * pipe->weight > pipe->limit[syn_relax_unit(a, SYN_UNIT_RADIO)] ||
        h.to_ns * pipe->weight > pipe->limit[syn_relax_unit(b, SYN_UNIT_RADIO)])
        return SYN_RELAX_NEVER;
    const int64_t arena = cut < pipe->layers ? x->arena[b] * pipe->bytes[cut] : 0;
    if (h.direct)
        return h.from_ns * x->hop_pair[a][b] + arena;
    return h.from_ns * x->hop_from[a][b] + h.to_ns * x->hop_to[a][b] + arena;
}

/* What of a chunk's price follows from one of its ends alone. */
static int64_t end_price(const struct syn_pricer *x, const struct syn_prices *prices, unsigned d,
                         unsigned cut, int64_t sign)
{
    const struct syn_relax_pipeline *pipe = pipe_of(x);
    const struct syn_relax_device *device = &x->relax->device[d];
    const unsigned width = device->memory_count - 1;
    int64_t memory = 0;
    for (unsigned i = 0; i < width; i++)
        memory += prices->row[device->memory + i] * pipe->demand[d][cut * width + i];
    return (x->accel[d] + x->cpu[d]) * pipe->words_ns[d * (pipe->layers + 1) + cut] +
           sign * memory + (sign > 0 && cut < pipe->layers ? x->arena[d] * pipe->bytes[cut] : 0);
}

static int64_t arc_price(const struct syn_pricer *x, unsigned d, const struct syn_arc *arc)
{
    return x->accel[d] * arc->infer_ns + (x->accel[d] + x->cpu[d]) * arc->config_ns;
}

int64_t syn_pricer_chunk(const struct syn_pricer *x, const struct syn_prices *prices,
                         unsigned device, unsigned first, const struct syn_arc *arc)
{
    return arc_price(x, device, arc) + end_price(x, prices, device, first, -1) +
           end_price(x, prices, device, arc->last, 1);
}

int64_t syn_pricer_sense(const struct syn_pricer *x, const struct syn_prices *prices,
                         unsigned source)
{
    return (unit_price(x, prices, source, SYN_UNIT_SENSOR) + latency_price(x, prices)) *
           (int64_t)syn_timing_sense(timing_of(x, source));
}

int64_t syn_pricer_act(const struct syn_pricer *x, const struct syn_prices *prices, unsigned target)
{
    return (x->cpu[target] + latency_price(x, prices)) *
           (int64_t)syn_timing_act(timing_of(x, target));
}

/* ---- the programme --------------------------------------------------------------------------- */

static void run_end(struct syn_pricer *x, const struct syn_prices *prices)
{
    const struct syn_relax_pipeline *pipe = pipe_of(x);
    const unsigned devices = x->relax->devices, at = pipe->layers * devices;
    for (unsigned a = 0; a < devices; a++) {
        x->rest[at + a] = SYN_RELAX_NEVER;
        for (unsigned t = 0; t < devices; t++) {
            if (!(pipe->targets >> t & 1))
                continue;
            const int64_t hop = a == t ? 0 : syn_pricer_hop(x, a, t, pipe->layers);
            const int64_t all = hop + syn_pricer_act(x, prices, t);
            if (hop >= SYN_RELAX_NEVER || all >= x->rest[at + a])
                continue;
            x->rest[at + a] = all;
            x->rest_next[at + a] = (uint8_t)t;
        }
    }
}

static void run_chunk(struct syn_pricer *x, unsigned d, unsigned first, const int64_t *after,
                      int64_t before)
{
    const unsigned layers = pipe_of(x)->layers, at = first * x->relax->devices + d;
    const uint32_t end = x->start[d * layers + first + 1];
    int64_t best = SYN_RELAX_NEVER;
    for (uint32_t i = x->start[d * layers + first]; i < end; i++) {
        const struct syn_arc *arc = &x->arcs[i];
        const int64_t all = arc_price(x, d, arc) + after[arc->last];
        if (all >= best || arc->never)
            continue;
        best = all;
        x->chunk_arc[at] = i;
    }
    x->chunk[at] = best >= SYN_RELAX_NEVER ? SYN_RELAX_NEVER : best + before;
}

static void run_rest(struct syn_pricer *x, unsigned a, unsigned cut)
{
    const unsigned devices = x->relax->devices, at = cut * devices;
    int64_t best = SYN_RELAX_NEVER;
    for (unsigned b = 0; b < devices; b++) {
        if (b == a || x->chunk[at + b] >= best)
            continue;
        const int64_t all = syn_pricer_hop(x, a, b, cut) + x->chunk[at + b];
        if (all >= best)
            continue;
        best = all;
        x->rest_next[at + a] = (uint8_t)b;
    }
    x->rest[at + a] = best;
}

static void run_boundaries(struct syn_pricer *x, const struct syn_prices *prices)
{
    static const int64_t never = SYN_RELAX_NEVER;
    const unsigned layers = pipe_of(x)->layers, devices = x->relax->devices;
    int64_t after[SYN_DEVICES_MAX][SYN_MODEL_LAYERS_MAX + 1];
    for (unsigned cut = layers;; cut--) {
        for (unsigned d = 0; cut < layers && d < devices; d++)
            run_chunk(x, d, cut, after[d], end_price(x, prices, d, cut, -1));
        for (unsigned d = 0; cut > 0 && d < devices; d++) {
            if (cut < layers)
                run_rest(x, d, cut);
            const int64_t rest = x->rest[cut * devices + d];
            after[d][cut] = rest >= never ? never : rest + end_price(x, prices, d, cut, 1);
        }
        if (cut == 0)
            return;
    }
}

static void run_begin(struct syn_pricer *x, const struct syn_prices *prices)
{
    const struct syn_relax_pipeline *pipe = pipe_of(x);
    x->best = SYN_RELAX_NEVER;
    for (unsigned s = 0; s < x->relax->devices; s++) {
        if (!(pipe->sources >> s & 1))
            continue;
        run_rest(x, s, 0);
        if (x->chunk[s] < x->rest[s]) {
            x->rest[s] = x->chunk[s];
            x->rest_next[s] = (uint8_t)s;
        }
        const int64_t all = x->rest[s] + syn_pricer_sense(x, prices, s);
        if (x->rest[s] >= SYN_RELAX_NEVER || all >= x->best)
            continue;
        x->best = all;
        x->source = s;
    }
}

/* False where a chunk of the best path does not fit by itself: its arc is then gone. */
static bool follow(struct syn_pricer *x, struct syn_path *path)
{
    const unsigned layers = pipe_of(x)->layers, devices = x->relax->devices;
    unsigned first = 0, holder = x->source;
    path->count = 0;
    path->source = (uint8_t)x->source;
    while (first < layers) {
        const unsigned d = x->rest_next[first * devices + holder];
        struct syn_arc *arc = &x->arcs[x->chunk_arc[first * devices + d]];
        if (!syn_relax_alone(x->relax, x->pipeline, d, first, arc->last)) {
            arc->never = true;
            return false;
        }
        if (path->count < SYN_RELAX_CHUNKS_MAX) {
            path->device[path->count] = (uint8_t)d;
            path->last[path->count] = arc->last;
        }
        path->count++;
        first = arc->last;
        holder = d;
    }
    path->target = x->rest_next[layers * devices + holder];
    if (path->count > SYN_RELAX_CHUNKS_MAX)
        path->count = 0;
    return true;
}

int64_t syn_pricer_run(struct syn_pricer *x, const struct syn_prices *prices, struct syn_path *path)
{
    struct syn_path way;
    price_all(x, prices);
    run_end(x, prices);
    do {
        run_boundaries(x, prices);
        run_begin(x, prices);
    } while (x->best < SYN_RELAX_NEVER && !follow(x, path ? path : &way));
    return x->best;
}
