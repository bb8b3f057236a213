/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/relax.h"

#include "core/cost/fit.h"
#include "devices/part/demand.h"

#include <stdlib.h>
#include <string.h>

#define SETS_DEVICES_MAX 4 /* of which all odd sets are rows from the beginning */

enum alone { ALONE_UNKNOWN, ALONE_FITS, ALONE_NEVER };

static void *own(struct syn_relax *r, size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (memory)
        r->owned[r->owned_count++] = memory;
    return memory;
}

static const struct syn_model *model_of(const struct syn_relax *r, unsigned pipeline)
{
    return r->problem->pipelines[pipeline].model;
}

/* Do chunks take as long on both? */
static bool same_speed(const struct syn_timing *a, const struct syn_timing *b)
{
    return a->part == b->part && a->accel_hz == b->accel_hz && a->start_ns == b->start_ns &&
           a->configure_layer_ns == b->configure_layer_ns &&
           a->skew_permille[SYN_UNIT_CPU] == b->skew_permille[SYN_UNIT_CPU] &&
           a->skew_permille[SYN_UNIT_ACCEL] == b->skew_permille[SYN_UNIT_ACCEL];
}

/* ---- rows of memory -------------------------------------------------------------------------- */

/* The demands of every layer of every model on one kind of part. */
struct demands {
    struct syn_demand *of;
    size_t count;
    struct syn_demand room;
};

static int collect_demands(const struct syn_relax *r, const struct syn_part *part,
                           struct demands *all)
{
    size_t layers = 0;
    for (unsigned p = 0; p < r->pipelines; p++)
        layers += r->pipeline[p].layers;
    *all = (struct demands){.of = calloc(layers + 1, sizeof *all->of)};
    if (!all->of)
        return SYN_ENOMEM;
    syn_demand_room(part, &all->room);
    for (unsigned p = 0; p < r->pipelines; p++)
        for (unsigned l = 0; l < r->pipeline[p].layers; l++)
            syn_demand_layer(part, &model_of(r, p)->layers[l], &all->of[all->count++]);
    return 0;
}

static bool never_binds(const struct demands *all, unsigned resource)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < all->count; i++)
        sum += all->of[i].of[resource];
    return all->room.of[resource] == SYN_DEMAND_FREE || sum <= all->room.of[resource];
}

/* Whatever `resource` forbids, `other` forbids. */
static bool implied(const struct demands *all, unsigned resource, unsigned other)
{
    if (all->room.of[other] > all->room.of[resource])
        return false;
    for (size_t i = 0; i < all->count; i++)
        if (all->of[i].of[other] < all->of[i].of[resource])
            return false;
    return true;
}

static void keep_resource(const struct demands *all, unsigned resource, struct syn_relax_device *d)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < d->memory_count; i++)
        if (implied(all, resource, d->resource[i]))
            return;
    for (unsigned i = 0; i < d->memory_count; i++)
        if (!implied(all, d->resource[i], resource))
            d->resource[kept++] = d->resource[i];
    d->resource[kept++] = (uint16_t)resource;
    d->memory_count = kept;
}

static int find_resources(struct syn_relax *r, unsigned device)
{
    struct demands all;
    struct syn_relax_device *d = &r->device[device];
    if (collect_demands(r, syn_relax_timing(r, device)->part, &all))
        return SYN_ENOMEM;
    for (unsigned i = 0; i < SYN_PART_RESOURCES; i++)
        if (!never_binds(&all, i))
            keep_resource(&all, i, d);
    for (unsigned i = 0; i < d->memory_count; i++)
        r->room[d->memory + i] = all.room.of[d->resource[i]];
    free(all.of);
    return 0;
}

static int memory_rows(struct syn_relax *r)
{
    for (unsigned d = 0; d < r->devices; d++) {
        struct syn_relax_device *device = &r->device[d];
        int twin = -1;
        for (unsigned e = 0; e < d && twin < 0; e++)
            twin = syn_relax_timing(r, e)->part == syn_relax_timing(r, d)->part ? (int)e : -1;
        device->memory = r->rows;
        if (twin < 0 && find_resources(r, d))
            return SYN_ENOMEM;
        if (twin >= 0) {
            const unsigned from = r->device[twin].memory;
            *device = r->device[twin];
            device->memory = r->rows;
            device->memory_count--; /* without its arena */
            memcpy(&r->room[r->rows], &r->room[from], device->memory_count * sizeof r->room[0]);
        }
        r->rows += device->memory_count++;
        r->room[r->rows++] = syn_relax_timing(r, d)->arena_bytes;
    }
    r->first_set = r->rows;
    return 0;
}

/* ---- tables of a pipeline -------------------------------------------------------------------- */

static int demand_table(struct syn_relax *r, unsigned p, unsigned device)
{
    struct syn_relax_pipeline *pipe = &r->pipeline[p];
    const struct syn_relax_device *d = &r->device[device];
    const unsigned width = d->memory_count - 1;
    int64_t *sums = own(r, (size_t)(pipe->layers + 1) * width, sizeof *sums);
    pipe->demand[device] = sums;
    for (unsigned l = 0; sums && l < pipe->layers; l++) {
        struct syn_demand demand;
        syn_demand_layer(syn_relax_timing(r, device)->part, &model_of(r, p)->layers[l], &demand);
        for (unsigned i = 0; i < width; i++)
            sums[(l + 1) * width + i] = sums[l * width + i] + demand.of[d->resource[i]];
    }
    return sums ? 0 : SYN_ENOMEM;
}

static int speed_tables(struct syn_relax *r, unsigned p, unsigned device)
{
    struct syn_relax_pipeline *pipe = &r->pipeline[p];
    const struct syn_timing *t = syn_relax_timing(r, device);
    const unsigned layers = pipe->layers;
    uint64_t cycles[SYN_MODEL_LAYERS_MAX + 1] = {0};
    int64_t *infer = own(r, (size_t)layers * (layers + 1) / 2, sizeof *infer);
    int64_t *config = own(r, layers + 1u, sizeof *config);
    if (!infer || !config)
        return SYN_ENOMEM;
    for (unsigned l = 0; l < layers; l++)
        cycles[l + 1] =
            cycles[l] + syn_demand_cycles(t->part, &model_of(r, p)->layers[l], t->accel_hz);
    for (unsigned last = 1; last <= layers; last++)
        for (unsigned first = 0; first < last; first++)
            infer[syn_relax_range(first, last)] =
                (int64_t)syn_timing_infer(t, 1 + cycles[last] - cycles[first]);
    for (unsigned l = 0; l <= layers; l++)
        config[l] = (int64_t)syn_timing_configure(t, l);
    pipe->infer_ns[device] = infer;
    pipe->config_ns[device] = config;
    return 0;
}

/* Takes tables from a device, or from a pipeline of the same model, that has the same. */
static bool borrow(struct syn_relax *r, unsigned p, unsigned device, unsigned q, unsigned other)
{
    struct syn_relax_pipeline *to = &r->pipeline[p];
    const struct syn_relax_pipeline *from = &r->pipeline[q];
    const struct syn_timing *a = syn_relax_timing(r, device), *b = syn_relax_timing(r, other);
    if (model_of(r, p) != model_of(r, q))
        return false;
    if (a->part == b->part) {
        to->demand[device] = from->demand[other];
        to->alone[device] = from->alone[other];
    }
    if (!same_speed(a, b))
        return false;
    to->infer_ns[device] = from->infer_ns[other];
    to->config_ns[device] = from->config_ns[other];
    return true;
}

static int device_tables(struct syn_relax *r, unsigned p, unsigned device)
{
    struct syn_relax_pipeline *pipe = &r->pipeline[p];
    bool done = false;
    for (unsigned q = 0; q <= p && !done; q++)
        for (unsigned d = 0; d < (q == p ? device : r->devices) && !done; d++)
            done = borrow(r, p, device, q, d);
    int rc = done ? 0 : speed_tables(r, p, device);
    if (!rc && !pipe->demand[device])
        rc = demand_table(r, p, device);
    if (!rc && !pipe->alone[device]) {
        pipe->alone[device] = own(r, (size_t)pipe->layers * (pipe->layers + 1) / 2, 1);
        rc = pipe->alone[device] ? 0 : SYN_ENOMEM;
    }
    return rc;
}

static int cut_tables(struct syn_relax *r, unsigned p)
{
    struct syn_relax_pipeline *pipe = &r->pipeline[p];
    const unsigned cuts = pipe->layers + 1;
    pipe->bytes = own(r, cuts, sizeof *pipe->bytes);
    pipe->message_ns = own(r, (size_t)cuts * r->devices, sizeof *pipe->message_ns);
    pipe->least_ns = own(r, (size_t)cuts * r->devices, sizeof *pipe->least_ns);
    pipe->words_ns = own(r, (size_t)cuts * r->devices, sizeof *pipe->words_ns);
    pipe->limit = own(r, SYN_RELAX_ROWS_MAX, sizeof *pipe->limit);
    if (!pipe->bytes || !pipe->message_ns || !pipe->least_ns || !pipe->words_ns || !pipe->limit)
        return SYN_ENOMEM;
    for (unsigned c = 0; c < cuts; c++) {
        struct syn_cut cut;
        if (syn_model_cut(model_of(r, p), c, &cut))
            return SYN_EOOR;
        pipe->bytes[c] = c < pipe->layers ? cut.bytes : syn_cost_result_bytes(cut.bytes);
        for (unsigned d = 0; d < r->devices; d++) {
            const size_t at = (size_t)d * cuts + c;
            pipe->message_ns[at] =
                (int64_t)syn_timing_message(syn_relax_timing(r, d), pipe->bytes[c]);
            pipe->least_ns[at] = (int64_t)syn_cost_least_ns(r->problem->fleet, d, pipe->bytes[c]);
            pipe->words_ns[at] = (int64_t)syn_timing_words(syn_relax_timing(r, d), cut.words);
        }
    }
    return 0;
}

static int pipeline_tables(struct syn_relax *r, unsigned p)
{
    int rc = cut_tables(r, p);
    for (unsigned d = 0; !rc && d < r->devices; d++)
        rc = device_tables(r, p, d);
    return rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void syn_relax_aim(struct syn_relax *r, const struct syn_problem *problem)
{
    const enum syn_objective objective = problem->objective;
    r->problem = problem;
    r->latency = objective == SYN_OBJECTIVE_LATENCY;
    r->energy = objective == SYN_OBJECTIVE_ENERGY || objective == SYN_OBJECTIVE_POWER;
    r->alpha = objective == SYN_OBJECTIVE_THROUGHPUT;
    r->most_ns = problem->round_max_ns && problem->round_max_ns < INT64_MAX / 4
                     ? (int64_t)problem->round_max_ns
                     : INT64_MAX;
    for (unsigned d = 0; d < r->devices; d++)
        r->alpha += r->energy ? syn_relax_timing(r, d)->idle_uw : 0;
}

static unsigned size_of(uint32_t set)
{
    unsigned size = 0;
    for (; set; set &= set - 1)
        size++;
    return size;
}

/* All odd sets, where they are few: others are added as they are overloaded. */
static void add_sets(struct syn_relax *r)
{
    const struct syn_fleet *fleet = r->problem->fleet;
    uint32_t all = (UINT32_C(1) << r->devices) - 1;
    bool relays = false;
    for (unsigned a = 0; a < r->devices; a++)
        for (unsigned b = 0; b < r->devices; b++)
            relays |= a != b && syn_fleet_by_hub(fleet, a, b);
    all |= relays ? UINT32_C(1) << SYN_DEVICE_HUB : 0;
    for (uint32_t set = all; r->devices <= SETS_DEVICES_MAX && set; set = (set - 1) & all)
        if (size_of(set) >= 3 && size_of(set) % 2)
            (void)syn_relax_add_set(r, set);
}

static void describe(struct syn_relax *r)
{
    for (unsigned p = 0; p < r->pipelines; p++) {
        const struct syn_problem_pipeline *from = &r->problem->pipelines[p];
        const int64_t cap = (int64_t)syn_cost_pipeline_cap_ns(&from->spec);
        r->cap_ns = cap > r->cap_ns ? cap : r->cap_ns;
        r->pipeline[p].layers = from->model->layer_count;
        r->pipeline[p].weight = from->spec.weight;
        r->pipeline[p].sources = from->sources;
        r->pipeline[p].targets = from->targets;
        r->pipeline[p].hosts = from->hosts;
    }
    r->rows = syn_relax_hub(r) + 1;
    for (unsigned u = 0; u < r->rows; u++)
        r->times[u] = 1;
}

int syn_relax_new(struct syn_relax **relax, const struct syn_problem *problem)
{
    struct syn_relax *r = calloc(1, sizeof *r);
    *relax = NULL;
    if (!r)
        return SYN_ENOMEM;
    r->devices = problem->fleet->count;
    r->pipelines = problem->pipeline_count;
    syn_relax_aim(r, problem);
    describe(r);
    int rc = memory_rows(r);
    for (unsigned p = 0; !rc && p < r->pipelines; p++)
        rc = pipeline_tables(r, p);
    if (!rc)
        add_sets(r);
    if (rc)
        syn_relax_free(r);
    else
        *relax = r;
    return rc;
}

void syn_relax_free(struct syn_relax *relax)
{
    if (!relax)
        return;
    while (relax->owned_count)
        free(relax->owned[--relax->owned_count]);
    free(relax);
}

bool syn_relax_alone(struct syn_relax *r, unsigned p, unsigned device, unsigned first,
                     unsigned last)
{
    uint8_t *state = &r->pipeline[p].alone[device][syn_relax_range(first, last)];
    struct syn_misfit misfit;
    if (*state == ALONE_UNKNOWN)
        *state =
            syn_fit_alone(syn_relax_timing(r, device)->part, model_of(r, p), first, last, &misfit)
                ? ALONE_NEVER
                : ALONE_FITS;
    return *state == ALONE_FITS;
}

struct syn_relax_hop syn_relax_hop(const struct syn_relax *r, unsigned p, unsigned from,
                                   unsigned to, unsigned cut)
{
    const struct syn_relax_pipeline *pipe = &r->pipeline[p];
    const struct syn_fleet *fleet = r->problem->fleet;
    const unsigned cuts = pipe->layers + 1;
    struct syn_relax_hop h = {.from_ns = pipe->message_ns[from * cuts + cut],
                              .to_ns = pipe->message_ns[to * cuts + cut],
                              .direct = fleet->direct[from][to],
                              .hub = syn_fleet_by_hub(fleet, from, to)};
    if (syn_fleet_measured(fleet, from, to)) {
        h.from_ns = (int64_t)syn_cost_send_ns(fleet, from, to, pipe->bytes[cut]);
        h.to_ns = (int64_t)syn_cost_receive_ns(fleet, from, to, pipe->bytes[cut]);
    }
    if (h.direct)
        h.from_ns = h.to_ns = h.from_ns > h.to_ns ? h.from_ns : h.to_ns;
    return h;
}

struct syn_relax_config syn_relax_config(const struct syn_relax *r, unsigned p, unsigned device,
                                         unsigned layers)
{
    const int64_t ns = r->pipeline[p].config_ns[device][layers];
    const uint32_t *uw = syn_relax_timing(r, device)->active_uw;
    struct syn_relax_config c = {.load_ns = r->pipeline[p].weight * ns, .latency_ns = ns};
    c.cost = r->latency  ? ns
             : r->energy ? c.load_ns * ((int64_t)uw[SYN_UNIT_ACCEL] + uw[SYN_UNIT_CPU])
                         : 0;
    return c;
}

/* ---- columns --------------------------------------------------------------------------------- */

/* Sums by row while a path is followed. */
struct sums {
    const struct syn_relax *r;
    int64_t weight;
    int64_t row[SYN_RELAX_ROWS_MAX];
    int64_t energy_fj, latency_ns;
};

static void busy(struct sums *s, unsigned device, enum syn_unit unit, int64_t ns)
{
    s->row[syn_relax_unit(device, unit)] += s->weight * ns;
    s->energy_fj += s->weight * ns * syn_relax_timing(s->r, device)->active_uw[unit];
}

static void busy_pair(struct sums *s, unsigned a, unsigned b, int64_t ns)
{
    for (unsigned u = s->r->first_set; u < s->r->rows; u++)
        if (s->r->set[u] >> a & 1 && s->r->set[u] >> b & 1)
            s->row[u] += s->weight * ns;
}

static void take_hop(struct sums *s, unsigned p, unsigned from, unsigned to, unsigned cut)
{
    const struct syn_relax *r = s->r;
    if (from == to)
        return;
    const struct syn_relax_hop h = syn_relax_hop(r, p, from, to, cut);
    busy(s, from, SYN_UNIT_RADIO, h.from_ns);
    busy(s, to, SYN_UNIT_RADIO, h.to_ns);
    s->latency_ns += h.direct ? h.from_ns : h.from_ns + h.to_ns;
    if (h.direct) {
        busy_pair(s, from, to, h.from_ns);
    } else if (h.hub) {
        s->row[syn_relax_hub(r)] += s->weight * (h.from_ns + h.to_ns);
        busy_pair(s, from, SYN_DEVICE_HUB, h.from_ns);
        busy_pair(s, to, SYN_DEVICE_HUB, h.to_ns);
    }
    if (cut < r->pipeline[p].layers)
        s->row[r->device[to].memory + r->device[to].memory_count - 1] += r->pipeline[p].bytes[cut];
}

static void take_chunk(struct sums *s, unsigned p, unsigned d, unsigned first, unsigned last,
                       bool configured)
{
    const struct syn_relax *r = s->r;
    const struct syn_relax_pipeline *pipe = &r->pipeline[p];
    const struct syn_relax_device *device = &r->device[d];
    const unsigned cuts = pipe->layers + 1, width = device->memory_count - 1;
    const int64_t moving = pipe->words_ns[d * cuts + first] + pipe->words_ns[d * cuts + last] +
                           (configured ? pipe->config_ns[d][last - first] : 0);
    const int64_t whole = moving + pipe->infer_ns[d][syn_relax_range(first, last)];
    busy(s, d, SYN_UNIT_ACCEL, whole);
    busy(s, d, SYN_UNIT_CPU, moving);
    s->latency_ns += whole;
    for (unsigned i = 0; i < width; i++)
        s->row[device->memory + i] +=
            pipe->demand[d][last * width + i] - pipe->demand[d][first * width + i];
    if (last < pipe->layers)
        s->row[device->memory + width] += pipe->bytes[last];
}

void syn_relax_column(const struct syn_relax *r, unsigned p, const struct syn_path *path,
                      uint32_t configured, struct syn_column *column)
{
    struct sums s;
    const int64_t sense = (int64_t)syn_timing_sense(syn_relax_timing(r, path->source));
    const int64_t act = (int64_t)syn_timing_act(syn_relax_timing(r, path->target));
    unsigned holder = path->source, first = 0;
    s.r = r;
    s.weight = r->pipeline[p].weight;
    s.energy_fj = s.latency_ns = 0;
    memset(s.row, 0, r->rows * sizeof s.row[0]);
    for (unsigned k = 0; k < path->count; k++) {
        take_hop(&s, p, holder, path->device[k], first);
        take_chunk(&s, p, path->device[k], first, path->last[k], configured >> path->device[k] & 1);
        holder = path->device[k];
        first = path->last[k];
    }
    take_hop(&s, p, holder, path->target, r->pipeline[p].layers);
    busy(&s, path->source, SYN_UNIT_SENSOR, sense);
    busy(&s, path->target, SYN_UNIT_CPU, act);
    s.latency_ns += sense + act;
    column->count = 0;
    for (unsigned u = 0; u < r->rows; u++)
        if (s.row[u]) {
            column->row[column->count] = (uint16_t)u;
            column->value[column->count++] = s.row[u];
        }
    column->cost = r->latency ? s.latency_ns : r->energy ? s.energy_fj : 0;
    column->latency_ns = s.latency_ns;
}

/* ---- odd sets ---------------------------------------------------------------------------------
 */

bool syn_relax_add_set(struct syn_relax *r, uint32_t nodes)
{
    for (unsigned u = r->first_set; u < r->rows; u++)
        if (r->set[u] == nodes)
            return false;
    if (r->rows == SYN_RELAX_ROWS_MAX)
        return false;
    r->set[r->rows] = nodes;
    r->times[r->rows] = (int64_t)(size_of(nodes) - 1) / 2;
    for (unsigned p = 0; p < r->pipelines; p++)
        r->pipeline[p].limit[r->rows] = SYN_RELAX_NEVER; /* until syn_relax_limit() */
    r->rows++;
    return true;
}
