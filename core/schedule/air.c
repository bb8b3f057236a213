/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is on the air. Devices that reach each other share a transfer between their radios. Others
 * go through the console: over a wire of its own to each device (both radios are busy one after the
 * other), or over its radio, which is one more of those that have to be agreed with.
 */
#include "core/schedule/simulation.h"

#define NEVER_NS (INT64_MAX / 4) /* patience: nobody is silent here */

static uint16_t stream_of(unsigned pipeline, unsigned hop)
{
    return (uint16_t)(pipeline * SYN_HOPS_MAX + hop);
}

/* What a hop keeps this end's radio busy for; of the air that ends share, by this end's figures. */
static uint64_t message_ns(const struct syn_sim_device *d, unsigned p, unsigned hop)
{
    const struct syn_execution_plan *path = syn_sim_path(d->sim, p);
    const struct syn_fleet *fleet = d->sim->problem->fleet;
    const unsigned from = syn_hop_from(path, hop), to = syn_hop_to(path, hop);
    const uint32_t bytes = d->sim->hop_bytes[p][hop];
    if (!syn_fleet_measured(fleet, from, to))
        return syn_timing_message(d->timing, bytes);
    return d->index == from ? syn_cost_send_ns(fleet, from, to, bytes)
                            : syn_cost_receive_ns(fleet, from, to, bytes);
}

static bool is_direct(const struct syn_sim *sim, unsigned p, unsigned hop)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, p);
    return sim->problem->fleet->direct[syn_hop_from(path, hop)][syn_hop_to(path, hop)];
}

static bool through_hub_radio(const struct syn_sim *sim, unsigned p, unsigned hop)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, p);
    return syn_fleet_by_hub(sim->problem->fleet, syn_hop_from(path, hop), syn_hop_to(path, hop));
}

/* There is one for every slot of the receiver, and a message only leaves for a free one. */
static struct syn_sim_transit *transit_of(struct syn_sim *sim, unsigned p, unsigned hop,
                                          uint32_t inference)
{
    struct syn_sim_transit *list = sim->transits[p][hop];
    for (unsigned i = 0; i < SYN_RT_SLOTS_MAX; i++)
        if (list[i].used && list[i].task.token.inference == inference)
            return &list[i];
    return NULL;
}

static struct syn_sim_transit *new_transit(struct syn_sim *sim, unsigned p, unsigned hop)
{
    struct syn_sim_transit *list = sim->transits[p][hop];
    for (unsigned i = 0; i < SYN_RT_SLOTS_MAX; i++)
        if (!list[i].used)
            return &list[i];
    return NULL;
}

static void offer(struct syn_sim *sim, unsigned device, const struct syn_radio_send *send)
{
    if (syn_radio_offer(&sim->devices[device].radio, send, sim->now_ns) && !sim->rc)
        sim->rc = SYN_ESTATE;
}

void syn_sim_send(struct syn_sim_device *from, const struct syn_task *task, int64_t ready_ns)
{
    struct syn_sim *sim = from->sim;
    const unsigned p = task->pipeline;
    const unsigned hop = task->from_stage == SYN_STAGE_HEAD
                             ? 0
                             : syn_hop_into(syn_sim_path(sim, p), from->index) + 1;
    struct syn_sim_transit *transit = new_transit(sim, p, hop);
    struct syn_radio_send send = {.stream = stream_of(p, hop),
                                  .inference = task->token.inference,
                                  .peer = SYN_RADIO_HOST,
                                  .ready_ns = ready_ns,
                                  .duration_ns = message_ns(from, p, hop),
                                  .rank = syn_rt_rank(&from->rt, p, task->token.inference)};
    if (!transit) {
        sim->rc = SYN_ESTATE;
        return;
    }
    *transit = (struct syn_sim_transit){.used = true, .task = *task};
    if (is_direct(sim, p, hop))
        send.peer = task->peer;
    else if (through_hub_radio(sim, p, hop))
        send.peer = SYN_DEVICE_HUB;
    offer(sim, from->index, &send);
}

/* ---- the port of a radio ---- */

static void on_tell(void *ctx, unsigned peer, const struct syn_radio_message *message)
{
    const struct syn_sim_device *d = ctx;
    syn_sim_now(d->sim, &(struct syn_happening){.kind = SYN_HAPPENS_TELL,
                                                .device = (uint8_t)peer,
                                                .peer = d->index,
                                                .message = *message});
}

static uint64_t on_duration(void *ctx, uint16_t stream)
{
    const struct syn_sim_device *d = ctx;
    if (!d->timing)
        return 1; /* the hub's radio takes what the other end takes */
    return message_ns(d, stream / SYN_HOPS_MAX, stream % SYN_HOPS_MAX);
}

static void on_wake(void *ctx, int64_t at_ns)
{
    struct syn_sim_device *d = ctx;
    if (at_ns == d->wake_ns)
        return;
    d->wake_ns = at_ns;
    if (at_ns < NEVER_NS)
        syn_sim_at(d->sim, at_ns,
                   &(struct syn_happening){.kind = SYN_HAPPENS_WAKE, .device = d->index});
}

static void on_begin(void *ctx, const struct syn_radio_send *send, int64_t start_ns, int64_t end_ns)
{
    const struct syn_sim_device *d = ctx;
    struct syn_sim *sim = d->sim;
    const unsigned p = send->stream / SYN_HOPS_MAX, hop = send->stream % SYN_HOPS_MAX;
    const struct syn_sim_transit *transit = transit_of(sim, p, hop, send->inference);
    struct syn_happening h = {.pipeline = (uint8_t)p,
                              .hop = (uint8_t)hop,
                              .inference = send->inference,
                              .start_ns = start_ns,
                              .end_ns = end_ns,
                              .device = d->index,
                              .task = transit->task};
    if (send->inbound) {
        h.kind = SYN_HAPPENS_RECEIVED;
        h.peer = syn_hop_from(syn_sim_path(sim, p), hop);
        syn_sim_at(sim, end_ns, &h);
        return;
    }
    const bool by_hub = d->index == SYN_DEVICE_HUB;
    if (send->peer < SYN_RADIO_DEVICES) {
        sim->devices[d->index].air_peer = send->peer;
        sim->devices[send->peer].air_peer = d->index;
    }
    h.kind = SYN_HAPPENS_SENT;
    h.peer = send->peer;
    if (!by_hub)
        syn_sim_at(sim, end_ns, &h);
    h.kind = SYN_HAPPENS_DATA;
    h.peer = d->index;
    h.device = !by_hub && through_hub_radio(sim, p, hop) ? SYN_DEVICE_HUB
                                                         : syn_hop_to(syn_sim_path(sim, p), hop);
    syn_sim_now(sim, &h);
}

/* ---- what happens ---- */

static uint64_t rank_of(const struct syn_sim *sim, const struct syn_happening *h)
{
    const unsigned to = syn_hop_to(syn_sim_path(sim, h->pipeline), h->hop);
    return syn_rt_rank(&sim->devices[to].rt, h->pipeline, h->inference);
}

/* By a wire the bytes are there when the sender's radio is through with them; one between the two
 * takes no time of the receiver's. */
static void receive_from_wire(struct syn_sim *sim, const struct syn_happening *h)
{
    if (message_ns(&sim->devices[h->device], h->pipeline, h->hop) == 0) {
        struct syn_happening end = *h;
        end.kind = SYN_HAPPENS_RECEIVED;
        end.start_ns = end.end_ns;
        syn_sim_at(sim, end.end_ns, &end);
        return;
    }
    const struct syn_radio_send send = {
        .stream = stream_of(h->pipeline, h->hop),
        .inference = h->inference,
        .peer = SYN_RADIO_HOST,
        .inbound = true,
        .ready_ns = h->end_ns,
        .duration_ns = message_ns(&sim->devices[h->device], h->pipeline, h->hop),
        .rank = rank_of(sim, h)};
    offer(sim, h->device, &send);
}

static bool take_slot(struct syn_sim *sim, const struct syn_happening *h)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, h->pipeline);
    const enum syn_stage stage = h->hop == path->chunk_count ? SYN_STAGE_TAIL : SYN_STAGE_BODY_IN;
    const int slot = syn_rt_receive_begin(&sim->devices[h->device].rt, h->pipeline, stage);
    if (slot < 0) {
        sim->rc = sim->rc ? sim->rc : SYN_ESTATE;
        return false;
    }
    transit_of(sim, h->pipeline, h->hop, h->inference)->slot = (uint8_t)slot;
    return true;
}

void syn_sim_data(struct syn_sim *sim, const struct syn_happening *h)
{
    struct syn_happening end = *h;
    if (h->device != SYN_DEVICE_HUB && !take_slot(sim, h))
        return;
    if (h->peer != SYN_DEVICE_HUB && h->device != SYN_DEVICE_HUB &&
        !is_direct(sim, h->pipeline, h->hop)) {
        receive_from_wire(sim, h);
        return;
    }
    end.start_ns =
        syn_radio_received(&sim->devices[h->device].radio, h->peer, h->end_ns, sim->now_ns);
    end.kind = h->device == SYN_DEVICE_HUB ? SYN_HAPPENS_AT_HUB : SYN_HAPPENS_RECEIVED;
    syn_sim_at(sim, end.end_ns, &end);
}

static void account(struct syn_sim *sim, const struct syn_happening *h, enum syn_task_kind kind,
                    unsigned device, unsigned peer)
{
    syn_sim_account(sim, &(struct syn_task_span){.start_ns = h->start_ns,
                                                 .end_ns = h->end_ns,
                                                 .inference = h->task.token.inference,
                                                 .device = (uint8_t)device,
                                                 .pipeline = h->pipeline,
                                                 .kind = (uint8_t)kind,
                                                 .peer = (uint8_t)peer});
}

void syn_sim_sent(struct syn_sim *sim, const struct syn_happening *h)
{
    account(sim, h, SYN_TASK_SEND, h->device, h->peer);
    syn_rt_ended(&sim->devices[h->device].rt, &h->task, h->start_ns, h->end_ns, 0);
}

void syn_sim_received(struct syn_sim *sim, const struct syn_happening *h)
{
    const struct syn_execution_plan *path = syn_sim_path(sim, h->pipeline);
    struct syn_sim_transit *transit = transit_of(sim, h->pipeline, h->hop, h->inference);
    const enum syn_stage stage = h->hop == path->chunk_count ? SYN_STAGE_TAIL : SYN_STAGE_BODY_IN;
    transit->used = false;
    account(sim, h, SYN_TASK_RECEIVE, h->device, h->peer);
    if (h->peer == SYN_DEVICE_HUB)
        account(sim, h, SYN_TASK_SEND, SYN_DEVICE_HUB, h->device);
    syn_rt_receive_end(&sim->devices[h->device].rt, h->pipeline, stage, transit->slot,
                       &h->task.token, h->start_ns, h->end_ns);
}

/* The console keeps what it relays as long as the receiver's radio is busy. */
void syn_sim_at_hub(struct syn_sim *sim, const struct syn_happening *h)
{
    const unsigned to = syn_hop_to(syn_sim_path(sim, h->pipeline), h->hop);
    const struct syn_radio_send send = {.stream = stream_of(h->pipeline, h->hop),
                                        .inference = h->inference,
                                        .peer = (uint8_t)to,
                                        .ready_ns = h->end_ns,
                                        .duration_ns =
                                            message_ns(&sim->devices[to], h->pipeline, h->hop),
                                        .rank = rank_of(sim, h)};
    account(sim, h, SYN_TASK_RECEIVE, SYN_DEVICE_HUB, h->peer);
    offer(sim, SYN_DEVICE_HUB, &send);
}

/* Only the last time that a radio named counts. */
void syn_sim_wake(struct syn_sim *sim, const struct syn_happening *h, int64_t at_ns)
{
    struct syn_sim_device *d = &sim->devices[h->device];
    if (at_ns != d->wake_ns)
        return;
    d->wake_ns = INT64_MAX;
    syn_radio_tick(&d->radio, sim->now_ns);
}

void syn_sim_air_init(struct syn_sim *sim)
{
    const struct syn_fleet *fleet = sim->problem->fleet;
    for (unsigned i = 0; i < SYN_RADIO_NODES; i++) {
        struct syn_sim_device *d = &sim->devices[i];
        const struct syn_radio_port port = {d, on_tell, on_duration, on_begin, on_wake};
        if (i >= fleet->count && i != SYN_DEVICE_HUB)
            continue;
        syn_radio_init(&d->radio, &port, NEVER_NS);
        syn_radio_reset(&d->radio, i);
        for (unsigned j = 0; j < SYN_RADIO_NODES; j++)
            if (j != i && (j < fleet->count || j == SYN_DEVICE_HUB))
                syn_radio_peer(&d->radio, j, true, 0);
    }
}
