/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/enumerate.h"

#include "core/plan/stage.h"

#include <string.h>
#include <time.h>

#define NS_PER_S     1000000000
#define ASK_INTERVAL 1024 /* candidates between two looks at the clock */

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

/* Sums along the beginning of an execution plan; base included. */
struct sums {
    int64_t latency_ns; /* of all pipelines */
    int64_t own_ns, model_ns;
    int64_t energy_fj; /* active */
    int64_t peak_ns;   /* of the busiest unit, at least */
    uint64_t bytes, away;
};

struct walk {
    struct syn_stage *stage;
    const struct syn_search_options *options;
    const struct syn_visitor *visitor;
    const struct syn_limits *limits;
    int64_t deadline_ns;
    uint64_t *count;
    uint64_t ask;
    int status;
    struct syn_execution_plan plan;
    const struct syn_entry *entries[SYN_PLAN_CHUNKS_MAX]; /* of the chunks of `plan` */
    int64_t radio_ns[SYN_RADIO_NODES];                    /* of a round, base and plan */
    int64_t sense_ns, act_ns; /* of a round, this pipeline at source and target */
    uint32_t free;            /* hosts that hold no chunk of `plan` */
    uint32_t used;            /* devices that hold a chunk of `plan` */
    unsigned strangers;       /* of them that are neither source nor target */
};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t busy(const struct walk *w, unsigned device, enum syn_unit unit)
{
    return (int64_t)w->stage->prediction.busy_ns[device][unit];
}

/* What is busy on the CPU beside chunks of this pipeline. */
static int64_t cpu_ns(const struct walk *w, unsigned device)
{
    return busy(w, device, SYN_UNIT_CPU) + (device == w->plan.target ? w->act_ns : 0);
}

/* ---- hops --------------------------------------------------------------------------------- */

/* One end's share of a hop over the cut. */
static int64_t message_ns(const struct walk *w, unsigned device, unsigned cut)
{
    return w->stage->device[device].message_ns[cut];
}

struct hop {
    unsigned from, to;
    int64_t from_ns, to_ns; /* of one inference; both the same where direct */
    bool direct;
};

static struct hop hop_of(const struct walk *w, unsigned from, unsigned to, unsigned cut)
{
    struct hop h = {.from = from, .to = to, .direct = true};
    if (from == to)
        return h;
    h.direct = w->stage->problem->fleet->direct[from][to];
    h.from_ns = message_ns(w, from, cut);
    h.to_ns = message_ns(w, to, cut);
    if (h.direct)
        h.from_ns = h.to_ns = larger(h.from_ns, h.to_ns);
    return h;
}

static void radio_change(struct walk *w, const struct hop *h, int64_t times)
{
    w->radio_ns[h->from] += times * h->from_ns;
    w->radio_ns[h->to] += times * h->to_ns;
    if (!h->direct && !w->stage->problem->fleet->hub_wired)
        w->radio_ns[SYN_DEVICE_HUB] += times * (h->from_ns + h->to_ns);
}

/* Takes a hop into sums and radios; radio_change with -weight undoes the latter. */
static void take_hop(struct walk *w, const struct hop *h, unsigned cut, bool inside,
                     struct sums *sums)
{
    const struct syn_stage *s = w->stage;
    if (h->from == h->to)
        return;
    const int64_t ns = h->direct ? h->from_ns : h->from_ns + h->to_ns;
    radio_change(w, h, s->weight);
    sums->latency_ns += ns;
    sums->own_ns += ns;
    sums->model_ns += inside ? ns : 0;
    sums->bytes += (uint64_t)s->weight * s->bytes[cut] * (h->direct ? 1 : 2);
    sums->energy_fj +=
        s->weight * (h->from_ns * s->device[h->from].timing->active_uw[SYN_UNIT_RADIO] +
                     h->to_ns * s->device[h->to].timing->active_uw[SYN_UNIT_RADIO]);
    sums->peak_ns = larger(sums->peak_ns, larger(w->radio_ns[h->from], w->radio_ns[h->to]));
    sums->peak_ns = larger(sums->peak_ns, w->radio_ns[SYN_DEVICE_HUB]);
}

/* ---- judgement ---------------------------------------------------------------------------- */

/* Layers that the plan covers; an open chunk covers none of its own. */
static unsigned covered(const struct walk *w)
{
    return w->plan.chunk_count ? w->plan.chunks[w->plan.chunk_count - 1].last : 0;
}

static bool is_open(const struct walk *w)
{
    const struct syn_plan_chunk *last = &w->plan.chunks[w->plan.chunk_count - 1];
    return w->plan.chunk_count && last->first == last->last;
}

/* `more_ns`: latency that must still come. */
static struct syn_candidate candidate(const struct walk *w, const struct sums *sums,
                                      int64_t more_ns, bool complete)
{
    const struct syn_stage *s = w->stage;
    const unsigned open = is_open(w) ? 1 : 0;
    return (struct syn_candidate){
        .plan = &w->plan,
        .complete = complete,
        .chunk_count = w->plan.chunk_count - open + s->needed[covered(w)],
        .score = {.round_ns = (uint64_t)sums->peak_ns,
                  .latency_ns = (uint64_t)(sums->latency_ns + more_ns),
                  .energy_fj = (uint64_t)(sums->energy_fj + s->idle_uw * sums->peak_ns),
                  .bytes = sums->bytes,
                  .away = sums->away},
        .own_latency_ns = (uint64_t)(sums->own_ns + more_ns),
        .model_latency_ns = (uint64_t)(sums->model_ns + more_ns)};
}

static bool ask(struct walk *w, const struct sums *sums, int64_t more_ns, bool complete)
{
    const struct syn_pipeline *spec = &w->stage->problem->pipelines[w->stage->pipeline].spec;
    const struct syn_candidate c = candidate(w, sums, more_ns, complete);
    if (spec->latency_bound_ms > 0 && (double)c.own_latency_ns / 1e6 > spec->latency_bound_ms)
        return false;
    if (w->stage->problem->round_max_ns && c.score.round_ns > w->stage->problem->round_max_ns)
        return false;
    if (c.score.round_ns > w->limits->round_ns)
        return false;
    return w->visitor->promising(w->visitor->ctx, &c);
}

static void tell(struct walk *w, const struct sums *sums)
{
    const struct syn_candidate c = candidate(w, sums, 0, true);
    w->visitor->found(w->visitor->ctx, &c);
}

/* Radios of base and plan together, by pair. */
static int64_t radio_bound(const struct walk *w, int64_t peak_ns)
{
    const struct syn_stage *s = w->stage;
    const struct syn_execution_plan *e = &w->plan;
    struct syn_radio_load load = s->prediction.radio;
    uint32_t set;
    unsigned holder = e->source;
    for (unsigned k = 0; k <= e->chunk_count; k++) {
        const bool result = k == e->chunk_count;
        const unsigned next = result ? e->target : e->chunks[k].device;
        const unsigned cut = result ? s->layers : e->chunks[k].first;
        if (next != holder)
            syn_radio_transfer(&load, s->problem->fleet, holder, next, s->bytes[cut],
                               (uint64_t)s->weight);
        holder = next;
    }
    return (int64_t)syn_radio_bound(&load, (uint64_t)peak_ns, &set);
}

/* T of base and plan, with the figures of the devices that the plan does not touch. */
static int64_t exact_peak(const struct walk *w)
{
    const struct syn_stage *s = w->stage;
    int64_t peak = larger(s->cap_ns, w->radio_ns[SYN_DEVICE_HUB]);
    for (unsigned d = 0; d < s->devices; d++) {
        int64_t accel = busy(w, d, SYN_UNIT_ACCEL), cpu = cpu_ns(w, d);
        for (unsigned k = 0; w->used >> d & 1 && k < w->plan.chunk_count; k++)
            if (w->plan.chunks[k].device == d) {
                accel += w->entries[k]->accel_ns;
                cpu += w->entries[k]->cpu_ns;
            }
        const int64_t sensor =
            busy(w, d, SYN_UNIT_SENSOR) + (d == w->plan.source ? w->sense_ns : 0);
        peak = larger(peak, larger(larger(accel, cpu), larger(sensor, w->radio_ns[d])));
    }
    return larger(peak, radio_bound(w, peak));
}

/* Do the pipelines of the base keep their latency bounds beside this plan? */
static bool bounds_kept(const struct walk *w)
{
    struct syn_plan whole = *w->stage->base;
    struct syn_prediction prediction;
    if (!w->stage->bounded)
        return true;
    whole.pipelines[w->stage->pipeline] = w->plan;
    return !syn_cost_predict_partial(w->stage->problem, &whole, SYN_EXECUTION_PARALLEL, &prediction,
                                     NULL);
}

/* All chunks stand; the result goes home. */
static void finish(struct walk *w, unsigned holder, struct sums sums)
{
    const unsigned cut = w->stage->layers;
    const struct hop h = hop_of(w, holder, w->plan.target, cut);
    take_hop(w, &h, cut, false, &sums);
    if (ask(w, &sums, 0, false)) {
        sums.peak_ns = exact_peak(w);
        if (ask(w, &sums, 0, true) && bounds_kept(w))
            tell(w, &sums);
    }
    radio_change(w, &h, -w->stage->weight);
}

/* ---- the walk ----------------------------------------------------------------------------- */

static void extend(struct walk *w, unsigned holder, unsigned first, const struct sums *sums);

static void poll_interrupts(struct walk *w)
{
    ++*w->count;
    if (++w->ask % ASK_INTERVAL == 0)
        w->status = syn_search_interrupted(w->options, w->deadline_ns);
}

/* Latency that must still come behind the cut. */
static int64_t rest_ns(const struct walk *w, unsigned cut)
{
    const struct syn_stage *s = w->stage;
    return s->remaining_ns[cut] + (cut < s->layers ? s->cheapest_message_ns[cut] : 0);
}

static void take_entry(const struct walk *w, unsigned device, unsigned last,
                       const struct syn_entry *entry, struct sums *sums)
{
    const int64_t accel = busy(w, device, SYN_UNIT_ACCEL) + entry->accel_ns;
    const int64_t cpu = cpu_ns(w, device) + entry->cpu_ns;
    sums->latency_ns += entry->own_ns + entry->others_ns;
    sums->own_ns += entry->own_ns;
    sums->model_ns += entry->own_ns;
    sums->energy_fj += entry->energy_fj;
    sums->away += device != w->plan.source;
    sums->peak_ns = larger(sums->peak_ns, larger(accel, cpu));
    /* A chunk that is not the last sends its output. */
    if (last < w->stage->layers)
        sums->peak_ns = larger(sums->peak_ns, w->radio_ns[device] +
                                                  w->stage->weight * message_ns(w, device, last));
}

static bool worth(struct walk *w, unsigned device, unsigned last, const struct syn_entry *entry,
                  const struct sums *before, struct sums *after)
{
    *after = *before;
    if (entry->state == SYN_ENTRY_NEVER)
        return false;
    take_entry(w, device, last, entry, after);
    return ask(w, after, rest_ns(w, last), false);
}

static bool arena_fits(const struct walk *w, unsigned device, unsigned holder, unsigned first,
                       unsigned last)
{
    const struct syn_stage *s = w->stage;
    const int64_t in = device == holder ? 0 : s->bytes[first];
    const int64_t out = last == s->layers ? 0 : s->bytes[last];
    return in + out <= s->device[device].arena_bytes;
}

static unsigned count_bits(uint32_t set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

static uint32_t own_devices(const struct walk *w)
{
    return 1u << w->plan.source | 1u << w->plan.target;
}

/* Can as many chunks follow as must: for the layers behind the cut, and to the number asked for? */
static bool enough_left(const struct walk *w, unsigned cut)
{
    const unsigned layers = w->stage->layers - cut, needed = w->stage->needed[cut];
    const unsigned own = count_bits(w->free & own_devices(w)), all = count_bits(w->free);
    const unsigned strangers = w->limits->strangers - w->strangers;
    unsigned most = all - own < strangers ? all : own + strangers;
    most = most < layers ? most : layers;
    if (!w->limits->chunks)
        return needed <= most;
    if (w->plan.chunk_count > w->limits->chunks)
        return false;
    const unsigned left = w->limits->chunks - w->plan.chunk_count;
    return needed <= left && left <= most && (left > 0 || layers == 0);
}

static void try_chunk(struct walk *w, unsigned device, unsigned holder, unsigned first,
                      unsigned last, const struct sums *sums)
{
    struct syn_stage *s = w->stage;
    struct sums after;
    const unsigned k = w->plan.chunk_count;
    poll_interrupts(w);
    if (!arena_fits(w, device, holder, first, last))
        return;
    struct syn_entry *entry = syn_stage_bound(s, device, first, last);
    w->plan.chunks[k] = (struct syn_plan_chunk){
        .device = (uint8_t)device, .first = (uint16_t)first, .last = (uint16_t)last};
    w->plan.chunk_count++;
    w->entries[k] = entry;
    if (enough_left(w, last) && worth(w, device, last, entry, sums, &after)) {
        syn_stage_settle(s, device, first, last, entry);
        if (worth(w, device, last, entry, sums, &after)) {
            if (last == s->layers)
                finish(w, device, after);
            else
                extend(w, device, last, &after);
        }
    }
    w->plan.chunk_count--;
}

/* A chunk that has its device and not yet its end. */
static bool device_promises(struct walk *w, unsigned device, unsigned first,
                            const struct sums *sums)
{
    const unsigned k = w->plan.chunk_count++;
    w->plan.chunks[k] = (struct syn_plan_chunk){
        .device = (uint8_t)device, .first = (uint16_t)first, .last = (uint16_t)first};
    const bool yes = ask(w, sums, w->stage->remaining_ns[first], false);
    w->plan.chunk_count--;
    return yes;
}

static void try_device(struct walk *w, unsigned device, unsigned holder, unsigned first,
                       const struct sums *sums)
{
    const struct syn_stage *s = w->stage;
    const struct hop h = hop_of(w, holder, device, first);
    const bool stranger = !(own_devices(w) >> device & 1);
    struct sums after = *sums;
    if (stranger && w->strangers >= w->limits->strangers)
        return;
    take_hop(w, &h, first, first > 0, &after);
    w->used |= 1u << device;
    w->free &= ~(1u << device);
    w->strangers += stranger;
    if (device_promises(w, device, first, &after))
        for (unsigned last = s->layers; last > first && !w->status; last--)
            try_chunk(w, device, holder, first, last, &after);
    w->used &= ~(1u << device);
    w->free |= 1u << device;
    w->strangers -= stranger;
    w->plan.chunks[w->plan.chunk_count] = (struct syn_plan_chunk){0};
    radio_change(w, &h, -s->weight);
}

static bool is_free(const struct walk *w, unsigned device)
{
    return w->free >> device & 1;
}

/* The next chunk, on the device that has the data if possible: good plans early prune the rest. */
static void extend(struct walk *w, unsigned holder, unsigned first, const struct sums *sums)
{
    if (is_free(w, holder))
        try_device(w, holder, holder, first, sums);
    for (unsigned d = 0; d < w->stage->devices && !w->status; d++)
        if (d != holder && is_free(w, d))
            try_device(w, d, holder, first, sums);
}

/* Loads that stay whatever the plan: radios, sensing, action; accelerators at least. */
static int64_t floor_peak(const struct walk *w)
{
    const struct syn_stage *s = w->stage;
    int64_t peak = s->cap_ns;
    for (unsigned d = 0; d < s->devices; d++) {
        const struct syn_stage_device *dev = &s->device[d];
        const int64_t accel = busy(w, d, SYN_UNIT_ACCEL) - dev->accel_ns + dev->accel_floor_ns;
        peak = larger(peak, larger(accel, larger(cpu_ns(w, d), w->radio_ns[d])));
        peak = larger(peak, busy(w, d, SYN_UNIT_SENSOR));
    }
    peak = larger(peak, w->radio_ns[SYN_DEVICE_HUB]);
    return larger(peak, busy(w, w->plan.source, SYN_UNIT_SENSOR) + w->sense_ns);
}

static void walk_ends(struct walk *w, unsigned source, unsigned target)
{
    const struct syn_stage *s = w->stage;
    const struct syn_timing *from = s->device[source].timing, *to = s->device[target].timing;
    const int64_t sense = (int64_t)syn_timing_sense(from), act = (int64_t)syn_timing_act(to);
    w->plan = (struct syn_execution_plan){.source = (uint8_t)source, .target = (uint8_t)target};
    w->free = s->problem->pipelines[s->pipeline].hosts & ((1u << s->devices) - 1);
    w->sense_ns = s->weight * sense;
    w->act_ns = s->weight * act;
    const struct sums sums = {.latency_ns = (int64_t)s->prediction.latency_sum_ns + sense + act,
                              .own_ns = sense + act,
                              .energy_fj = s->base_energy_fj +
                                           w->sense_ns * from->active_uw[SYN_UNIT_SENSOR] +
                                           w->act_ns * to->active_uw[SYN_UNIT_CPU],
                              .peak_ns = floor_peak(w),
                              .bytes = s->prediction.bytes_sent,
                              .away = s->base_away};
    if (enough_left(w, 0))
        extend(w, source, 0, &sums);
}

static void walk_all(struct walk *w)
{
    const struct syn_stage *s = w->stage;
    const struct syn_problem_pipeline *p = &s->problem->pipelines[s->pipeline];
    for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
        w->radio_ns[n] = (int64_t)s->prediction.radio.node_ns[n];
    for (unsigned source = 0; source < s->devices; source++)
        for (unsigned target = 0; target < s->devices; target++)
            if (p->sources >> source & 1 && p->targets >> target & 1 && !w->status)
                walk_ends(w, source, target);
}

int syn_enumerate_stage(struct syn_stage *stage, const struct syn_limits *limits,
                        const struct syn_search_options *options, int64_t deadline_ns,
                        const struct syn_visitor *visitor, uint64_t *count)
{
    struct walk w = {.stage = stage,
                     .options = options,
                     .visitor = visitor,
                     .limits = limits,
                     .deadline_ns = deadline_ns,
                     .count = count};
    w.status = syn_search_interrupted(options, INT64_MAX);
    walk_all(&w);
    return w.status;
}

int syn_enumerate(const struct syn_problem *problem, const struct syn_plan *base, unsigned pipeline,
                  const struct syn_search_options *options, int64_t deadline_ns,
                  const struct syn_visitor *visitor, uint64_t *count, struct syn_error *error)
{
    struct syn_stage *stage;
    int rc = syn_stage_new(&stage, problem, base, pipeline, error);
    if (rc)
        return rc;
    rc = syn_enumerate_stage(stage, &SYN_NO_LIMITS, options, deadline_ns, visitor, count);
    syn_stage_free(stage);
    if (rc == SYN_ECANCELED)
        return syn_error_set(error, rc, "the search was cancelled");
    return rc;
}
