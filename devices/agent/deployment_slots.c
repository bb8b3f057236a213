/* SPDX-License-Identifier: MIT */
/* Slots: the bounded buffers between the stages of a route. */
#include "devices/agent/deployment_parts.h"

#include <string.h>

enum { SLOTS_WANTED = 2 }; /* one is filled while the other is read */

/* A block of memory that is given out from its start. */
struct block {
    uint8_t *memory;
    uint64_t size, used;
};

static bool has_slots(const struct syn_route *r, enum syn_stage stage)
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

static uint32_t stage_bytes(const struct syn_deployed_pipe *p, enum syn_stage stage)
{
    if (stage == SYN_STAGE_HEAD)
        return p->route.has_head ? p->sense_bytes : 0;
    if (!syn_route_in_arena(&p->route, stage, syn_deployment_is_last(p)))
        return 0;
    if (stage == SYN_STAGE_BODY_IN)
        return syn_deployment_port_bytes(p->image.in, p->image.in_count);
    return syn_deployment_port_bytes(p->image.out, p->image.out_count);
}

static void set_counts(struct syn_deployed_pipe *p)
{
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++) {
        p->route.slots[s] = has_slots(&p->route, s) ? SLOTS_WANTED : 0;
        p->slot_bytes[s] = stage_bytes(p, s);
    }
}

static bool is_in(const struct syn_deployed_pipe *p, unsigned stage, bool sensor)
{
    return p->slot_bytes[stage] > 0 && (stage == SYN_STAGE_HEAD) == sensor;
}

/* Bytes of all slots in the sensor's buffer, or in the arena, at `slots` a stage. */
static uint64_t total(const struct syn_deployment *d, bool sensor, unsigned slots)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < d->pipeline_count; i++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            if (is_in(&d->pipes[i], s, sensor))
                bytes += (uint64_t)d->pipes[i].slot_bytes[s] * slots;
    return bytes;
}

static void lay_stage(struct syn_deployed_pipe *p, unsigned stage, struct block *block,
                      unsigned slots)
{
    p->route.slots[stage] = (uint8_t)slots;
    for (unsigned i = 0; i < slots; i++) {
        p->slots[stage][i] = block->memory + block->used;
        block->used += p->slot_bytes[stage];
    }
}

static int lay(struct syn_deployment *d, struct block *block, bool sensor, const char *words,
               struct syn_refusal *refusal)
{
    unsigned slots = SLOTS_WANTED;
    while (slots > 1 && total(d, sensor, slots) > block->size)
        slots--;
    uint64_t need = total(d, sensor, slots);
    if (need > block->size)
        return syn_refuse(refusal, SYN_EOOR, words, (uint64_t[]){need, block->size});
    for (unsigned i = 0; i < d->pipeline_count; i++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            if (is_in(&d->pipes[i], s, sensor))
                lay_stage(&d->pipes[i], s, block, slots);
    return 0;
}

int syn_deployment_slots(struct syn_deployment *deployment, const struct syn_timing *timing,
                         uint8_t *arena, uint8_t *sensor, size_t sensor_size,
                         struct syn_refusal *refusal)
{
    struct block in_sram = {arena, timing->arena_bytes, 0};
    struct block in_sensor = {sensor, sensor_size, 0};
    for (unsigned i = 0; i < deployment->pipeline_count; i++)
        set_counts(&deployment->pipes[i]);
    int rc = lay(deployment, &in_sram, false, "arena: needs % bytes for tensors that wait, % there",
                 refusal);
    if (rc == 0)
        rc = lay(deployment, &in_sensor, true, "sensor buffer: needs % bytes, % there", refusal);
    deployment->arena_used = (uint32_t)in_sram.used;
    return rc;
}
