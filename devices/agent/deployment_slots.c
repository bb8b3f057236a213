/* SPDX-License-Identifier: MIT */
/* Slots: the bounded buffers between the stages of a route. */
#include "devices/agent/deployment_parts.h"
#include "devices/runtime/slots.h"

#include <string.h>

/* A block of memory that is given out from its start. */
struct block {
    uint8_t *memory;
    uint64_t size, used;
};

static uint32_t stage_bytes(const struct syn_deployed_pipe *p, enum syn_stage stage)
{
    if (stage == SYN_STAGE_HEAD)
        return p->route.has_head ? p->sense_bytes : 0;
    if (!syn_route_in_arena(&p->route, stage, syn_deployment_is_last(p)))
        return 0;
    if (stage == SYN_STAGE_BODY_IN)
        return syn_image_in_bytes(&p->image);
    return syn_image_out_bytes(&p->image);
}

static void set_counts(struct syn_deployed_pipe *p)
{
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++) {
        p->route.slots[s] = syn_slots_at(&p->route, s) ? SYN_SLOTS_WANTED : 0;
        p->slot_bytes[s] = stage_bytes(p, s);
    }
}

static bool is_in(const struct syn_deployed_pipe *p, unsigned stage, bool sensor)
{
    return p->slot_bytes[stage] > 0 && (stage == SYN_STAGE_HEAD) == sensor;
}

static void lay_stage(struct syn_deployed_pipe *p, unsigned stage, struct block *block)
{
    p->slots[stage] = block->memory + block->used;
    block->used += (uint64_t)p->slot_bytes[stage] * p->route.slots[stage];
}

/* The stages whose slots lie in a block. */
struct sharers {
    unsigned count;
    uint32_t bytes[SYN_RT_PIPELINES_MAX * SYN_STAGE_COUNT];
    uint8_t slots[SYN_RT_PIPELINES_MAX * SYN_STAGE_COUNT];
    uint8_t pipe[SYN_RT_PIPELINES_MAX * SYN_STAGE_COUNT];
    uint8_t stage[SYN_RT_PIPELINES_MAX * SYN_STAGE_COUNT];
};

static void find_sharers(const struct syn_deployment *d, bool sensor, struct sharers *sharers)
{
    sharers->count = 0;
    for (unsigned i = 0; i < d->pipeline_count; i++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            if (is_in(&d->pipes[i], s, sensor)) {
                sharers->bytes[sharers->count] = d->pipes[i].slot_bytes[s];
                sharers->pipe[sharers->count] = (uint8_t)i;
                sharers->stage[sharers->count++] = (uint8_t)s;
            }
}

static int lay(struct syn_deployment *d, struct block *block, bool sensor, const char *words,
               struct syn_refusal *refusal)
{
    struct sharers sharers;
    find_sharers(d, sensor, &sharers);
    uint64_t need = syn_slots_share(sharers.bytes, sharers.slots, sharers.count, block->size);
    if (need > block->size)
        return syn_refuse(refusal, SYN_EOOR, words, (uint64_t[]){need, block->size});
    for (unsigned i = 0; i < sharers.count; i++) {
        struct syn_deployed_pipe *p = &d->pipes[sharers.pipe[i]];
        p->route.slots[sharers.stage[i]] = sharers.slots[i];
        lay_stage(p, sharers.stage[i], block);
    }
    return 0;
}

/* The runtime keeps fewer slots than the largest deployment could want: some stages have one. */
static void trim(struct syn_deployment *d)
{
    unsigned total = 0;
    for (unsigned i = 0; i < d->pipeline_count; i++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            total += d->pipes[i].route.slots[s];
    for (unsigned i = d->pipeline_count; i-- > 0;)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++) {
            uint8_t *slots = &d->pipes[i].route.slots[s];
            for (; total > SYN_RT_SLOTS_TOTAL && *slots > 1; total--)
                --*slots;
        }
}

_Static_assert(SYN_RT_SLOTS_TOTAL >= SYN_RT_PIPELINES_MAX * SYN_STAGE_COUNT,
               "one slot for each stage");

int syn_deployment_slots(struct syn_deployment *deployment, const struct syn_timing *timing,
                         const struct syn_deployment_memory *memory, struct syn_refusal *refusal)
{
    struct block in_sram = {memory->arena, timing->arena_bytes, 0};
    struct block in_sensor = {memory->sensor, memory->sensor_size, 0};
    for (unsigned i = 0; i < deployment->pipeline_count; i++)
        set_counts(&deployment->pipes[i]);
    int rc = lay(deployment, &in_sram, false, "arena: needs % bytes for tensors that wait, % there",
                 refusal);
    if (rc == 0)
        rc = lay(deployment, &in_sensor, true, "sensor buffer: needs % bytes, % there", refusal);
    trim(deployment);
    deployment->arena_used = (uint32_t)in_sram.used;
    return rc;
}
