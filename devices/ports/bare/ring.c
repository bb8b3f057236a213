/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/ring.h"

size_t syn_ring_read(struct syn_ring *ring, uint8_t *bytes, size_t size)
{
    size_t n = 0;
    for (; n < size && syn_ring_used(ring) > 0; n++)
        bytes[n] = syn_ring_take(ring);
    return n;
}

bool syn_ring_write(struct syn_ring *ring, const uint8_t *bytes, size_t size)
{
    uint32_t head = ring->head;
    if (size > ring->size - syn_ring_used(ring))
        return false;
    for (size_t i = 0; i < size; i++) {
        *syn_ring_at(ring, head) = bytes[i];
        head = syn_ring_behind(ring, head);
    }
    ring->head = head;
    return true;
}
