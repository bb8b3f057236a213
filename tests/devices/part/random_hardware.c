/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/random_hardware.h"

#include <stdlib.h>
#include <string.h>

#include "devices/base/hash.h"
#include "tests/devices/part/random_models.h"

#define MACS_MAX 2000000

static unsigned below(struct random_hardware *m, unsigned limit)
{
    return random_below(&m->seed, limit);
}

static bool one_in(struct random_hardware *m, unsigned n)
{
    return below(m, n) == 0;
}

static struct syn_shape shape_of(const struct random_hardware *m, unsigned id)
{
    return id == 0 ? m->input : m->layers[id - 1].out;
}

/* ---- processors ------------------------------------------------------------------------- */

/* As many processors as `channels` need, side by side, mostly from a multiple of 4 on. */
static uint64_t random_map(struct random_hardware *m, unsigned channels)
{
    unsigned count = syn_part_processors(channels), room = 64 - count;
    unsigned first = one_in(m, 2) ? 0 : below(m, room + 1);

    if (count == 64)
        return UINT64_MAX;
    if (channels > 64 || !one_in(m, 8))
        first &= ~3u;
    return ((UINT64_C(1) << count) - 1) << first;
}

static unsigned random_channels(struct random_hardware *m)
{
    static const unsigned usual[] = {1, 3, 4, 8, 16, 17, 32, 48, 60, 64, 65, 96, 100, 128, 200};

    return one_in(m, 3) ? 1 + below(m, 24) : usual[below(m, sizeof usual / sizeof *usual)];
}

/* ---- layers ----------------------------------------------------------------------------- */

/* Adds a layer; gives `map` to its output. False, and nothing added, where it cannot be. */
static bool add(struct random_hardware *m, struct syn_layer *l, uint64_t map)
{
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];
    unsigned parts = l->eltwise == SYN_ELTWISE_NONE ? l->input_count : 1;

    if (m->count == RANDOM_HARDWARE_MAX)
        return false;
    l->processors = 0;
    for (unsigned n = 0; n < parts; n++)
        l->processors |= m->maps[l->inputs[n]];
    l->output_processors = map;
    for (unsigned n = 0; n < l->input_count; n++)
        shapes[n] = shape_of(m, l->inputs[n]);
    if (syn_layer_resolve(l, shapes, NULL) < 0 || syn_layer_macs(l) > MACS_MAX)
        return false;
    m->layers[m->count++] = *l;
    m->maps[m->count] = map;
    return true;
}

static void random_pool(struct random_hardware *m, struct syn_layer *l)
{
    unsigned dilation = m->part->pool_dilation_max > 1 && one_in(m, 4) ? 2 : 1;

    l->pool = one_in(m, 2) ? SYN_POOL_MAX : SYN_POOL_AVG;
    l->pool_h = (uint8_t)(1 + below(m, 3));
    l->pool_w = (uint8_t)(m->line ? 1 : 1 + below(m, 3));
    if (l->pool_h == 2 && l->pool_w == 2)
        l->pool_dilation_h = l->pool_dilation_w = (uint8_t)dilation;
    l->pool_stride_h = (uint8_t)(1 + below(m, 3));
    l->pool_stride_w = m->line ? 1 : l->pool_stride_h;
}

static struct syn_layer layer_of(unsigned op, unsigned input)
{
    return (struct syn_layer){
        .op = (uint8_t)op, .pool_first = true, .input_count = 1, .inputs = {(uint16_t)input}};
}

static void random_numbers(struct random_hardware *m, struct syn_layer *l)
{
    static const uint8_t widths[] = {8, 8, 8, 1, 2, 4};

    l->weight_bits = widths[below(m, 6)];
    l->output_shift = (int8_t)((int)below(m, 10) - 6 - (8 - l->weight_bits));
    l->activation = (uint8_t)below(m, SYN_ACT_COUNT);
    l->has_bias = one_in(m, 2);
}

static void random_kernel(struct random_hardware *m, struct syn_layer *l)
{
    bool large = !one_in(m, 3);

    if (l->op == SYN_OP_CONV1D) {
        l->kernel_h = (uint8_t)(1 + below(m, 9));
        l->pad_h = (uint8_t)below(m, l->kernel_h < 3 ? l->kernel_h : 3);
        l->dilation_h = (uint16_t)(one_in(m, 3) ? 1 + below(m, 6) : 1);
        return;
    }
    l->kernel_h = l->kernel_w = large || l->op == SYN_OP_CONVTRANSPOSE2D ? 3 : 1;
    l->pad_h = l->pad_w = (uint8_t)(l->kernel_h == 3 ? below(m, 3) : 0);
    if (one_in(m, 6) && l->kernel_h == 3)
        l->pad_w = (uint8_t)below(m, 3);
}

/* A convolution of tensor `input` to `channels`. */
static struct syn_layer conv_of(struct random_hardware *m, unsigned input, unsigned channels)
{
    unsigned op = m->line ? SYN_OP_CONV1D : one_in(m, 6) ? SYN_OP_CONVTRANSPOSE2D : SYN_OP_CONV2D;
    struct syn_layer l = layer_of(op, input);

    l.out.channels = (uint16_t)channels;
    random_kernel(m, &l);
    random_numbers(m, &l);
    if (op != SYN_OP_CONVTRANSPOSE2D && one_in(m, 3))
        random_pool(m, &l);
    return l;
}

static bool add_conv(struct random_hardware *m)
{
    unsigned channels = random_channels(m);
    struct syn_layer l = conv_of(m, m->count, channels);

    return add(m, &l, random_map(m, channels));
}

static bool add_depthwise(struct random_hardware *m)
{
    unsigned channels = shape_of(m, m->count).channels;
    struct syn_layer l = conv_of(m, m->count, channels);

    if (!m->part->depthwise || l.op != SYN_OP_CONV2D)
        return false;
    l.groups = (uint16_t)channels;
    return add(m, &l, one_in(m, 2) ? m->maps[m->count] : random_map(m, channels));
}

/* A copy, perhaps pooled. */
static bool add_copy(struct random_hardware *m, unsigned input, bool pooled)
{
    struct syn_layer l = layer_of(SYN_OP_PASSTHROUGH, input);

    if (pooled)
        random_pool(m, &l);
    return add(m, &l, m->maps[input]);
}

static bool add_pool(struct random_hardware *m)
{
    return add_copy(m, m->count, true);
}

/* The sum (or another element-wise operation) of a copy and a convolution of the same tensor. */
static bool add_residual(struct random_hardware *m)
{
    unsigned input = m->count, channels = shape_of(m, input).channels;
    struct syn_layer l = conv_of(m, input, channels), sum;

    l.op = m->line ? SYN_OP_CONV1D : SYN_OP_CONV2D;
    l.kernel_h = 3;
    l.kernel_w = m->line ? 1 : 3;
    l.pad_h = 1;
    l.pad_w = m->line ? 0 : 1;
    l.dilation_h = l.pool = 0;
    l.pool_h = l.pool_w = l.pool_stride_h = l.pool_stride_w = 0;
    l.pool_dilation_h = l.pool_dilation_w = 0;
    if (!add_copy(m, input, false) || !add(m, &l, m->maps[input]))
        return false;
    sum = one_in(m, 2) || m->line ? layer_of(SYN_OP_PASSTHROUGH, m->count - 1)
                                  : conv_of(m, m->count - 1, random_channels(m));
    sum.eltwise = (uint8_t)(1 + below(m, SYN_ELTWISE_COUNT - 1));
    sum.inputs[sum.input_count++] = (uint16_t)m->count;
    sum.pool_first = !one_in(m, 4);
    return add(m, &sum,
               sum.op == SYN_OP_PASSTHROUGH ? m->maps[input] : random_map(m, sum.out.channels));
}

/* Two convolutions of the same tensor, side by side. */
static bool add_concat(struct random_hardware *m)
{
    unsigned input = m->count, a = 4 * (1 + below(m, 8)), b = 4 * (1 + below(m, 8));
    struct syn_layer l = conv_of(m, input, a), both;

    if (!add(m, &l, (UINT64_C(1) << a) - 1))
        return false;
    l.inputs[0] = (uint16_t)input;
    l.groups = 0;
    l.out.channels = (uint16_t)b;
    if (!add(m, &l, ((UINT64_C(1) << b) - 1) << a))
        return false;
    both = conv_of(m, input + 1, random_channels(m));
    both.inputs[both.input_count++] = (uint16_t)(input + 2);
    return add(m, &both, random_map(m, both.out.channels));
}

static bool add_flatten(struct random_hardware *m)
{
    struct syn_layer l = layer_of(SYN_OP_LINEAR, m->count);
    struct syn_shape in = shape_of(m, m->count);

    l.flatten = in.height * in.width > 1;
    l.out.channels = (uint16_t)random_channels(m);
    random_numbers(m, &l);
    return add(m, &l, random_map(m, l.out.channels));
}

static bool add_block(struct random_hardware *m)
{
    static bool (*const blocks[])(struct random_hardware *) = {
        add_conv, add_conv, add_conv, add_depthwise, add_pool, add_residual, add_concat};
    unsigned count = m->count;

    if (blocks[below(m, sizeof blocks / sizeof *blocks)](m))
        return true;
    m->count = count;
    return false;
}

/* ---- the whole -------------------------------------------------------------------------- */

static void fill(struct random_hardware *m, void *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)syn_splitmix64(&m->seed);
}

static void set_input(struct random_hardware *m)
{
    m->line = one_in(m, 4);
    m->input.channels = (uint16_t)random_channels(m);
    m->input.height = (uint16_t)(m->line ? 4 + below(m, 60) : 1 + below(m, 14));
    m->input.width = (uint16_t)(m->line ? 1 : 1 + below(m, 14));
    m->maps[0] = random_map(m, m->input.channels);
}

void random_hardware_make(struct random_hardware *m, const struct syn_part *part, uint64_t seed)
{
    unsigned wanted;

    *m = (struct random_hardware){.part = part, .seed = seed};
    set_input(m);
    wanted = 1 + below(m, 6);
    for (unsigned tries = 0; m->count < wanted && tries < 100; tries++)
        (void)add_block(m);
    if (m->count == 0 || one_in(m, 3))
        (void)add_flatten(m);
    for (unsigned i = 0; i < m->count; i++) {
        m->weights[i] = malloc(syn_layer_weight_bytes(&m->layers[i]) + 1);
        m->biases[i] = malloc(syn_layer_bias_bytes(&m->layers[i]) + 1);
        fill(m, m->weights[i], syn_layer_weight_bytes(&m->layers[i]));
        fill(m, m->biases[i], syn_layer_bias_bytes(&m->layers[i]));
    }
    if (m->count > 0 && m->layers[m->count - 1].op != SYN_OP_PASSTHROUGH &&
        m->layers[m->count - 1].activation == SYN_ACT_NONE)
        m->layers[m->count - 1].output_width = one_in(m, 2) ? 32 : 8;
    m->data = malloc(syn_tensor_bytes(m->input, 8));
    fill(m, m->data, syn_tensor_bytes(m->input, 8));
}

void random_hardware_free(struct random_hardware *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        free(m->weights[i]);
        free(m->biases[i]);
    }
    free(m->data);
}
