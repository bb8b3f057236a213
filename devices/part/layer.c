/* SPDX-License-Identifier: MIT */
#include "devices/part/layer.h"

#include "devices/base/error.h"
#include "devices/part/geometry.h"

static int fail(const char **why, const char *text)
{
    if (why)
        *why = text;
    return SYN_EINVAL;
}

static void default_8(uint8_t *field, uint8_t value)
{
    if (*field == 0)
        *field = value;
}

static void default_16(uint16_t *field, uint16_t value)
{
    if (*field == 0)
        *field = value;
}

static void fill_defaults(struct syn_layer *layer)
{
    bool has_kernel = layer->op != SYN_OP_PASSTHROUGH && layer->op != SYN_OP_LINEAR;

    if (!has_kernel) {
        default_8(&layer->kernel_h, 1);
        default_8(&layer->kernel_w, 1);
    }
    if (layer->op == SYN_OP_CONV1D)
        default_8(&layer->kernel_w, 1);
    if (layer->op == SYN_OP_PASSTHROUGH)
        layer->weight_bits = 0;
    default_8(&layer->output_width, 8);
    default_8(&layer->pool_h, 1);
    default_8(&layer->pool_w, 1);
    default_8(&layer->pool_stride_h, 1);
    default_8(&layer->pool_stride_w, 1);
    default_8(&layer->pool_dilation_h, 1);
    default_8(&layer->pool_dilation_w, 1);
    default_16(&layer->dilation_h, 1);
    default_16(&layer->dilation_w, 1);
    default_16(&layer->groups, 1);
}

static const char *check_enums(const struct syn_layer *l)
{
    if (l->op >= SYN_OP_COUNT)
        return "unknown operation";
    if (l->eltwise >= SYN_ELTWISE_COUNT)
        return "unknown element-wise operation";
    if (l->pool >= SYN_POOL_COUNT)
        return "unknown pooling";
    if (l->activation >= SYN_ACT_COUNT)
        return "unknown activation";
    if (l->output_width != 8 && l->output_width != 32)
        return "output width is neither 8 nor 32";
    if (l->input_count == 0 || l->input_count > SYN_LAYER_INPUTS_MAX)
        return "a layer has 1 to 16 inputs";
    if (l->eltwise != SYN_ELTWISE_NONE && l->input_count < 2)
        return "an element-wise operation needs at least two inputs";
    if (l->pool == SYN_POOL_NONE &&
        (l->pool_h != 1 || l->pool_w != 1 || l->pool_stride_h != 1 || l->pool_stride_w != 1 ||
         l->pool_dilation_h != 1 || l->pool_dilation_w != 1))
        return "pooling size without pooling";
    return NULL;
}

static const char *check_passthrough(const struct syn_layer *l)
{
    if (l->has_bias || l->activation != SYN_ACT_NONE || l->output_shift != 0)
        return "a layer without convolution has no bias, shift or activation";
    if (l->kernel_h != 1 || l->kernel_w != 1 || l->pad_h || l->pad_w || l->flatten ||
        l->groups != 1 || l->dilation_h != 1 || l->dilation_w != 1)
        return "kernel, padding, dilation, groups or flattening without a convolution";
    if (l->output_width == 32 && l->eltwise == SYN_ELTWISE_NONE)
        return "32-bit output without a convolution needs an element-wise operation";
    if (l->output_width == 32 && l->pool != SYN_POOL_NONE && !l->pool_first)
        return "32-bit output cannot be pooled";
    return NULL;
}

static const char *check_convolution(const struct syn_layer *l)
{
    int shift = l->output_shift + 8 - l->weight_bits;

    if (l->weight_bits != 1 && l->weight_bits != 2 && l->weight_bits != 4 && l->weight_bits != 8)
        return "weights have 1, 2, 4 or 8 bits";
    if (shift < -15 || shift > 15)
        return "the total shift, output_shift + 8 - weight_bits, is not in -15..15";
    if (l->output_width == 32 && l->activation != SYN_ACT_NONE)
        return "32-bit output has no activation";
    if (l->kernel_h == 0 || l->kernel_w == 0)
        return "kernel size is missing";
    if (l->op == SYN_OP_CONV1D &&
        (l->kernel_w != 1 || l->pad_w || l->dilation_w != 1 || l->pool_w != 1 || l->in.width != 1))
        return "conv1d works on data of width 1 with kernel, padding and pooling along it";
    if (l->op == SYN_OP_LINEAR && (l->kernel_h != 1 || l->kernel_w != 1 || l->pad_h || l->pad_w ||
                                   l->dilation_h != 1 || l->dilation_w != 1 || l->groups != 1))
        return "linear has neither kernel size, padding, dilation nor groups";
    if (l->flatten && l->op != SYN_OP_LINEAR)
        return "only linear can flatten";
    if (l->out.channels == 0)
        return "number of output channels is missing";
    return NULL;
}

static int sum_channels(const struct syn_layer *l, const struct syn_shape *inputs,
                        struct syn_shape *in, const char **why)
{
    bool concat = l->eltwise == SYN_ELTWISE_NONE;
    uint32_t channels = inputs[0].channels;

    for (unsigned i = 1; i < l->input_count; i++) {
        if (inputs[i].height != inputs[0].height || inputs[i].width != inputs[0].width)
            return fail(why, "inputs differ in height or width");
        if (!concat && inputs[i].channels != inputs[0].channels)
            return fail(why, "operands of an element-wise operation differ in shape");
        if (concat)
            channels += inputs[i].channels;
    }
    *in = inputs[0];
    if (channels > UINT16_MAX)
        return fail(why, "too many channels");
    in->channels = (uint16_t)channels;
    if (in->channels == 0 || in->height == 0 || in->width == 0)
        return fail(why, "an input is empty");
    return 0;
}

static uint32_t pooled_size(uint32_t size, uint32_t pool, uint32_t stride, uint32_t dilation)
{
    uint32_t extent = (pool - 1) * dilation + 1;

    return size < extent ? 0 : (size - extent) / stride + 1;
}

/* 0 where the kernel is larger than the padded input. */
static uint32_t convolved_size(const struct syn_layer *l, uint32_t size, uint32_t kernel,
                               uint32_t pad, uint32_t dilation)
{
    uint32_t extent = (kernel - 1) * dilation + 1;
    uint32_t padded = size + 2 * pad;

    if (l->op == SYN_OP_CONVTRANSPOSE2D) {
        /* Twice the size, less one, and the output padding of one give 2 * size. */
        uint32_t full = 2 * size + extent - 1;

        return pad > extent - 1 || full <= 2 * pad ? 0 : full - 2 * pad;
    }
    return padded < extent ? 0 : padded - extent + 1;
}

static bool too_large(struct syn_shape s)
{
    return (uint64_t)s.channels * s.height * s.width > SYN_TENSOR_MAX;
}

static const char *resolve_output(struct syn_layer *l)
{
    uint32_t h = l->pooled.height, w = l->pooled.width;

    if (l->op == SYN_OP_PASSTHROUGH) {
        l->out = l->pooled;
        return NULL;
    }
    if (l->op == SYN_OP_LINEAR) {
        if (!l->flatten && (h != 1 || w != 1))
            return "linear without flatten needs an input of one pixel";
        h = w = 1;
    } else {
        h = convolved_size(l, h, l->kernel_h, l->pad_h, l->dilation_h);
        w = convolved_size(l, w, l->kernel_w, l->pad_w, l->dilation_w);
    }
    if (h == 0 || w == 0)
        return "kernel larger than the padded input";
    if (h > UINT16_MAX || w > UINT16_MAX)
        return "output is too large";
    l->out.height = (uint16_t)h;
    l->out.width = (uint16_t)w;
    if (l->groups != 1 && (l->groups != l->in.channels || l->groups != l->out.channels))
        return "groups must be 1 or the number of channels, in and out";
    return NULL;
}

static const char *check_sizes(const struct syn_layer *l)
{
    if (too_large(l->in) || too_large(l->out) ||
        (uint64_t)l->in.channels * l->in.height * l->in.width * l->input_count > SYN_TENSOR_MAX)
        return "tensor is too large";
    if (l->op == SYN_OP_PASSTHROUGH)
        return NULL;
    if ((uint64_t)l->pooled.channels * (l->flatten ? l->pooled.height * l->pooled.width : 1) *
            l->kernel_h * l->kernel_w / l->groups >
        SYN_FAN_IN_MAX)
        return "more than 65536 weights for one output";
    if ((uint64_t)syn_layer_fan_in(l) * l->out.channels > SYN_TENSOR_MAX)
        return "too many weights";
    return NULL;
}

int syn_layer_resolve(struct syn_layer *layer, const struct syn_shape *inputs, const char **why)
{
    const char *text;

    fill_defaults(layer);
    if ((text = check_enums(layer)))
        return fail(why, text);
    if (sum_channels(layer, inputs, &layer->in, why) < 0)
        return SYN_EINVAL;
    text = layer->op == SYN_OP_PASSTHROUGH ? check_passthrough(layer) : check_convolution(layer);
    if (text)
        return fail(why, text);
    layer->pooled.channels = layer->in.channels;
    layer->pooled.height = (uint16_t)pooled_size(layer->in.height, layer->pool_h,
                                                 layer->pool_stride_h, layer->pool_dilation_h);
    layer->pooled.width = (uint16_t)pooled_size(layer->in.width, layer->pool_w,
                                                layer->pool_stride_w, layer->pool_dilation_w);
    if (layer->pooled.height == 0 || layer->pooled.width == 0)
        return fail(why, "pooling larger than the input");
    if ((text = resolve_output(layer)) || (text = check_sizes(layer)))
        return fail(why, text);
    if (layer->processors == 0)
        layer->processors = syn_part_default_map(layer->in.channels);
    if (layer->output_processors == 0)
        layer->output_processors = syn_part_default_map(layer->out.channels);
    return 0;
}

uint32_t syn_layer_fan_in(const struct syn_layer *layer)
{
    uint32_t channels = layer->in.channels;

    if (layer->op == SYN_OP_PASSTHROUGH)
        return 0;
    if (layer->flatten)
        return channels * layer->pooled.height * layer->pooled.width;
    return channels / layer->groups * layer->kernel_h * layer->kernel_w;
}

uint32_t syn_layer_weight_count(const struct syn_layer *layer)
{
    return layer->out.channels * syn_layer_fan_in(layer);
}

uint32_t syn_layer_weight_bytes(const struct syn_layer *layer)
{
    return (uint32_t)(((uint64_t)syn_layer_weight_count(layer) * layer->weight_bits + 7) / 8);
}

uint32_t syn_layer_bias_bytes(const struct syn_layer *layer)
{
    return layer->has_bias ? layer->out.channels : 0;
}

uint64_t syn_layer_macs(const struct syn_layer *layer)
{
    return (uint64_t)syn_layer_weight_count(layer) * layer->out.height * layer->out.width;
}

uint32_t syn_tensor_bytes(struct syn_shape shape, unsigned width)
{
    return (uint32_t)shape.channels * shape.height * shape.width * (width / 8);
}

void syn_weights_unpack(const uint8_t *packed, unsigned bits, uint32_t count, int8_t *weights)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = i * bits;
        unsigned field = (unsigned)packed[bit / 8] >> bit % 8 << (8 - bits) & 0xff;

        weights[i] = (int8_t)((int8_t)field >> (8 - bits));
    }
}

void syn_weights_pack(const int8_t *weights, unsigned bits, uint32_t count, uint8_t *packed)
{
    unsigned mask = (1u << bits) - 1;

    for (uint32_t i = 0; i < (uint32_t)(((uint64_t)count * bits + 7) / 8); i++)
        packed[i] = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = i * bits;

        packed[bit / 8] |= (uint8_t)(((unsigned)weights[i] & mask) << bit % 8);
    }
}
