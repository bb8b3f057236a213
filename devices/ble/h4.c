/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/internal.h"

#include <string.h>

enum { PACKET_ACL = 2, PACKET_SCO = 3, PACKET_EVENT = 4, PACKET_ISO = 5 };

/* Bytes of a packet's header behind its kind; 0: there is no such packet. */
static unsigned header_bytes(uint8_t kind)
{
    switch (kind) {
    case PACKET_EVENT:
        return 2;
    case PACKET_SCO:
        return 3;
    case PACKET_ACL:
    case PACKET_ISO:
        return 4;
    default:
        return 0;
    }
}

static unsigned payload_bytes(const uint8_t *packet)
{
    switch (packet[0]) {
    case PACKET_EVENT:
        return packet[2];
    case PACKET_SCO:
        return packet[3];
    case PACKET_ISO:
        return syn_get_le16(packet + 3) & 0x3fffu;
    default:
        return syn_get_le16(packet + 3);
    }
}

static void finish(struct syn_ble *ble)
{
    struct syn_ble_h4 *h4 = &ble->h4;
    const size_t size = h4->have - 1u;
    h4->have = 0;
    if (h4->bytes[0] == PACKET_EVENT)
        syn_ble_event(ble, h4->bytes + 1, size);
}

static void begin_payload(struct syn_ble *ble)
{
    struct syn_ble_h4 *h4 = &ble->h4;
    h4->left = (uint16_t)payload_bytes(h4->bytes);
    h4->connection = -1;
    if (h4->bytes[0] == PACKET_ACL) {
        const uint16_t word = syn_get_le16(h4->bytes + 1);
        h4->connection = syn_ble_find_handle(ble, word & 0xfffu);
        if (h4->connection >= 0)
            syn_ble_acl_begin(ble, &ble->connections[h4->connection], word >> 12 & 3u);
    }
    if (h4->left == 0)
        finish(ble);
}

static void take_header(struct syn_ble *ble, uint8_t byte)
{
    struct syn_ble_h4 *h4 = &ble->h4;
    if (h4->have == 0 && header_bytes(byte) == 0) {
        ble->bad++;
        return;
    }
    h4->bytes[h4->have++] = byte;
    if (h4->have == 1 + header_bytes(h4->bytes[0]))
        begin_payload(ble);
}

/* Data are handed on as they come, events are kept until they are whole. */
static void take_payload(struct syn_ble *ble, const uint8_t *bytes, size_t size)
{
    struct syn_ble_h4 *h4 = &ble->h4;
    h4->left = (uint16_t)(h4->left - size);
    if (h4->bytes[0] == PACKET_EVENT) {
        memcpy(h4->bytes + h4->have, bytes, size);
        h4->have = (uint16_t)(h4->have + size);
    } else if (h4->connection >= 0 && ble->connections[h4->connection].used) {
        syn_ble_acl_bytes(ble, &ble->connections[h4->connection], bytes, size);
    }
    if (h4->left == 0)
        finish(ble);
}

void syn_ble_h4_feed(struct syn_ble *ble, const uint8_t *bytes, size_t size)
{
    while (size > 0 && ble->started) {
        size_t n = ble->h4.left < size ? ble->h4.left : size;
        if (n > 0) {
            take_payload(ble, bytes, n);
        } else {
            n = 1;
            take_header(ble, *bytes);
        }
        bytes += n;
        size -= n;
    }
}
