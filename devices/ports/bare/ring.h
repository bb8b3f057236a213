/* SPDX-License-Identifier: MIT */
/* Bytes between the main loop and an interrupt: one side puts, the other takes. Caller-owned. */
#ifndef SYN_PORTS_BARE_RING_H
#define SYN_PORTS_BARE_RING_H

#include "devices/agent/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places that were put into and taken from, modulo twice the size, so that a full ring differs from
 * an empty one; one side writes each. */
struct syn_ring {
    volatile uint32_t head, tail;
    uint32_t size; /* of `bytes`; for a host at least SYN_RING_FRAME */
    uint8_t *bytes;
};

/* An empty ring over an array. */
#define SYN_RING(array)                                                                            \
    {                                                                                              \
        .size = sizeof(array), .bytes = (array)                                                    \
    }

/* The largest message as a console's frame (syn_frame_bound()): a link takes it whole or not. */
#define SYN_RING_GROUPS ((SYN_AGENT_MESSAGE_MAX + 6) / 3)
#define SYN_RING_FRAME  (SYN_RING_GROUPS * 4 + (SYN_RING_GROUPS + 30) / 31 * 3)

/* Inline everywhere: a board's interrupt may have to run while the flash cannot be read. */
#define SYN_RING_INLINE static inline __attribute__((always_inline))

SYN_RING_INLINE uint32_t syn_ring_used(const struct syn_ring *ring)
{
    const uint32_t head = ring->head, tail = ring->tail;
    return head >= tail ? head - tail : head + 2 * ring->size - tail;
}

SYN_RING_INLINE uint32_t syn_ring_behind(const struct syn_ring *ring, uint32_t place)
{
    return place + 1 == 2 * ring->size ? 0 : place + 1;
}

SYN_RING_INLINE uint8_t *syn_ring_at(struct syn_ring *ring, uint32_t place)
{
    return &ring->bytes[place < ring->size ? place : place - ring->size];
}

/* False where it is full: the byte is lost. */
SYN_RING_INLINE bool syn_ring_put(struct syn_ring *ring, uint8_t byte)
{
    const uint32_t head = ring->head;
    if (syn_ring_used(ring) == ring->size)
        return false;
    *syn_ring_at(ring, head) = byte;
    ring->head = syn_ring_behind(ring, head);
    return true;
}

/* There must be one. */
SYN_RING_INLINE uint8_t syn_ring_take(struct syn_ring *ring)
{
    const uint32_t tail = ring->tail;
    const uint8_t byte = *syn_ring_at(ring, tail);
    ring->tail = syn_ring_behind(ring, tail);
    return byte;
}

/* At most `size`; returns how many. */
size_t syn_ring_read(struct syn_ring *ring, uint8_t *bytes, size_t size);

/* All or none; they are seen by the other side at once. */
bool syn_ring_write(struct syn_ring *ring, const uint8_t *bytes, size_t size);

#endif
