/* SPDX-License-Identifier: MIT */
/* The MAX7800x: 64 processors with a weight memory each, exact cycles. */
#include "devices/part/max7800x.h"

#include "devices/part/columns.h"
#include "devices/part/cycles.h"
#include "devices/part/image.h"

#define BIAS   SYN_PART_PROCESSORS
#define LAYERS (SYN_PART_PROCESSORS + 1)

static void demand_layer(const struct syn_part *part, const struct syn_layer *layer,
                         struct syn_demand *demand)
{
    const uint32_t words = syn_columns_words(layer);
    (void)part;
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        demand->of[p] = layer->processors >> p & 1 ? words : 0;
    demand->of[BIAS] = syn_layer_bias_bytes(layer);
    demand->of[LAYERS] = 1;
}

static void demand_room(const struct syn_part *part, struct syn_demand *room)
{
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        room->of[p] = p % 16 ? part->kernel_words : part->kernel_words_first;
    room->of[BIAS] = (uint32_t)part->bias_bytes * SYN_PART_QUADRANTS;
    room->of[LAYERS] = part->layers_max;
}

static uint64_t demand_cycles(const struct syn_part *part, const struct syn_layer *layer,
                              uint32_t hz)
{
    uint64_t cycles = syn_cycles_layer(part, layer, 0);
    if (hz > part->max_unpipelined_hz)
        cycles += syn_cycles_pipeline(part, layer);
    return cycles;
}

static uint64_t chunk_cycles(const struct syn_part *part, const struct syn_chunk *chunk,
                             const struct syn_place *places, uint32_t hz)
{
    uint64_t cycles = 1;

    for (unsigned i = chunk->first; i < chunk->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(chunk, i);

        cycles += syn_cycles_layer(part, l, places[i - chunk->first].kernel_column);
        if (hz > part->max_unpipelined_hz)
            cycles += syn_cycles_pipeline(part, l);
    }
    return cycles;
}

static uint32_t tensor_end(uint32_t offset, struct syn_shape shape, unsigned width)
{
    uint32_t pixels = (uint32_t)shape.height * shape.width;

    if (offset == UINT32_MAX)
        return 0;
    return offset + pixels * syn_part_expand(shape.channels) * 4 * (width / 8);
}

static uint32_t data_peak(const struct syn_chunk *chunk, const uint32_t *offsets)
{
    uint32_t peak = 0;

    for (unsigned i = 0; chunk->image && i < chunk->image->in_count; i++) {
        const struct syn_port_tensor t = syn_image_in(chunk->image, i);
        uint32_t end = tensor_end(offsets[t.id], t.shape, t.width);

        peak = end > peak ? end : peak;
    }
    for (unsigned i = chunk->first; i < chunk->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(chunk, i);
        uint32_t end = tensor_end(offsets[i + 1], l->out, l->output_width);

        peak = end > peak ? end : peak;
    }
    return peak;
}

static struct syn_part_room room(const struct syn_part *part)
{
    return (struct syn_part_room){.weight_bytes = part->weight_bytes,
                                  .bias_bytes = (uint32_t)part->bias_bytes * SYN_PART_QUADRANTS,
                                  .data_bytes = part->data_bytes * SYN_PART_INSTANCES,
                                  .layers = part->layers_max};
}

const struct syn_part_kind syn_part_kind_max7800x = {
    .check_layer = syn_max7800x_check_layer,
    .place_chunks = syn_max7800x_place_chunks,
    .place_data = syn_max7800x_place_data,
    .data_peak = data_peak,
    .cycles = chunk_cycles,
    .demand_layer = demand_layer,
    .demand_room = demand_room,
    .demand_cycles = demand_cycles,
    .room = room,
};
