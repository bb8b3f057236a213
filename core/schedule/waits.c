/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/schedule/waits.h"

#include "core/schedule/simulation.h"
#include "devices/runtime/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- who would be next ---- */

static bool here(const struct syn_sim_device *d, unsigned p)
{
    return d->index == SYN_DEVICE_HUB || d->rt.routes[p].used;
}

/* Of the pipelines that this device serves, the one whose rounds are fewest: the others wait for
 * it, or will. */
static uint8_t last_of(const struct syn_sim_device *d, enum syn_unit unit)
{
    const struct syn_sim *sim = d->sim;
    unsigned last = 0;
    uint64_t least = UINT64_MAX;
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++) {
        const uint64_t rounds = sim->figures.done[p] / sim->problem->pipelines[p].spec.weight;
        if (!here(d, p) || (unit == SYN_UNIT_ACCEL && !d->rt.routes[p].has_body) || rounds >= least)
            continue;
        least = rounds;
        last = p;
    }
    return (uint8_t)last;
}

static uint32_t slot_bytes(const struct syn_sim *sim, unsigned device, unsigned p, unsigned stage)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, p);
    const unsigned hop = syn_hop_into(path, device) + (stage == SYN_STAGE_BODY_OUT);
    const struct syn_route *route = &sim->devices[device].rt.routes[p];
    const bool in_arena =
        syn_route_in_arena(route, (enum syn_stage)stage, hop == path->chunk_count);
    return in_arena ? sim->hop_bytes[p][hop] : 0;
}

/* ---- where the next inference is ---- */

static bool holds(const struct syn_sim_device *d, unsigned p, unsigned stage, unsigned least)
{
    for (unsigned i = 0; i < d->rt.routes[p].slots[stage]; i++)
        if (syn_rt_slots(&d->rt, p, stage)[i].state >= least)
            return true;
    return false;
}

/* With one slot at either end, nothing is sent while the next is computed. */
static void note_one_slot(const struct syn_sim *sim, unsigned p, unsigned hop,
                          struct syn_wait *wait)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, p);
    const struct {
        bool chunk;
        unsigned device, stage;
    } ends[] = {{hop < path->chunk_count, syn_hop_to(path, hop), SYN_STAGE_BODY_IN},
                {hop > 0, syn_hop_from(path, hop), SYN_STAGE_BODY_OUT}};
    for (unsigned n = 0; n < 2 && wait->slots == 0; n++) {
        const unsigned i = wait->cause == SYN_WAIT_WORK ? 1 - n : n;
        const struct syn_route *route = &sim->devices[ends[i].device].rt.routes[p];
        if (!ends[i].chunk || route->slots[ends[i].stage] != 1)
            continue;
        wait->slots = 1;
        wait->slots_at = (uint8_t)ends[i].device;
        wait->slot_bytes = slot_bytes(sim, ends[i].device, p, ends[i].stage);
    }
}

/* Between the ends of a hop, and at its sender. */
static bool is_at(const struct syn_sim *sim, unsigned p, unsigned hop, struct syn_wait *wait)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, p);
    const unsigned from = syn_hop_from(path, hop);
    const struct syn_sim_device *d = &sim->devices[from];
    const unsigned out = hop == 0 ? SYN_STAGE_HEAD : SYN_STAGE_BODY_OUT;
    wait->peer = (uint8_t)from;
    if (from != syn_hop_to(path, hop) && holds(d, p, out, SYN_SLOT_FULL))
        wait->cause = SYN_WAIT_AIR;
    else if (hop > 0 && d->rt.body_state != SYN_BODY_NONE && d->rt.body.pipeline == p)
        wait->cause = SYN_WAIT_WORK;
    else if (hop == 0 && holds(d, p, out, SYN_SLOT_FILLING))
        wait->cause = SYN_WAIT_SENSING;
    else if (hop > 0 && holds(d, p, syn_rt_body_input(&d->rt.routes[p]), SYN_SLOT_FULL))
        wait->cause = SYN_WAIT_QUEUE;
    else
        return false;
    if (wait->cause == SYN_WAIT_AIR || wait->cause == SYN_WAIT_WORK)
        note_one_slot(sim, p, hop, wait);
    return true;
}

/* The inference of p that is nearest to the end of a hop. */
static void trace(const struct syn_sim *sim, unsigned p, unsigned hop, struct syn_wait *wait)
{
    wait->pipeline = (uint8_t)p;
    for (unsigned h = hop + 1; h-- > 0;)
        if (is_at(sim, p, h, wait))
            return;
    wait->cause = SYN_WAIT_ROUND;
    wait->peer = wait->device;
}

/* The last hop of p that a unit of this device has to do with. */
static unsigned hop_of(const struct syn_sim_device *d, unsigned p, enum syn_unit unit)
{
    const struct syn_execution_plan *path = syn_sim_path(d->sim, p);
    if (unit == SYN_UNIT_ACCEL)
        return syn_hop_into(path, d->index);
    for (unsigned h = path->chunk_count; h > 0; h--)
        if (syn_hop_from(path, h) == d->index || syn_hop_to(path, h) == d->index)
            return h;
    return 0;
}

static struct syn_wait nothing_to_do(const struct syn_sim_device *d, enum syn_unit unit)
{
    struct syn_wait wait = {.device = d->index, .unit = (uint8_t)unit};
    const unsigned p = last_of(d, unit);
    if (unit == SYN_UNIT_SENSOR) {
        wait.cause = SYN_WAIT_ROUND;
        wait.pipeline = (uint8_t)p;
        wait.peer = d->index;
    } else {
        trace(d->sim, p, hop_of(d, p, unit), &wait);
    }
    return wait;
}

/* ---- accelerator and CPU ---- */

/* Where the receiver has one slot only, more of them here do not help. */
static void wait_for_receiver(const struct syn_sim_device *d, unsigned p, struct syn_wait *wait)
{
    const uint8_t to = wait->peer = d->rt.routes[p].body_to;
    const struct syn_route *there = &d->sim->devices[to].rt.routes[p];
    if (wait->slots == 1 || !there->has_body || there->slots[SYN_STAGE_BODY_IN] != 1)
        return;
    wait->slots_at = to;
    wait->slot_bytes = slot_bytes(d->sim, to, p, SYN_STAGE_BODY_IN);
}

/* Is there an input without a free slot for its output? */
static bool waits_for_slot(const struct syn_sim_device *d, struct syn_wait *wait)
{
    const struct syn_rt *rt = &d->rt;
    for (unsigned p = 0; p < rt->pipeline_count; p++) {
        const struct syn_route *route = &rt->routes[p];
        if (!route->has_body || syn_rt_full_slot(rt, p, syn_rt_body_input(route)) < 0)
            continue;
        const unsigned out = syn_rt_body_output(route);
        wait->cause = SYN_WAIT_SLOT;
        wait->pipeline = (uint8_t)p;
        wait->slots = route->slots[out];
        wait->slot_bytes = slot_bytes(d->sim, d->index, p, SYN_STAGE_BODY_OUT);
        wait->slots_at = wait->peer = d->index;
        if (out == SYN_STAGE_BODY_OUT)
            wait_for_receiver(d, p, wait);
        return true;
    }
    return false;
}

/* While the accelerator rests, the CPU can only be at work on an action. */
static uint8_t acting(const struct syn_sim_device *d)
{
    const struct syn_rt *rt = &d->rt;
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned i = 0; i < rt->routes[p].slots[SYN_STAGE_TAIL]; i++)
            if (syn_rt_slots(rt, p, SYN_STAGE_TAIL)[i].state == SYN_SLOT_DRAINING)
                return (uint8_t)p;
    return 0;
}

static struct syn_wait accel_waits(const struct syn_sim_device *d)
{
    struct syn_wait wait = nothing_to_do(d, SYN_UNIT_ACCEL);
    const struct syn_rt_choice load = syn_rt_choose_load(&d->rt);
    if (d->rt.body_state == SYN_BODY_DONE || load.found) {
        const bool done = d->rt.body_state == SYN_BODY_DONE;
        wait.cause = done ? SYN_WAIT_UNLOAD : SYN_WAIT_LOAD;
        wait.pipeline = done ? d->rt.body.pipeline : load.pipeline;
        wait.other = acting(d);
        wait.peer = d->index;
    } else {
        (void)waits_for_slot(d, &wait);
    }
    return wait;
}

static struct syn_wait cpu_waits(const struct syn_sim_device *d)
{
    struct syn_wait wait = nothing_to_do(d, SYN_UNIT_CPU);
    const struct syn_rt_choice act = syn_rt_choose_act(&d->rt);
    if (act.found || d->rt.body_state == SYN_BODY_INFERRING) {
        wait.cause = act.found ? SYN_WAIT_COVER : SYN_WAIT_ACCEL;
        wait.pipeline = act.found ? act.pipeline : d->rt.body.pipeline;
        wait.peer = d->index;
    } else {
        (void)waits_for_slot(d, &wait);
    }
    return wait;
}

/* ---- radio ---- */

static bool waits_for_radio(const struct syn_sim_device *d, struct syn_wait *wait)
{
    const struct syn_radio *radio = &d->radio;
    const struct syn_radio_send *next = NULL;
    for (unsigned i = 0; i < radio->send_count; i++)
        if (!next || radio->sends[i].ready_ns < next->ready_ns) {
            next = &radio->sends[i];
            wait->peer = next->peer < SYN_RADIO_DEVICES ? next->peer : d->index;
        }
    for (unsigned p = 0; p < SYN_RADIO_DEVICES; p++)
        if (radio->peers[p].up && radio->peers[p].asks &&
            (!next || radio->peers[p].ask.ready_ns < next->ready_ns)) {
            next = &radio->peers[p].ask;
            wait->peer = (uint8_t)p;
        }
    if (!next)
        return false;
    wait->cause = SYN_WAIT_RADIO;
    wait->pipeline = (uint8_t)(next->stream / SYN_HOPS_MAX);
    return true;
}

static bool waits_for_credit(const struct syn_sim_device *d, struct syn_wait *wait)
{
    static const uint8_t stages[] = {SYN_STAGE_HEAD, SYN_STAGE_BODY_OUT};
    const struct syn_rt *rt = &d->rt;
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned i = 0; i < sizeof stages; i++) {
            const uint8_t to = syn_rt_sendee(&rt->routes[p], stages[i]);
            if (to == SYN_RT_NOBODY || rt->credits[p][syn_rt_sender(stages[i])] > 0 ||
                syn_rt_full_slot(rt, p, stages[i]) < 0)
                continue;
            const struct syn_route *there = &d->sim->devices[to].rt.routes[p];
            const bool result =
                syn_hop_into(syn_sim_path(d->sim, p), to) == syn_sim_path(d->sim, p)->chunk_count;
            const unsigned stage = result ? SYN_STAGE_TAIL : SYN_STAGE_BODY_IN;
            wait->cause = SYN_WAIT_CREDIT;
            wait->pipeline = (uint8_t)p;
            wait->peer = to;
            wait->slots = there->slots[stage];
            wait->slot_bytes = result ? 0 : slot_bytes(d->sim, to, p, stage);
            return true;
        }
    return false;
}

static struct syn_wait radio_waits(const struct syn_sim_device *d)
{
    struct syn_wait wait = nothing_to_do(d, SYN_UNIT_RADIO);
    if (!waits_for_radio(d, &wait) && d->index != SYN_DEVICE_HUB)
        (void)waits_for_credit(d, &wait);
    return wait;
}

/* ---- taking notes ---- */

static bool is_busy(const struct syn_sim_device *d, enum syn_unit unit)
{
    if (unit == SYN_UNIT_RADIO)
        return d->radio.free_ns > d->sim->now_ns;
    return d->rt.busy[unit];
}

static bool is_same(const struct syn_wait *a, const struct syn_wait *b)
{
    return a->device == b->device && a->unit == b->unit && a->cause == b->cause &&
           a->pipeline == b->pipeline && a->peer == b->peer && a->other == b->other;
}

static void note(struct syn_waits *waits, const struct syn_wait *wait, int64_t ns)
{
    unsigned i = 0;
    while (i < waits->count && !is_same(&waits->list[i], wait))
        i++;
    if (i == SYN_WAITS_MAX) {
        waits->other_ns += ns;
        return;
    }
    if (i == waits->count)
        waits->list[waits->count++] = *wait;
    waits->list[i].ns += ns;
}

static struct syn_wait waits_of(const struct syn_sim *sim, unsigned device, enum syn_unit unit)
{
    static struct syn_wait (*const waits[SYN_UNIT_COUNT])(const struct syn_sim_device *) = {
        [SYN_UNIT_CPU] = cpu_waits,
        [SYN_UNIT_ACCEL] = accel_waits,
        [SYN_UNIT_RADIO] = radio_waits,
    };
    const struct syn_sim_device *d = &sim->devices[device];
    return waits[unit] ? waits[unit](d) : nothing_to_do(d, unit);
}

/* What a radio of a set waits for while it has no transfer inside the set. */
static struct syn_wait outside_waits(const struct syn_sim *sim, unsigned device)
{
    const struct syn_sim_device *d = &sim->devices[device];
    struct syn_wait wait = radio_waits(d);
    if (is_busy(d, SYN_UNIT_RADIO)) {
        wait.cause = SYN_WAIT_OUTSIDE;
        wait.peer = d->air_peer;
        wait.pipeline = 0;
    }
    return wait;
}

/* One of an odd set of radios always rests. Where more do, the one with the best reason speaks for
 * them: what stands first in enum syn_wait_cause. */
static void watch_set(struct syn_sim *sim, uint32_t set, int64_t ns)
{
    struct syn_wait wait = {.cause = SYN_WAIT_CAUSE_COUNT};
    unsigned without = 0;
    for (unsigned d = 0; set >> d; d++) {
        const struct syn_sim_device *device = &sim->devices[d];
        if (!(set >> d & 1) || (is_busy(device, SYN_UNIT_RADIO) && set >> device->air_peer & 1))
            continue;
        const struct syn_wait own = outside_waits(sim, d);
        if (own.cause < wait.cause)
            wait = own;
        without++;
    }
    if (without > 1)
        note(&sim->out->waits, &wait, ns);
}

void syn_sim_pass(struct syn_sim *sim, int64_t to_ns)
{
    const struct syn_prediction *p = &sim->prediction;
    const int64_t ns = to_ns - sim->now_ns;
    if (!sim->options->waits || !sim->figures.measuring || ns <= 0)
        return;
    if (p->bottleneck_set) {
        watch_set(sim, p->bottleneck_set, ns);
    } else if (!is_busy(&sim->devices[p->bottleneck_device], p->bottleneck_unit)) {
        const struct syn_wait wait = waits_of(sim, p->bottleneck_device, p->bottleneck_unit);
        note(&sim->out->waits, &wait, ns);
    }
}

static int longest_first(const void *a, const void *b)
{
    const struct syn_wait *x = a, *y = b;
    return (x->ns < y->ns) - (x->ns > y->ns);
}

void syn_sim_waits_take(struct syn_sim *sim)
{
    struct syn_waits *waits = &sim->out->waits;
    qsort(waits->list, waits->count, sizeof waits->list[0], longest_first);
    waits->rest_ns = waits->other_ns;
    for (unsigned i = 0; i < waits->count; i++)
        waits->rest_ns += waits->list[i].ns;
    waits->set = sim->prediction.bottleneck_set;
    waits->device = (uint8_t)sim->prediction.bottleneck_device;
    waits->unit = (uint8_t)sim->prediction.bottleneck_unit;
}
