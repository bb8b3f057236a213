/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/stage.h"

#include <stdlib.h>
#include <string.h>

static const struct syn_place unplaced[SYN_PART_PLACEMENTS_MAX]; /* every kernel in column 0 */

static struct syn_chunk chunk_of(const struct syn_model *model, unsigned first, unsigned last)
{
    return (struct syn_chunk){.layers = model->layers,
                              .first = (uint16_t)first,
                              .last = (uint16_t)last,
                              .layer_count = (uint16_t)model->layer_count};
}

static int64_t infer_ns(const struct syn_timing *t, const struct syn_model *model, unsigned first,
                        unsigned last, const struct syn_place *places)
{
    const struct syn_chunk chunk = chunk_of(model, first, last);
    return (int64_t)syn_timing_infer(t, syn_place_cycles(t->part, &chunk, places, t->accel_hz));
}

/* Bytes and words of the model's cuts. */
static int model_cuts(struct syn_stage *s, struct syn_error *error)
{
    for (unsigned i = 0; i <= s->layers; i++) {
        struct syn_cut cut;
        if (syn_model_cut(s->model, i, &cut))
            return syn_error_set(error, SYN_EOOR, "%s: more than %d tensors cross the cut at %u",
                                 s->model->name, SYN_LIVE_MAX, i);
        s->bytes[i] = i < s->layers ? cut.bytes : syn_cost_result_bytes(cut.bytes);
        s->cut_words[i] = cut.words;
    }
    return 0;
}

static void add_demand(struct syn_demand *sum, const struct syn_demand *more)
{
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
        sum->of[r] += more->of[r];
}

/* What the layers before each cut take of the part. */
static int part_demand(struct syn_stage *s, unsigned device)
{
    const struct syn_part *part = s->device[device].timing->part;
    for (unsigned d = 0; d < device; d++)
        if (s->device[d].timing->part == part) {
            s->device[device].demand = s->device[d].demand;
            return 0;
        }
    struct syn_demand *sums = calloc(s->layers + 1u, sizeof *sums);
    s->demands[device] = s->device[device].demand = sums;
    for (unsigned l = 0; sums && l < s->layers; l++) {
        syn_demand_layer(part, &s->model->layers[l], &sums[l + 1]);
        add_demand(&sums[l + 1], &sums[l]);
    }
    return sums ? 0 : SYN_ENOMEM;
}

/* What a chunk that is already there takes of its device, whatever else comes. */
static void take_memory(struct syn_stage *s, struct syn_stage_device *d,
                        const struct syn_resident *r)
{
    const struct syn_model *model = s->problem->pipelines[r->pipeline].model;
    uint32_t arena = 0;
    for (unsigned l = r->first; l < r->last; l++) {
        struct syn_demand demand;
        syn_demand_layer(d->timing->part, &model->layers[l], &demand);
        for (unsigned i = 0; i < SYN_PART_RESOURCES; i++)
            if (d->room.of[i] != SYN_DEMAND_FREE)
                d->room.of[i] -= demand.of[i];
    }
    (void)syn_fit_arena(model, &s->base->pipelines[r->pipeline], r->index, &arena);
    d->arena_bytes -= arena;
}

static void base_chunk(struct syn_stage *s, unsigned device, unsigned i,
                       const struct syn_place *places)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_stage_resident *b = &d->base[i];
    const struct syn_problem_pipeline *p = &s->problem->pipelines[d->residents.list[i].pipeline];
    struct syn_chunk_cost cost, floor;
    b->chunk = d->residents.list[i];
    b->model = p->model;
    b->weight = p->spec.weight;
    /* Cuts of a plan that was found feasible do not fail. */
    (void)syn_cost_chunk(&s->problem->fleet->devices[device], b->model, b->chunk.first,
                         b->chunk.last, places, &cost);
    (void)syn_cost_chunk(&s->problem->fleet->devices[device], b->model, b->chunk.first,
                         b->chunk.last, unplaced, &floor);
    b->moving_ns = (int64_t)(cost.load_ns + cost.unload_ns);
    b->configure_ns = (int64_t)cost.configure_ns;
    const int64_t whole = (int64_t)syn_chunk_cost_sum(&cost, d->residents.count > 1);
    const int64_t least = whole - (int64_t)(cost.infer_ns - floor.infer_ns);
    d->accel_ns += b->weight * whole;
    d->accel_floor_ns += b->weight * least;
    d->cpu_ns += b->weight * (whole - (int64_t)cost.infer_ns);
    d->latency_ns += whole;
    d->latency_floor_ns += least;
    take_memory(s, d, &b->chunk);
}

static int base_device(struct syn_stage *s, unsigned device, struct syn_error *error)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_place *at = places;
    syn_residents_of(s->base, device, &d->residents);
    int rc = syn_fit_device(s->problem, s->base, device, &d->residents, places, error);
    for (unsigned i = 0; !rc && i < d->residents.count; i++) {
        base_chunk(s, device, i, at);
        at += d->residents.list[i].last - d->residents.list[i].first;
    }
    return rc;
}

/* The pipeline's figures on one device. */
static int own_device(struct syn_stage *s, unsigned device)
{
    struct syn_stage_device *d = &s->device[device];
    for (unsigned i = 0; i <= s->layers; i++) {
        d->words_ns[i] = (int64_t)syn_timing_words(d->timing, s->cut_words[i]);
        d->message_ns[i] = (int64_t)syn_timing_message(d->timing, s->bytes[i]);
        if (i < s->layers)
            d->cycles[i + 1] =
                d->cycles[i] +
                syn_demand_cycles(d->timing->part, &s->model->layers[i], d->timing->accel_hz);
    }
    /* One more, since a model of no layers would ask for nothing. */
    d->entries = calloc((size_t)s->layers * (s->layers + 1) / 2 + 1, sizeof *d->entries);
    return d->entries ? part_demand(s, device) : SYN_ENOMEM;
}

/* Limits that no placement can get round. */
static bool hopeless(const struct syn_stage_device *d, unsigned first, unsigned last)
{
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
        if (d->demand[last].of[r] - d->demand[first].of[r] > d->room.of[r])
            return true;
    return false;
}

static bool hosts(const struct syn_stage *s, unsigned device)
{
    return s->problem->pipelines[s->pipeline].hosts >> device & 1;
}

/*
 * Inference of the layers behind each cut on whatever device is fastest for each of them, rounded
 * down; the start of an inference is left out.
 */
static void remaining(struct syn_stage *s)
{
    for (unsigned i = s->layers; i-- > 0;) {
        int64_t best = INT64_MAX;
        for (unsigned d = 0; d < s->devices; d++) {
            const struct syn_stage_device *dev = &s->device[d];
            struct syn_timing bare = *dev->timing;
            bare.start_ns = 0;
            const uint64_t cycles = dev->cycles[i + 1] - dev->cycles[i];
            const int64_t ns = (int64_t)syn_timing_infer(&bare, cycles) - 2;
            if (hosts(s, d) && ns < best)
                best = ns;
        }
        s->remaining_ns[i] = s->remaining_ns[i + 1] + (best > 0 && best < INT64_MAX ? best : 0);
    }
    for (unsigned i = 0; i <= s->layers; i++) {
        s->cheapest_message_ns[i] = INT64_MAX;
        for (unsigned d = 0; d < s->devices; d++)
            if (s->device[d].message_ns[i] < s->cheapest_message_ns[i])
                s->cheapest_message_ns[i] = s->device[d].message_ns[i];
    }
}

/* The furthest end of a chunk that begins at `first`, on whatever host reaches furthest. */
static unsigned furthest(const struct syn_stage *s, unsigned first, unsigned at_least)
{
    unsigned best = at_least > first ? at_least : first;
    for (unsigned d = 0; d < s->devices; d++)
        while (hosts(s, d) && best < s->layers && !hopeless(&s->device[d], first, best + 1))
            best++;
    return best;
}

/* Limits are sums, so that a shorter chunk is never worse: going as far as possible is best. */
static void count_needed(struct syn_stage *s)
{
    uint16_t ends[SYN_MODEL_LAYERS_MAX];
    for (unsigned i = 0; i < s->layers; i++)
        ends[i] = (uint16_t)furthest(s, i, i ? ends[i - 1] : 0);
    for (unsigned i = s->layers; i-- > 0;) {
        const bool stuck = ends[i] == i || s->needed[ends[i]] == SYN_STAGE_NEVER;
        s->needed[i] = stuck ? SYN_STAGE_NEVER : (uint16_t)(1 + s->needed[ends[i]]);
    }
}

static void base_sums(struct syn_stage *s)
{
    for (unsigned d = 0; d < s->devices; d++) {
        const struct syn_timing *t = s->device[d].timing;
        s->idle_uw += t->idle_uw;
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            s->base_energy_fj += (int64_t)(s->prediction.busy_ns[d][u] * t->active_uw[u]);
    }
    for (unsigned p = 0; p < s->base->pipeline_count; p++) {
        const struct syn_execution_plan *e = &s->base->pipelines[p];
        s->bounded |= e->chunk_count && s->problem->pipelines[p].spec.latency_bound_ms > 0;
        for (unsigned k = 0; k < e->chunk_count; k++)
            s->base_away += e->chunks[k].device != e->source;
    }
    s->cap_ns = (int64_t)syn_cost_cap_ns(s->problem, s->base);
    const struct syn_pipeline *spec = &s->problem->pipelines[s->pipeline].spec;
    const int64_t own = (int64_t)syn_cost_pipeline_cap_ns(spec);
    s->cap_ns = own > s->cap_ns ? own : s->cap_ns;
}

static int fill(struct syn_stage *s, struct syn_error *error)
{
    int rc = model_cuts(s, error);
    if (!rc)
        rc = syn_cost_predict_partial(s->problem, s->base, SYN_EXECUTION_PARALLEL, &s->prediction,
                                      error);
    for (unsigned d = 0; !rc && d < s->devices; d++) {
        s->device[d].timing = &s->problem->fleet->devices[d].profile.timing;
        s->device[d].arena_bytes = s->device[d].timing->arena_bytes;
        syn_demand_room(s->device[d].timing->part, &s->device[d].room);
        rc = base_device(s, d, error);
        if (!rc && own_device(s, d))
            rc = syn_error_set(error, SYN_ENOMEM, "no memory for the search");
    }
    if (rc)
        return rc;
    remaining(s);
    count_needed(s);
    base_sums(s);
    return 0;
}

int syn_stage_new(struct syn_stage **stage, const struct syn_problem *problem,
                  const struct syn_plan *base, unsigned pipeline, struct syn_error *error)
{
    struct syn_stage *s = calloc(1, sizeof *s);
    *stage = NULL;
    if (!s)
        return syn_error_set(error, SYN_ENOMEM, "no memory for the search");
    s->problem = problem;
    s->base = base;
    s->pipeline = pipeline;
    s->model = problem->pipelines[pipeline].model;
    s->layers = s->model->layer_count;
    s->devices = problem->fleet->count;
    s->weight = problem->pipelines[pipeline].spec.weight;
    int rc = fill(s, error);
    if (rc)
        syn_stage_free(s);
    else
        *stage = s;
    return rc;
}

void syn_stage_free(struct syn_stage *stage)
{
    if (!stage)
        return;
    for (unsigned d = 0; d < SYN_DEVICES_MAX; d++) {
        free(stage->device[d].entries);
        free(stage->demands[d]);
    }
    free(stage);
}

static void price(const struct syn_stage_device *d, int64_t accel_ns, int64_t cpu_ns,
                  struct syn_entry *entry)
{
    entry->accel_ns = accel_ns;
    entry->cpu_ns = cpu_ns;
    entry->energy_fj = accel_ns * d->timing->active_uw[SYN_UNIT_ACCEL] +
                       cpu_ns * d->timing->active_uw[SYN_UNIT_CPU];
}

/* Load, unload, and configuration where the chunk shares the accelerator. */
static int64_t moving_ns(const struct syn_stage_device *d, unsigned first, unsigned last)
{
    const bool shared = d->residents.count > 0;
    return d->words_ns[first] + d->words_ns[last] +
           (shared ? (int64_t)syn_timing_configure(d->timing, last - first) : 0);
}

/* A chunk that was alone must be configured each time from now on. */
static int64_t second_ns(const struct syn_stage_device *d)
{
    return d->residents.count == 1 ? d->base[0].configure_ns : 0;
}

static void bound(const struct syn_stage *s, const struct syn_stage_device *d, unsigned first,
                  unsigned last, struct syn_entry *entry)
{
    const int64_t moving = moving_ns(d, first, last);
    const int64_t infer =
        (int64_t)syn_timing_infer(d->timing, 1 + d->cycles[last] - d->cycles[first]);
    const int64_t second = second_ns(d);
    const int64_t change = d->residents.count ? d->base[0].weight * second : 0;
    entry->own_ns = moving + infer;
    entry->others_ns = second + d->latency_floor_ns - d->latency_ns;
    price(d, s->weight * entry->own_ns + change + d->accel_floor_ns - d->accel_ns,
          s->weight * moving + change, entry);
    entry->state = SYN_ENTRY_BOUND;
}

struct syn_entry *syn_stage_bound(struct syn_stage *s, unsigned device, unsigned first,
                                  unsigned last)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_entry *entry = &d->entries[(size_t)last * (last - 1) / 2 + first];
    if (entry->state != SYN_ENTRY_UNKNOWN)
        return entry;
    if (hopeless(d, first, last))
        entry->state = SYN_ENTRY_NEVER;
    else
        bound(s, d, first, last, entry);
    return entry;
}

/* What the chunks that were there cost at their new places. */
static void others(const struct syn_stage_device *d, const struct syn_residents *residents,
                   const struct syn_place *places, unsigned pipeline, int64_t *accel_ns,
                   int64_t *latency_ns, const struct syn_place **own)
{
    unsigned b = 0;
    *accel_ns = *latency_ns = 0;
    for (unsigned i = 0; i < residents->count; i++) {
        const struct syn_resident *r = &residents->list[i];
        if (r->pipeline == pipeline) {
            *own = places;
        } else {
            const struct syn_stage_resident *o = &d->base[b++];
            const int64_t ns = o->moving_ns + o->configure_ns +
                               infer_ns(d->timing, o->model, r->first, r->last, places);
            *accel_ns += o->weight * ns;
            *latency_ns += ns;
        }
        places += r->last - r->first;
    }
}

void syn_stage_settle(struct syn_stage *s, unsigned device, unsigned first, unsigned last,
                      struct syn_entry *entry)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents = d->residents;
    const struct syn_place *own = places;
    struct syn_misfit misfit;
    int64_t accel, latency;
    if (entry->state != SYN_ENTRY_BOUND)
        return;
    entry->state = SYN_ENTRY_NEVER;
    syn_residents_insert(&residents, (struct syn_resident){.pipeline = (uint8_t)s->pipeline,
                                                           .first = (uint16_t)first,
                                                           .last = (uint16_t)last});
    if (syn_fit_kernels(s->problem, device, &residents, places, NULL) ||
        syn_fit_alone(d->timing->part, s->model, first, last, &misfit))
        return;
    others(d, &residents, places, s->pipeline, &accel, &latency, &own);
    const int64_t moving = moving_ns(d, first, last);
    const int64_t cpu_ns = entry->cpu_ns;
    entry->own_ns = moving + infer_ns(d->timing, s->model, first, last, own);
    entry->others_ns = latency - d->latency_ns;
    price(d, s->weight * entry->own_ns + accel - d->accel_ns, cpu_ns, entry);
    entry->state = SYN_ENTRY_EXACT;
}
