/* SPDX-License-Identifier: MIT */
/* What the parts have not got (PART.md 1). */
#include "devices/part/max7800x.h"

#include "devices/base/bits.h"

#include <stddef.h>

struct check {
    const struct syn_part *part;
    const struct syn_layer *layer;
};

static const char *check_kernel_2d(struct check c)
{
    const struct syn_layer *l = c.layer;

    if (l->kernel_h != l->kernel_w || (l->kernel_h != 1 && l->kernel_h != 3))
        return "conv2d kernels are 1x1 or 3x3";
    if (l->pad_h > 2 || l->pad_w > 2)
        return "padding is at most 2";
    if (l->dilation_h > 1 || l->dilation_w > 1)
        return "dilation of conv2d: no register for it is known";
    return NULL;
}

static const char *check_kernel_1d(struct check c)
{
    const struct syn_layer *l = c.layer;
    unsigned extent = (l->kernel_h - 1u) * l->dilation_h + 1;

    if (l->kernel_h > 9)
        return "conv1d kernels have at most 9 taps";
    if (l->pad_h > 2)
        return "padding is at most 2";
    if (l->dilation_h > c.part->rows_max)
        return "dilation of conv1d";
    if (extent > 9 && (l->kernel_h > 3 || l->pad_h > 0 || l->pool != SYN_POOL_NONE))
        return "conv1d with a large dilation has at most 3 taps, no padding and no pooling";
    return NULL;
}

static const char *check_transpose(struct check c)
{
    const struct syn_layer *l = c.layer;

    if (l->kernel_h != 3 || l->kernel_w != 3 || l->pad_h > 2 || l->pad_w > 2)
        return "convtranspose2d kernels are 3x3 with padding of at most 2";
    if (l->dilation_h > 1 || l->dilation_w > 1)
        return "dilation of convtranspose2d";
    return NULL;
}

static const char *check_linear(struct check c)
{
    const struct syn_layer *l = c.layer;
    uint32_t pixels = (uint32_t)l->pooled.height * l->pooled.width;

    if (!l->flatten)
        return NULL;
    if (pixels * syn_part_expand(l->pooled.channels) > 256)
        return "flattening of more than 256 pixels, passes counted";
    return l->pool != SYN_POOL_NONE ? "pooling in a layer that flattens" : NULL;
}

static const char *check_passthrough(struct check c)
{
    (void)c;
    return NULL;
}

static const char *check_pool(struct check c)
{
    const struct syn_layer *l = c.layer;

    if (l->pool_h > 16 || l->pool_w > 16 || l->pool_stride_h > 16 || l->pool_stride_w > 16)
        return "pooling size and stride are at most 16";
    if (l->pool_stride_h != l->pool_stride_w && l->in.width > 1 && l->in.height > 1)
        return "pooling stride that differs between rows and columns";
    if (l->pool_dilation_h > c.part->pool_dilation_max ||
        l->pool_dilation_w > c.part->pool_dilation_max)
        return "dilation of pooling";
    return NULL;
}

static const char *check_maps(struct check c)
{
    const struct syn_layer *l = c.layer;

    if (syn_bits_count(l->processors) != syn_part_processors(l->in.channels))
        return "processor map does not match the number of input channels";
    if (syn_bits_count(l->output_processors) != syn_part_processors(l->out.channels))
        return "output processor map does not match the number of output channels";
    return NULL;
}

static const char *check_features(struct check c)
{
    static const char *(*const by_op[SYN_OP_COUNT])(struct check) = {
        [SYN_OP_PASSTHROUGH] = check_passthrough,   [SYN_OP_CONV2D] = check_kernel_2d,
        [SYN_OP_CONV1D] = check_kernel_1d,          [SYN_OP_LINEAR] = check_linear,
        [SYN_OP_CONVTRANSPOSE2D] = check_transpose,
    };
    const char *what;

    if (c.layer->groups > 1 && !c.part->depthwise)
        return "depthwise convolution";
    if ((what = by_op[c.layer->op](c)) || (what = check_pool(c)))
        return what;
    return check_maps(c);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

int syn_max7800x_check_layer(const struct syn_part *part, const struct syn_layer *layer,
                             struct syn_misfit *misfit)
{
    uint32_t channels = larger(layer->in.channels, layer->out.channels);
    uint32_t side = larger(larger(layer->in.height, layer->in.width),
                           larger(layer->out.height, layer->out.width));
    uint32_t pixels = (uint32_t)layer->in.height * layer->in.width;
    const char *what = check_features((struct check){part, layer});

    if (channels > part->channels_max)
        return syn_part_refuse(misfit, SYN_LIMIT_CHANNELS, channels, part->channels_max, NULL);
    if (layer->has_bias && layer->out.channels > part->bias_channels_max)
        return syn_part_refuse(misfit, SYN_LIMIT_CHANNELS, layer->out.channels,
                               part->bias_channels_max, "output channels with bias");
    if (what || (what = syn_max7800x_refusal(part, layer)))
        return syn_part_refuse(misfit, SYN_LIMIT_FEATURE, 0, 0, what);
    if (layer->op != SYN_OP_CONV1D && side > part->rows_max)
        return syn_part_refuse(misfit, SYN_LIMIT_FEATURE, side, part->rows_max, "rows or columns");
    if (layer->input_chw && pixels > part->pixels_chw_max)
        return syn_part_refuse(misfit, SYN_LIMIT_FEATURE, pixels, part->pixels_chw_max,
                               "pixels a channel");
    if (!layer->input_chw && pixels > part->pixels_hwc_max)
        return syn_part_refuse(misfit, SYN_LIMIT_FEATURE, pixels, part->pixels_hwc_max,
                               "pixels a channel");
    return 0;
}
