/* SPDX-License-Identifier: MIT */
#include "devices/ble/ble.h"

#include "devices/ble/internal.h"

#include <string.h>

#define LEAVE_NS 500000000

void syn_ble_init(struct syn_ble *ble, const struct syn_ble_config *config)
{
    memset(ble, 0, sizeof *ble);
    ble->config = *config;
    ble->deadline_ns = INT64_MAX;
}

unsigned syn_ble_index(const struct syn_ble *ble, const struct syn_ble_connection *c)
{
    return (unsigned)(c - ble->connections);
}

void syn_ble_connection_ended(struct syn_ble *ble, struct syn_ble_connection *c)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state != SYN_LINK_FREE && link->connection == syn_ble_index(ble, c))
            syn_ble_link_close(ble, link);
    }
    ble->acl_free = (uint16_t)(ble->acl_free + c->in_flight);
    ble->advertise_refused = false;
    c->used = false;
}

/* ---- the controller comes and goes ---- */

void syn_ble_stop(struct syn_ble *ble)
{
    ble->started = ble->ready = false;
    ble->command = 0;
    ble->deadline_ns = INT64_MAX;
    ble->h4.have = ble->h4.left = 0;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        if (ble->links[i].state == SYN_LINK_CONNECTING)
            syn_ble_link_close(ble, &ble->links[i]);
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        if (ble->connections[i].used)
            syn_ble_connection_ended(ble, &ble->connections[i]);
}

void syn_ble_start(struct syn_ble *ble, int64_t now_ns)
{
    syn_ble_stop(ble);
    ble->now_ns = now_ns;
    ble->started = true;
    syn_ble_begin_setup(ble);
}

bool syn_ble_ready(const struct syn_ble *ble)
{
    return ble->ready;
}

const struct syn_ble_address *syn_ble_own_address(const struct syn_ble *ble)
{
    return ble->ready ? &ble->address : NULL;
}

void syn_ble_receive(struct syn_ble *ble, const uint8_t *bytes, size_t size, int64_t now_ns)
{
    ble->now_ns = now_ns;
    syn_ble_h4_feed(ble, bytes, size);
}

/* ---- what is due ---- */

/* A connection has nothing on its way out. */
static bool is_quiet(const struct syn_ble *ble, const struct syn_ble_connection *c)
{
    if (c->out_sent != c->out_size || c->in_flight > 0 || c->signal_count > 0 || c->reply_size > 0)
        return false;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        const struct syn_ble_link *link = &ble->links[i];
        if (link->state != SYN_LINK_FREE && link->connection == syn_ble_index(ble, c) &&
            (link->queue.left > 0 || link->queue.used > 0))
            return false;
    }
    return true;
}

bool syn_ble_drained(const struct syn_ble *ble)
{
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        if (ble->connections[i].used && !is_quiet(ble, &ble->connections[i]))
            return false;
    return true;
}

/* Returns when a connection that is to end does so whatever waits. */
static int64_t leave(struct syn_ble *ble, struct syn_ble_connection *c)
{
    if (!c->used || !c->leaving)
        return INT64_MAX;
    if (is_quiet(ble, c) || c->leave_ns <= ble->now_ns) {
        c->wants |= c->leave_ns == INT64_MAX ? 0 : SYN_WANT_DISCONNECT;
        c->leave_ns = INT64_MAX;
    }
    return c->leave_ns;
}

void syn_ble_leave(struct syn_ble *ble, int64_t now_ns)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        if (ble->links[i].state == SYN_LINK_CONNECTING)
            ble->links[i].state = SYN_LINK_FREE;
        ble->links[i].silent = ble->links[i].state != SYN_LINK_FREE;
    }
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++) {
        struct syn_ble_connection *c = &ble->connections[i];
        if (c->used && !c->leaving)
            c->leave_ns = now_ns + LEAVE_NS;
        c->leaving = c->used;
    }
}

static void watch_controller(struct syn_ble *ble)
{
    if (ble->deadline_ns > ble->now_ns)
        return;
    if (ble->command != 0)
        syn_ble_start(ble, ble->now_ns); /* it said nothing */
    else
        syn_ble_begin_setup(ble);
}

int64_t syn_ble_poll(struct syn_ble *ble, int64_t now_ns)
{
    int64_t next = INT64_MAX;
    ble->now_ns = now_ns;
    if (!ble->started)
        return next;
    watch_controller(ble);
    next = syn_ble_peer_poll(ble);
    while (ble->ready && syn_ble_acl_send(ble))
        ;
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++) {
        const int64_t at = leave(ble, &ble->connections[i]);
        next = at < next ? at : next;
    }
    syn_ble_next_command(ble);
    return ble->deadline_ns < next ? ble->deadline_ns : next;
}
