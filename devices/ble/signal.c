/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/internal.h"

#include <string.h>

enum code {
    REJECT = 0x01,
    DISCONNECT = 0x06,
    DISCONNECT_RESPONSE = 0x07,
    UPDATE = 0x12,
    UPDATE_RESPONSE = 0x13,
    CONNECT = 0x14,
    CONNECT_RESPONSE = 0x15,
    GRANT = 0x16,
};

enum reject_reason { NOT_UNDERSTOOD = 0, INVALID_CID = 2 };

enum result {
    ACCEPTED = 0,
    NO_SUCH_PSM = 2,
    NO_RESOURCES = 4,
    INVALID_SOURCE = 9,
    SOURCE_IN_USE = 10,
    UNACCEPTABLE = 11,
};

enum { HEADER = 4, CID_LAST = 0x7f };

/* Units of 1.25 ms: 7.5 to 15 ms; latency 0; 4 s until a silent peer is given up. */
enum { INTERVAL_MIN = 6, INTERVAL_MAX = 12, SUPERVISION_10MS = 200 };

static void put_header(uint8_t *command, uint8_t code, uint8_t id, size_t size)
{
    command[0] = code;
    command[1] = id;
    syn_put_le16(command + 2, (uint16_t)size);
}

/* Where the rest of a command goes; it is dropped where too many wait. */
static uint8_t *push(struct syn_ble_connection *c, uint8_t code, uint8_t id, size_t size,
                     uint8_t dropped[SYN_BLE_SIGNAL])
{
    uint8_t *command = c->signal_count < SYN_BLE_SIGNALS ? c->signals[c->signal_count++] : dropped;
    put_header(command, code, id, size);
    return command + HEADER;
}

static uint8_t next_id(struct syn_ble_connection *c)
{
    c->signal_id = c->signal_id == 0xff ? 1 : (uint8_t)(c->signal_id + 1);
    return c->signal_id;
}

static void reject(struct syn_ble_connection *c, uint8_t id)
{
    uint8_t dropped[SYN_BLE_SIGNAL];
    syn_put_le16(push(c, REJECT, id, 2, dropped), NOT_UNDERSTOOD);
}

static void reject_cids(struct syn_ble_connection *c, uint8_t id, const uint8_t *cids)
{
    uint8_t dropped[SYN_BLE_SIGNAL], *p = push(c, REJECT, id, 6, dropped);
    syn_put_le16(p, INVALID_CID);
    memcpy(p + 2, cids, 4);
}

/* ---- channels ---- */

/* p: PSM, their number, MTU, MPS, credits. */
static enum result check(struct syn_ble *ble, const struct syn_ble_connection *c, const uint8_t *p)
{
    const uint16_t psm = syn_get_le16(p), cid = syn_get_le16(p + 2);
    if (psm != SYN_BLE_PSM_HOST && psm != SYN_BLE_PSM_PEER)
        return NO_SUCH_PSM;
    if (cid < SYN_CID_FIRST || cid > CID_LAST)
        return INVALID_SOURCE;
    if (syn_ble_channel_theirs(ble, c, cid))
        return SOURCE_IN_USE;
    if (syn_get_le16(p + 4) < SYN_BLE_MTU_MIN || syn_get_le16(p + 6) < SYN_BLE_MTU_MIN)
        return UNACCEPTABLE;
    return ACCEPTED;
}

static void set_limits(struct syn_ble_link *link, uint16_t cid, const uint8_t *limits)
{
    const uint16_t mps = syn_get_le16(limits + 2);
    link->cid = cid;
    link->mtu = syn_get_le16(limits);
    link->mps = mps < SYN_BLE_MTU ? mps : SYN_BLE_MTU;
    link->credits = syn_get_le16(limits + 4);
    link->granted = SYN_BLE_CREDITS;
}

/* The channel that a request of ours was to open. */
static struct syn_ble_link *find_request(struct syn_ble *ble, const struct syn_ble_connection *c,
                                         uint8_t id)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state != SYN_LINK_FREE && link->state != SYN_LINK_CONNECTING &&
            link->request == id && link->cid == 0 && link->kind == SYN_BLE_PEER &&
            link->connection == syn_ble_index(ble, c))
            return link;
    }
    return NULL;
}

static void put_limits(const struct syn_ble *ble, uint8_t *p)
{
    syn_put_le16(p, ble->config.message_max);
    syn_put_le16(p + 2, SYN_BLE_MTU);
    syn_put_le16(p + 4, SYN_BLE_CREDITS);
}

static void on_connect(struct syn_ble *ble, struct syn_ble_connection *c, uint8_t id,
                       const uint8_t *p)
{
    uint8_t dropped[SYN_BLE_SIGNAL], *answer;
    struct syn_ble_link *link = NULL;
    enum result result = check(ble, c, p);
    if (c->signal_count == SYN_BLE_SIGNALS)
        return;
    if (result == ACCEPTED) {
        bool peer = syn_get_le16(p) == SYN_BLE_PSM_PEER;
        link = syn_ble_link_open(ble, c, peer ? SYN_BLE_PEER : SYN_BLE_HOST);
        result = link ? ACCEPTED : NO_RESOURCES;
    }
    answer = push(c, CONNECT_RESPONSE, id, 10, dropped);
    memset(answer, 0, 10);
    syn_put_le16(answer + 8, (uint16_t)result);
    if (!link)
        return;
    set_limits(link, syn_get_le16(p + 2), p + 4);
    syn_put_le16(answer, syn_ble_channel_cid(ble, link));
    put_limits(ble, answer + 2);
}

/* p: their number, MTU, MPS, credits, result. */
static void on_connect_response(struct syn_ble *ble, struct syn_ble_connection *c, uint8_t id,
                                const uint8_t *p)
{
    struct syn_ble_link *link = find_request(ble, c, id);
    const uint16_t cid = syn_get_le16(p);
    if (!link)
        return;
    const bool good = syn_get_le16(p + 8) == ACCEPTED && cid >= SYN_CID_FIRST && cid <= CID_LAST &&
                      !syn_ble_channel_theirs(ble, c, cid) &&
                      syn_get_le16(p + 2) >= SYN_BLE_MTU_MIN &&
                      syn_get_le16(p + 4) >= SYN_BLE_MTU_MIN;
    if (good)
        set_limits(link, cid, p + 2);
    syn_ble_peer_answered(ble, link, good);
}

void syn_ble_signal_open(struct syn_ble *ble, struct syn_ble_link *link)
{
    struct syn_ble_connection *c = &ble->connections[link->connection];
    uint8_t dropped[SYN_BLE_SIGNAL];
    link->request = next_id(c);
    uint8_t *p = push(c, CONNECT, link->request, 10, dropped);
    syn_put_le16(p, SYN_BLE_PSM_PEER);
    syn_put_le16(p + 2, syn_ble_channel_cid(ble, link));
    put_limits(ble, p + 4);
}

void syn_ble_signal_close(struct syn_ble *ble, struct syn_ble_link *link)
{
    struct syn_ble_connection *c = &ble->connections[link->connection];
    uint8_t dropped[SYN_BLE_SIGNAL], *p = push(c, DISCONNECT, next_id(c), 4, dropped);
    syn_put_le16(p, link->cid);
    syn_put_le16(p + 2, syn_ble_channel_cid(ble, link));
}

/* p: their number, ours. */
static void on_disconnect_response(struct syn_ble *ble, struct syn_ble_connection *c,
                                   const uint8_t *p)
{
    struct syn_ble_link *link = syn_ble_channel_ours(ble, c, syn_get_le16(p + 2));
    if (link && link->state == SYN_LINK_CLOSING && link->cid == syn_get_le16(p))
        syn_ble_link_close(ble, link);
}

/* p: our number, theirs. */
static void on_disconnect(struct syn_ble *ble, struct syn_ble_connection *c, uint8_t id,
                          const uint8_t *p)
{
    uint8_t dropped[SYN_BLE_SIGNAL];
    struct syn_ble_link *link = syn_ble_channel_ours(ble, c, syn_get_le16(p));
    if (!link || link->cid != syn_get_le16(p + 2)) {
        reject_cids(c, id, p);
        return;
    }
    memcpy(push(c, DISCONNECT_RESPONSE, id, 4, dropped), p, 4);
    syn_ble_link_close(ble, link);
}

/* p: their number, credits. Too many break the rules. */
static void on_grant(struct syn_ble *ble, struct syn_ble_connection *c, const uint8_t *p)
{
    struct syn_ble_link *link = syn_ble_channel_theirs(ble, c, syn_get_le16(p));
    const uint16_t more = syn_get_le16(p + 2);
    if (!link)
        return;
    if (more > UINT16_MAX - link->credits)
        c->wants |= SYN_WANT_DISCONNECT;
    else
        link->credits = (uint16_t)(link->credits + more);
}

size_t syn_ble_signal_grant(struct syn_ble *ble, struct syn_ble_link *link, uint8_t *command)
{
    put_header(command, GRANT, next_id(&ble->connections[link->connection]), 4);
    syn_put_le16(command + HEADER, syn_ble_channel_cid(ble, link));
    syn_put_le16(command + HEADER + 2, (uint16_t)(SYN_BLE_CREDITS - link->granted));
    link->granted = SYN_BLE_CREDITS;
    return HEADER + 4;
}

/* ---- intervals ---- */

void syn_ble_signal_interval(struct syn_ble_connection *c)
{
    uint8_t dropped[SYN_BLE_SIGNAL];
    if (c->asked || c->central || c->interval <= INTERVAL_MAX)
        return;
    c->asked = true;
    uint8_t *p = push(c, UPDATE, next_id(c), 8, dropped);
    syn_put_le16(p, INTERVAL_MIN);
    syn_put_le16(p + 2, INTERVAL_MAX);
    syn_put_le16(p + 4, 0);
    syn_put_le16(p + 6, SUPERVISION_10MS);
}

/* p: least, most, latency, time-out. Only who connected may change them. */
static void on_update(struct syn_ble_connection *c, uint8_t id, const uint8_t *p)
{
    uint8_t dropped[SYN_BLE_SIGNAL];
    const unsigned least = syn_get_le16(p), most = syn_get_le16(p + 2);
    const unsigned latency = syn_get_le16(p + 4), patience = syn_get_le16(p + 6);
    if (!c->central) {
        reject(c, id);
        return;
    }
    const bool good = least >= 6 && least <= most && most <= 3200 && latency < 500 &&
                      patience >= 10 && patience <= 3200 && 4 * patience > (1 + latency) * most;
    syn_put_le16(push(c, UPDATE_RESPONSE, id, 2, dropped), good ? 0 : 1);
    if (!good)
        return;
    memcpy(c->update, p, sizeof c->update);
    c->wants |= SYN_WANT_UPDATE;
}

/* ---- all of them ---- */

/* Bytes of a command's data; negative: we do not know it. */
static int data_bytes(uint8_t code)
{
    switch (code) {
    case DISCONNECT:
    case DISCONNECT_RESPONSE:
    case GRANT:
        return 4;
    case UPDATE_RESPONSE:
        return 2;
    case UPDATE:
        return 8;
    case CONNECT:
    case CONNECT_RESPONSE:
        return 10;
    default:
        return -1;
    }
}

static void on_reject(struct syn_ble *ble, const struct syn_ble_connection *c, uint8_t id)
{
    struct syn_ble_link *link = find_request(ble, c, id);
    if (link)
        syn_ble_peer_answered(ble, link, false);
}

void syn_ble_signal_received(struct syn_ble *ble, struct syn_ble_connection *c,
                             const uint8_t *command, size_t size)
{
    if (size < HEADER || command[1] == 0)
        return;
    const uint8_t id = command[1], *p = command + HEADER;
    if (command[0] == REJECT) {
        on_reject(ble, c, id);
        return;
    }
    const size_t data = syn_get_le16(command + 2);
    if (data != size - HEADER || data_bytes(command[0]) != (int)data) {
        reject(c, id);
        return;
    }
    switch (command[0]) {
    case CONNECT:
        on_connect(ble, c, id, p);
        break;
    case DISCONNECT:
        on_disconnect(ble, c, id, p);
        break;
    case CONNECT_RESPONSE:
        on_connect_response(ble, c, id, p);
        break;
    case DISCONNECT_RESPONSE:
        on_disconnect_response(ble, c, p);
        break;
    case GRANT:
        on_grant(ble, c, p);
        break;
    case UPDATE:
        on_update(c, id, p);
        break;
    default: /* answers to what is not waited for */
        break;
    }
}
