/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "air.h"

#include "devices/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HANDLE_FIRST = 0x40 };

uint32_t air_random(struct air *air, uint32_t below)
{
    air->random = air->random * 1664525u + 1013904223u;
    return (air->random >> 8) % below;
}

void air_bytes(struct air_device *d, const void *bytes, size_t size)
{
    assert_true(d->to_host_size + size <= sizeof d->to_host);
    memcpy(d->to_host + d->to_host_size, bytes, size);
    d->to_host_size += size;
}

static void event(struct air_device *d, uint8_t code, const void *bytes, size_t size)
{
    const uint8_t head[3] = {4, code, (uint8_t)size};
    air_bytes(d, head, sizeof head);
    air_bytes(d, bytes, size);
}

static void complete(struct air_device *d, uint16_t opcode, const void *result, size_t size)
{
    uint8_t bytes[80] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8)};
    memcpy(bytes + 3, result, size);
    event(d, 0x0e, bytes, 3 + size);
}

/* ---- connections ---- */

static unsigned free_connection(struct air_device *d)
{
    for (unsigned i = 0; i < AIR_LINKS; i++)
        if (!d->connections[i].used)
            return i;
    fail_msg("no connection is free");
    return 0;
}

static void tell_connected(struct air_device *d, unsigned i, bool central, const uint8_t *address)
{
    uint8_t p[19] = {1, 0, (uint8_t)(HANDLE_FIRST + i), 0, !central, 0};
    memcpy(p + 6, address, 6);
    p[12] = 24;
    event(d, 0x3e, p, sizeof p);
}

static void join(struct air_device *a, struct air_device *b)
{
    unsigned i = free_connection(a), j = free_connection(b);
    a->connections[i] = (struct air_connection){.used = true, .theirs = j};
    a->connections[i].peer = (int)(b - a->air->devices);
    b->connections[j] = (struct air_connection){.used = true, .theirs = i};
    b->connections[j].peer = (int)(a - a->air->devices);
    a->initiating = b->advertising = false;
    tell_connected(a, i, true, b->address);
    tell_connected(b, j, false, a->address);
}

static void try_to_join(struct air *air)
{
    for (unsigned a = 0; a < air->count; a++)
        for (unsigned b = 0; b < air->count; b++)
            if (a != b && air->devices[a].initiating && air->devices[b].advertising &&
                memcmp(air->devices[a].target, air->devices[b].address, 6) == 0)
                join(&air->devices[a], &air->devices[b]);
}

static void end(struct air_device *d, unsigned i, uint8_t reason)
{
    struct air_connection *c = &d->connections[i];
    const uint8_t p[4] = {0, (uint8_t)(HANDLE_FIRST + i), 0, reason};
    if (!c->used)
        return;
    c->used = false;
    d->acl_used -= c->sent;
    event(d, 0x05, p, sizeof p);
    if (c->peer != AIR_HAND)
        end(&d->air->devices[c->peer], c->theirs, 0x13);
}

uint16_t air_connect(struct air_device *d)
{
    static const uint8_t hand[6] = {9, 9, 9, 9, 9, 9};
    unsigned i = free_connection(d);
    assert_true(d->advertising);
    d->advertising = false;
    d->connections[i] = (struct air_connection){.used = true, .peer = AIR_HAND};
    tell_connected(d, i, false, hand);
    air_run(d->air);
    return (uint16_t)(HANDLE_FIRST + i);
}

void air_disconnect(struct air_device *d, uint16_t handle)
{
    end(d, handle - HANDLE_FIRST, 0x13);
    air_run(d->air);
}

bool air_is_connected(const struct air_device *d, uint16_t handle)
{
    return d->connections[handle - HANDLE_FIRST].used;
}

/* ---- data ---- */

void air_send(struct air_device *d, uint16_t handle, uint16_t cid, const void *bytes, size_t size)
{
    uint8_t p[9 + 600] = {2, (uint8_t)handle, (uint8_t)(handle >> 8 | 0x20)};
    assert_true(size <= 600);
    syn_put_le16(p + 3, (uint16_t)(4 + size));
    syn_put_le16(p + 5, (uint16_t)size);
    syn_put_le16(p + 7, cid);
    memcpy(p + 9, bytes, size);
    air_bytes(d, p, 9 + size);
    air_run(d->air);
}

static void hear(struct air *air, struct air_connection *c, bool more, const uint8_t *bytes,
                 size_t size)
{
    assert_int_equal(more, c->l2cap_size > 0);
    memcpy(c->l2cap + c->l2cap_size, bytes, size);
    c->l2cap_size += size;
    if (c->l2cap_size < 4 || c->l2cap_size < 4u + syn_get_le16(c->l2cap))
        return;
    assert_int_equal(c->l2cap_size, 4 + syn_get_le16(c->l2cap));
    assert_true(air->heard_count < AIR_PACKETS);
    struct air_packet *p = &air->heard[air->heard_count++];
    p->size = syn_get_le16(c->l2cap);
    p->cid = syn_get_le16(c->l2cap + 2);
    memcpy(p->bytes, c->l2cap + 4, p->size);
    c->l2cap_size = 0;
}

const struct air_packet *air_heard(struct air *air)
{
    static struct air_packet first;
    if (air->heard_count == 0)
        return NULL;
    first = air->heard[0];
    memmove(air->heard, air->heard + 1, --air->heard_count * sizeof first);
    return &first;
}

static void data(struct air_device *d, const uint8_t *p, size_t size)
{
    const uint16_t word = syn_get_le16(p + 1);
    struct air_connection *c = &d->connections[(word & 0xfff) - HANDLE_FIRST];
    assert_true(c->used);
    assert_int_equal(syn_get_le16(p + 3), size - 5);
    assert_true(size - 5 <= d->acl_bytes);
    assert_true(d->acl_used < d->acl_count);
    d->acl_used++;
    c->sent++;
    if (c->peer == AIR_HAND) {
        hear(d->air, c, word & 0x1000, p + 5, size - 5);
        return;
    }
    uint8_t copy[600];
    memcpy(copy, p, size);
    syn_put_le16(copy + 1,
                 (uint16_t)((HANDLE_FIRST + c->theirs) | (word & 0x1000 ? 0x1000 : 0x2000)));
    air_bytes(&d->air->devices[c->peer], copy, size);
}

static void tell_sent(struct air_device *d)
{
    for (unsigned i = 0; i < AIR_LINKS && !d->holds; i++) {
        struct air_connection *c = &d->connections[i];
        const uint8_t p[5] = {1, (uint8_t)(HANDLE_FIRST + i), 0, (uint8_t)c->sent, 0};
        if (!c->used || c->sent == 0)
            continue;
        event(d, 0x13, p, sizeof p);
        d->acl_used -= c->sent;
        c->sent = 0;
    }
}

/* ---- commands ---- */

static void advertise(struct air_device *d, bool on)
{
    d->advertising = on;
    try_to_join(d->air);
}

static void cancel(struct air_device *d)
{
    const uint8_t p[19] = {1, 0x02};
    if (d->initiating)
        event(d, 0x3e, p, sizeof p);
    d->initiating = false;
}

static void reset(struct air_device *d)
{
    d->resets++;
    d->advertising = d->initiating = false;
    for (unsigned i = 0; i < AIR_LINKS; i++)
        if (d->connections[i].used) {
            struct air_connection c = d->connections[i];
            d->connections[i].used = false;
            if (c.peer != AIR_HAND)
                end(&d->air->devices[c.peer], c.theirs, 0x08);
        }
    d->acl_used = 0;
}

static void act(struct air_device *d, uint16_t opcode, const uint8_t *p, uint8_t *result)
{
    switch (opcode) {
    case 0x0c03:
        reset(d);
        break;
    case 0x1009:
        memcpy(result + 1, d->address, 6);
        break;
    case 0x2002:
        syn_put_le16(result + 1, d->acl_bytes);
        result[3] = (uint8_t)d->acl_count;
        break;
    case 0x2008:
        memcpy(d->data, p, 32);
        break;
    case 0x2009:
        memcpy(d->response, p, 32);
        break;
    case 0x0406:
        end(d, syn_get_le16(p) - HANDLE_FIRST, 0x16);
        break;
    case 0x200a:
        advertise(d, p[0]);
        break;
    case 0x200d:
        d->initiating = true;
        memcpy(d->target, p + 6, 6);
        try_to_join(d->air);
        break;
    case 0x200e:
        cancel(d);
        break;
    default:
        break;
    }
}

static void command(struct air_device *d, const uint8_t *p, size_t size)
{
    const uint16_t opcode = syn_get_le16(p + 1);
    uint8_t result[16] = {0};
    assert_int_equal(p[3], size - 4);
    if (d->command_count < 64)
        d->commands[d->command_count++] = opcode;
    if (d->silent)
        return;
    if (opcode == d->fails)
        result[0] = 0x0c;
    const bool with_status = opcode == 0x0406 || opcode == 0x200d;
    const uint8_t status[4] = {result[0], 1, p[1], p[2]};
    if (with_status)
        event(d, 0x0f, status, sizeof status);
    if (result[0] == 0)
        act(d, opcode, p + 4, result);
    if (!with_status)
        complete(d, opcode, result, 9);
}

/* ---- the host's port ---- */

static size_t room(void *ctx)
{
    (void)ctx;
    return 4096;
}

static void write_packet(void *ctx, const uint8_t *bytes, size_t size)
{
    if (bytes[0] == 1)
        command(ctx, bytes, size);
    else
        data(ctx, bytes, size);
}

static bool on_opened(void *ctx, unsigned link, enum syn_ble_kind kind,
                      const struct syn_ble_address *from)
{
    struct air_device *d = ctx;
    (void)from;
    if (d->full)
        return false;
    assert_false(d->links[link].open);
    d->links[link].open = true;
    d->links[link].kind = kind;
    d->links[link].size = 0;
    d->links[link].opened++;
    return true;
}

static void on_closed(void *ctx, unsigned link)
{
    struct air_device *d = ctx;
    d->links[link].open = false;
    d->links[link].closed++;
}

static void on_received(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct air_device *d = ctx;
    assert_true(d->links[link].open);
    if (size > sizeof d->links[link].bytes - d->links[link].size)
        d->links[link].size = 0;
    memcpy(d->links[link].bytes + d->links[link].size, bytes, size);
    d->links[link].size += size;
}

static void on_writable(void *ctx, unsigned link)
{
    ((struct air_device *)ctx)->links[link].writable++;
}

/* ---- life ---- */

static bool deliver(struct air_device *d)
{
    const size_t most = 1 + air_random(d->air, 300);
    const size_t n = d->to_host_size < most ? d->to_host_size : most;
    uint8_t piece[300];
    memcpy(piece, d->to_host, n);
    d->to_host_size -= n;
    memmove(d->to_host, d->to_host + n, d->to_host_size);
    syn_ble_receive(&d->ble, piece, n, d->air->now_ns);
    (void)syn_ble_poll(&d->ble, d->air->now_ns);
    if (d->to_host_size == 0)
        tell_sent(d);
    return d->to_host_size > 0;
}

void air_run(struct air *air)
{
    bool more = true;
    for (unsigned turn = 0; more && turn < 1000000; turn++) {
        more = false;
        for (unsigned i = 0; i < air->count; i++)
            more |= deliver(&air->devices[i]);
    }
    assert_false(more);
}

void air_pass(struct air *air, int64_t ns)
{
    air->now_ns += ns;
    air_run(air);
}

struct air *air_new(unsigned count, uint16_t acl_bytes, unsigned acl_count)
{
    struct air *air = calloc(1, sizeof *air);
    assert_non_null(air);
    air->count = count;
    air->random = 1;
    for (unsigned i = 0; i < count; i++) {
        struct air_device *d = &air->devices[i];
        const struct syn_ble_config config = {
            .port = {d, room, write_packet, on_opened, on_closed, on_received, on_writable},
            .name = "a wearable of long name",
            .message_max = 2048};
        d->air = air;
        d->acl_bytes = acl_bytes;
        d->acl_count = acl_count;
        d->address[0] = (uint8_t)(i + 1);
        syn_ble_init(&d->ble, &config);
        syn_ble_start(&d->ble, air->now_ns);
    }
    air_run(air);
    return air;
}

void air_free(struct air *air)
{
    free(air);
}
