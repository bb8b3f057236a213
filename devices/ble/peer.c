/* SPDX-License-Identifier: MIT */
/* Channels that we open: to a connection, through a request, to a link; and their ends. */
#include "devices/base/error.h"
#include "devices/ble/internal.h"

#include <string.h>

#define CONNECT_NS 4000000000 /* until a peer is taken to be out of reach */
#define ANSWER_NS  4000000000 /* until one that says nothing is disconnected */

bool syn_ble_same_address(const struct syn_ble_address *a, const struct syn_ble_address *b)
{
    return a->random == b->random && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void request_channel(struct syn_ble *ble, struct syn_ble_link *link,
                            const struct syn_ble_connection *c)
{
    link->state = SYN_LINK_OPENING;
    link->connection = (uint8_t)syn_ble_index(ble, c);
    link->deadline_ns = ble->now_ns + ANSWER_NS;
    syn_ble_signal_open(ble, link);
}

int syn_ble_open(struct syn_ble *ble, const struct syn_ble_address *to)
{
    if (!ble->ready)
        return SYN_ESTATE;
    struct syn_ble_link *link = syn_ble_link_new(ble);
    if (!link)
        return SYN_EBUSY;
    link->kind = SYN_BLE_PEER;
    link->state = SYN_LINK_CONNECTING;
    link->connection = SYN_BLE_CONNECTIONS_MAX;
    link->to = *to;
    link->deadline_ns = ble->now_ns + CONNECT_NS;
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++) {
        const struct syn_ble_connection *c = &ble->connections[i];
        if (c->used && !c->leaving && syn_ble_same_address(&c->address, to)) {
            request_channel(ble, link, c);
            break;
        }
    }
    return (int)(link - ble->links);
}

const struct syn_ble_link *syn_ble_peer_wanted(const struct syn_ble *ble)
{
    const struct syn_ble_link *wanted = NULL;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        const struct syn_ble_link *link = &ble->links[i];
        if (link->state != SYN_LINK_CONNECTING)
            continue;
        if (ble->initiating && syn_ble_same_address(&link->to, &ble->initiating_to))
            return link;
        if (!ble->initiating && !wanted)
            wanted = link;
    }
    return wanted;
}

void syn_ble_peer_connected(struct syn_ble *ble, struct syn_ble_connection *c)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state == SYN_LINK_CONNECTING && syn_ble_same_address(&link->to, &c->address))
            request_channel(ble, link, c);
    }
    if (c->central)
        syn_ble_peer_left(ble, syn_ble_index(ble, c)); /* wanted no longer */
}

void syn_ble_peer_failed(struct syn_ble *ble, const struct syn_ble_address *to)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state == SYN_LINK_CONNECTING && syn_ble_same_address(&link->to, to))
            syn_ble_link_close(ble, link);
    }
}

void syn_ble_peer_left(struct syn_ble *ble, unsigned connection)
{
    if (connection >= SYN_BLE_CONNECTIONS_MAX || !ble->connections[connection].central)
        return;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        if (ble->links[i].state != SYN_LINK_FREE && ble->links[i].connection == connection)
            return;
    ble->connections[connection].wants |= SYN_WANT_DISCONNECT;
}

static void close_channel(struct syn_ble *ble, struct syn_ble_link *link)
{
    link->state = SYN_LINK_CLOSING;
    link->queue.used = link->queue.left = 0;
    link->deadline_ns = ble->now_ns + ANSWER_NS;
    syn_ble_signal_close(ble, link);
}

void syn_ble_peer_answered(struct syn_ble *ble, struct syn_ble_link *link, bool taken)
{
    const struct syn_ble_port *port = &ble->config.port;
    const struct syn_ble_connection *c = &ble->connections[link->connection];
    if (!taken) {
        syn_ble_link_close(ble, link);
        return;
    }
    link->state = SYN_LINK_OPEN;
    if (!link->silent &&
        port->opened(port->ctx, (unsigned)(link - ble->links), SYN_BLE_PEER, &c->address))
        return;
    link->silent = true;
    close_channel(ble, link);
}

/* One that is being asked for is closed when the answer comes. */
void syn_ble_close(struct syn_ble *ble, unsigned link)
{
    struct syn_ble_link *l = link < SYN_BLE_LINKS_MAX ? &ble->links[link] : NULL;
    if (!l || l->state == SYN_LINK_FREE || l->silent)
        return;
    l->silent = true;
    if (l->state == SYN_LINK_CONNECTING)
        l->state = SYN_LINK_FREE;
    else if (l->state == SYN_LINK_OPEN && l->kind == SYN_BLE_GATT)
        ble->connections[l->connection].wants |= SYN_WANT_DISCONNECT;
    else if (l->state == SYN_LINK_OPEN)
        close_channel(ble, l);
}

int64_t syn_ble_peer_poll(struct syn_ble *ble)
{
    int64_t next = INT64_MAX;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state == SYN_LINK_FREE || link->state == SYN_LINK_OPEN)
            continue;
        if (link->deadline_ns <= ble->now_ns) {
            if (link->connection < SYN_BLE_CONNECTIONS_MAX)
                ble->connections[link->connection].wants |= SYN_WANT_DISCONNECT;
            syn_ble_link_close(ble, link);
            continue;
        }
        next = link->deadline_ns < next ? link->deadline_ns : next;
    }
    return next;
}
