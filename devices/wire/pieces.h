/* SPDX-License-Identifier: MIT */
/*
 * Messages on a link that keeps packets apart (BLE): without framing, checked by the link itself.
 *
 * A message leaves in one packet or, where packets are shorter (GATT: MTU - 3 bytes), in several;
 * none carries bytes of two. The receiver puts them together by the length in SMP's header, which
 * is all in the first packet of a message or in the first two. What cannot be the beginning of a
 * message, is longer than was announced, or pauses for longer than SYN_FRAME_GAP_NS is dropped and
 * counted, up to the next packet that can begin one. Memory is the caller's.
 */
#ifndef SYN_DEVICES_WIRE_PIECES_H
#define SYN_DEVICES_WIRE_PIECES_H

#include <stddef.h>
#include <stdint.h>

struct syn_pieces {
    void (*message)(void *ctx, const uint8_t *data, size_t size);
    void *ctx;
    uint8_t *buffer; /* of the caller: longest message */
    size_t buffer_size;
    uint32_t bad;  /* packets and messages dropped */
    uint32_t good; /* messages delivered */

    /* private */
    size_t length;
    int64_t last_ns;
};

void syn_pieces_init(struct syn_pieces *p, void (*message)(void *ctx, const uint8_t *, size_t),
                     void *ctx, void *buffer, size_t buffer_size);

/* Takes one packet that arrived at `now_ns` (any monotonic clock). */
void syn_pieces_feed(struct syn_pieces *p, const void *packet, size_t size, int64_t now_ns);

#endif
