/* SPDX-License-Identifier: MIT */
#include "devices/part/kernels.h"

#include <string.h>

static int8_t clamp8(int32_t v)
{
    return (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
}

/* ---- pooling ---------------------------------------------------------------------------- */

struct window {
    const int8_t *plane;
    unsigned width, y, x;
};

static int8_t window_max(const struct syn_layer *l, struct window w)
{
    int8_t best = INT8_MIN;

    for (unsigned i = 0; i < l->pool_h; i++) {
        const int8_t *row = w.plane + (size_t)(w.y + i * l->pool_dilation_h) * w.width + w.x;

        for (unsigned j = 0; j < l->pool_w; j++)
            if (row[j * l->pool_dilation_w] > best)
                best = row[j * l->pool_dilation_w];
    }
    return best;
}

static int8_t window_average(const struct syn_layer *l, struct window w)
{
    int32_t count = l->pool_h * l->pool_w, sum = 0;

    for (unsigned i = 0; i < l->pool_h; i++) {
        const int8_t *row = w.plane + (size_t)(w.y + i * l->pool_dilation_h) * w.width + w.x;

        for (unsigned j = 0; j < l->pool_w; j++)
            sum += row[j * l->pool_dilation_w];
    }
    if (l->pool_round)
        sum += sum < 0 ? -(count / 2) : count / 2;
    /* The caller's tensor is filled and a window has at least one element, which is not seen here.
     * NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    return clamp8(sum / count);
}

void syn_kernel_pool(const struct syn_layer *layer, const int8_t *in, int8_t *out)
{
    struct window w = {.plane = in, .width = layer->in.width};
    size_t plane = (size_t)layer->in.height * layer->in.width;

    for (unsigned c = 0; c < layer->in.channels; c++, w.plane += plane)
        for (unsigned y = 0; y < layer->pooled.height; y++)
            for (unsigned x = 0; x < layer->pooled.width; x++) {
                w.y = y * layer->pool_stride_h;
                w.x = x * layer->pool_stride_w;
                *out++ =
                    layer->pool == SYN_POOL_AVG ? window_average(layer, w) : window_max(layer, w);
            }
}

/* ---- element-wise ----------------------------------------------------------------------- */

static int32_t combine(unsigned op, int32_t a, int32_t b)
{
    switch (op) {
    case SYN_ELTWISE_ADD:
        return a + b;
    case SYN_ELTWISE_SUB:
        return a - b;
    case SYN_ELTWISE_XOR:
        return a ^ b;
    default:
        return a | b;
    }
}

static int32_t combine_all(const struct syn_layer *layer, const int8_t *const *operands, uint32_t i)
{
    int32_t value = operands[0][i];

    for (unsigned n = 1; n < layer->input_count; n++)
        value = combine(layer->eltwise, value, operands[n][i]);
    return value;
}

void syn_kernel_eltwise(const struct syn_layer *layer, const int8_t *const *operands,
                        uint32_t count, int8_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = clamp8(combine_all(layer, operands, i));
}

void syn_kernel_eltwise32(const struct syn_layer *layer, const int8_t *const *operands,
                          uint32_t count, int32_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = combine_all(layer, operands, i);
}

/* ---- the table -------------------------------------------------------------------------- */

const struct syn_kernels *syn_kernels_portable(void)
{
    static const struct syn_kernels portable = {
        .name = "portable",
        .weight_bytes = syn_kernel_weight_bytes,
        .prepare = syn_kernel_prepare,
        .scratch_bytes = syn_kernel_scratch_bytes,
        .conv = syn_kernel_conv,
        .pool = syn_kernel_pool,
        .eltwise = syn_kernel_eltwise,
        .eltwise32 = syn_kernel_eltwise32,
    };

    return &portable;
}
