/* SPDX-License-Identifier: MIT */
/* Data memory to dense tensors. */
#include "devices/emulator/internal.h"

#include <string.h>

static size_t plane_size(const struct plan *p)
{
    return (size_t)p->layer.in.height * p->layer.in.width;
}

/* Evenly spaced pixels: the first of them in the plane, bytes to it in memory, how many. */
struct span {
    size_t pixel;
    uint32_t offset, count;
};

/* Channels that lie side by side in each pixel: of processors that follow each other. */
struct strip {
    unsigned processor, count;
    uint32_t operand, channel;
    uint32_t at; /* byte of the first pixel in its instance */
};

/* ---- bytes without a value ---------------------------------------------------------------- */

/* The lane, and its cell of a byte `at` of the processor's instance. */
static unsigned lane_of(const struct plan *p, unsigned processor, uint32_t at)
{
    return p->read.chw ? at % 4 : processor % 4;
}

static uint8_t state_at(const struct syn_emulator *e, unsigned processor, uint32_t at)
{
    return e->data_state[data_cell(processor / 4, at / 4)];
}

/* Why the first byte without a value has none: a layer's fault that is known, or nobody wrote. */
static void suspect(struct syn_emulator *e, const struct plan *p, unsigned processor, uint32_t at)
{
    while (state_at(e, processor, at) >> lane_of(p, processor, at) & 1)
        at += p->read.pixel;
    if (state_at(e, processor, at) >> (4 + lane_of(p, processor, at)) & 1 && e->suspect.kind)
        return;
    e->suspect = fault_make(SYN_FAULT_UNWRITTEN, (int)e->run.layer, (int)processor / 16,
                            data_address(e, processor / 4, at / 4),
                            "input of processor %u that nobody has written", processor);
}

static int taint_channel(struct syn_emulator *e, const struct plan *p, unsigned processor,
                         const struct strip *s, uint32_t channel, const struct span *span)
{
    size_t offset =
        ((size_t)s->operand * p->layer.in.channels + channel) * plane_size(p) + span->pixel;
    size_t bytes = plane_size(p) * p->layer.in.channels * p->read.operands;
    uint8_t *taint;
    uint32_t at = s->at;

    if (!e->run.tainted) {
        if (buffer_need(&e->taint, bytes))
            return SYN_ENOMEM;
        memset(e->taint.bytes, 0, bytes);
        suspect(e, p, processor, at);
        e->run.tainted = true;
    }
    taint = (uint8_t *)e->taint.bytes + offset;
    for (uint32_t x = 0; x < span->count; x++, at += p->read.pixel)
        taint[x] = !(state_at(e, processor, at) >> lane_of(p, processor, at) & 1);
    return 0;
}

/* The lanes that have a value in all words: a byte an instance. */
static void lanes_defined(const struct syn_emulator *e, uint32_t at, uint32_t step, uint32_t count,
                          uint8_t all[INSTANCES])
{
    const uint8_t *state = e->data_state + data_cell(0, at / 4);
    uint64_t low = UINT64_MAX, high = UINT64_MAX, word;

    for (uint32_t x = 0; x < count; x++, state += (size_t)step / 4 * INSTANCES) {
        memcpy(&word, state, 8);
        low &= word;
        memcpy(&word, state + 8, 8);
        high &= word;
    }
    memcpy(all, &low, 8);
    memcpy(all + 8, &high, 8);
}

/* CHW: all of them have a value, or one has none. */
static bool row_defined(const struct syn_emulator *e, const struct strip *s, uint32_t count)
{
    for (uint32_t at = s->at; at < s->at + count; at++)
        if (!(state_at(e, s->processor, at) >> at % 4 & 1))
            return false;
    return true;
}

/* What no weight heeds may hold anything. */
static int check_strip(struct syn_emulator *e, const struct plan *p, const struct strip *s,
                       const struct span *span)
{
    uint8_t all[INSTANCES] = {0};
    int rc = 0;

    if (!p->read.chw)
        lanes_defined(e, s->at, p->read.pixel, span->count, all);
    else if (row_defined(e, s, span->count))
        return 0;
    for (unsigned i = 0; rc == 0 && i < s->count; i++) {
        unsigned processor = s->processor + i;
        bool heeded = !p->heeded || p->kind != PLAN_CONV || p->heeded[s->channel + i];

        if (heeded && !(all[processor / 4] >> processor % 4 & 1))
            rc = taint_channel(e, p, processor, s, s->channel + i, span);
    }
    return rc;
}

/* ---- values ------------------------------------------------------------------------------- */

/* `count` bytes of each pixel; the sizes that are frequent are left to the compiler. */
static void copy_strip(int8_t *to, size_t apart, const uint8_t *from, size_t step, unsigned count,
                       uint32_t pixels)
{
#define COPY(n)                                                                                    \
    case n:                                                                                        \
        for (uint32_t x = 0; x < pixels; x++)                                                      \
            memcpy(to + x * apart, from + x * step, n);                                            \
        break
    switch (count) {
        COPY(4);
        COPY(8);
        COPY(16);
        COPY(32);
        COPY(48);
        COPY(64);
    default:
        for (uint32_t x = 0; x < pixels; x++)
            memcpy(to + x * apart, from + x * step, count);
    }
#undef COPY
}

static void copy_plane(int8_t *to, const uint8_t *from, size_t step, uint32_t pixels)
{
    for (uint32_t x = 0; x < pixels; x++)
        to[x] = (int8_t)from[x * step];
}

/* CHW: four pixels to a word. */
static void copy_line(const struct syn_emulator *e, int8_t *to, size_t apart, const struct strip *s,
                      uint32_t pixels)
{
    for (uint32_t x = 0, at = s->at; x < pixels; x++, at++)
        to[x * apart] = (int8_t)e->data[4 * data_cell(s->processor / 4, at / 4) + at % 4];
}

static void read_strip(struct syn_emulator *e, const struct plan *p, const struct strip *s,
                       const struct span *span)
{
    const struct syn_shape *in = &p->layer.in;
    int8_t *tensor = (int8_t *)e->input.bytes + s->operand * plane_size(p) * in->channels;
    const uint8_t *from = e->data + 4 * data_cell(0, s->at / 4) + s->processor;
    size_t step = (size_t)p->read.pixel * INSTANCES;
    bool last = e->kernels->channels_last;
    int8_t *to = last ? tensor + span->pixel * in->channels + s->channel
                      : tensor + s->channel * plane_size(p) + span->pixel;

    if (p->read.chw)
        copy_line(e, to, last ? in->channels : 1, s, span->count);
    else if (last && s->count == in->channels && s->count == step)
        memcpy(to, from, step * span->count);
    else if (last)
        copy_strip(to, in->channels, from, step, s->count, span->count);
    else
        for (unsigned i = 0; i < s->count; i++)
            copy_plane(to + i * plane_size(p), from + i, step, span->count);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* From a channel on: processors that follow each other and begin to read at the same word. */
static struct strip strip_at(const struct plan *p, uint32_t operand, uint32_t channel,
                             const struct span *span)
{
    const struct plan_read *r = &p->read;
    uint32_t index = channel % p->count, pass = channel / p->count;
    unsigned first = p->list[index];
    struct strip s = {.processor = first, .count = 1, .operand = operand, .channel = channel};

    s.at = r->base[first / 16] + span->offset + (r->chw ? 0 : 4 * (pass * r->operands + operand));
    while (!r->chw && index + s.count < p->count && p->list[index + s.count] == first + s.count &&
           r->base[(first + s.count) / 16] == r->base[first / 16])
        s.count++;
    return s;
}

static int gather_span(struct syn_emulator *e, const struct plan *p, const struct span *span)
{
    int rc = 0;

    for (uint32_t operand = 0; operand < p->read.operands; operand++)
        for (uint32_t channel = 0; rc == 0 && channel < p->layer.in.channels;) {
            struct strip s = strip_at(p, operand, channel, span);

            read_strip(e, p, &s, span);
            rc = check_strip(e, p, &s, span);
            channel += s.count;
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
