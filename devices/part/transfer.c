/* SPDX-License-Identifier: MIT */
#include "devices/part/transfer.h"

#include <stddef.h>

#include "devices/part/maps.h"
#include "devices/part/padding.h"

#define LANES 4 /* processors that share an instance */

/* ---- where ------------------------------------------------------------------------------ */

void syn_transfer_output(const struct syn_layer *layer, const struct syn_route *route,
                         struct syn_tensor_place *place)
{
    const unsigned passes = syn_part_expand(layer->out.channels);
    const unsigned words = layer->output_width / 8u, step = route->write_gap + 1u;

    *place = (struct syn_tensor_place){
        .processors = layer->output_processors,
        .offset = route->out_offset,
        .pixel_words = (uint16_t)(words * (passes * step + route->pixel_gap)),
        .pass_words = (uint16_t)(words * step),
        .shape = layer->out,
        .width = layer->output_width,
    };
}

void syn_transfer_input(const struct syn_layer *layer, const struct syn_route *route, unsigned n,
                        struct syn_tensor_place *place)
{
    const unsigned operands = layer->eltwise == SYN_ELTWISE_NONE ? 1 : layer->input_count;
    const unsigned step = operands * (route->read_gap + 1u);

    *place = (struct syn_tensor_place){
        .processors = layer->processors,
        .offset = route->in_offset + 4 * n,
        .pixel_words =
            (uint16_t)(layer->input_chw ? 0 : syn_part_expand(layer->in.channels) * step),
        .pass_words = (uint16_t)step,
        .shape = layer->in,
        .width = 8,
        .chw = layer->input_chw,
    };
}

/* The processor with the `rank`-th channel of a pass. */
static unsigned processor_at(uint64_t map, unsigned rank)
{
    for (; rank > 0; rank--)
        map &= map - 1;
    return syn_map_first(map);
}

uint32_t syn_transfer_address(const struct syn_registers *regs,
                              const struct syn_tensor_place *place, unsigned channel,
                              uint32_t pixel)
{
    const unsigned each = syn_part_processors(place->shape.channels);
    const unsigned processor = processor_at(place->processors, channel % each);
    const unsigned lane = processor % LANES, pass = channel / each;
    const uint32_t base = syn_data_address(regs, processor / LANES) + place->offset;

    if (place->chw)
        return base + pixel;
    return base + 4 * (pixel * place->pixel_words + pass * place->pass_words) +
           (place->width == 8 ? lane : 4 * lane);
}

/* ---- instance by instance --------------------------------------------------------------- */

/* The channels that one instance has in one pass. */
struct lanes {
    unsigned count;     /* channels in this and all instances before, of one pass */
    int channel[LANES]; /* of the first pass; -1 where a lane has none */
    unsigned each, channels;
    uint32_t plane; /* values of a channel */
};

static struct lanes first_lanes(const struct syn_tensor_place *place)
{
    return (struct lanes){.each = syn_part_processors(place->shape.channels),
                          .channels = place->shape.channels,
                          .plane = (uint32_t)place->shape.height * place->shape.width};
}

static bool next_instance(const struct syn_tensor_place *place, unsigned instance,
                          struct lanes *lanes)
{
    bool some = false;

    for (unsigned i = 0; i < LANES; i++) {
        bool used = place->processors >> (LANES * instance + i) & 1;

        lanes->channel[i] = used ? (int)lanes->count++ : -1;
        some |= used;
    }
    return some;
}

/* Index of the value of a lane in the dense tensor; negative where there is none. */
static int64_t index_of(const struct lanes *lanes, unsigned lane, unsigned pass, uint32_t pixel)
{
    unsigned channel;

    if (lanes->channel[lane] < 0)
        return -1;
    channel = pass * lanes->each + (unsigned)lanes->channel[lane];
    return channel < lanes->channels ? (int64_t)channel * lanes->plane + pixel : -1;
}

/* ---- load ------------------------------------------------------------------------------- */

static void load_hwc(const struct syn_tensor_place *place, const struct lanes *lanes, uint32_t base,
                     const int8_t *values, const struct syn_sink *sink)
{
    const unsigned passes = syn_part_expand(place->shape.channels);

    for (uint32_t pixel = 0; pixel < lanes->plane; pixel++)
        for (unsigned pass = 0; pass < passes; pass++) {
            uint32_t word = 0;

            for (unsigned lane = 0; lane < LANES; lane++) {
                int64_t index = index_of(lanes, lane, pass, pixel);

                if (index >= 0)
                    word |= (uint32_t)(uint8_t)values[index] << 8 * lane;
            }
            sink->word(sink->user,
                       base + 4 * (pixel * place->pixel_words + pass * place->pass_words), word);
        }
}

static void load_chw(const struct lanes *lanes, uint32_t base, const int8_t *values,
                     const struct syn_sink *sink)
{
    const uint32_t pixels = lanes->plane;

    for (unsigned lane = 0; lane < LANES; lane++) {
        int64_t first = index_of(lanes, lane, 0, 0);

        for (uint32_t pixel = 0; first >= 0 && pixel < pixels; pixel += 4) {
            uint32_t word = 0;

            for (uint32_t i = 0; i < 4 && pixel + i < pixels; i++)
                word |= (uint32_t)(uint8_t)values[first + pixel + i] << 8 * i;
            sink->word(sink->user, base + pixel, word);
        }
    }
}

void syn_transfer_load(const struct syn_registers *regs, const struct syn_tensor_place *place,
                       const int8_t *values, const struct syn_sink *sink)
{
    struct lanes lanes = first_lanes(place);

    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++) {
        const uint32_t base = syn_data_address(regs, i) + place->offset;

        if (!next_instance(place, i, &lanes))
            continue;
        if (place->chw)
            load_chw(&lanes, base, values, sink);
        else
            load_hwc(place, &lanes, base, values, sink);
    }
}

static void clear(const struct syn_registers *regs, uint64_t processors, uint32_t offset,
                  uint32_t words, const struct syn_sink *sink)
{
    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        for (uint32_t k = 0; (processors >> LANES * i & 0xf) && k < words; k++)
            sink->word(sink->user, syn_data_address(regs, i) + offset + 4 * k, 0);
}

void syn_transfer_pad(const struct syn_program *program, const struct syn_sink *sink)
{
    const struct syn_chunk *c = program->chunk;
    const struct syn_registers *regs = syn_registers_of(program->part);

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);
        const uint32_t passes = syn_part_expand(l->in.channels);
        const uint32_t words = syn_padding_pixels(program->part, l) * passes;
        const uint32_t offset = program->routes[i - c->first].in_offset;

        if (words == 0)
            continue;
        clear(regs, l->processors, offset - 4 * words, words, sink);
        clear(regs, l->processors, offset + 4 * l->in.height * passes, words, sink);
    }
}

/* ---- unload ----------------------------------------------------------------------------- */

static void unload_narrow(const struct lanes *lanes, unsigned pass, uint32_t pixel,
                          uint32_t address, const struct syn_source *source, int8_t *values)
{
    uint32_t word = 0;
    bool read = false; /* the last pass may have no channel here, and its word no value */

    for (unsigned lane = 0; lane < LANES; lane++) {
        int64_t index = index_of(lanes, lane, pass, pixel);

        if (index < 0)
            continue;
        if (!read)
            word = source->word(source->user, address);
        read = true;
        values[index] = (int8_t)(word >> 8 * lane & 0xff);
    }
}

static void unload_wide(const struct lanes *lanes, unsigned pass, uint32_t pixel, uint32_t address,
                        const struct syn_source *source, int32_t *values)
{
    for (unsigned lane = 0; lane < LANES; lane++) {
        int64_t index = index_of(lanes, lane, pass, pixel);

        if (index >= 0)
            values[index] = (int32_t)source->word(source->user, address + 4 * lane);
    }
}

static void unload_chw(const struct lanes *lanes, uint32_t base, const struct syn_source *source,
                       int8_t *values)
{
    for (unsigned lane = 0; lane < LANES; lane++) {
        int64_t first = index_of(lanes, lane, 0, 0);
        uint32_t word = 0;

        for (uint32_t pixel = 0; first >= 0 && pixel < lanes->plane; pixel++) {
            if (pixel % 4 == 0)
                word = source->word(source->user, base + pixel);
            values[first + pixel] = (int8_t)(word >> 8 * (pixel % 4) & 0xff);
        }
    }
}

static void unload_hwc(const struct syn_tensor_place *place, const struct lanes *lanes,
                       uint32_t base, const struct syn_source *source, void *values)
{
    const unsigned passes = syn_part_expand(place->shape.channels);

    for (uint32_t pixel = 0; pixel < lanes->plane; pixel++)
        for (unsigned pass = 0; pass < passes; pass++) {
            uint32_t at = base + 4 * (pixel * place->pixel_words + pass * place->pass_words);

            if (place->width == 8)
                unload_narrow(lanes, pass, pixel, at, source, values);
            else
                unload_wide(lanes, pass, pixel, at, source, values);
        }
}

void syn_transfer_unload(const struct syn_registers *regs, const struct syn_tensor_place *place,
                         const struct syn_source *source, void *values)
{
    struct lanes lanes = first_lanes(place);

    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++) {
        const uint32_t base = syn_data_address(regs, i) + place->offset;

        if (!next_instance(place, i, &lanes))
            continue;
        if (place->chw)
            unload_chw(&lanes, base, source, values);
        else
            unload_hwc(place, &lanes, base, source, values);
    }
}
