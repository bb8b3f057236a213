/* SPDX-License-Identifier: MIT */
/*
 * Weights of a plan, from the weight memories to the form that the arithmetic reads.
 *
 * Weight n of a layer lies, on each processor, at bit address first + n bits. A byte of that
 * address stands for `taps` bytes of memory, one a tap, the last tap first; words of the memory
 * are filled from their last byte down.
 */
#include "devices/emulator/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- one weight --------------------------------------------------------------------------- */

static int8_t decode(const struct plan_weights *w, uint32_t byte, uint32_t bit)
{
    uint32_t field = byte >> bit << (8 - w->bits) & 0xff;
    int8_t value = (int8_t)((int8_t)field >> (8 - w->bits));

    if (w->bits == 1 && w->binary)
        return value ? -1 : 1;
    return value;
}

/* A kernel that crosses words of the memory. */
static bool fetch_apart(const struct plan_weights *w, const uint8_t *memory, const uint8_t *written,
                        uint32_t at, uint32_t bit, int8_t *taps)
{
    bool whole = true;

    for (uint32_t t = w->taps; t-- > 0; at++) {
        uint32_t word = at / SYN_WEIGHT_BYTES, last = SYN_WEIGHT_BYTES - 1;

        taps[t] = decode(w, memory[word * SYN_WEIGHT_BYTES + last - at % SYN_WEIGHT_BYTES], bit);
        whole = whole && written[word];
    }
    return whole;
}

/* The kernel `index` of a processor to `taps`; false where a word of it was never written. */
static bool fetch_kernel(const struct syn_emulator *e, const struct plan *p, unsigned processor,
                         uint32_t index, int8_t *taps)
{
    const struct plan_weights *w = &p->weights;
    uint32_t address = w->first + index * w->bits, bit = address % 8;
    uint32_t at = address / 8 * w->taps + w->skip, last = at + w->taps - 1;
    const uint8_t *memory = weight_word(e, processor, 0);
    const uint8_t *written = e->weight_state + (size_t)processor * e->weight_words;
    uint32_t word = at / SYN_WEIGHT_BYTES;

    if (word != last / SYN_WEIGHT_BYTES)
        return fetch_apart(w, memory, written, at, bit, taps);
    memory += word * SYN_WEIGHT_BYTES + SYN_WEIGHT_BYTES - 1 - last % SYN_WEIGHT_BYTES;
    if (w->bits == 8)
        memcpy(taps, memory, w->taps);
    else
        for (uint32_t t = 0; t < w->taps; t++)
            taps[t] = decode(w, memory[t], bit);
    return written[word];
}

/* Notes which taps are not 0; whether any is. */
static bool note_taps(struct plan *p, const int8_t *taps)
{
    uint8_t any = 0;

    for (uint32_t t = 0; t < p->weights.taps; t++) {
        p->taps[t] |= (uint8_t)taps[t];
        any |= (uint8_t)taps[t];
    }
    return any;
}

/* ---- all weights of a layer --------------------------------------------------------------- */

static void mark_hollow(const struct syn_emulator *e, unsigned layer, struct plan *p,
                        uint32_t output, unsigned processor, uint32_t index)
{
    const struct plan_weights *w = &p->weights;
    uint32_t word = ((w->first + index * w->bits) / 8 * w->taps + w->skip) / SYN_WEIGHT_BYTES;

    if (!p->cause.kind)
        p->cause = fault_make(SYN_FAULT_UNWRITTEN, (int)layer, (int)processor / 16,
                              syn_weight_address(e->regs, processor) + 16 * word,
                              "weights of processor %u, word %u, were never loaded", processor,
                              (unsigned)word);
    p->hollow[output] = 1;
}

/* [out][in][taps] of a layer of which each output adds all processors and passes. What was never
 * loaded heeds nothing: its outputs have no value anyway. */
static void fetch_dense(const struct syn_emulator *e, unsigned layer, struct plan *p, int8_t *dense)
{
    uint32_t inputs = p->weights.inputs, taps = p->weights.taps;

    for (uint32_t o = 0; o < p->layer.out.channels; o++)
        for (uint32_t n = 0; n < inputs; n++)
            for (uint32_t i = 0; i < p->count; i++, dense += taps) {
                if (!fetch_kernel(e, p, p->list[i], o * inputs + n, dense))
                    mark_hollow(e, layer, p, o, p->list[i], o * inputs + n);
                else if (note_taps(p, dense))
                    p->heeded[n * p->count + i] = 1;
            }
}

static void fetch_depthwise(const struct syn_emulator *e, unsigned layer, struct plan *p,
                            int8_t *dense)
{
    uint32_t output = 0;

    for (uint32_t pass = 0; pass < p->read.passes; pass++)
        for (uint32_t i = 0; i < p->count; i++, output++, dense += p->weights.taps) {
            if (!fetch_kernel(e, p, p->list[i], pass, dense))
                mark_hollow(e, layer, p, output, p->list[i], pass);
            else
                (void)note_taps(p, dense);
        }
}

/* ---- bias --------------------------------------------------------------------------------- */

/* Bytes of bias that a pass takes in a quadrant of a depthwise layer that moves its data: as many
 * as processors up to the last, and whole quadrants before the last. */
static uint32_t moved_span(const struct plan *p, unsigned quadrant)
{
    unsigned first = p->list[0], last = p->list[p->count - 1];

    if (quadrant < last / 16)
        return 16;
    return first / 16 == last / 16 ? last - first + 1 : last % 16 + 1;
}

/* In a broadcast the four instances of a quadrant are served together, lane by lane. */
static uint32_t depthwise_bias(const struct plan *p, uint32_t pass, unsigned processor)
{
    unsigned q = processor / 16, local = processor % 16;

    if (p->write.broadcast)
        return 4 * p->weights.bias[q] + 16 * pass + local % 4 * 4 + local / 4;
    if (q == p->list[0] / 16u)
        local -= p->list[0] % 16u;
    return p->weights.bias[q] + pass * moved_span(p, q) + local;
}

static int fetch_bias_byte(const struct syn_emulator *e, unsigned layer, struct plan *p,
                           uint32_t output, unsigned quadrant, uint32_t byte)
{
    size_t at = (size_t)quadrant * e->part->bias_bytes + byte;

    if (byte >= e->part->bias_bytes)
        return SYN_EINVAL;
    p->bias[output] = e->bias[at];
    if (e->bias_state[at])
        return 0;
    if (!p->cause.kind)
        p->cause = fault_make(SYN_FAULT_UNWRITTEN, (int)layer, (int)quadrant,
                              syn_bias_address(e->regs, quadrant, byte),
                              "byte %u of the bias was never loaded", (unsigned)byte);
    p->hollow[output] = 1;
    return 0;
}

static int fetch_bias(const struct syn_emulator *e, unsigned layer, struct plan *p)
{
    const struct plan_weights *w = &p->weights;
    unsigned quadrant = (unsigned)w->bias_quadrant;
    uint32_t byte = w->bias[quadrant];
    int rc = 0;

    for (uint32_t o = 0; rc == 0 && o < p->layer.out.channels; o++) {
        if (p->kind == PLAN_DEPTHWISE) {
            unsigned processor = p->list[o % p->count];

            quadrant = processor / 16;
            if (!w->biased[quadrant])
                continue;
            byte = depthwise_bias(p, o / p->count, processor) - o;
        }
        rc = fetch_bias_byte(e, layer, p, o, quadrant, byte + o);
    }
    return rc;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static bool allocate(const struct syn_emulator *e, struct plan *p)
{
    const struct syn_layer *l = &p->layer;
    size_t outputs = l->out.channels, kernels = (size_t)e->kernels->weight_bytes(l);

    p->kernels = aligned_bytes(kernels);
    p->hollow = calloc(outputs, 1);
    p->heeded = calloc(l->in.channels, 1);
    p->bias = p->weights.bias_quadrant == NOT_THERE ? NULL : calloc(outputs, 1);
    p->bytes = kernels + 2 * outputs + l->in.channels;
    return p->kernels && p->hollow && p->heeded &&
           (p->bias || p->weights.bias_quadrant == NOT_THERE);
}

static void settle_hollow(struct plan *p)
{
    uint32_t outputs = p->layer.out.channels;

    p->all_hollow = p->cause.kind && !memchr(p->hollow, 0, outputs);
    if (p->cause.kind)
        return;
    free(p->hollow);
    p->hollow = NULL;
}

int plan_fetch(struct syn_emulator *e, unsigned layer, struct plan *plan,
               struct syn_emulator_fault *fault)
{
    size_t weights = (size_t)plan->layer.out.channels * plan->layer.in.channels /
                     plan->layer.groups * plan->weights.taps;

    if (plan->kind == PLAN_COPY)
        return 0;
    *fault = fault_make(SYN_FAULT_MEMORY, (int)layer, NOT_THERE, 0, "the host has no memory left");
    if (buffer_need(&e->packed, weights) || !allocate(e, plan))
        return SYN_ENOMEM;
    if (plan->kind == PLAN_DEPTHWISE)
        fetch_depthwise(e, layer, plan, e->packed.bytes);
    else
        fetch_dense(e, layer, plan, e->packed.bytes);
    e->kernels->prepare(&plan->layer, e->packed.bytes, plan->kernels);
    if (plan->bias && fetch_bias(e, layer, plan)) {
        *fault = fault_make(SYN_FAULT_RANGE, (int)layer, plan->weights.bias_quadrant, 0,
                            "the bias ends behind its memory");
        return SYN_EINVAL;
    }
    settle_hollow(plan);
    return 0;
}
