/* SPDX-License-Identifier: MIT */
/* Data memory to dense tensors. */
#include "devices/emulator/internal.h"

#include <string.h>

static size_t plane_size(const struct plan *p)
{
    return (size_t)p->layer.in.height * p->layer.in.width;
}

/* ---- bytes without a value ---------------------------------------------------------------- */

/* The lanes that have a value in all words of a row; CHW: all of them, or none. */
static unsigned lanes_defined(const uint8_t *state, uint32_t at, uint32_t step, uint32_t count,
                              bool chw)
{
    unsigned all = DEFINED_ALL;

    if (chw) {
        for (uint32_t x = 0; x < count; x++, at += step)
            if (!((unsigned)state[at / 4] >> at % 4 & 1u))
                all = 0;
        return all;
    }
    for (uint32_t x = 0; x < count; x++, at += step)
        all &= state[at / 4];
    return all;
}

/* Marks the bytes of a row without a value. */
static void taint_row(uint8_t *taint, const uint8_t *state, uint32_t at, uint32_t step,
                      uint32_t count, unsigned lane, bool chw)
{
    for (uint32_t x = 0; x < count; x++, at += step)
        taint[x] = !(state[at / 4] >> (chw ? at % 4 : lane) & 1);
}

/* Why the first byte without a value has none: a layer's fault that is known, or nobody wrote. */
static void suspect_row(struct syn_emulator *e, const uint8_t *state, unsigned processor,
                        uint32_t at, uint32_t step, bool chw)
{
    unsigned lane = processor % 4;

    while (state[at / 4] >> (chw ? at % 4 : lane) & 1)
        at += step;
    if (state[at / 4] >> (4 + (chw ? at % 4 : lane)) & 1 && e->suspect.kind)
        return;
    e->suspect = fault_make(SYN_FAULT_UNWRITTEN, (int)e->run.layer, (int)processor / 16,
                            data_address(e, processor / 4, at / 4),
                            "input of processor %u that nobody has written", processor);
}

/* ---- values ------------------------------------------------------------------------------- */

static const uint8_t *instance_data(const struct syn_emulator *e, unsigned instance)
{
    return e->data + (size_t)instance * e->data_words * 4;
}

/* A row of bytes; `apart`: of the pixels in the tensor. */
static void copy_bytes(int8_t *to, size_t apart, const uint8_t *from, uint32_t step, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        to[x * apart] = (int8_t)from[(size_t)x * step];
}

/* The same of words. */
static void copy_words(int8_t *to, size_t apart, const uint8_t *from, uint32_t step, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        memcpy(to + x * apart, from + (size_t)x * step, 4);
}

/* Consecutive lanes of an instance, from its first. */
struct lanes {
    unsigned processor, count;
    bool together;
};

static struct lanes lanes_at(const struct plan *p, uint32_t index)
{
    unsigned first = p->list[index];
    struct lanes l = {.processor = first, .count = 1};

    while (index + l.count < p->count && p->list[index + l.count] == first + l.count &&
           (first + l.count) % 4 != 0)
        l.count++;
    l.together = l.count == 4 && !p->read.chw;
    return l;
}

/* Evenly spaced pixels: the first of them in the plane, bytes to it in memory, how many. */
struct span {
    size_t pixel;
    uint32_t offset, count;
};

/* What no weight heeds may hold anything. */
static int taint_span(struct syn_emulator *e, const struct plan *p, unsigned processor, uint32_t at,
                      uint32_t operand, uint32_t channel, const struct span *span)
{
    size_t offset =
        ((size_t)operand * p->layer.in.channels + channel) * plane_size(p) + span->pixel;
    const uint8_t *state = e->data_state + (size_t)(processor / 4) * e->data_words;
    size_t bytes = plane_size(p) * p->layer.in.channels * p->read.operands;

    if (p->heeded && p->kind == PLAN_CONV && !p->heeded[channel])
        return 0;
    if (!e->run.tainted) {
        if (buffer_need(&e->taint, bytes))
            return SYN_ENOMEM;
        memset(e->taint.bytes, 0, bytes);
        suspect_row(e, state, processor, at, p->read.pixel, p->read.chw);
        e->run.tainted = true;
    }
    taint_row((uint8_t *)e->taint.bytes + offset, state, at, p->read.pixel, span->count,
              processor % 4, p->read.chw);
    return 0;
}

/* Where a span of a channel lies in the tensor, and how far its pixels are apart. */
static int8_t *tensor_span(const struct syn_emulator *e, const struct plan *p, uint32_t operand,
                           uint32_t channel, const struct span *span, size_t *apart)
{
    const struct syn_shape *in = &p->layer.in;
    int8_t *tensor = (int8_t *)e->input.bytes + operand * plane_size(p) * in->channels;

    *apart = e->kernels->channels_last ? in->channels : 1;
    if (e->kernels->channels_last)
        return tensor + span->pixel * in->channels + channel;
    return tensor + channel * plane_size(p) + span->pixel;
}

static int gather_lanes(struct syn_emulator *e, const struct plan *p, struct lanes lanes,
                        uint32_t operand, uint32_t channel, const struct span *span)
{
    const struct plan_read *r = &p->read;
    unsigned instance = lanes.processor / 4;
    const uint8_t *state = e->data_state + (size_t)instance * e->data_words;
    uint32_t pass = channel / p->count;
    uint32_t at =
        r->base[instance / 4] + span->offset + (r->chw ? 0 : 4 * (pass * r->operands + operand));
    const uint8_t *from = instance_data(e, instance) + at;
    unsigned defined = lanes_defined(state, at, r->pixel, span->count, r->chw);
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < lanes.count; i++) {
        size_t apart;
        int8_t *to = tensor_span(e, p, operand, channel + i, span, &apart);
        unsigned lane = r->chw ? 0 : (lanes.processor + i) % 4;

        if (!lanes.together || apart == 1)
            copy_bytes(to, apart, from + lane, r->pixel, span->count);
        else if (i == 0)
            copy_words(to, apart, from, r->pixel, span->count);
        if (!(defined >> lane & 1))
            rc = taint_span(e, p, lanes.processor + i, at, operand, channel + i, span);
    }
    return rc;
}

static int gather_span(struct syn_emulator *e, const struct plan *p, const struct span *span)
{
    int rc = 0;

    for (uint32_t operand = 0; operand < p->read.operands; operand++)
        for (uint32_t channel = 0; rc == 0 && channel < p->layer.in.channels;) {
            struct lanes lanes = lanes_at(p, channel % p->count);

            rc = gather_lanes(e, p, lanes, operand, channel, span);
            channel += lanes.count;
        }
    return rc;
}

/* Spans whose part of the tensor stays in a first-level cache. */
#define SPAN_BYTES 16384u

int gather(struct syn_emulator *e, const struct plan *plan)
{
    const struct plan_read *r = &plan->read;
    uint32_t most = SPAN_BYTES / plan->layer.in.channels + 1;
    size_t bytes = plane_size(plan) * plan->layer.in.channels * r->operands;
    int rc = buffer_need(&e->input, bytes);

    e->run.tainted = false;
    for (uint32_t line = 0; line < r->lines; line++)
        for (uint32_t x = 0; rc == 0 && x < r->length; x += most) {
            uint32_t left = r->length - x;
            struct span span = {.pixel = (size_t)line * r->length + x,
                                .offset = line * r->row + x * r->pixel,
                                .count = left < most ? left : most};

            rc = gather_span(e, plan, &span);
        }
    return rc;
}
