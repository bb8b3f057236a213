/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/internal.h"

#include <string.h>

enum { CONTINUES = 1, OUT_CONTINUES = 0x1000 };

enum { PAIRING_REQUEST = 1, PAIRING_FAILED = 5, PAIRING_NOT_SUPPORTED = 5 };

int syn_ble_find_handle(const struct syn_ble *ble, uint16_t handle)
{
    for (int i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        if (ble->connections[i].used && ble->connections[i].handle == handle)
            return i;
    return -1;
}

/* ---- in ---- */

static void dispatch(struct syn_ble *ble, struct syn_ble_connection *c, uint16_t cid,
                     const uint8_t *payload, size_t size)
{
    struct syn_ble_link *link;
    if (c->leaving && cid != SYN_CID_SIGNAL)
        return;
    switch (cid) {
    case SYN_CID_ATT:
        syn_ble_att_received(ble, c, payload, size);
        break;
    case SYN_CID_SIGNAL:
        syn_ble_signal_received(ble, c, payload, size);
        break;
    case SYN_CID_SECURITY:
        c->refuse_pairing |= size > 0 && payload[0] == PAIRING_REQUEST;
        break;
    default:
        link = syn_ble_channel_ours(ble, c, cid);
        if (link)
            syn_ble_channel_received(ble, link, payload, size);
        break;
    }
}

void syn_ble_acl_begin(struct syn_ble *ble, struct syn_ble_connection *c, unsigned boundary)
{
    if (boundary == CONTINUES)
        return;
    ble->bad += c->in_size > 0;
    c->in_size = 0;
    c->in_bad = false;
}

/* Bytes up to the end of the header or, behind it, of the packet; 0: it is longer than ours are. */
static size_t wanted(const struct syn_ble_connection *c)
{
    if (c->in_size < SYN_L2CAP_HEADER)
        return SYN_L2CAP_HEADER;
    const size_t size = SYN_L2CAP_HEADER + (size_t)syn_get_le16(c->in);
    return size <= sizeof c->in ? size : 0;
}

static void keep(struct syn_ble_connection *c, const uint8_t *bytes, size_t size)
{
    memcpy(c->in + c->in_size, bytes, size);
    c->in_size = (uint16_t)(c->in_size + size);
}

/* The packet is whole, or its header says that it is too long. */
static void finish(struct syn_ble *ble, struct syn_ble_connection *c)
{
    const bool too_long = wanted(c) == 0;
    const size_t payload = c->in_size - (size_t)SYN_L2CAP_HEADER;
    c->in_bad = true; /* up to the next beginning */
    c->in_size = 0;
    if (too_long)
        ble->bad++;
    else
        dispatch(ble, c, syn_get_le16(c->in + 2), c->in + SYN_L2CAP_HEADER, payload);
}

void syn_ble_acl_bytes(struct syn_ble *ble, struct syn_ble_connection *c, const uint8_t *bytes,
                       size_t size)
{
    while (!c->in_bad) {
        const size_t missing = wanted(c) - c->in_size;
        if (size < missing) {
            keep(c, bytes, size);
            return;
        }
        keep(c, bytes, missing);
        bytes += missing;
        size -= missing;
        if (wanted(c) <= c->in_size)
            finish(ble, c);
    }
}

/* ---- out ---- */

static uint8_t *payload_of(struct syn_ble_connection *c)
{
    return c->out + SYN_HCI_ACL_HEADER + SYN_L2CAP_HEADER;
}

static bool make_packet(struct syn_ble_connection *c, uint16_t cid, size_t size)
{
    syn_put_le16(c->out + SYN_HCI_ACL_HEADER, (uint16_t)size);
    syn_put_le16(c->out + SYN_HCI_ACL_HEADER + 2, cid);
    c->out_size = (uint16_t)(SYN_L2CAP_HEADER + size);
    c->out_sent = 0;
    return size > 0;
}

static bool next_signal(struct syn_ble_connection *c)
{
    const size_t size = SYN_L2CAP_HEADER + (size_t)syn_get_le16(c->signals[0] + 2);
    memcpy(payload_of(c), c->signals[0], size);
    c->signal_count--;
    memmove(c->signals[0], c->signals[1], (size_t)c->signal_count * SYN_BLE_SIGNAL);
    return make_packet(c, SYN_CID_SIGNAL, size);
}

static bool next_reply(struct syn_ble_connection *c)
{
    const size_t size = c->reply_size;
    memcpy(payload_of(c), c->reply, size);
    c->reply_size = 0;
    return make_packet(c, SYN_CID_ATT, size);
}

static bool next_refusal(struct syn_ble_connection *c)
{
    uint8_t *p = payload_of(c);
    p[0] = PAIRING_FAILED;
    p[1] = PAIRING_NOT_SUPPORTED;
    c->refuse_pairing = false;
    return make_packet(c, SYN_CID_SECURITY, 2);
}

/* Credits are given back by the half. */
static bool next_grant(struct syn_ble *ble, struct syn_ble_connection *c)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state != SYN_LINK_OPEN || link->kind == SYN_BLE_GATT ||
            link->connection != syn_ble_index(ble, c) || link->granted > SYN_BLE_CREDITS / 2)
            continue;
        return make_packet(c, SYN_CID_SIGNAL, syn_ble_signal_grant(ble, link, payload_of(c)));
    }
    return false;
}

static bool next_of_link(struct syn_ble *ble, struct syn_ble_connection *c,
                         struct syn_ble_link *link)
{
    const bool attribute = link->kind == SYN_BLE_GATT;
    if (link->state != SYN_LINK_OPEN || link->connection != syn_ble_index(ble, c))
        return false;
    const size_t size = attribute ? syn_ble_att_next(c, link, payload_of(c))
                                  : syn_ble_channel_next(link, payload_of(c));
    if (size == 0)
        return false;
    (void)make_packet(c, attribute ? SYN_CID_ATT : link->cid, size);
    syn_ble_link_drained(ble, link);
    return true;
}

/* Links take turns; what keeps a connection going is served first. */
static bool next_packet(struct syn_ble *ble, struct syn_ble_connection *c)
{
    if (c->signal_count > 0)
        return next_signal(c);
    if (c->reply_size > 0)
        return next_reply(c);
    if (c->refuse_pairing)
        return next_refusal(c);
    if (next_grant(ble, c))
        return true;
    for (unsigned i = 1; i <= SYN_BLE_LINKS_MAX; i++) {
        const unsigned at = (c->turn + i) % SYN_BLE_LINKS_MAX;
        if (next_of_link(ble, c, &ble->links[at])) {
            c->turn = (uint8_t)at;
            return true;
        }
    }
    return false;
}

/* HCI's header lies before the bytes: over those that were sent before. */
static void send_fragment(struct syn_ble *ble, struct syn_ble_connection *c)
{
    const struct syn_ble_port *port = &ble->config.port;
    uint8_t *packet = c->out + c->out_sent;
    const size_t left = (size_t)c->out_size - c->out_sent;
    const size_t n = left < ble->acl_bytes ? left : ble->acl_bytes;
    packet[0] = 2;
    syn_put_le16(packet + 1, (uint16_t)(c->handle | (c->out_sent > 0 ? OUT_CONTINUES : 0)));
    syn_put_le16(packet + 3, (uint16_t)n);
    port->write(port->ctx, packet, SYN_HCI_ACL_HEADER + n);
    c->out_sent = (uint16_t)(c->out_sent + n);
    c->in_flight++;
    ble->acl_free--;
}

static bool serve(struct syn_ble *ble, struct syn_ble_connection *c)
{
    const struct syn_ble_port *port = &ble->config.port;
    if (!c->used || ble->acl_free == 0 || port->room(port->ctx) < sizeof c->out)
        return false;
    if (c->out_sent == c->out_size && !next_packet(ble, c))
        return false;
    send_fragment(ble, c);
    return true;
}

bool syn_ble_acl_send(struct syn_ble *ble)
{
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++) {
        const unsigned at = (ble->next + i) % SYN_BLE_CONNECTIONS_MAX;
        if (serve(ble, &ble->connections[at])) {
            ble->next = (uint8_t)((at + 1) % SYN_BLE_CONNECTIONS_MAX);
            return true;
        }
    }
    return false;
}
