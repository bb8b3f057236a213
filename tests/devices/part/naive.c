/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/naive.h"

#include <stdlib.h>

struct tensor {
    struct syn_shape shape;
    int64_t *values;
};

static struct tensor make(struct syn_shape shape)
{
    return (struct tensor){shape, calloc(syn_tensor_bytes(shape, 8), sizeof(int64_t))};
}

static int64_t *at(const struct tensor *t, unsigned c, unsigned y, unsigned x)
{
    return &t->values[((size_t)c * t->shape.height + y) * t->shape.width + x];
}

/* Zero outside. */
static int64_t get(const struct tensor *t, unsigned c, int64_t y, int64_t x)
{
    if (y < 0 || x < 0 || y >= t->shape.height || x >= t->shape.width)
        return 0;
    return *at(t, c, (unsigned)y, (unsigned)x);
}

static int64_t clamp(int64_t v)
{
    return v < -128 ? -128 : v > 127 ? 127 : v;
}

static struct tensor combined(const struct syn_layer *l, const struct tensor *operands)
{
    struct tensor out = make(operands[0].shape);
    size_t count = syn_tensor_bytes(out.shape, 8);

    for (size_t i = 0; i < count; i++) {
        int64_t v = operands[0].values[i];

        for (unsigned n = 1; n < l->input_count; n++) {
            int64_t w = operands[n].values[i];

            v = l->eltwise == SYN_ELTWISE_ADD   ? v + w
                : l->eltwise == SYN_ELTWISE_SUB ? v - w
                : l->eltwise == SYN_ELTWISE_XOR ? (v ^ w)
                                                : (v | w);
        }
        out.values[i] = clamp(v);
    }
    return out;
}

static int64_t pooled_value(const struct syn_layer *l, const struct tensor *in, unsigned c,
                            unsigned y, unsigned x)
{
    int64_t sum = 0, best = -128, count = (int64_t)l->pool_h * l->pool_w;

    for (unsigned i = 0; i < l->pool_h; i++)
        for (unsigned j = 0; j < l->pool_w; j++) {
            int64_t v = get(in, c, y * l->pool_stride_h + i * l->pool_dilation_h,
                            x * l->pool_stride_w + j * l->pool_dilation_w);

            sum += v;
            best = v > best ? v : best;
        }
    if (l->pool == SYN_POOL_MAX)
        return best;
    if (!l->pool_round)
        return sum / count;
    return sum < 0 ? -((-2 * sum + count) / (2 * count)) : (2 * sum + count) / (2 * count);
}

static struct tensor pooled(const struct syn_layer *l, const struct tensor *in)
{
    struct syn_shape shape = l->pooled;
    struct tensor out;

    shape.channels = in->shape.channels;
    out = make(shape);
    for (unsigned c = 0; c < shape.channels; c++)
        for (unsigned y = 0; y < shape.height; y++)
            for (unsigned x = 0; x < shape.width; x++)
                *at(&out, c, y, x) = pooled_value(l, in, c, y, x);
    return out;
}

/* Rows and columns of zeros between those of the input: twice the size less one. */
static struct tensor spread(const struct tensor *in)
{
    struct syn_shape s = {in->shape.channels, (uint16_t)(2 * in->shape.height - 1),
                          (uint16_t)(2 * in->shape.width - 1)};
    struct tensor out = make(s);

    for (unsigned c = 0; c < s.channels; c++)
        for (unsigned y = 0; y < in->shape.height; y++)
            for (unsigned x = 0; x < in->shape.width; x++)
                *at(&out, c, 2 * y, 2 * x) = get(in, c, y, x);
    return out;
}

static int64_t finish(const struct syn_layer *l, int64_t sum)
{
    int s = l->output_shift + 8 - l->weight_bits;
    int64_t v;

    if (l->output_width == 32)
        return sum;
    v = s < 7 ? (sum + (INT64_C(1) << (6 - s))) >> (7 - s) : sum * (INT64_C(1) << (s - 7));
    v = clamp(v);
    if (l->activation == SYN_ACT_RELU)
        return v < 0 ? 0 : v;
    if (l->activation == SYN_ACT_ABS)
        return v < 0 ? clamp(-v) : v;
    return v;
}

static struct tensor convolved(const struct syn_layer *l, const struct tensor *in,
                               const int8_t *weights, const int8_t *biases)
{
    unsigned depth = in->shape.channels / l->groups;
    int64_t pad_h = l->pad_h, pad_w = l->pad_w;
    struct tensor out = make(l->out);

    if (l->op == SYN_OP_CONVTRANSPOSE2D) {
        pad_h = l->dilation_h * (l->kernel_h - 1) - pad_h;
        pad_w = l->dilation_w * (l->kernel_w - 1) - pad_w;
    }
    for (unsigned o = 0; o < l->out.channels; o++)
        for (unsigned y = 0; y < l->out.height; y++)
            for (unsigned x = 0; x < l->out.width; x++) {
                int64_t sum = l->has_bias ? 128 * biases[o] : 0;
                const int8_t *w = weights + (size_t)o * depth * l->kernel_h * l->kernel_w;

                for (unsigned c = 0; c < depth; c++)
                    for (unsigned i = 0; i < l->kernel_h; i++)
                        for (unsigned j = 0; j < l->kernel_w; j++)
                            sum +=
                                *w++ * get(in, l->groups > 1 ? o : c, y + i * l->dilation_h - pad_h,
                                           x + j * l->dilation_w - pad_w);
                *at(&out, o, y, x) = finish(l, sum);
            }
    return out;
}

static struct tensor joined(const struct syn_layer *l, const struct tensor *operands)
{
    struct tensor out = make(l->in);
    int64_t *to = out.values;

    for (unsigned n = 0; n < l->input_count; n++)
        for (uint32_t i = 0; i < syn_tensor_bytes(operands[n].shape, 8); i++)
            *to++ = operands[n].values[i];
    return out;
}

static void replace(struct tensor *t, struct tensor by, bool owned)
{
    if (owned)
        free(t->values);
    *t = by;
}

static struct tensor before_convolution(const struct syn_layer *l, const struct tensor *operands)
{
    struct tensor parts[SYN_LAYER_INPUTS_MAX], out;

    if (l->eltwise == SYN_ELTWISE_NONE) {
        out = joined(l, operands);
        if (l->pool)
            replace(&out, pooled(l, &out), true);
        return out;
    }
    if (!l->pool_first) {
        out = combined(l, operands);
        if (l->pool)
            replace(&out, pooled(l, &out), true);
        return out;
    }
    for (unsigned n = 0; n < l->input_count; n++)
        parts[n] = l->pool ? pooled(l, &operands[n]) : operands[n];
    out = combined(l, parts);
    for (unsigned n = 0; l->pool && n < l->input_count; n++)
        free(parts[n].values);
    return out;
}

static struct tensor run_layer(const struct random_model *m, unsigned index,
                               const struct tensor *operands)
{
    const struct syn_layer *l = &m->layers[index];
    struct tensor in = before_convolution(l, operands), out;
    uint32_t count = syn_layer_weight_count(l);
    int8_t *weights;

    if (l->op == SYN_OP_PASSTHROUGH)
        return in;
    if (l->flatten)
        in.shape = (struct syn_shape){(uint16_t)syn_tensor_bytes(in.shape, 8), 1, 1};
    if (l->op == SYN_OP_CONVTRANSPOSE2D)
        replace(&in, spread(&in), true);
    weights = malloc(count);
    syn_weights_unpack(m->weights[index], l->weight_bits, count, weights);
    out = convolved(l, &in, weights, m->biases[index]);
    free(weights);
    free(in.values);
    return out;
}

int64_t *naive_run(const struct random_model *m)
{
    struct tensor tensors[RANDOM_LAYERS_MAX + 1], operands[SYN_LAYER_INPUTS_MAX];

    tensors[0] = make(m->input);
    for (uint32_t i = 0; i < syn_tensor_bytes(m->input, 8); i++)
        tensors[0].values[i] = m->data[i];
    for (unsigned i = 0; i < m->count; i++) {
        for (unsigned n = 0; n < m->layers[i].input_count; n++)
            operands[n] = tensors[m->layers[i].inputs[n]];
        tensors[i + 1] = run_layer(m, i, operands);
    }
    for (unsigned i = 0; i < m->count; i++)
        free(tensors[i].values);
    return tensors[m->count].values;
}
