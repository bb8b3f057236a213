/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/random_models.h"

#include <stdlib.h>

#include "devices/base/hash.h"

unsigned random_below(uint64_t *seed, unsigned limit)
{
    return (unsigned)(syn_splitmix64(seed) >> 32) % limit;
}

struct syn_shape random_model_shape(const struct random_model *m, unsigned id)
{
    return id == 0 ? m->input : m->layers[id - 1].out;
}

static void random_conv(struct syn_layer *l, uint64_t *seed)
{
    static const uint8_t widths[] = {1, 2, 4, 8};

    l->kernel_h = (uint8_t)(1 + random_below(seed, 4));
    l->kernel_w = (uint8_t)(1 + random_below(seed, 4));
    l->pad_h = (uint8_t)random_below(seed, l->op == SYN_OP_CONVTRANSPOSE2D ? l->kernel_h : 3);
    l->pad_w = (uint8_t)random_below(seed, l->op == SYN_OP_CONVTRANSPOSE2D ? l->kernel_w : 3);
    l->dilation_h = (uint16_t)(1 + random_below(seed, 3));
    l->dilation_w = (uint16_t)(1 + random_below(seed, 3));
    l->weight_bits = widths[random_below(seed, 4)];
    l->output_shift = (int8_t)(random_below(seed, 16) - 8 - (8 - l->weight_bits));
    l->activation = (uint8_t)random_below(seed, SYN_ACT_COUNT);
    l->has_bias = random_below(seed, 2);
    l->out.channels = (uint16_t)(1 + random_below(seed, 40));
    if (l->op == SYN_OP_CONV1D)
        l->kernel_w = 1, l->pad_w = 0, l->dilation_w = 1;
    if (l->op == SYN_OP_LINEAR) {
        l->kernel_h = l->kernel_w = 1;
        l->pad_h = l->pad_w = 0;
        l->dilation_h = l->dilation_w = 1;
        l->flatten = true;
    }
}

static void random_pool(struct syn_layer *l, uint64_t *seed)
{
    l->pool = (uint8_t)(1 + random_below(seed, 2));
    l->pool_h = (uint8_t)(1 + random_below(seed, 3));
    l->pool_w = (uint8_t)(1 + random_below(seed, 3));
    l->pool_stride_h = (uint8_t)(1 + random_below(seed, 3));
    l->pool_stride_w = (uint8_t)(1 + random_below(seed, 3));
    l->pool_dilation_h = (uint8_t)(1 + random_below(seed, 2));
    l->pool_dilation_w = (uint8_t)(1 + random_below(seed, 2));
    l->pool_round = random_below(seed, 2);
}

/* Tensors that may stand beside the first input: same size, and same channels as operands. */
static void random_inputs(const struct random_model *m, struct syn_layer *l, uint64_t *seed)
{
    struct syn_shape first;

    l->inputs[0] = (uint16_t)(m->count - random_below(seed, m->count > 1 ? 2 : 1));
    l->input_count = 1;
    first = random_model_shape(m, l->inputs[0]);
    if (random_below(seed, 2))
        l->eltwise = (uint8_t)(1 + random_below(seed, SYN_ELTWISE_COUNT - 1));
    for (unsigned id = 0; id <= m->count && random_below(seed, 4); id++) {
        struct syn_shape s = random_model_shape(m, id);

        if (l->input_count < 5 && s.height == first.height && s.width == first.width &&
            (l->eltwise == SYN_ELTWISE_NONE || s.channels == first.channels))
            l->inputs[l->input_count++] = (uint16_t)id;
    }
    if (l->input_count == 1)
        l->eltwise = SYN_ELTWISE_NONE;
}

static void random_layer(const struct random_model *m, struct syn_layer *l, uint64_t *seed)
{
    *l = (struct syn_layer){.op = (uint8_t)random_below(seed, SYN_OP_COUNT)};
    l->pool_first = random_below(seed, 2);
    random_inputs(m, l, seed);
    if (random_below(seed, 3) == 0)
        random_pool(l, seed);
    if (l->op != SYN_OP_PASSTHROUGH)
        random_conv(l, seed);
}

static void depthwise_now_and_then(const struct random_model *m, struct syn_layer *l,
                                   uint64_t *seed)
{
    if (l->op != SYN_OP_CONV2D || l->input_count > 1 || random_below(seed, 4))
        return;
    l->groups = l->out.channels = random_model_shape(m, l->inputs[0]).channels;
}

static bool add_layer(struct random_model *m, uint64_t *seed)
{
    struct syn_layer *l = &m->layers[m->count];
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];

    random_layer(m, l, seed);
    depthwise_now_and_then(m, l, seed);
    for (unsigned n = 0; n < l->input_count; n++)
        shapes[n] = random_model_shape(m, l->inputs[n]);
    return syn_layer_resolve(l, shapes, NULL) == 0 && syn_layer_macs(l) < 1000000;
}

static void fill(uint8_t *bytes, uint32_t size, uint64_t *seed)
{
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)syn_splitmix64(seed);
}

void random_model_make(struct random_model *m, uint64_t *seed)
{
    unsigned wanted = 1 + random_below(seed, RANDOM_LAYERS_MAX);

    *m = (struct random_model){
        .input = {(uint16_t)(1 + random_below(seed, 20)), (uint16_t)(1 + random_below(seed, 20)),
                  (uint16_t)(random_below(seed, 3) ? 1 + random_below(seed, 20) : 1)}};
    while (m->count < wanted) {
        struct syn_layer *l = &m->layers[m->count];

        if (!add_layer(m, seed))
            continue;
        m->weights[m->count] = malloc(syn_layer_weight_bytes(l) + 1);
        m->biases[m->count] = malloc(syn_layer_bias_bytes(l) + 1);
        fill(m->weights[m->count], syn_layer_weight_bytes(l), seed);
        fill((uint8_t *)m->biases[m->count], syn_layer_bias_bytes(l), seed);
        m->count++;
    }
    if (m->layers[m->count - 1].activation == SYN_ACT_NONE &&
        m->layers[m->count - 1].op != SYN_OP_PASSTHROUGH)
        m->layers[m->count - 1].output_width = random_below(seed, 2) ? 8 : 32;
    m->data = malloc(syn_tensor_bytes(m->input, 8));
    fill((uint8_t *)m->data, syn_tensor_bytes(m->input, 8), seed);
}

void random_model_free(struct random_model *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        free(m->weights[i]);
        free(m->biases[i]);
    }
    free(m->data);
}
