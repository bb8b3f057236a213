/* SPDX-License-Identifier: MIT */
/* Data memory to dense tensors. */
#include "devices/emulator/internal.h"

#include <string.h>

/* Input channel of processor `index` in a pass. */
static size_t plane_size(const struct plan *p)
{
    return (size_t)p->layer.in.height * p->layer.in.width;
}

static bool row_defined(const uint8_t *state, uint32_t at, uint32_t step, uint32_t count,
                        unsigned lane, bool chw)
{
    unsigned all = DEFINED_ALL;

    if (chw) {
        for (uint32_t x = 0; x < count; x++, at += step)
            all &= (unsigned)state[at / 4] >> at % 4;
        return all & 1;
    }
    for (uint32_t x = 0; x < count; x++, at += step)
        all &= state[at / 4];
    return all >> lane & 1;
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

/* A row whose channel no weight heeds may hold anything. */
static int taint_plane_row(struct syn_emulator *e, const struct plan *p, unsigned processor,
                           uint32_t at, size_t offset, uint32_t channel)
{
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
    taint_row((uint8_t *)e->taint.bytes + offset, state, at, p->read.pixel, p->layer.in.width,
              processor % 4, p->read.chw);
    return 0;
}

static void copy_row(int8_t *to, const uint8_t *from, uint32_t step, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++)
        to[x] = (int8_t)from[(size_t)x * step];
}

/* One channel of one operand. */
static int gather_plane(struct syn_emulator *e, const struct plan *p, uint32_t operand,
                        uint32_t pass, uint32_t index)
{
    const struct plan_read *r = &p->read;
    const struct syn_shape *in = &p->layer.in;
    unsigned processor = p->list[index], instance = processor / 4;
    const uint8_t *data = e->data + (size_t)instance * e->data_words * 4;
    const uint8_t *state = e->data_state + (size_t)instance * e->data_words;
    uint32_t channel = pass * p->count + index;
    size_t offset = ((size_t)operand * in->channels + channel) * plane_size(p);
    uint32_t at = r->base[processor / 16] + (r->chw ? 0 : 4 * (pass * r->operands + operand));
    int rc = 0;

    for (uint32_t y = 0; rc == 0 && y < in->height; y++, at += r->row, offset += in->width) {
        copy_row((int8_t *)e->input.bytes + offset, data + at + (r->chw ? 0 : processor % 4),
                 r->pixel, in->width);
        if (!row_defined(state, at, r->pixel, in->width, processor % 4, r->chw))
            rc = taint_plane_row(e, p, processor, at, offset, channel);
    }
    return rc;
}

int gather(struct syn_emulator *e, const struct plan *plan)
{
    size_t bytes = plane_size(plan) * plan->layer.in.channels * plan->read.operands;
    int rc = buffer_need(&e->input, bytes);

    e->run.tainted = false;
    for (uint32_t operand = 0; operand < plan->read.operands; operand++)
        for (uint32_t pass = 0; pass < plan->read.passes; pass++)
            for (uint32_t i = 0; rc == 0 && i < plan->count; i++)
                rc = gather_plane(e, plan, operand, pass, i);
    return rc;
}
