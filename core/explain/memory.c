/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How full the devices are, and which chunk memory keeps where it is. */
#include "core/cost/fit.h"
#include "core/explain/parts.h"
#include "devices/part/demand.h"

#include <stdio.h>

/* The fullest of what simply adds up, for parts that know no processors. */
static void measure_pool(const struct syn_part *part, const struct syn_chunk *chunks,
                         unsigned count, struct syn_device_memory *m)
{
    struct syn_demand room, sum = {{0}};
    syn_demand_room(part, &room);
    for (unsigned c = 0; c < count; c++)
        for (unsigned l = chunks[c].first; l < chunks[c].last; l++) {
            struct syn_demand layer;
            syn_demand_layer(part, &chunks[c].layers[l], &layer);
            for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
                sum.of[r] += layer.of[r];
        }
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++) {
        if (!room.of[r] || room.of[r] == SYN_DEMAND_FREE || room.of[r] == part->layers_max ||
            sum.of[r] < m->of[SYN_MEMORY_WEIGHTS].used)
            continue;
        m->of[SYN_MEMORY_WEIGHTS].used = sum.of[r];
        m->of[SYN_MEMORY_WEIGHTS].have = room.of[r];
    }
}

static void measure_weights(const struct syn_explain_task *task, unsigned device,
                            const struct syn_residents *residents, struct syn_device_memory *m)
{
    const struct syn_part *part = task->problem->fleet->devices[device].profile.timing.part;
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_chunk chunks[SYN_PIPELINES_MAX];
    uint16_t used[SYN_PART_PROCESSORS], bias[SYN_PART_QUADRANTS];
    for (unsigned i = 0; i < residents->count; i++) {
        const struct syn_resident *r = &residents->list[i];
        const struct syn_model *model = task->problem->pipelines[r->pipeline].model;
        chunks[i] = (struct syn_chunk){.layers = model->layers,
                                       .first = r->first,
                                       .last = r->last,
                                       .layer_count = (uint16_t)model->layer_count};
        m->of[SYN_MEMORY_LAYERS].used += (uint32_t)(r->last - r->first);
    }
    m->of[SYN_MEMORY_LAYERS].have = part->layers_max;
    m->of[SYN_MEMORY_KERNELS].have = part->kernel_words;
    m->of[SYN_MEMORY_BIAS].have = part->bias_bytes;
    if (!part->kernel_words)
        measure_pool(part, chunks, residents->count, m);
    if (!part->kernel_words || !residents->count ||
        syn_fit_kernels(task->problem, device, residents, places, NULL))
        return;
    syn_place_usage(chunks, residents->count, places, used, bias);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if (bias[q] > m->of[SYN_MEMORY_BIAS].used)
            m->of[SYN_MEMORY_BIAS].used = bias[q];
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++) {
        const uint32_t have = p % 16 ? part->kernel_words : part->kernel_words_first;
        if ((uint64_t)used[p] * m->of[SYN_MEMORY_KERNELS].have <=
            (uint64_t)m->of[SYN_MEMORY_KERNELS].used * have)
            continue;
        m->of[SYN_MEMORY_KERNELS].used = used[p];
        m->of[SYN_MEMORY_KERNELS].have = have;
        m->processor = (uint16_t)p;
    }
}

static void measure_arena(const struct syn_explain_task *task, unsigned device,
                          const struct syn_residents *residents, struct syn_device_memory *m)
{
    m->of[SYN_MEMORY_ARENA].have = task->problem->fleet->devices[device].profile.timing.arena_bytes;
    for (unsigned i = 0; i < residents->count; i++) {
        const struct syn_resident *r = &residents->list[i];
        uint32_t bytes;
        if (!syn_fit_arena(task->problem->pipelines[r->pipeline].model,
                           &task->plan->pipelines[r->pipeline], r->index, &bytes))
            m->of[SYN_MEMORY_ARENA].used += bytes;
    }
}

static void find_fullest(struct syn_device_memory *m)
{
    double most = -1;
    for (unsigned i = 0; i < SYN_MEMORY_COUNT; i++) {
        const double share = m->of[i].have ? (double)m->of[i].used / m->of[i].have : 0;
        if (share <= most)
            continue;
        most = share;
        m->fullest = (enum syn_memory)i;
    }
}

static bool holds_any(const struct syn_execution_plan *e, unsigned device)
{
    for (unsigned k = 0; k < e->chunk_count; k++)
        if (e->chunks[k].device == device)
            return true;
    return false;
}

/* How long the chunk keeps its accelerator busy in a round. */
static uint64_t heaviness(const struct syn_explain_task *task, unsigned pipeline, unsigned device)
{
    uint64_t ns = 0;
    for (unsigned i = 0; i < task->works.count; i++)
        if (task->works.list[i].pipeline == pipeline &&
            syn_work_occupies(&task->works.list[i], device, SYN_UNIT_ACCEL))
            ns += task->works.list[i].ns;
    return ns;
}

/* Does chunk k of the pipeline fit on the device as well? SYN_EOOR with words where not. */
static int try_move(const struct syn_explain_task *task, unsigned pipeline, unsigned k,
                    unsigned device, struct syn_error *error)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents;
    struct syn_plan moved = *task->plan;
    moved.pipelines[pipeline].chunks[k].device = (uint8_t)device;
    syn_residents_of(&moved, device, &residents);
    return syn_fit_device(task->problem, &moved, device, &residents, places, error);
}

/* The heaviest chunk of what binds that could go to the device but for its memory. */
static void find_blocked(const struct syn_explain_task *task, unsigned device, uint32_t from,
                         struct syn_device_memory *m)
{
    uint64_t most = 0;
    for (unsigned p = 0; p < task->plan->pipeline_count; p++) {
        const struct syn_execution_plan *e = &task->plan->pipelines[p];
        if (!(task->problem->pipelines[p].hosts >> device & 1) || holds_any(e, device))
            continue;
        for (unsigned k = 0; k < e->chunk_count; k++) {
            struct syn_error why = {0};
            const uint64_t ns = heaviness(task, p, e->chunks[k].device);
            if (!(from >> e->chunks[k].device & 1) || ns <= most ||
                try_move(task, p, k, device, &why) != SYN_EOOR)
                continue;
            most = ns;
            m->pipeline = (uint8_t)p;
            m->chunk = (uint8_t)k;
            (void)snprintf(m->why, sizeof m->why, "%.255s", why.message);
        }
    }
}

int syn_explain_memory(struct syn_explain_task *task)
{
    const uint32_t binding = syn_binding_devices(&task->out->binding);
    task->out->device_count = task->problem->fleet->count;
    for (unsigned d = 0; d < task->problem->fleet->count; d++) {
        struct syn_device_memory *m = &task->out->memory[d];
        struct syn_residents residents;
        syn_residents_of(task->plan, d, &residents);
        measure_weights(task, d, &residents, m);
        measure_arena(task, d, &residents, m);
        find_fullest(m);
        find_blocked(task, d, binding & ~(1u << d), m);
    }
    return 0;
}
