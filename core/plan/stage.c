/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/stage.h"

#include <stdlib.h>
#include <string.h>

static const struct syn_place unplaced[SYN_PART_PLACEMENTS_MAX]; /* every kernel in column 0 */

static int64_t infer_ns(const struct syn_timing *t, const struct syn_model *model, unsigned first,
                        unsigned last, const struct syn_place *places)
{
    const struct syn_chunk chunk = {.layers = model->layers,
                                    .first = (uint16_t)first,
                                    .last = (uint16_t)last,
                                    .layer_count = (uint16_t)model->layer_count};
    return (int64_t)syn_timing_infer(t, syn_place_cycles(t->part, &chunk, places, t->accel_hz));
}

static int no_memory(struct syn_error *error)
{
    return syn_error_set(error, SYN_ENOMEM, "no memory for the search");
}

/* ---- the base: chunks on devices ----------------------------------------------------------- */

/* What a chunk that is already there takes of its device, whatever else comes. */
static int take_memory(struct syn_stage *s, struct syn_stage_device *d,
                       const struct syn_resident *r, struct syn_error *error)
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
    if (syn_fit_arena(model, &s->base.pipelines[r->pipeline], r->index, &arena))
        return syn_error_set(error, SYN_EOOR, "%s: more than %d tensors cross a cut point",
                             model->name, SYN_LIVE_MAX);
    d->arena_bytes -= arena;
    return 0;
}

static int base_chunk(struct syn_stage *s, unsigned device, unsigned i,
                      const struct syn_place *places, struct syn_error *error)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_stage_resident *b = &d->base[i];
    const struct syn_fleet_device *on = &s->problem->fleet->devices[device];
    const struct syn_problem_pipeline *p = &s->problem->pipelines[d->residents.list[i].pipeline];
    struct syn_chunk_cost cost;
    b->chunk = d->residents.list[i];
    b->model = p->model;
    b->weight = p->spec.weight;
    int rc = take_memory(s, d, &b->chunk, error);
    if (!rc) /* its cuts were looked at just now */
        rc = syn_cost_chunk(on, b->model, b->chunk.first, b->chunk.last, places, &cost);
    if (rc)
        return rc;
    b->moving_ns = (int64_t)(cost.load_ns + cost.unload_ns);
    b->configure_ns = (int64_t)cost.configure_ns;
    const int64_t floor = infer_ns(d->timing, b->model, b->chunk.first, b->chunk.last, unplaced);
    const int64_t whole = (int64_t)syn_chunk_cost_sum(&cost, d->residents.count > 1);
    const int64_t least = whole - ((int64_t)cost.infer_ns - floor);
    d->accel_ns += b->weight * whole;
    d->accel_floor_ns += b->weight * least;
    d->cpu_ns += b->weight * (whole - (int64_t)cost.infer_ns);
    d->latency_ns += whole;
    d->latency_floor_ns += least;
    return 0;
}

static int base_device(struct syn_stage *s, unsigned device, struct syn_error *error)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_place *at = places;
    d->accel_ns = d->cpu_ns = d->latency_ns = d->accel_floor_ns = d->latency_floor_ns = 0;
    d->arena_bytes = d->timing->arena_bytes;
    syn_demand_room(d->timing->part, &d->room);
    syn_residents_of(&s->base, device, &d->residents);
    int rc = syn_fit_kernels(s->problem, device, &d->residents, places, NULL);
    if (rc)
        return syn_error_set(error, rc, "the plan so far does not fit on %s",
                             s->problem->fleet->devices[device].name);
    for (unsigned i = 0; !rc && i < d->residents.count; i++) {
        rc = base_chunk(s, device, i, at, error);
        at += d->residents.list[i].last - d->residents.list[i].first;
    }
    return rc;
}

/* Devices whose chunks or ends are not those of the base before. */
static uint32_t changed_devices(const struct syn_plan *a, const struct syn_plan *b)
{
    uint32_t set = 0;
    for (unsigned p = 0; p < b->pipeline_count; p++) {
        const struct syn_execution_plan *x = &a->pipelines[p], *y = &b->pipelines[p];
        if (!syn_execution_plan_compare(x, y))
            continue;
        for (unsigned k = 0; k < x->chunk_count; k++)
            set |= 1u << x->chunks[k].device;
        for (unsigned k = 0; k < y->chunk_count; k++)
            set |= 1u << y->chunks[k].device;
    }
    return set;
}

/* ---- the base: sums ------------------------------------------------------------------------ */

static void base_hop(struct syn_stage *s, unsigned from, unsigned to, uint32_t bytes,
                     int64_t weight)
{
    const struct syn_fleet *fleet = s->problem->fleet;
    const uint64_t times = (uint64_t)weight;
    if (from == to)
        return;
    syn_radio_transfer(&s->radio, fleet, from, to, bytes, times);
    s->latency_ns += (int64_t)syn_cost_transfer(fleet, from, to, bytes);
    s->bytes_sent += times * bytes * syn_fleet_times(fleet, from, to);
}

static int base_path(struct syn_stage *s, unsigned pipeline, struct syn_error *error)
{
    const struct syn_execution_plan *e = &s->base.pipelines[pipeline];
    const struct syn_problem_pipeline *p = &s->problem->pipelines[pipeline];
    const int64_t weight = p->spec.weight;
    const struct syn_model_table *table;
    unsigned holder = e->source;
    int rc = syn_tables_model(&s->tables, p->model, &table, error);
    for (unsigned k = 0; !rc && k <= e->chunk_count; k++) {
        const bool result = k == e->chunk_count;
        const unsigned next = result ? e->target : e->chunks[k].device;
        base_hop(s, holder, next, table->bytes[result ? table->layers : e->chunks[k].first],
                 weight);
        s->away += !result && next != e->source;
        holder = next;
    }
    const int64_t sense = (int64_t)syn_timing_sense(s->device[e->source].timing);
    const int64_t act = (int64_t)syn_timing_act(s->device[e->target].timing);
    s->busy_ns[e->source][SYN_UNIT_SENSOR] += weight * sense;
    s->busy_ns[e->target][SYN_UNIT_CPU] += weight * act;
    s->latency_ns += sense + act;
    s->bounded |= p->spec.latency_bound_ms > 0;
    return rc;
}

static void base_units(struct syn_stage *s)
{
    uint64_t busiest = 0;
    uint32_t set;
    for (unsigned d = 0; d < s->devices; d++) {
        const struct syn_stage_device *dev = &s->device[d];
        int64_t *busy = s->busy_ns[d];
        busy[SYN_UNIT_ACCEL] = dev->accel_ns;
        busy[SYN_UNIT_CPU] += dev->cpu_ns;
        busy[SYN_UNIT_RADIO] = (int64_t)s->radio.node_ns[d];
        s->latency_ns += dev->latency_ns;
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            s->energy_fj += busy[u] * dev->timing->active_uw[u];
            busiest = (uint64_t)busy[u] > busiest ? (uint64_t)busy[u] : busiest;
        }
    }
    s->radio_ns = (int64_t)syn_radio_bound(&s->radio, busiest, &set);
}

static int base_sums(struct syn_stage *s, struct syn_error *error)
{
    const struct syn_pipeline *spec = &s->problem->pipelines[s->pipeline].spec;
    int rc = 0;
    memset(s->busy_ns, 0, sizeof s->busy_ns);
    memset(&s->radio, 0, sizeof s->radio);
    s->latency_ns = s->energy_fj = 0;
    s->bytes_sent = s->away = 0;
    s->bounded = false;
    for (unsigned p = 0; !rc && p < s->base.pipeline_count; p++)
        if (s->base.pipelines[p].chunk_count)
            rc = base_path(s, p, error);
    base_units(s);
    s->cap_ns = (int64_t)syn_cost_cap_ns(s->problem, &s->base);
    const int64_t own = (int64_t)syn_cost_pipeline_cap_ns(spec);
    s->cap_ns = own > s->cap_ns ? own : s->cap_ns;
    return rc;
}

/* ---- entries ------------------------------------------------------------------------------- */

static bool hosts(const struct syn_stage *s, unsigned device)
{
    return s->hosts >> device & 1;
}

/* Limits that no placement can get round. */
static bool hopeless(const struct syn_stage_device *d, unsigned first, unsigned last)
{
    const struct syn_demand *demand = d->table->on->demand;
    unsigned over = 0;
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
        over |= demand[last].of[r] - demand[first].of[r] > d->room.of[r];
    return over;
}

/* Sums only grow: a chunk that begins later reaches at least as far. */
static void find_reach(const struct syn_stage *s, struct syn_stage_device *d)
{
    unsigned last = 0;
    for (unsigned first = 0; first < s->layers; first++) {
        last = last > first ? last : first;
        while (last < s->layers && !hopeless(d, first, last + 1))
            last++;
        d->reach[first] = (uint16_t)last;
    }
}

/* A chunk that was alone must be configured each time from now on. */
static int64_t second_ns(const struct syn_stage_device *d)
{
    return d->residents.count == 1 ? d->base[0].configure_ns : 0;
}

/* Slots for tensors that wait; the first chunk may lie on its source, which needs none. */
static bool waits_fit(const struct syn_stage *s, const struct syn_stage_device *d, unsigned first,
                      unsigned last)
{
    const int64_t in = first ? s->table->bytes[first] : 0;
    const int64_t out = last < s->layers ? s->table->bytes[last] : 0;
    return in + out <= d->arena_bytes;
}

static void bound_row(const struct syn_stage *s, struct syn_stage_device *d, unsigned first)
{
    const int64_t others = second_ns(d) + d->latency_floor_ns - d->latency_ns;
    const int64_t accel = syn_stage_second_ns(d) + d->accel_floor_ns - d->accel_ns;
    const size_t row = syn_table_row(s->layers, first, first + 1);
    for (unsigned last = first + 1; last <= s->layers; last++) {
        const size_t at = row + last - first - 1;
        struct syn_entry *e = &d->entries[at];
        const bool never = last > d->reach[first] || !waits_fit(s, d, first, last) ||
                           d->table->on->alone[at] == SYN_ALONE_NEVER;
        e->state = never ? SYN_ENTRY_NEVER : SYN_ENTRY_BOUND;
        e->own_ns = never ? SYN_STAGE_NEVER_NS
                          : syn_stage_moving_ns(d, first, last) + d->table->infer_ns[at];
        e->accel_ns = never ? SYN_STAGE_NEVER_NS : s->weight * e->own_ns + accel;
        e->others_ns = never ? 0 : others;
        if (e->accel_ns + d->accel_ns < d->least_ns)
            d->least_ns = e->accel_ns + d->accel_ns;
    }
}

static void bound_device(struct syn_stage *s, unsigned device)
{
    struct syn_stage_device *d = &s->device[device];
    d->table = s->table->kinds[s->tables.kind[device]];
    d->least_ns = d->accel_ns;
    if (!hosts(s, device))
        return;
    find_reach(s, d);
    for (unsigned first = 0; first < s->layers; first++)
        bound_row(s, d, first);
}

/* Limits are sums, so that a shorter chunk is never worse: going as far as possible is best. */
static void count_needed(struct syn_stage *s)
{
    s->needed[s->layers] = 0;
    for (unsigned i = s->layers; i-- > 0;) {
        unsigned end = i;
        for (unsigned d = 0; d < s->devices; d++)
            if (hosts(s, d) && s->device[d].reach[i] > end)
                end = s->device[d].reach[i];
        const bool stuck = end == i || s->needed[end] == SYN_STAGE_NEVER;
        s->needed[i] = stuck ? SYN_STAGE_NEVER : (uint16_t)(1 + s->needed[end]);
    }
}

/* Parts of another kind count other things: their sums cannot be added. */
static void find_common_demand(struct syn_stage *s)
{
    const size_t size = (s->layers + 1u) * sizeof *s->demand;
    bool same = true;
    s->demand = NULL;
    for (unsigned d = 0; d < s->devices; d++) {
        const struct syn_demand *own = s->device[d].table->on->demand;
        if (!hosts(s, d))
            continue;
        same = same && (!s->demand || s->demand == own || !memcmp(s->demand, own, size));
        s->demand = own;
    }
    if (!same)
        s->demand = NULL;
}

/* ---- twins --------------------------------------------------------------------------------- */

/* Nothing of base and pipeline happens there. */
static bool untouched(const struct syn_stage *s, unsigned device)
{
    const struct syn_problem_pipeline *p = &s->problem->pipelines[s->pipeline];
    bool busy = (p->sources | p->targets) >> device & 1;
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        busy |= s->busy_ns[device][u] != 0;
    return !busy && hosts(s, device) && s->device[device].residents.count == 0;
}

static bool same_link(const struct syn_fleet *fleet, unsigned a, unsigned b, unsigned c, unsigned d)
{
    const struct syn_fleet_link *x = &fleet->links[a][b], *y = &fleet->links[c][d];
    return fleet->direct[a][b] == fleet->direct[c][d] && x->measured == y->measured &&
           x->wired == y->wired && x->send_ns == y->send_ns && x->send_byte_ps == y->send_byte_ps &&
           x->receive_ns == y->receive_ns && x->receive_byte_ps == y->receive_byte_ps;
}

static bool same_links(const struct syn_stage *s, unsigned a, unsigned b)
{
    const struct syn_fleet *fleet = s->problem->fleet;
    bool same = same_link(fleet, a, b, b, a);
    for (unsigned d = 0; d < s->devices; d++)
        if (d != a && d != b)
            same = same && same_link(fleet, a, d, b, d) && same_link(fleet, d, a, d, b);
    return same;
}

/* A plan that uses the later one of two twins and not the earlier one before it is the same plan
 * with both exchanged, but for the order of connecting, which prefers the other. */
static void find_twins(struct syn_stage *s)
{
    for (unsigned b = 0; b < s->devices; b++) {
        s->twins[b] = 0;
        s->like[b] = (uint8_t)b;
        for (unsigned a = 0; a < b && untouched(s, b); a++)
            if (s->tables.kind[a] == s->tables.kind[b] && untouched(s, a) && same_links(s, a, b))
                s->twins[b] |= 1u << a;
        while (s->twins[b] & ((1u << s->like[b]) - 1))
            s->like[b]--;
    }
}

/* ---- the stage ----------------------------------------------------------------------------- */

static int aim(struct syn_stage *s, unsigned pipeline, struct syn_error *error)
{
    const struct syn_problem_pipeline *p = &s->problem->pipelines[pipeline];
    s->pipeline = pipeline;
    s->model = p->model;
    s->layers = p->model->layer_count;
    s->weight = p->spec.weight;
    s->hosts = p->hosts & ((1u << s->devices) - 1);
    return syn_tables_full(&s->tables, p->model, &s->table, error);
}

static int look(struct syn_stage *s, uint32_t changed, unsigned pipeline, struct syn_error *error)
{
    int rc = aim(s, pipeline, error);
    for (unsigned d = 0; !rc && d < s->devices; d++)
        if (changed >> d & 1)
            rc = base_device(s, d, error);
    if (!rc)
        rc = base_sums(s, error);
    if (rc)
        return rc;
    for (unsigned d = 0; d < s->devices; d++)
        bound_device(s, d);
    count_needed(s);
    find_common_demand(s);
    find_twins(s);
    return 0;
}

static int allocate(struct syn_stage *s, struct syn_error *error)
{
    unsigned layers = 1;
    for (unsigned p = 0; p < s->problem->pipeline_count; p++)
        if (s->problem->pipelines[p].model->layer_count > layers)
            layers = s->problem->pipelines[p].model->layer_count;
    s->entries = malloc(syn_table_rows(layers) * s->devices * sizeof *s->entries);
    for (unsigned d = 0; s->entries && d < s->devices; d++) {
        s->device[d].entries = s->entries + syn_table_rows(layers) * d;
        s->device[d].timing = &s->problem->fleet->devices[d].profile.timing;
        s->idle_uw += s->device[d].timing->idle_uw;
    }
    return s->entries || !s->devices ? 0 : no_memory(error);
}

int syn_stage_new(struct syn_stage **stage, const struct syn_problem *problem,
                  const struct syn_plan *base, unsigned pipeline, struct syn_error *error)
{
    struct syn_stage *s = calloc(1, sizeof *s);
    *stage = NULL;
    if (!s)
        return no_memory(error);
    s->problem = problem;
    s->links = syn_fleet_any_measured(problem->fleet);
    s->devices = problem->fleet->count;
    s->base = *base;
    syn_tables_init(&s->tables, problem);
    int rc = allocate(s, error);
    if (!rc)
        rc = look(s, UINT32_MAX, pipeline, error);
    if (rc)
        syn_stage_free(s);
    else
        *stage = s;
    return rc;
}

int syn_stage_move(struct syn_stage *stage, const struct syn_plan *base, unsigned pipeline,
                   struct syn_error *error)
{
    const uint32_t changed = changed_devices(&stage->base, base);
    stage->base = *base;
    return look(stage, changed, pipeline, error);
}

void syn_stage_free(struct syn_stage *stage)
{
    if (!stage)
        return;
    syn_tables_clear(&stage->tables);
    free(stage->entries);
    free(stage);
}

/* ---- what a chunk means -------------------------------------------------------------------- */

static bool fits_alone(const struct syn_stage *s, const struct syn_stage_device *d, unsigned first,
                       unsigned last)
{
    uint8_t *alone = &d->table->on->alone[syn_table_row(s->layers, first, last)];
    struct syn_misfit misfit;
    if (*alone == SYN_ALONE_UNKNOWN)
        *alone = syn_fit_alone(d->timing->part, s->model, first, last, &misfit) ? SYN_ALONE_NEVER
                                                                                : SYN_ALONE_FITS;
    return *alone == SYN_ALONE_FITS;
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

void syn_stage_settle(struct syn_stage *s, unsigned device, unsigned first, unsigned last)
{
    struct syn_stage_device *d = &s->device[device];
    struct syn_entry *entry = syn_stage_entry(s, device, first, last);
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents = d->residents;
    const struct syn_place *own = places;
    int64_t accel, latency;
    if (entry->state != SYN_ENTRY_BOUND)
        return;
    syn_residents_insert(&residents, (struct syn_resident){.pipeline = (uint8_t)s->pipeline,
                                                           .first = (uint16_t)first,
                                                           .last = (uint16_t)last});
    if (!fits_alone(s, d, first, last) ||
        syn_fit_kernels(s->problem, device, &residents, places, NULL)) {
        *entry = (struct syn_entry){
            .own_ns = SYN_STAGE_NEVER_NS, .accel_ns = SYN_STAGE_NEVER_NS, .state = SYN_ENTRY_NEVER};
        return;
    }
    others(d, &residents, places, s->pipeline, &accel, &latency, &own);
    entry->own_ns =
        syn_stage_moving_ns(d, first, last) + infer_ns(d->timing, s->model, first, last, own);
    entry->others_ns = latency - d->latency_ns;
    entry->accel_ns = s->weight * entry->own_ns + accel - d->accel_ns;
    entry->state = SYN_ENTRY_EXACT;
}

static bool is_useful(struct syn_stage *s, unsigned device)
{
    for (unsigned first = 0; first < s->layers; first++)
        for (unsigned last = first + 1; last <= s->device[device].reach[first]; last++) {
            syn_stage_settle(s, device, first, last);
            if (syn_stage_entry(s, device, first, last)->state == SYN_ENTRY_EXACT)
                return true;
        }
    return false;
}

uint32_t syn_stage_useful(struct syn_stage *s)
{
    uint32_t set = 0;
    for (unsigned d = 0; d < s->devices; d++)
        if (hosts(s, d) && is_useful(s, d))
            set |= 1u << d;
    return set;
}
