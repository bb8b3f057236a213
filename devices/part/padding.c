/* SPDX-License-Identifier: MIT */
#include "devices/part/padding.h"

uint32_t syn_padding_pixels(const struct syn_part *part, const struct syn_layer *layer)
{
    if (!part->depthwise || layer->op != SYN_OP_CONV1D || syn_part_expand(layer->in.channels) == 1)
        return 0;
    return (uint32_t)layer->pad_h * layer->pool_stride_h;
}

bool syn_padding_is_exact(const struct syn_layer *layer)
{
    return layer->input_count == 1 && layer->pool_h <= layer->pool_stride_h &&
           layer->pool_dilation_h == 1 &&
           (uint32_t)layer->pooled.height * layer->pool_stride_h >= layer->in.height;
}
