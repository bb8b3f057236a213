/* SPDX-License-Identifier: MIT */
#include "devices/traffic/wire.h"

#include "devices/traffic/transfer.h"
#include "devices/wire/smp.h"

#include <string.h>

#define BEAT_NS   500000000
#define SILENT_NS 1600000000
#define RETRY_NS  5000000 /* until the line may have room again */
#define NS_PER_S  1000000000u

enum {
    BITS_PER_BYTE = 10,
    PIECE_OVERHEAD = SYN_TENSOR_START + 7, /* of a whole message as a frame: syn_frame_bound() */
};

static void set_up(struct syn_wire *w)
{
    if (w->used && !w->bound[0])
        memcpy(w->bound, w->peer, sizeof w->bound);
    const bool up = w->used && w->peer[0] && w->heard && strcmp(w->peer, w->bound) == 0;
    if (w->up == up)
        return;
    w->up = up;
    w->port.changed(w->port.ctx, up);
}

static void silent(struct syn_wire *w)
{
    w->peer[0] = 0;
    w->heard = false;
    set_up(w);
}

/* ---- sending ---- */

static int write_piece(void *ctx, const uint8_t *bytes, size_t size)
{
    const struct syn_wire *w = ctx;
    w->port.write(w->port.ctx, bytes, size);
    return 0;
}

static bool write(struct syn_wire *w, const uint8_t *message, size_t size)
{
    return w->port.room(w->port.ctx) >= syn_frame_bound(SYN_FRAMING_COBS, size) &&
           syn_frame_send(SYN_FRAMING_COBS, message, size, write_piece, w) == 0;
}

bool syn_wire_send(struct syn_wire *w, const uint8_t *message, size_t size)
{
    return w->up && write(w, message, size);
}

static bool say_who(struct syn_wire *w)
{
    uint8_t message[SYN_TENSOR_START + SYN_WIRE_ID_MAX];
    const struct syn_tensor_head head = {.kind = SYN_TENSOR_WHO,
                                         .flags = w->used && w->peer[0] ? SYN_WIRE_HEARD : 0};
    size_t size = strlen(w->id);
    if (size > SYN_WIRE_ID_MAX - 1)
        size = SYN_WIRE_ID_MAX - 1;
    memcpy(message + SYN_TENSOR_START, w->id, size);
    return write(w, message, syn_tensor_begin(message, &head, 0, size));
}

/* ---- receiving ---- */

static bool is_peer(const struct syn_wire *w, const uint8_t *id, size_t size)
{
    return size == strlen(w->peer) && memcmp(w->peer, id, size) == 0;
}

/* A device that hears itself is at both ends of a loop, which leads nowhere. */
static void hear(struct syn_wire *w, const uint8_t *id, size_t size, bool heard)
{
    const bool own = size == strlen(w->id) && memcmp(w->id, id, size) == 0;
    if (size == 0 || size >= SYN_WIRE_ID_MAX || own)
        return;
    if (!is_peer(w, id, size)) {
        w->news = true;
        memcpy(w->peer, id, size);
        w->peer[size] = 0;
    }
    w->news |= heard != w->heard;
    w->heard = heard;
    set_up(w);
}

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct syn_wire *w = ctx;
    struct syn_tensor_head head;
    struct syn_smp_header smp;
    const uint8_t *body;
    size_t body_size;
    if (framing != SYN_FRAMING_COBS || syn_smp_get_header(&smp, data, size) ||
        smp.group != SYN_GROUP_SYNERGY || smp.id != SYN_ID_TENSOR ||
        syn_tensor_get(&head, data + SYN_SMP_HEADER, size - SYN_SMP_HEADER, &body, &body_size))
        return;
    w->heard_ns = w->receiver.last_ns;
    if (head.kind == SYN_TENSOR_WHO)
        hear(w, body, body_size, head.flags & SYN_WIRE_HEARD);
    else if (w->up)
        w->port.message(w->port.ctx, data, size);
}

void syn_wire_receive(struct syn_wire *w, const uint8_t *bytes, size_t size, int64_t now_ns)
{
    syn_frame_feed(&w->receiver, bytes, size, now_ns);
}

/* ---- life ---- */

void syn_wire_init(struct syn_wire *w, const char *id, const struct syn_wire_port *port)
{
    const struct syn_frame_events events = {.message = on_message, .ctx = w};
    memset(w, 0, sizeof *w);
    w->port = *port;
    w->id = id;
    w->news = true;
    syn_frame_receiver_init(&w->receiver, &events, w->buffer, sizeof w->buffer, NULL, 0);
}

void syn_wire_cut(struct syn_wire *w)
{
    silent(w);
    w->news = true;
}

void syn_wire_bind(struct syn_wire *w, bool used)
{
    w->news |= w->used != used;
    w->used = used;
    memcpy(w->bound, w->peer, sizeof w->bound);
    set_up(w);
}

int64_t syn_wire_poll(struct syn_wire *w, int64_t now_ns)
{
    if (w->peer[0] && now_ns - w->heard_ns > SILENT_NS)
        silent(w);
    if (!w->news && now_ns < w->beat_ns)
        return w->beat_ns;
    if (!say_who(w))
        return now_ns + RETRY_NS;
    w->news = false;
    w->beat_ns = now_ns + BEAT_NS;
    return w->beat_ns;
}

uint64_t syn_wire_hop_ns(uint32_t bytes, uint32_t baud)
{
    const uint32_t whole = bytes + SYN_TENSOR_TOKEN_SIZE;
    const uint32_t pieces = (whole + SYN_TRANSFER_PIECE_MAX - 1) / SYN_TRANSFER_PIECE_MAX;
    const uint64_t line = whole + SYN_TENSOR_CRC + (uint64_t)pieces * PIECE_OVERHEAD;
    return baud ? line * BITS_PER_BYTE * NS_PER_S / baud : 0;
}
