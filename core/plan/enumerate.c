/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/enumerate.h"

#include "core/plan/walk.h"
#include "devices/base/bits.h"

#include <string.h>
#include <time.h>

#define NS_PER_S     1000000000
#define ASK_INTERVAL 1024 /* candidates between two looks at the clock */
#define WAYS_AFTER   512  /* candidates to a target before it is worth while to remember ways */
#define RENEW_FIRST                                                                                \
    32 /* entries that are settled before the outlook is renewed, then twice as many */

int64_t syn_search_deadline(const struct syn_search_options *options)
{
    struct timespec now;
    if (!options || options->time_limit_ns <= 0)
        return INT64_MAX;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec + options->time_limit_ns;
}

int syn_search_interrupted(const struct syn_search_options *options, int64_t deadline_ns)
{
    struct timespec now;
    if (options && options->cancelled && options->cancelled(options->ctx))
        return SYN_ECANCELED;
    if (deadline_ns == INT64_MAX)
        return 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec > deadline_ns ? SYN_ETIMEOUT : 0;
}

/* ---- choices ------------------------------------------------------------------------------- */

/* Devices for the next chunk or ends of a chunk, the best first. */
struct choice {
    unsigned at;
    struct syn_candidate candidate;
};

static void insert(const struct syn_walk *w, struct choice *list, unsigned *count, unsigned at,
                   const struct syn_candidate *c)
{
    unsigned to = (*count)++;
    if (w->visitor->before)
        for (; to > 0 && w->visitor->before(w->visitor->ctx, c, &list[to - 1].candidate) < 0; to--)
            list[to] = list[to - 1];
    list[to].at = at;
    list[to].candidate = *c;
}

static uint32_t own_devices(const struct syn_walk *w)
{
    return 1u << w->plan.source | 1u << w->plan.target;
}

/* Can as many chunks follow as must, on as many devices as may? */
static bool enough_left(const struct syn_walk *w, unsigned cut)
{
    const unsigned layers = w->stage->layers - cut, needed = w->stage->needed[cut];
    const unsigned own = syn_bits_count(w->free & own_devices(w)), all = syn_bits_count(w->free);
    const unsigned strangers = w->limits->strangers - w->strangers;
    unsigned most = all - own < strangers ? all : own + strangers;
    most = most < layers ? most : layers;
    if (!w->limits->chunks)
        return needed <= most;
    return needed <= syn_walk_left(w) && syn_walk_left(w) <= most &&
           (syn_walk_left(w) > 0 || layers == 0);
}

/* Could the layers behind the cut fit on all free hosts together, by their sums? */
static bool room_left(const struct syn_walk *w, unsigned cut)
{
    const struct syn_demand *demand = w->stage->demand;
    const unsigned layers = w->stage->layers;
    unsigned over = 0;
    for (unsigned r = 0; demand && r < SYN_PART_RESOURCES; r++)
        over |= demand[layers].of[r] - demand[cut].of[r] > w->room[r];
    return !over;
}

/* Could they follow one by one? Asked where the walk turns out to be long. */
static bool ways_left(struct syn_walk *w, unsigned cut)
{
    if (w->ask < w->ask_ways)
        return true;
    if (!w->ways)
        w->ways = syn_ways_new(w->stage, w->outlook, w->limits->chunks, w->limits->strangers,
                               own_devices(w));
    return !w->ways || syn_ways_any(w->ways, w->free, cut);
}

static void change_room(struct syn_walk *w, unsigned device, bool free)
{
    const struct syn_demand *room = &w->stage->device[device].room;
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
        w->room[r] += free ? room->of[r] : -(uint64_t)room->of[r];
    w->free ^= 1u << device;
}

static void poll_interrupts(struct syn_walk *w)
{
    ++*w->count;
    if (++w->ask % ASK_INTERVAL == 0)
        w->status = syn_search_interrupted(w->options, w->deadline_ns);
    if (w->ask_last && w->ask > w->ask_last && !w->status)
        w->status = SYN_ETIMEOUT;
}

/* Entries that turned out worse than their bounds are known to the outlook from now on. */
static void settle(struct syn_walk *w, unsigned device, unsigned first, unsigned last)
{
    if (syn_stage_entry(w->stage, device, first, last)->state != SYN_ENTRY_BOUND)
        return;
    syn_stage_settle(w->stage, device, first, last);
    if (++w->settled < w->renew)
        return;
    w->settled = 0;
    w->renew *= 2;
    syn_outlook_renew(w->outlook);
}

/* ---- the walk ------------------------------------------------------------------------------ */

static void extend(struct syn_walk *w, unsigned holder, unsigned first,
                   const struct syn_sums *sums);

static void take_entry(const struct syn_walk *w, unsigned device, unsigned first, unsigned last,
                       struct syn_sums *sums)
{
    const struct syn_stage *s = w->stage;
    const struct syn_entry *e = syn_stage_entry(s, device, first, last);
    const int64_t accel = syn_walk_busy_ns(w, device, SYN_UNIT_ACCEL) + e->accel_ns;
    const int64_t cpu = syn_walk_cpu_ns(w, device) + syn_stage_cpu_ns(s, device, first, last);
    sums->latency_ns += e->own_ns + e->others_ns;
    sums->own_ns += e->own_ns;
    sums->model_ns += e->own_ns;
    sums->energy_fj += syn_stage_energy_fj(s, device, first, last, e);
    sums->away += device != w->plan.source;
    sums->peak_ns = syn_larger_ns(sums->peak_ns, syn_larger_ns(accel, cpu));
    /* A chunk that is not the last sends its output. */
    if (last < s->layers)
        sums->peak_ns = syn_larger_ns(
            sums->peak_ns, w->radio_ns[device] + s->weight * syn_stage_least_ns(s, device, last));
}

/* The plan with the chunk that is last in it, as it is known now. */
static bool worth(const struct syn_walk *w, unsigned device, unsigned first, unsigned last,
                  const struct syn_sums *before, struct syn_sums *after, struct syn_candidate *c)
{
    const struct syn_ahead ahead = syn_walk_after(w, device, last);
    if (syn_stage_entry(w->stage, device, first, last)->state == SYN_ENTRY_NEVER ||
        !syn_ahead_leads_on(&ahead))
        return false;
    *after = *before;
    take_entry(w, device, first, last, after);
    *c = syn_walk_candidate(w, after, ahead, false);
    return syn_walk_wants(w, c);
}

static void set_chunk(struct syn_walk *w, unsigned device, unsigned first, unsigned last)
{
    w->plan.chunks[w->plan.chunk_count - 1] = (struct syn_plan_chunk){
        .device = (uint8_t)device, .first = (uint16_t)first, .last = (uint16_t)last};
}

static bool arena_fits(const struct syn_walk *w, unsigned device, unsigned holder, unsigned first,
                       unsigned last)
{
    const struct syn_stage *s = w->stage;
    const int64_t in = device == holder ? 0 : s->table->bytes[first];
    const int64_t out = last == s->layers ? 0 : s->table->bytes[last];
    return in + out <= s->device[device].arena_bytes;
}

static void enter_chunk(struct syn_walk *w, unsigned device, unsigned first, unsigned last,
                        const struct syn_sums *sums)
{
    struct syn_sums after;
    struct syn_candidate c;
    set_chunk(w, device, first, last);
    if (!worth(w, device, first, last, sums, &after, &c))
        return;
    settle(w, device, first, last);
    if (!worth(w, device, first, last, sums, &after, &c))
        return;
    if (last == w->stage->layers)
        syn_walk_finish(w, device, after);
    else if (ways_left(w, last))
        extend(w, device, last, &after);
}

/* All ends of the chunk that was begun last. */
static void try_ends(struct syn_walk *w, unsigned device, unsigned holder, unsigned first,
                     const struct syn_sums *sums)
{
    struct choice list[SYN_MODEL_LAYERS_MAX];
    unsigned count = 0;
    for (unsigned last = w->stage->device[device].reach[first]; last > first; last--) {
        struct syn_sums after;
        struct syn_candidate c;
        set_chunk(w, device, first, last);
        poll_interrupts(w);
        if (arena_fits(w, device, holder, first, last) && enough_left(w, last) &&
            worth(w, device, first, last, sums, &after, &c) && room_left(w, last))
            insert(w, list, &count, last, &c);
    }
    for (unsigned i = 0; i < count && !w->status; i++)
        enter_chunk(w, device, first, list[i].at, sums);
}

/* The hop to a device that begins a chunk: is anything behind it wanted? */
static bool device_promises(struct syn_walk *w, const struct syn_hop *h, unsigned first,
                            struct syn_sums *sums, struct syn_candidate *c)
{
    struct syn_ahead ahead = {syn_outlook_peak_on(w->outlook, syn_walk_left(w), first, h->to),
                              syn_outlook_on(w->outlook, syn_walk_left(w), first, h->to)};
    if (!syn_ahead_leads_on(&ahead))
        return false;
    syn_walk_take_hop(w, h, first, first > 0, sums);
    ahead.peak_ns = syn_larger_ns(ahead.peak_ns, syn_walk_due_ns(w, h->to, first + 1));
    w->plan.chunk_count++;
    set_chunk(w, h->to, first, first);
    *c = syn_walk_candidate(w, sums, ahead, false);
    const bool yes = syn_walk_wants(w, c);
    w->plan.chunk_count--;
    syn_walk_change_radio(w, h, -w->stage->weight);
    return yes;
}

static void enter_device(struct syn_walk *w, unsigned device, unsigned holder, unsigned first,
                         const struct syn_sums *sums)
{
    const bool stranger = !(own_devices(w) >> device & 1);
    const struct syn_hop h = syn_stage_hop(w->stage, holder, device, first);
    struct syn_sums after = *sums;
    struct syn_candidate c;
    if (!device_promises(w, &h, first, &after, &c))
        return;
    syn_walk_change_radio(w, &h, w->stage->weight);
    change_room(w, device, false);
    w->strangers += stranger;
    w->plan.chunk_count++;
    try_ends(w, device, holder, first, &after);
    w->plan.chunks[--w->plan.chunk_count] = (struct syn_plan_chunk){0};
    w->strangers -= stranger;
    change_room(w, device, true);
    syn_walk_change_radio(w, &h, -w->stage->weight);
}

static bool may_begin(const struct syn_walk *w, unsigned device)
{
    const bool stranger = !(own_devices(w) >> device & 1);
    const bool second = w->limits->one_of_twins && w->stage->twins[device] & w->free;
    return w->free >> device & 1 && !second && !(stranger && w->strangers >= w->limits->strangers);
}

/* The next chunk on every device that may hold it. */
static void extend(struct syn_walk *w, unsigned holder, unsigned first, const struct syn_sums *sums)
{
    struct choice list[SYN_DEVICES_MAX];
    unsigned count = 0;
    for (unsigned d = 0; d < w->stage->devices; d++) {
        const struct syn_hop h = syn_stage_hop(w->stage, holder, d, first);
        struct syn_sums after = *sums;
        struct syn_candidate c;
        if (may_begin(w, d) && device_promises(w, &h, first, &after, &c))
            insert(w, list, &count, d, &c);
    }
    for (unsigned i = 0; i < count && !w->status; i++)
        enter_device(w, list[i].at, holder, first, sums);
}

/* ---- sources and targets ------------------------------------------------------------------- */

/* Loads that stay whatever the plan. */
static int64_t floor_peak(const struct syn_walk *w)
{
    const struct syn_stage *s = w->stage;
    int64_t peak = syn_larger_ns(s->cap_ns, s->radio_ns);
    for (unsigned d = 0; d < s->devices; d++) {
        peak = syn_larger_ns(peak, syn_larger_ns(s->device[d].least_ns, syn_walk_cpu_ns(w, d)));
        peak = syn_larger_ns(
            peak, syn_larger_ns(w->radio_ns[d], syn_walk_busy_ns(w, d, SYN_UNIT_SENSOR)));
    }
    peak = syn_larger_ns(peak, w->radio_ns[SYN_DEVICE_HUB]);
    return syn_larger_ns(peak, syn_walk_busy_ns(w, w->plan.source, SYN_UNIT_SENSOR) + w->sense_ns);
}

static void begin_ends(struct syn_walk *w, unsigned source, unsigned target, struct syn_sums *sums)
{
    const struct syn_stage *s = w->stage;
    const struct syn_timing *from = s->device[source].timing, *to = s->device[target].timing;
    const int64_t sense = (int64_t)syn_timing_sense(from), act = (int64_t)syn_timing_act(to);
    w->plan = (struct syn_execution_plan){.source = (uint8_t)source, .target = (uint8_t)target};
    w->sense_ns = s->weight * sense;
    w->act_ns = s->weight * act;
    *sums = (struct syn_sums){.latency_ns = s->latency_ns + sense + act,
                              .own_ns = sense + act,
                              .energy_fj = s->energy_fj +
                                           w->sense_ns * from->active_uw[SYN_UNIT_SENSOR] +
                                           w->act_ns * to->active_uw[SYN_UNIT_CPU],
                              .peak_ns = floor_peak(w),
                              .bytes = s->bytes_sent,
                              .away = s->away};
}

/* T at least for plans from the source, by the outlook to the target. */
static int64_t least_peak(const struct syn_walk *w, unsigned source, const struct syn_sums *sums)
{
    int64_t best = SYN_STAGE_NEVER_NS;
    for (unsigned d = 0; d < w->stage->devices; d++) {
        const struct syn_hop h = syn_stage_hop(w->stage, source, d, 0);
        const int64_t ns = syn_larger_ns(syn_outlook_peak_on(w->outlook, syn_walk_left(w), 0, d),
                                         syn_outlook_hop_peak(w->stage, &h));
        best = ns < best ? ns : best;
    }
    return syn_larger_ns(best, sums->peak_ns);
}

static unsigned the_source(const struct syn_problem_pipeline *p)
{
    unsigned source = 0;
    if (syn_bits_count(p->sources) != 1)
        return SYN_OUTLOOK_ANY;
    while (!(p->sources >> source & 1))
        source++;
    return source;
}

static void find_least(struct syn_walk *w, unsigned target)
{
    const struct syn_stage *s = w->stage;
    w->least_ns[s->layers] = syn_stage_least_ns(s, target, s->layers);
    for (unsigned cut = s->layers; cut-- > 0;) {
        const int64_t ns = syn_stage_least_ns(s, target, cut);
        w->least_ns[cut] = ns < w->least_ns[cut + 1] ? ns : w->least_ns[cut + 1];
    }
}

static void walk_target(struct syn_walk *w, unsigned target)
{
    const struct syn_problem_pipeline *p = &w->stage->problem->pipelines[w->stage->pipeline];
    struct syn_sums sums;
    syn_outlook_price(w->outlook, w->round_ns);
    find_least(w, target);
    for (unsigned source = 0; source < w->stage->devices && !w->status; source++) {
        if (!(p->sources >> source & 1))
            continue;
        begin_ends(w, source, target, &sums);
        w->ask_ways = w->ask + WAYS_AFTER;
        if (enough_left(w, 0) && room_left(w, 0))
            extend(w, source, 0, &sums);
        syn_ways_free(w->ways);
        w->ways = NULL;
    }
}

/* The smallest bound on T of all ends; SYN_STAGE_NEVER_NS: there is no plan. */
static int64_t least_of_all(struct syn_walk *w)
{
    const struct syn_problem_pipeline *p = &w->stage->problem->pipelines[w->stage->pipeline];
    int64_t best = SYN_STAGE_NEVER_NS;
    struct syn_sums sums;
    for (unsigned target = 0; target < w->stage->devices; target++) {
        if (!(p->targets >> target & 1))
            continue;
        syn_outlook_aim(w->outlook, the_source(p), target);
        for (unsigned source = 0; source < w->stage->devices; source++)
            if (p->sources >> source & 1) {
                begin_ends(w, source, target, &sums);
                const int64_t ns = least_peak(w, source, &sums);
                best = ns < best ? ns : best;
            }
    }
    return best;
}

static void walk_all(struct syn_walk *w)
{
    const struct syn_stage *s = w->stage;
    const struct syn_problem_pipeline *p = &s->problem->pipelines[s->pipeline];
    for (unsigned a = 0; a < SYN_RADIO_NODES; a++) {
        w->radio_ns[a] = (int64_t)s->radio.node_ns[a];
        for (unsigned b = a + 1; b < SYN_RADIO_NODES; b++)
            w->pair_ns[a][b] = w->pair_ns[b][a] = (int64_t)s->radio.pair_ns[a][b];
    }
    for (unsigned d = 0; d < s->devices; d++)
        if (s->hosts >> d & 1)
            change_room(w, d, true);
    const bool single = syn_bits_count(p->targets) == 1;
    const int64_t least = w->limits->least_round || single ? least_of_all(w) : 0;
    if (least >= SYN_STAGE_NEVER_NS)
        return;
    if (w->limits->least_round && (uint64_t)least < w->round_ns)
        w->round_ns = (uint64_t)least;
    for (unsigned target = 0; target < s->devices && !w->status; target++) {
        if (!(p->targets >> target & 1))
            continue;
        if (!single)
            syn_outlook_aim(w->outlook, the_source(p), target);
        walk_target(w, target);
    }
}

int syn_enumerate_stage(struct syn_stage *stage, const struct syn_limits *limits,
                        const struct syn_search_options *options, int64_t deadline_ns,
                        const struct syn_visitor *visitor, uint64_t *count)
{
    const uint64_t most = stage->problem->round_max_ns ? stage->problem->round_max_ns : UINT64_MAX;
    struct syn_walk w = {.stage = stage,
                         .outlook = syn_outlook_new(stage, limits->order, limits->chunks),
                         .options = options,
                         .visitor = visitor,
                         .limits = limits,
                         .round_ns = most < limits->round_ns ? most : limits->round_ns,
                         .deadline_ns = deadline_ns,
                         .count = count,
                         .ask_last = limits->patience,
                         .renew = RENEW_FIRST};
    if (!w.outlook)
        return SYN_ENOMEM;
    w.status = syn_search_interrupted(options, INT64_MAX);
    if (!w.status)
        walk_all(&w);
    syn_outlook_free(w.outlook);
    return w.status;
}

enum syn_outlook_order syn_enumerate_order(enum syn_objective objective)
{
    return objective == SYN_OBJECTIVE_ENERGY || objective == SYN_OBJECTIVE_POWER
               ? SYN_OUTLOOK_ENERGY
               : SYN_OUTLOOK_LATENCY;
}

int syn_enumerate(const struct syn_problem *problem, const struct syn_plan *base, unsigned pipeline,
                  const struct syn_search_options *options, int64_t deadline_ns,
                  const struct syn_visitor *visitor, uint64_t *count, struct syn_error *error)
{
    struct syn_limits limits = SYN_NO_LIMITS;
    struct syn_stage *stage;
    int rc = syn_stage_new(&stage, problem, base, pipeline, error);
    if (rc)
        return rc;
    limits.order = syn_enumerate_order(problem->objective);
    rc = syn_enumerate_stage(stage, &limits, options, deadline_ns, visitor, count);
    syn_stage_free(stage);
    if (rc == SYN_ECANCELED)
        return syn_error_set(error, rc, "the search was cancelled");
    if (rc == SYN_ENOMEM)
        return syn_error_set(error, rc, "no memory for the search");
    return rc;
}
