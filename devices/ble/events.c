/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/internal.h"

#include <string.h>

enum event {
    DISCONNECTION_COMPLETE = 0x05,
    COMMAND_COMPLETE = 0x0e,
    COMMAND_STATUS = 0x0f,
    HARDWARE_ERROR = 0x10,
    COMPLETED_PACKETS = 0x13,
    LE_META = 0x3e,
};

enum le_event { CONNECTION_COMPLETE = 1, UPDATE_COMPLETE = 3, KEY_REQUEST = 5 };

enum { SUCCESS = 0, ROLE_CENTRAL = 0, HANDLE_MAX = 0xeff };

static struct syn_ble_connection *find(struct syn_ble *ble, const uint8_t *handle)
{
    int i = syn_ble_find_handle(ble, syn_get_le16(handle) & 0xfffu);
    return i < 0 ? NULL : &ble->connections[i];
}

static int find_free(const struct syn_ble *ble)
{
    for (int i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        if (!ble->connections[i].used)
            return i;
    return -1;
}

static void end_initiating(struct syn_ble *ble)
{
    if (!ble->initiating)
        return;
    ble->initiating = false;
    syn_ble_peer_failed(ble, &ble->initiating_to);
}

/* p: status, handle, role, address's kind, address, interval, latency, time-out, accuracy. */
static void on_connected(struct syn_ble *ble, const uint8_t *p, size_t size)
{
    const int i = find_free(ble);
    if (size < 18)
        return;
    if (p[0] != SUCCESS) {
        end_initiating(ble);
        return;
    }
    const uint16_t handle = syn_get_le16(p + 1);
    if (handle > HANDLE_MAX || syn_ble_find_handle(ble, handle) >= 0 || i < 0)
        return;
    struct syn_ble_connection *c = &ble->connections[i];
    memset(c, 0, sizeof *c);
    c->used = true;
    c->handle = handle;
    c->central = p[3] == ROLE_CENTRAL;
    c->address.random = p[4] & 1;
    memcpy(c->address.bytes, p + 5, sizeof c->address.bytes);
    c->interval = syn_get_le16(p + 11);
    c->att_mtu = SYN_BLE_MTU_MIN;
    c->in_bad = true;
    if (c->central)
        ble->initiating = false;
    else
        ble->advertising = false; /* a connection ends it */
    syn_ble_peer_connected(ble, c);
}

static void on_le_event(struct syn_ble *ble, const uint8_t *p, size_t size)
{
    struct syn_ble_connection *c = NULL;
    if (size == 0)
        return;
    switch (p[0]) {
    case CONNECTION_COMPLETE:
        on_connected(ble, p + 1, size - 1);
        break;
    case UPDATE_COMPLETE:
        c = size >= 6 && p[1] == SUCCESS ? find(ble, p + 2) : NULL;
        if (c)
            c->interval = syn_get_le16(p + 4);
        break;
    case KEY_REQUEST:
        c = size >= 3 ? find(ble, p + 1) : NULL;
        if (c)
            c->wants |= SYN_WANT_REFUSE_KEY;
        break;
    default:
        break;
    }
}

static void on_disconnected(struct syn_ble *ble, const uint8_t *p, size_t size)
{
    struct syn_ble_connection *c = size >= 4 && p[0] == SUCCESS ? find(ble, p + 1) : NULL;
    if (c)
        syn_ble_connection_ended(ble, c);
}

/* p: how many, then pairs of handle and packets. */
static void on_completed_packets(struct syn_ble *ble, const uint8_t *p, size_t size)
{
    for (size_t i = 0; size > 0 && i < p[0] && 1 + 4 * i + 4 <= size; i++) {
        struct syn_ble_connection *c = find(ble, p + 1 + 4 * i);
        uint16_t n = syn_get_le16(p + 1 + 4 * i + 2);
        if (!c)
            continue;
        n = n < c->in_flight ? n : c->in_flight;
        c->in_flight = (uint16_t)(c->in_flight - n);
        ble->acl_free = (uint16_t)(ble->acl_free + n);
    }
}

void syn_ble_event(struct syn_ble *ble, const uint8_t *event, size_t size)
{
    const uint8_t *p = event + 2;
    size -= 2;
    switch (event[0]) {
    case DISCONNECTION_COMPLETE:
        on_disconnected(ble, p, size);
        break;
    case COMMAND_COMPLETE:
        if (size >= 4)
            syn_ble_command_ended(ble, syn_get_le16(p + 1), p + 3, size - 3);
        break;
    case COMMAND_STATUS:
        if (size >= 4)
            syn_ble_command_ended(ble, syn_get_le16(p + 2), p, 1);
        break;
    case HARDWARE_ERROR:
        syn_ble_start(ble, ble->now_ns);
        break;
    case COMPLETED_PACKETS:
        on_completed_packets(ble, p, size);
        break;
    case LE_META:
        on_le_event(ble, p, size);
        break;
    default:
        break;
    }
}
