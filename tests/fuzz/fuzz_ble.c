/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Bluetooth host between any controller, any peers and a user of its links: whatever they do,
 * the host keeps to the controller's buffers, to credits and to its memory, and finds its feet
 * again. The input is a list of what happens: an opcode, a size, bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "devices/base/bytes.h"
#include "devices/ble/ble.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BUFFERS = 4, ACL_BYTES = 60, PACKET_MAX = 5 + ACL_BYTES, MESSAGE_MAX = 600 };

struct world {
    struct syn_ble ble;
    bool open[SYN_BLE_LINKS_MAX];
    uint16_t command; /* to be answered; 0: none */
    int64_t now_ns;
};

static size_t room(void *ctx)
{
    (void)ctx;
    return 512;
}

static void write_packet(void *ctx, const uint8_t *bytes, size_t size)
{
    struct world *w = ctx;
    const bool reset = bytes[0] == 1 && syn_get_le16(bytes + 1) == 0x0c03;
    if (bytes[0] == 1 && (size != 4u + bytes[3] || (w->command != 0 && !reset)))
        abort();
    if (bytes[0] == 1)
        w->command = syn_get_le16(bytes + 1);
    else if (bytes[0] != 2 || size > PACKET_MAX || size != 5u + syn_get_le16(bytes + 3))
        abort();
}

static bool opened(void *ctx, unsigned link, enum syn_ble_kind kind,
                   const struct syn_ble_address *from)
{
    struct world *w = ctx;
    (void)kind;
    if (w->open[link])
        abort();
    w->open[link] = from->bytes[0] != 13;
    return w->open[link];
}

static void closed(void *ctx, unsigned link)
{
    ((struct world *)ctx)->open[link] = false;
}

static void received(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct world *w = ctx;
    uint8_t copy[SYN_BLE_MTU];
    if (!w->open[link] || size == 0 || size > sizeof copy)
        abort();
    memcpy(copy, bytes, size);
    (void)syn_ble_send(&w->ble, link, copy, size);
}

static void writable(void *ctx, unsigned link)
{
    struct world *w = ctx;
    if (!w->open[link] || !syn_ble_room(&w->ble, link, 1))
        abort();
}

static void feed(struct world *w, const uint8_t *bytes, size_t size)
{
    syn_ble_receive(&w->ble, bytes, size, w->now_ns);
}

/* The answer that a good controller gives. */
static void answer(struct world *w)
{
    uint8_t p[16] = {4, 0x0e, 13, 1};
    const uint16_t opcode = w->command;
    if (opcode == 0)
        return;
    w->command = 0;
    syn_put_le16(p + 4, opcode);
    p[7] = opcode == 0x2002 ? ACL_BYTES : 0;
    p[9] = opcode == 0x2002 ? BUFFERS : 0;
    feed(w, p, sizeof p);
}

static void poll(struct world *w)
{
    unsigned sent = 0;
    (void)syn_ble_poll(&w->ble, w->now_ns);
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        sent += w->ble.connections[i].used ? w->ble.connections[i].in_flight : 0;
    if (w->ble.ready && w->ble.acl_bytes == ACL_BYTES && sent + w->ble.acl_free > BUFFERS * 2)
        abort();
}

static void connected(struct world *w, uint8_t handle, uint8_t role, uint8_t who)
{
    const uint8_t p[22] = {4, 0x3e, 19, 1, 0, handle, 0, role, 0, who, 0, 0, 0, 0, 0, 24};
    feed(w, p, sizeof p);
}

/* A packet for an L2CAP channel. */
static void packet(struct world *w, const uint8_t *bytes, size_t size)
{
    static const uint8_t cids[8] = {4, 5, 6, 0x40, 0x41, 0x42, 0x49, 4};
    uint8_t head[9] = {2, 0x40, 0x20};
    head[1] = (uint8_t)(0x40 + (bytes[0] >> 3 & 3));
    syn_put_le16(head + 3, (uint16_t)(4 + size - 1));
    syn_put_le16(head + 5, (uint16_t)(size - 1));
    head[7] = cids[bytes[0] & 7];
    feed(w, head, sizeof head);
    feed(w, bytes + 1, size - 1);
}

static void happen(struct world *w, uint8_t what, const uint8_t *bytes, size_t size)
{
    const struct syn_ble_address to = {.bytes = {size > 0 ? bytes[0] & 15 : 0}};
    uint8_t sent[8] = {4, 0x13, 5, 1, 0x40, 0, 1};
    switch (what % 10) {
    case 0:
        feed(w, bytes, size);
        break;
    case 1:
    case 2:
        if (size > 0)
            packet(w, bytes, size);
        break;
    case 3:
        sent[4] = (uint8_t)(0x40 + to.bytes[0]);
        feed(w, sent, sizeof sent);
        break;
    case 4:
        w->now_ns += 300000000LL * (1 + to.bytes[0]);
        break;
    case 5:
        (void)syn_ble_send(&w->ble, to.bytes[0], bytes, size);
        break;
    case 6:
        (void)syn_ble_open(&w->ble, &to);
        break;
    case 7:
        if (to.bytes[0] < SYN_BLE_LINKS_MAX)
            w->open[to.bytes[0]] = false;
        syn_ble_close(&w->ble, to.bytes[0]);
        break;
    case 8:
        connected(w, (uint8_t)(0x40 + to.bytes[0]), what & 1, to.bytes[0]);
        break;
    default:
        answer(w);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    memset(&w, 0, sizeof w);
    const struct syn_ble_config config = {
        .port = {&w, room, write_packet, opened, closed, received, writable},
        .name = "device",
        .message_max = MESSAGE_MAX};
    syn_ble_init(&w.ble, &config);
    syn_ble_start(&w.ble, 0);
    for (unsigned i = 0; i < 20; i++) {
        poll(&w);
        answer(&w);
    }
    connected(&w, 0x40, 1, 1);
    while (size >= 2) {
        const size_t n = data[1] < size - 2 ? data[1] : size - 2;
        happen(&w, data[0], data + 2, n);
        poll(&w);
        if (!(data[0] & 0x80))
            answer(&w);
        data += 2 + n;
        size -= 2 + n;
    }
    syn_ble_stop(&w.ble);
    return 0;
}
