/* SPDX-License-Identifier: MIT */
#include "devices/part/demand.h"

#include "devices/part/columns.h"
#include "devices/part/cycles.h"

#define BIAS   SYN_PART_PROCESSORS
#define LAYERS (SYN_PART_PROCESSORS + 1)

void syn_demand_layer(const struct syn_part *part, const struct syn_layer *layer,
                      struct syn_demand *demand)
{
    const uint32_t words = syn_columns_words(layer);
    (void)part;
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        demand->of[p] = layer->processors >> p & 1 ? words : 0;
    demand->of[BIAS] = syn_layer_bias_bytes(layer);
    demand->of[LAYERS] = 1;
}

void syn_demand_room(const struct syn_part *part, struct syn_demand *room)
{
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        room->of[p] = p % 16 ? part->kernel_words : part->kernel_words_first;
    room->of[BIAS] = (uint32_t)part->bias_bytes * SYN_PART_QUADRANTS;
    room->of[LAYERS] = part->layers_max;
}

uint64_t syn_demand_cycles(const struct syn_part *part, const struct syn_layer *layer, uint32_t hz)
{
    uint64_t cycles = syn_cycles_layer(part, layer, 0);
    if (hz > part->max_unpipelined_hz)
        cycles += syn_cycles_pipeline(part, layer);
    return cycles;
}
