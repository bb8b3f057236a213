/* SPDX-License-Identifier: MIT */
/* What a layer may want that the accelerator has no registers for. */
#include <stddef.h>

#include "devices/base/bits.h"
#include "devices/part/maps.h"
#include "devices/part/max7800x.h"
#include "devices/part/padding.h"

static unsigned operands(const struct syn_layer *l)
{
    return l->eltwise == SYN_ELTWISE_NONE ? 1 : l->input_count;
}

static bool is_pooled(const struct syn_layer *l)
{
    return l->pool_h > 1 || l->pool_w > 1;
}

static bool map_has_gaps(uint64_t map)
{
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        uint32_t m = syn_map_quadrant(map, q);

        while (m && !(m & 1))
            m >>= 1;
        if (m & (m + 1))
            return true;
    }
    return false;
}

/* A copy writes the channels of each quadrant packed, from a whole instance of that quadrant on. */
static const char *check_copy(uint64_t in, uint64_t out)
{
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        uint32_t from = syn_map_quadrant(in, q), to = syn_map_quadrant(out, q);

        if (syn_bits_count(from) != syn_bits_count(to))
            return "a copy that moves between quadrants";
        if (to && syn_map_first(to) % 4)
            return "a copy to processors that do not begin at a multiple of 4 in their quadrant";
    }
    return NULL;
}

static const char *check_maps(const struct syn_layer *l)
{
    const unsigned first = syn_map_first(l->processors);
    const unsigned start = syn_map_first(l->output_processors) % 4;

    if (map_has_gaps(l->output_processors))
        return "gaps between the output processors of a quadrant";
    if (l->op == SYN_OP_PASSTHROUGH)
        return check_copy(l->processors, l->output_processors);
    if (start > 0 && (l->out.channels > SYN_PART_PROCESSORS || l->weight_bits < 8 || l->flatten ||
                      l->groups > 1))
        return "output processors that do not begin at a multiple of 4";
    if (l->groups > 1 && l->processors != l->output_processors && first % 4 > 0 &&
        first / 16 < syn_map_last(l->processors) / 16)
        return "depthwise processors of several quadrants that do not begin at a multiple of 4";
    return NULL;
}

bool syn_max7800x_passes_as_rows(const struct syn_part *part, const struct syn_layer *layer)
{
    const unsigned passes = syn_part_expand(layer->in.channels), count = operands(layer);

    return !part->depthwise && count > 1 && passes > 1 && count * passes != count + passes;
}

static const char *check_eltwise(const struct syn_part *part, const struct syn_layer *l)
{
    if (operands(l) < 2)
        return NULL;
    if (l->op == SYN_OP_CONV1D)
        return "an element-wise operation before a conv1d";
    if (syn_max7800x_passes_as_rows(part, l) && (l->op != SYN_OP_PASSTHROUGH || is_pooled(l)))
        return "an element-wise operation of more than two passes or operands, with more to do";
    if (!l->pool_first && operands(l) > 2 && is_pooled(l))
        return "pooling after an element-wise operation of more than two operands";
    if (part->depthwise && l->in.channels > SYN_PART_PROCESSORS && l->has_bias)
        return "a multi-pass element-wise operation before a convolution with bias";
    return NULL;
}

/* A MAX78000 pools more than one pass only in front of a convolution, or down to one pixel. */
static bool pools_passes_alone(const struct syn_part *part, const struct syn_layer *l)
{
    return !part->depthwise && l->op == SYN_OP_PASSTHROUGH && is_pooled(l) &&
           l->in.channels > SYN_PART_PROCESSORS && (l->pooled.height > 1 || l->pooled.width > 1);
}

const char *syn_max7800x_refusal(const struct syn_part *part, const struct syn_layer *layer)
{
    const char *what = check_maps(layer);

    if (what || (what = check_eltwise(part, layer)))
        return what;
    if (layer->op == SYN_OP_PASSTHROUGH && layer->output_width != 8)
        return "32-bit output of a copy";
    if (layer->op == SYN_OP_CONVTRANSPOSE2D && layer->pool != SYN_POOL_NONE)
        return "pooling before a convtranspose2d";
    if (pools_passes_alone(part, layer))
        return "pooling of more than 64 channels without a convolution";
    if (syn_padding_pixels(part, layer) > 0 && !syn_padding_is_exact(layer))
        return "multi-pass conv1d with padding, of several inputs or a rest behind its pooling";
    return NULL;
}
