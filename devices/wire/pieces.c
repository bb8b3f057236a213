/* SPDX-License-Identifier: MIT */
#include "devices/wire/pieces.h"

#include "devices/wire/frame.h"
#include "devices/wire/smp.h"

#include <stdbool.h>
#include <string.h>

void syn_pieces_init(struct syn_pieces *p, void (*message)(void *ctx, const uint8_t *, size_t),
                     void *ctx, void *buffer, size_t buffer_size)
{
    *p = (struct syn_pieces){
        .message = message, .ctx = ctx, .buffer = buffer, .buffer_size = buffer_size};
}

static void give_up(struct syn_pieces *p)
{
    p->length = 0;
    p->bad++;
}

/* Bytes of the whole message; 0 before its header is here. */
static size_t expected(const struct syn_pieces *p)
{
    return p->length < SYN_SMP_HEADER ? 0
                                      : SYN_SMP_HEADER + (size_t)(p->buffer[2] << 8 | p->buffer[3]);
}

/* Bits 5 to 7 of the first byte are zero, and so are the flags and the highest bit of op. */
static bool may_begin(const uint8_t *packet, size_t size)
{
    return size > 0 && (packet[0] & 0xe4) == 0;
}

void syn_pieces_feed(struct syn_pieces *p, const void *packet, size_t size, int64_t now_ns)
{
    if (p->length > 0 && now_ns - p->last_ns > SYN_FRAME_GAP_NS)
        give_up(p);
    if ((p->length == 0 && !may_begin(packet, size)) || size > p->buffer_size - p->length) {
        give_up(p);
        return;
    }
    memcpy(p->buffer + p->length, packet, size);
    p->length += size;
    p->last_ns = now_ns;
    size_t whole = expected(p);
    if (whole == 0 || p->length < whole)
        return;
    if (p->length > whole) {
        give_up(p);
        return;
    }
    p->length = 0;
    p->good++;
    p->message(p->ctx, p->buffer, whole);
}
