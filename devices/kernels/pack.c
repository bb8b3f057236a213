/* SPDX-License-Identifier: MIT */
#include "devices/kernels/pack.h"

#include <string.h>

static uint32_t round_up(uint32_t count, uint32_t unit)
{
    return (count + unit - 1) / unit * unit;
}

uint64_t syn_order_weights_bytes(const struct syn_layer *layer)
{
    struct syn_walk w;

    if (layer->op == SYN_OP_PASSTHROUGH)
        return 0;
    if (layer->groups > 1)
        return (uint64_t)layer->kernel_h * layer->kernel_w * round_up(layer->out.channels, 16) *
               sizeof(int16_t);
    w = syn_walk_make(layer);
    return (uint64_t)round_up(layer->out.channels, 8) * w.runs * w.pairs * 2;
}

static int8_t unpacked(const uint8_t *packed, unsigned bits, uint32_t index)
{
    int8_t weight;

    packed += (size_t)index * bits / 8;
    index = index * bits % 8;
    weight = (int8_t)(*packed << (8 - bits - index));
    return (int8_t)(weight >> (8 - bits));
}

/*
 * One output's weights, `apart` bytes from pair to pair. In the file the taps of a channel follow
 * each other, in a run the channels of a tap do.
 */
static void pack_output(const struct syn_walk *w, const uint8_t *packed, uint32_t index, int8_t *to,
                        uint32_t apart)
{
    const struct syn_layer *l = w->layer;
    uint32_t channels = l->pooled.channels, taps = syn_layer_fan_in(l) / channels;

    for (uint32_t run = 0; run < w->runs; run++, to += w->pairs * apart)
        for (uint32_t i = 0; i < w->run; i++) {
            uint32_t tap = run * (w->run / channels) + i / channels;

            to[i / 2 * apart + i % 2] =
                unpacked(packed, l->weight_bits, index + i % channels * taps + tap);
        }
}

static void pack_depthwise(const struct syn_layer *l, const uint8_t *packed, int16_t *weights)
{
    uint32_t taps = (uint32_t)l->kernel_h * l->kernel_w, apart = round_up(l->out.channels, 16);

    for (uint32_t o = 0; o < l->out.channels; o++)
        for (uint32_t t = 0; t < taps; t++)
            weights[t * apart + o] = unpacked(packed, l->weight_bits, o * taps + t);
}

void syn_order_weights(const struct syn_layer *layer, const uint8_t *packed, void *weights)
{
    struct syn_walk w = syn_walk_make(layer);
    uint32_t outputs = layer->out.channels, fan_in = syn_layer_fan_in(layer);
    uint32_t padded = w.runs * w.pairs * 2;

    memset(weights, 0, (size_t)syn_order_weights_bytes(layer));
    if (layer->groups > 1) {
        pack_depthwise(layer, packed, weights);
        return;
    }
    for (uint32_t o = 0; o < outputs; o++) {
        uint32_t block = o / SYN_PACK_OUTPUTS * SYN_PACK_OUTPUTS;
        uint32_t wide = outputs - block > 8 ? SYN_PACK_OUTPUTS : 8;

        pack_output(&w, packed, o * fan_in,
                    (int8_t *)weights + (size_t)block * padded + (o - block) * 2, wide * 2);
    }
}
