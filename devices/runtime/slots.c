/* SPDX-License-Identifier: MIT */
#include "devices/runtime/slots.h"

bool syn_slots_at(const struct syn_route *r, enum syn_stage stage)
{
    switch (stage) {
    case SYN_STAGE_HEAD:
        return r->has_head;
    case SYN_STAGE_BODY_IN:
        return r->has_body && r->body_from != SYN_RT_LOCAL;
    case SYN_STAGE_BODY_OUT:
        return r->has_body && r->body_to != SYN_RT_LOCAL;
    default:
        return r->has_tail;
    }
}

/* The smallest stage that has fewer slots than others; count = none. */
static unsigned smallest_with(const uint32_t *bytes, const uint8_t *slots, unsigned count,
                              unsigned has)
{
    unsigned best = count;
    for (unsigned i = 0; i < count; i++)
        if (slots[i] == has && (best == count || bytes[i] < bytes[best]))
            best = i;
    return best;
}

uint64_t syn_slots_share(const uint32_t *bytes, uint8_t *slots, unsigned count, uint64_t room)
{
    uint64_t used = 0;
    for (unsigned i = 0; i < count; i++) {
        used += bytes[i];
        slots[i] = 1;
    }
    for (unsigned has = 1; has < SYN_SLOTS_WANTED; has++)
        for (unsigned n = 0; n < count; n++) {
            const unsigned i = smallest_with(bytes, slots, count, has);
            if (i == count || used + bytes[i] > room)
                break;
            used += bytes[i];
            slots[i]++;
        }
    return used;
}
