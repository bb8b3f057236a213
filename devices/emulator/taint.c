/* SPDX-License-Identifier: MIT */
/*
 * Inputs without a value (never written, or made of weights that were never loaded) make outputs
 * without one: rare, so this is slow and plain.
 */
#include "devices/emulator/internal.h"

#include <string.h>

static size_t elements(struct syn_shape shape)
{
    return (size_t)shape.channels * shape.height * shape.width;
}

/* Any operand, any byte under the pooling window: 1. */
static int pool_taint(struct syn_emulator *e, const struct plan *p)
{
    struct syn_layer any = p->layer;
    size_t in = elements(any.in), pooled = elements(any.pooled);
    uint8_t *all = e->taint.bytes;

    if (buffer_need(&e->taint_pooled, pooled))
        return SYN_ENOMEM;
    for (uint32_t operand = 1; operand < p->read.operands; operand++)
        for (size_t i = 0; i < in; i++)
            all[i] |= all[operand * in + i];
    any.pool = SYN_POOL_MAX;
    syn_kernel_pool(&any, e->taint.bytes, e->taint_pooled.bytes);
    return 0;
}

/* Whether output (y, x) of one plane needs an input that has no value. */
static uint8_t under_kernel(const struct plan *p, const uint8_t *plane, uint32_t y, uint32_t x)
{
    const struct syn_layer *l = &p->layer;
    uint32_t spacing = l->op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1;
    uint8_t any = 0;

    for (uint32_t i = 0; i < l->kernel_h; i++)
        for (uint32_t j = 0; j < l->kernel_w; j++) {
            uint32_t row = y + i - p->pad_h, column = x + j - p->pad_w;

            if (row % spacing || column % spacing ||
                (p->kind != PLAN_COPY && !p->taps[i * l->kernel_w + j]))
                continue;
            row /= spacing;
            column /= spacing;
            if (row < l->pooled.height && column < l->pooled.width)
                any |= plane[(size_t)row * l->pooled.width + column];
        }
    return any;
}

static void convolve(const struct plan *p, const uint8_t *plane, uint8_t *mask)
{
    for (uint32_t y = 0; y < p->layer.out.height; y++)
        for (uint32_t x = 0; x < p->layer.out.width; x++)
            *mask++ |= under_kernel(p, plane, y, x);
}

bool taint_at(const struct syn_emulator *e, const struct plan *plan, uint32_t channel,
              uint32_t pixel)
{
    const uint8_t *mask = e->taint_mask.bytes;
    size_t plane = (size_t)plan->layer.out.height * plan->layer.out.width;

    return mask[(plan->kind == PLAN_CONV ? 0 : channel * plane) + pixel];
}

int taint_spread(struct syn_emulator *e, const struct plan *plan, bool *all)
{
    const struct syn_layer *l = &plan->layer;
    size_t plane = (size_t)l->pooled.height * l->pooled.width;
    size_t out_plane = (size_t)l->out.height * l->out.width;
    size_t bytes = plan->kind == PLAN_CONV ? out_plane : out_plane * l->out.channels;
    uint8_t *pooled, *mask;

    if (pool_taint(e, plan) || buffer_need(&e->taint_mask, bytes))
        return SYN_ENOMEM;
    pooled = e->taint_pooled.bytes;
    mask = e->taint_mask.bytes;
    memset(mask, 0, bytes);
    if (plan->kind == PLAN_CONV) /* channels that nothing heeds were left out when gathering */
        for (uint32_t c = 1; c < l->pooled.channels; c++)
            for (size_t i = 0; i < plane; i++)
                pooled[i] |= pooled[c * plane + i];
    for (uint32_t c = 0; c < (plan->kind == PLAN_CONV ? 1u : l->pooled.channels); c++)
        convolve(plan, pooled + c * plane, mask + c * out_plane);
    *all = !memchr(mask, 0, bytes);
    return 0;
}
