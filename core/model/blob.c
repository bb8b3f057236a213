/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/model/read.h"

#include <stdlib.h>

uint64_t syn_model_blob_size(const struct syn_model *model)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < model->layer_count; i++)
        size += syn_layer_weight_bytes(&model->layers[i]) + syn_layer_bias_bytes(&model->layers[i]);
    return size;
}

void syn_model_split_blob(struct syn_model *model)
{
    const uint8_t *p = model->blob;
    for (unsigned i = 0; i < model->layer_count; i++) {
        const struct syn_layer *l = &model->layers[i];
        if (l->op == SYN_OP_PASSTHROUGH)
            continue;
        model->weights[i] = p;
        p += syn_layer_weight_bytes(l);
        if (l->has_bias)
            model->biases[i] = (const int8_t *)p;
        p += syn_layer_bias_bytes(l);
    }
}

/* Zero on average, so that a random network does not drive all its outputs to one end. */
static int8_t seeded_weight(uint64_t *state, unsigned bits)
{
    uint32_t n = (uint32_t)(syn_splitmix64(state) >> 32);
    if (bits == 1)
        return (int8_t) - (int)(n % 2);
    int most = bits == 8 ? 63 : (1 << (bits - 1)) - 1;
    return (int8_t)((int)(n % (unsigned)(2 * most + 1)) - most);
}

static void seed_layer(const struct syn_layer *l, uint64_t *state, int8_t *scratch, uint8_t *to)
{
    uint32_t count = syn_layer_weight_count(l);
    for (uint32_t i = 0; i < count; i++)
        scratch[i] = seeded_weight(state, l->weight_bits);
    syn_weights_pack(scratch, l->weight_bits, count, to);
    to += syn_layer_weight_bytes(l);
    for (uint32_t i = 0; i < syn_layer_bias_bytes(l); i++)
        to[i] = (uint8_t)((int)((uint32_t)(syn_splitmix64(state) >> 32) % 65) - 32);
}

static uint32_t largest_layer(const struct syn_model *model)
{
    uint32_t most = 0;
    for (unsigned i = 0; i < model->layer_count; i++) {
        uint32_t count = syn_layer_weight_count(&model->layers[i]);
        most = count > most ? count : most;
    }
    return most;
}

int syn_model_seed_blob(struct syn_model *model)
{
    uint64_t state = model->seed;
    model->blob_size = (size_t)syn_model_blob_size(model);
    model->blob = malloc(model->blob_size + 1);
    int8_t *scratch = malloc((size_t)largest_layer(model) + 1);
    if (!model->blob || !scratch) {
        free(scratch);
        return SYN_ENOMEM;
    }
    uint8_t *to = model->blob;
    for (unsigned i = 0; i < model->layer_count; i++) {
        const struct syn_layer *l = &model->layers[i];
        if (l->op != SYN_OP_PASSTHROUGH)
            seed_layer(l, &state, scratch, to);
        to += syn_layer_weight_bytes(l) + syn_layer_bias_bytes(l);
    }
    free(scratch);
    syn_sha256(model->blob, model->blob_size, model->weights_hash);
    return 0;
}
