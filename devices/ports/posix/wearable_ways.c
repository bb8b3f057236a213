/* SPDX-License-Identifier: MIT */
/* Whom the device exchanges tensors with, and by which way. */
#include "devices/ports/posix/wearable_parts.h"

#include <stdio.h>

/* ---- the radio that wearables of this host share ---- */

static void send_to_peer(void *ctx, unsigned peer, const uint8_t *message, size_t size)
{
    const struct syn_wearable *w = ctx;
    syn_peers_send(w->peers, peer, message, size);
}

static bool is_peer_up(void *ctx, unsigned peer)
{
    const struct syn_wearable *w = ctx;
    return syn_peers_up(w->peers, peer);
}

static void peer_message(void *ctx, unsigned peer, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    syn_traffic_message(&w->traffic, peer, message, size);
    syn_wearable_settle_soon(w);
}

static void peer_up(void *ctx, unsigned peer, bool up)
{
    struct syn_wearable *w = ctx;
    syn_traffic_up(&w->traffic, peer, up);
    syn_wearable_settle_soon(w);
}

/* ---- wires ---- */

const char *syn_wearable_wired(void *ctx, unsigned wire)
{
    const struct syn_wearable *w = ctx;
    return syn_pairs_peer(w->pairs, wire);
}

static bool send_by_wire(void *ctx, unsigned wire, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    return wire < SYN_AGENT_WIRES_MAX ? syn_pairs_send(w->pairs, wire, message, size)
                                      : syn_channels_send(w->channels, wire, message, size);
}

static bool is_wire_up(void *ctx, unsigned wire)
{
    const struct syn_wearable *w = ctx;
    return wire < SYN_AGENT_WIRES_MAX ? syn_pairs_up(w->pairs, wire)
                                      : syn_channels_up(w->channels, wire);
}

/* A channel is the wearable's radio. */
static uint64_t wire_ns(void *ctx, unsigned wire, uint32_t bytes)
{
    const struct syn_wearable *w = ctx;
    return wire < SYN_AGENT_WIRES_MAX ? syn_pairs_hop_ns(w->pairs, wire, bytes)
                                      : syn_timing_message(&w->agent.timing, bytes);
}

static void wire_message(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    syn_traffic_message(&w->traffic, SYN_TRAFFIC_WIRE, message, size);
    syn_wearable_settle_soon(w);
}

static void wire_up(void *ctx, unsigned wire, bool up)
{
    struct syn_wearable *w = ctx;
    syn_traffic_wire_up(&w->traffic, wire, up);
    syn_wearable_settle_soon(w);
}

/* ---- channels ---- */

const char *syn_wearable_reached(void *ctx)
{
    struct syn_wearable *w = ctx;
    char address[SYN_BLUETOOTH_ADDRESS];
    if (!syn_channels_address(w->channels, address))
        return NULL;
    (void)snprintf(w->reached, sizeof w->reached, "ble:%s", address);
    return w->reached;
}

int syn_wearable_use_bluetooth(struct syn_wearable *w, struct syn_bluetooth *bluetooth)
{
    const struct syn_channels_events events = {w, wire_message, wire_up};
    return syn_channels_new(&w->channels, w->config.loop, bluetooth, &events);
}

/* ---- the link table ---- */

void syn_wearable_set_peers(void *ctx, unsigned self, const struct syn_agent_peer *peers,
                            unsigned count)
{
    struct syn_wearable *w = ctx;
    unsigned wires = 0;
    for (unsigned i = 0; i < count; i++)
        wires |= peers[i].used ? 1u << peers[i].wire : 0;
    syn_traffic_self(&w->traffic, self);
    syn_pairs_bind(w->pairs, wires);
    syn_channels_set(w->channels, self, peers, count);
    for (unsigned i = 0; i < count; i++)
        if (peers[i].wire)
            syn_agent_peer_up(&w->agent, i, is_wire_up(w, peers[i].wire));
    if (w->peers)
        syn_peers_set(w->peers, self, peers, count);
}

/* ---- life ---- */

bool syn_wearable_has_wires(const struct syn_wearable *w)
{
    for (unsigned i = 0; i < SYN_PAIRS_MAX; i++)
        if (w->config.pairs[i].path)
            return true;
    return false;
}

static void init_traffic(struct syn_wearable *w, uint8_t *queue, size_t queue_bytes)
{
    const struct syn_wearable_config *c = &w->config;
    const struct syn_traffic_port port = {
        .ctx = w,
        .timers = &w->clock.timers,
        .virtual_time = true,
        .send = c->radio_path ? send_to_peer : NULL,
        .is_up = is_peer_up,
        .wire = syn_wearable_has_wires(w) || c->channels ? send_by_wire : NULL,
        .wire_up = is_wire_up,
        .wire_ns = wire_ns,
        .queue = queue,
        .queue_bytes = queue_bytes};
    syn_traffic_init(&w->traffic, &w->agent, &port);
}

int syn_wearable_open_ways(struct syn_wearable *w, uint8_t *queue, size_t queue_bytes,
                           struct syn_error *error)
{
    const struct syn_wearable_config *c = &w->config;
    const struct syn_peers_events events = {w, peer_message, peer_up};
    const struct syn_pairs_events wires = {w, wire_message, wire_up};
    int rc = 0;
    init_traffic(w, queue, queue_bytes);
    if (syn_wearable_has_wires(w))
        rc = syn_pairs_new(&w->pairs, c->loop, c->identity.id, c->pairs, &wires, error);
    if (rc == 0 && c->radio_path)
        rc = syn_peers_new(&w->peers, c->loop, c->radio_path, &events, error);
    return rc;
}

void syn_wearable_close_ways(struct syn_wearable *w)
{
    syn_peers_free(w->peers);
    syn_pairs_free(w->pairs);
    syn_channels_free(w->channels);
    if (w->traffic.agent)
        syn_traffic_reset(&w->traffic);
}
