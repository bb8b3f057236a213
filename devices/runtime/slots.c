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

uint64_t syn_slots_share(const uint32_t *bytes, uint8_t *slots, unsigned count, uint64_t room)
{
    uint64_t once = 0;
    for (unsigned i = 0; i < count; i++)
        once += bytes[i];
    const unsigned each = once * SYN_SLOTS_WANTED <= room ? SYN_SLOTS_WANTED : 1;
    for (unsigned i = 0; i < count; i++)
        slots[i] = (uint8_t)each;
    return once * each;
}
