/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weights and biases out of their memories. Kernel n of a processor lies at bit address
 * first + n bits; a byte of that address stands for `taps` bytes of memory, one a tap, the last tap
 * first; words of the memory are filled from their last byte down.
 */
#include "core/import/program/recover.h"

#include <stdlib.h>
#include <string.h>

#include "core/model/read.h"
#include "devices/base/bits.h"

bool program_kernel(const struct program *p, const struct unit *u, unsigned processor,
                    uint32_t index, int8_t taps[9])
{
    const struct machine *m = p->machine;
    const unsigned bits = u->layer.weight_bits;
    const uint32_t address = u->first + index * bits;
    uint32_t at = address / 8 * u->taps + u->skip;
    memset(taps, 0, 9);
    if ((at + u->taps - 1) / SYN_WEIGHT_BYTES >= machine_words(m->part, processor))
        return false;
    for (uint32_t t = u->taps; t-- > 0; at++) {
        const uint32_t word = at / SYN_WEIGHT_BYTES;
        const uint8_t byte =
            m->weights[processor][word][SYN_WEIGHT_BYTES - 1 - at % SYN_WEIGHT_BYTES];
        if (!m->weighted[processor][word]) {
            memset(taps, 0, 9);
            return false;
        }
        taps[t] = (int8_t)((int8_t)(byte >> address % 8 << (8 - bits)) >> (8 - bits));
    }
    return true;
}

/* ---- bias -------------------------------------------------------------------------------- */

/* Bytes that a pass takes in a quadrant of a depthwise layer that moves its data: as many as
 * processors up to the last, and whole quadrants before the last. */
static uint32_t moved_span(const struct unit *u, unsigned quadrant)
{
    const unsigned first = u->list[0], last = u->list[u->count - 1];
    if (quadrant < last / 16)
        return 16;
    return first / 16 == last / 16 ? last - first + 1 : last % 16 + 1;
}

/* In a broadcast the four instances of a quadrant are served together, lane by lane. */
static uint32_t depthwise_byte(const struct unit *u, uint32_t pass, unsigned processor)
{
    const unsigned q = processor / 16;
    unsigned local = processor % 16;
    if (u->broadcast)
        return 4 * u->bias[q] + 16 * pass + local % 4 * 4 + local / 4;
    if (q == u->list[0] / 16u)
        local -= u->list[0] % 16u;
    return u->bias[q] + pass * moved_span(u, q) + local;
}

bool program_bias(const struct program *p, const struct unit *u, uint32_t pass, uint32_t lane,
                  int8_t *bias)
{
    unsigned q = (unsigned)u->bias_quadrant;
    uint32_t byte;
    *bias = 0;
    if (u->bias_quadrant < 0)
        return true;
    if (u->layer.groups > 1) {
        q = u->list[lane] / 16;
        byte = depthwise_byte(u, pass, u->list[lane]);
        if (!u->biased[q])
            return true;
    } else {
        byte = u->bias[q] + u->bias_skip + pass * u->lanes + lane;
    }
    if (byte >= p->machine->part->bias_bytes || !p->machine->biased[q][byte])
        return false;
    *bias = (int8_t)p->machine->bias[q][byte];
    return true;
}

/* ---- a layer ----------------------------------------------------------------------------- */

static int not_loaded(const struct program *p, const struct unit *u, unsigned processor)
{
    return program_refuse(p, u, SYN_EINVAL, SYN_LREG_MASK,
                          "weights of processor %u were never loaded", processor);
}

/* The lane that writes for the n-th processor of the output map. */
static uint32_t lane_of(const struct unit *u, unsigned rank)
{
    uint64_t map = u->layer.output_processors;
    unsigned lane = 0;
    for (; rank > 0; rank--)
        map &= map - 1;
    while (map && !(map >> lane & 1))
        lane++;
    return lane - 4 * u->instance[0];
}

/* Kernels of one output, `index` the first on each processor. */
static int take_output(const struct program *p, const struct unit *u, uint32_t index, int8_t *to)
{
    const struct syn_layer *l = &u->layer;
    const uint32_t pixels = u->flat ? (uint32_t)l->in.height * l->in.width : 1;
    const uint32_t passes = u->passes / pixels;
    const unsigned count = (unsigned)l->kernel_h * l->kernel_w;
    int8_t taps[9];
    for (unsigned c = 0; c < l->in.channels; c++)
        for (uint32_t pixel = 0; pixel < pixels; pixel++) {
            const uint32_t n = pixel * passes + c / u->count;
            const unsigned processor = u->list[c % u->count];
            if (!program_kernel(p, u, processor, index + n, taps))
                return not_loaded(p, u, processor);
            for (unsigned i = 0; i < count; i++)
                *to++ = taps[u->tap[i]];
        }
    return 0;
}

static int take_dense(const struct program *p, const struct unit *u, int8_t *to)
{
    const unsigned each = syn_bits_count(u->layer.output_processors);
    const uint32_t fan_in = syn_layer_fan_in(&u->layer);
    int status = 0;
    if (each == 0)
        return not_loaded(p, u, 0);
    for (unsigned c = 0; c < u->layer.out.channels && status == 0; c++) {
        const uint32_t lane = lane_of(u, c % each), output = c / each * u->lanes + lane;
        if (lane >= u->lanes || output >= u->counted)
            return program_refuse(p, u, SYN_EUNSUP, SYN_LREG_CONTROL2,
                                  "output %u is on a processor that the layer does not write", c);
        status = take_output(p, u, output * u->passes, to + (size_t)c * fan_in);
    }
    return status;
}

static int take_depthwise(const struct program *p, const struct unit *u, int8_t *to)
{
    int8_t taps[9];
    for (unsigned c = 0; c < u->layer.out.channels; c++) {
        const unsigned processor = u->list[c % u->count];
        if (!program_kernel(p, u, processor, c / u->count, taps))
            return not_loaded(p, u, processor);
        memcpy(to + (size_t)c * u->taps, taps, u->taps);
    }
    return 0;
}

static int take_biases(const struct program *p, struct unit *u)
{
    const bool dense = u->layer.groups == 1;
    const unsigned each = dense ? syn_bits_count(u->layer.output_processors) : u->count;
    if (each == 0)
        return program_refuse(p, u, SYN_EINVAL, SYN_LREG_ENABLE, "no processor works");
    u->biases = malloc(u->layer.out.channels);
    if (!u->biases)
        return syn_error_set(p->error, SYN_ENOMEM, "not enough memory for biases");
    for (unsigned c = 0; c < u->layer.out.channels; c++)
        if (!program_bias(p, u, c / each, dense ? lane_of(u, c % each) : c % each, &u->biases[c]))
            return program_refuse(p, u, SYN_EINVAL, SYN_LREG_POST,
                                  "the bias of output %u was never loaded", c);
    return 0;
}

static int take_weights(const struct program *p, struct unit *u)
{
    const uint32_t count = syn_layer_weight_count(&u->layer);
    int8_t *plain = malloc(count);
    int status = SYN_ENOMEM;
    u->weights = malloc(syn_layer_weight_bytes(&u->layer));
    if (!plain || !u->weights)
        syn_error_set(p->error, SYN_ENOMEM, "not enough memory for weights");
    else
        status = u->layer.groups > 1 ? take_depthwise(p, u, plain) : take_dense(p, u, plain);
    if (status == 0)
        syn_weights_pack(plain, u->layer.weight_bits, count, u->weights);
    free(plain);
    return status;
}

int program_weights(struct program *p)
{
    uint64_t bytes = 0;
    int status = 0;
    for (unsigned i = 0; i < p->count; i++)
        bytes += syn_layer_weight_bytes(&p->units[i].layer);
    if (bytes > SYN_MODEL_WEIGHTS_MAX)
        return syn_error_set(p->error, SYN_EINVAL, "more weights than any part holds");
    for (unsigned i = 0; i < p->count && status == 0; i++) {
        struct unit *u = &p->units[i];
        if (u->layer.op == SYN_OP_PASSTHROUGH)
            continue;
        status = take_weights(p, u);
        if (status == 0 && u->layer.has_bias)
            status = take_biases(p, u);
    }
    return status;
}
