/* SPDX-License-Identifier: MIT */
/* Bytes between the main loop and an interrupt: one side puts, the other takes. Caller-owned,
 * starts all 0. */
#ifndef SYN_PORTS_BARE_RING_H
#define SYN_PORTS_BARE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SYN_RING_BYTES       /* a board may say less */
#define SYN_RING_BYTES 8192u /* a power of two */
#endif

/* `head` counts bytes that were put in, `tail` those taken out; one side writes each. */
struct syn_ring {
    volatile uint32_t head, tail;
    uint8_t bytes[SYN_RING_BYTES];
};

static inline uint32_t syn_ring_used(const struct syn_ring *ring)
{
    return ring->head - ring->tail;
}

/* False where it is full: the byte is lost. */
static inline bool syn_ring_put(struct syn_ring *ring, uint8_t byte)
{
    if (syn_ring_used(ring) == SYN_RING_BYTES)
        return false;
    ring->bytes[ring->head % SYN_RING_BYTES] = byte;
    ring->head++;
    return true;
}

/* There must be one. */
static inline uint8_t syn_ring_take(struct syn_ring *ring)
{
    uint8_t byte = ring->bytes[ring->tail % SYN_RING_BYTES];
    ring->tail++;
    return byte;
}

/* At most `size`; returns how many. */
size_t syn_ring_read(struct syn_ring *ring, uint8_t *bytes, size_t size);

/* All or none; they are seen by the other side at once. */
bool syn_ring_write(struct syn_ring *ring, const uint8_t *bytes, size_t size);

#endif
