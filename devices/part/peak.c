/* SPDX-License-Identifier: MIT */
/* Parts of which a peak and a bandwidth are known: time and weights; activations in peak_data.c. */
#include "devices/part/peak.h"

#include "devices/base/error.h"

#define PER_KCYCLE 1000u

enum { WEIGHTS, LAYERS, RESOURCES }; /* of struct syn_demand */

/* ---- time ------------------------------------------------------------------------------- */

static uint64_t divide_up(uint64_t amount, uint32_t by)
{
    return by ? (amount + by - 1) / by : 0;
}

static uint32_t rate_of(const struct syn_part *part, const struct syn_layer *l)
{
    return l->groups > 1 ? part->peak.depthwise_macs_per_kcycle : part->peak.macs_per_kcycle[l->op];
}

static uint64_t stored_bytes(const struct syn_part *part, const struct syn_layer *l)
{
    uint64_t bits =
        l->weight_bits < part->peak.weight_bits_min ? part->peak.weight_bits_min : l->weight_bits;

    return divide_up(syn_layer_weight_count(l) * bits, 8) + syn_layer_bias_bytes(l);
}

/* What the layer reads and writes, once. */
static uint64_t moved_bytes(const struct syn_layer *l)
{
    unsigned operands = l->eltwise == SYN_ELTWISE_NONE ? 1 : l->input_count;

    return (uint64_t)operands * syn_tensor_bytes(l->in, 8) +
           syn_tensor_bytes(l->out, l->output_width);
}

static uint64_t layer_cycles(const struct syn_part *part, const struct syn_layer *l)
{
    const struct syn_peak *peak = &part->peak;
    uint64_t macs = divide_up(syn_layer_macs(l) * PER_KCYCLE, rate_of(part, l));
    uint64_t bytes = divide_up(stored_bytes(part, l) * PER_KCYCLE, peak->weight_bytes_per_kcycle) +
                     divide_up(moved_bytes(l) * PER_KCYCLE, peak->data_bytes_per_kcycle);

    return (macs > bytes ? macs : bytes) + peak->layer_cycles;
}

static uint64_t chunk_cycles(const struct syn_part *part, const struct syn_chunk *chunk,
                             const struct syn_place *places, uint32_t hz)
{
    uint64_t cycles = 1;

    (void)places;
    (void)hz;
    for (unsigned i = chunk->first; i < chunk->last; i++)
        cycles += layer_cycles(part, syn_chunk_layer(chunk, i));
    return cycles;
}

/* ---- what it has not got ---------------------------------------------------------------- */

static int check_layer(const struct syn_part *part, const struct syn_layer *layer,
                       struct syn_misfit *misfit)
{
    static const char *const words[SYN_OP_COUNT] = {
        [SYN_OP_CONV2D] = "conv2d",
        [SYN_OP_CONV1D] = "conv1d",
        [SYN_OP_CONVTRANSPOSE2D] = "convtranspose2d",
        [SYN_OP_LINEAR] = "linear",
    };

    if (layer->op == SYN_OP_PASSTHROUGH || rate_of(part, layer) > 0)
        return 0;
    return syn_part_refuse(misfit, SYN_LIMIT_FEATURE, 0, 0,
                           layer->groups > 1 ? "depthwise convolution" : words[layer->op]);
}

/* ---- weights ---------------------------------------------------------------------------- */

static uint32_t clamp32(uint64_t bytes)
{
    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static int place_chunks(const struct syn_part *part, const struct syn_chunk *chunks, unsigned count,
                        struct syn_place *places, struct syn_misfit *misfit)
{
    uint64_t bytes = 0;

    if (syn_part_check_counts(part, chunks, count, misfit) < 0)
        return SYN_EOOR;
    for (unsigned c = 0; c < count; c++)
        for (unsigned i = chunks[c].first; i < chunks[c].last; i++) {
            bytes += stored_bytes(part, syn_chunk_layer(&chunks[c], i));
            *places++ = (struct syn_place){.bias_group = -1};
        }
    if (bytes > part->weight_bytes)
        return syn_part_refuse(misfit, SYN_LIMIT_WEIGHTS, clamp32(bytes), part->weight_bytes, NULL);
    return 0;
}

/* ---- sums ------------------------------------------------------------------------------- */

static void demand_layer(const struct syn_part *part, const struct syn_layer *layer,
                         struct syn_demand *demand)
{
    *demand = (struct syn_demand){{0}};
    demand->of[WEIGHTS] = clamp32(stored_bytes(part, layer));
    demand->of[LAYERS] = 1;
}

static void demand_room(const struct syn_part *part, struct syn_demand *room)
{
    room->of[WEIGHTS] = part->weight_bytes;
    room->of[LAYERS] = part->layers_max;
    for (unsigned r = RESOURCES; r < SYN_PART_RESOURCES; r++)
        room->of[r] = SYN_DEMAND_FREE;
}

static uint64_t demand_cycles(const struct syn_part *part, const struct syn_layer *layer,
                              uint32_t hz)
{
    (void)hz;
    return layer_cycles(part, layer);
}

static struct syn_part_room room(const struct syn_part *part)
{
    return (struct syn_part_room){.weight_bytes = part->weight_bytes,
                                  .bias_bytes = SYN_PART_FREE,
                                  .data_bytes = part->data_bytes,
                                  .layers = part->layers_max};
}

const struct syn_part_kind syn_part_kind_peak = {
    .check_layer = check_layer,
    .place_chunks = place_chunks,
    .place_data = syn_peak_place_data,
    .data_peak = syn_peak_data_peak,
    .cycles = chunk_cycles,
    .demand_layer = demand_layer,
    .demand_room = demand_room,
    .demand_cycles = demand_cycles,
    .room = room,
};
