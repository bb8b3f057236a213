/* SPDX-License-Identifier: MIT */
/* place.h and demand.h of whatever kind the part is, and what the kinds share. */
#include "devices/part/kind.h"

#include "devices/base/error.h"

int syn_part_refuse(struct syn_misfit *misfit, enum syn_limit limit, uint32_t need, uint32_t have,
                    const char *what)
{
    if (misfit)
        *misfit = (struct syn_misfit){.limit = limit, .need = need, .have = have, .what = what};
    return SYN_EOOR;
}

int syn_part_check_counts(const struct syn_part *part, const struct syn_chunk *chunks,
                          unsigned count, struct syn_misfit *misfit)
{
    const unsigned most =
        part->layers_max < SYN_PART_PLACEMENTS_MAX ? part->layers_max : SYN_PART_PLACEMENTS_MAX;
    unsigned total = 0;

    if (count > SYN_PART_CHUNKS_MAX)
        return syn_part_refuse(misfit, SYN_LIMIT_CHUNKS, count, SYN_PART_CHUNKS_MAX, NULL);
    for (unsigned c = 0; c < count; c++)
        total += (unsigned)(chunks[c].last - chunks[c].first);
    if (total > most)
        return syn_part_refuse(misfit, SYN_LIMIT_LAYERS, total, most, NULL);
    return 0;
}

int syn_place_check_layer(const struct syn_part *part, const struct syn_layer *layer,
                          struct syn_misfit *misfit)
{
    return part->kind->check_layer(part, layer, misfit);
}

int syn_place_chunks(const struct syn_part *part, const struct syn_chunk *chunks, unsigned count,
                     struct syn_place *places, struct syn_misfit *misfit)
{
    return part->kind->place_chunks(part, chunks, count, places, misfit);
}

int syn_place_data(const struct syn_part *part, const struct syn_chunk *chunk, uint32_t *offsets,
                   struct syn_misfit *misfit)
{
    return part->kind->place_data(part, chunk, offsets, misfit);
}

uint32_t syn_place_data_peak(const struct syn_part *part, const struct syn_chunk *chunk,
                             const uint32_t *offsets)
{
    return part->kind->data_peak(chunk, offsets);
}

uint64_t syn_place_cycles(const struct syn_part *part, const struct syn_chunk *chunk,
                          const struct syn_place *places, uint32_t hz)
{
    return part->kind->cycles(part, chunk, places, hz);
}

void syn_demand_layer(const struct syn_part *part, const struct syn_layer *layer,
                      struct syn_demand *demand)
{
    part->kind->demand_layer(part, layer, demand);
}

void syn_demand_room(const struct syn_part *part, struct syn_demand *room)
{
    part->kind->demand_room(part, room);
}

uint64_t syn_demand_cycles(const struct syn_part *part, const struct syn_layer *layer, uint32_t hz)
{
    return part->kind->demand_cycles(part, layer, hz);
}

struct syn_part_room syn_part_room(const struct syn_part *part)
{
    return part->kind->room(part);
}
