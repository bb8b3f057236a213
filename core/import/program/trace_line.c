/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dilated conv1d, which the hardware has not got: kernels with zeros between, or rows. */
#include "core/import/program/trace.h"

/* Which taps of the hardware's kernel have a weight somewhere, a bit each. */
static unsigned used_taps(const struct program *p, const struct unit *u)
{
    const unsigned all = (1u << u->taps) - 1;
    unsigned used = 0;
    int8_t taps[9];
    for (unsigned i = 0; i < u->count && used != all; i++)
        for (uint32_t n = 0; n < u->kernels; n++) {
            (void)program_kernel(p, u, u->list[i], n, taps);
            for (unsigned t = 0; t < u->taps; t++)
                used |= taps[t] ? 1u << t : 0;
        }
    return used;
}

/* ---- zeros between ----------------------------------------------------------------------- */

/* Bits 0, step, 2 step ... below `count`. */
static unsigned every(unsigned step, unsigned count)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < count; i += step)
        bits |= 1u << i;
    return bits;
}

static void take_zeros_out(const struct program *p, struct unit *u)
{
    const unsigned used = used_taps(p, u), count = u->taps;
    unsigned step = count - 1;
    while (step > 1 && ((count - 1) % step || used & ~every(step, count)))
        step--;
    if (used == 0 || step < 2)
        return;
    u->layer.kernel_h = (uint8_t)((count - 1) / step + 1);
    u->layer.dilation_h = (uint16_t)step;
    for (unsigned i = 0; i < u->layer.kernel_h; i++)
        u->tap[i] = (uint8_t)(i * step);
}

/* ---- rows -------------------------------------------------------------------------------- */

/* Samples of the one-dimensional data that the layer seems to read; 0 where they are not. */
static uint32_t samples_of(const struct tracer *t, const struct unit *u)
{
    const struct source_remark *r = &t->p->source->layers[u->slot];
    const struct owner *o = owner_at(t, u->list[0], u->base);
    struct syn_shape s = {0};
    if (u == t->p->units && r->there)
        s = (struct syn_shape){r->channels, r->height, r->width};
    else if (u > t->p->units && o->tensor < TRACE_UNKNOWN)
        s = program_shape(t->p, o->tensor);
    return s.width == 1 && (s.height + u->columns - 1) / u->columns == u->rows ? s.height : 0;
}

static bool may_be_rows(const struct unit *u)
{
    const struct syn_layer *l = &u->layer;
    return l->op == SYN_OP_CONV2D && u->taps == 9 && l->pad_h == 1 && l->pad_w == 1 &&
           l->pool == SYN_POOL_NONE && l->groups == 1 && u->operands == 1 && u->columns > 1;
}

/* The weights are in the column in the middle; two of them in its last rows. With three, a row
 * before the first output is written. */
static void take_rows_out(struct tracer *t, struct unit *u)
{
    const unsigned middle = 1u << 1 | 1u << 4 | 1u << 7, used = used_taps(t->p, u);
    const uint32_t samples = samples_of(t, u), step = u->columns;
    if (samples == 0 || used == 0 || used & ~middle)
        return;
    const unsigned count = used & 1u << 1 ? 3 : 2;
    const uint32_t before = count > 2 ? step * u->out_passes : 0;
    u->layer.op = SYN_OP_CONV1D;
    u->layer.kernel_h = (uint8_t)count;
    u->layer.kernel_w = 1;
    u->layer.pad_h = u->layer.pad_w = 0;
    u->layer.dilation_h = (uint16_t)step;
    for (unsigned i = 0; i < count; i++)
        u->tap[i] = (uint8_t)((i + 3 - count) * 3 + 1);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        u->word[q] += before;
    u->route.out_offset += 4 * before;
    u->rows = samples;
    u->columns = 1;
    u->row = u->pixel;
}

void trace_as_line(struct tracer *t, struct unit *u)
{
    if (u->layer.op == SYN_OP_CONV1D && u->taps > 2)
        take_zeros_out(t->p, u);
    else if (may_be_rows(u))
        take_rows_out(t, u);
}
