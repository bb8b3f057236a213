/* SPDX-License-Identifier: MIT */
/*
 * What registers can say and a part does not do right: the restrictions that the vendor's tool
 * keeps (PART.md 1, ai8x-synthesis izer/backend/max7800x.py), looked at from the other side.
 */
#include "devices/emulator/internal.h"

static bool is_pooled(const struct plan *p)
{
    return p->layer.pool != SYN_POOL_NONE;
}

static bool has_pad(const struct plan *p)
{
    return p->pad_h > 0 || p->pad_w > 0;
}

static bool is_line(const struct plan *p)
{
    return p->kind != PLAN_COPY && p->layer.kernel_h > 1 && p->layer.kernel_w == 1;
}

/* ---- of both parts ------------------------------------------------------------------------ */

static bool pools_many_late(const struct plan *p)
{
    return is_pooled(p) && !p->layer.pool_first && p->read.operands > 2;
}

static bool line_of_operands(const struct plan *p)
{
    return is_line(p) && p->read.operands > 1;
}

static bool copy_that_acts(const struct plan *p)
{
    return p->kind == PLAN_COPY && p->layer.activation != SYN_ACT_NONE;
}

/* ---- of the MAX78000 ---------------------------------------------------------------------- */

static bool many_operands_and_passes(const struct plan *p)
{
    uint32_t operands = p->read.operands, passes = p->read.passes;

    return operands > 1 && passes > 1 && operands + passes > 4;
}

static bool copy_pooled_in_passes(const struct plan *p)
{
    return p->kind == PLAN_COPY && is_pooled(p) && p->read.passes > 1 &&
           (p->layer.pooled.height > 1 || p->layer.pooled.width > 1);
}

/* ---- of the MAX78002 ---------------------------------------------------------------------- */

static bool padded_line_in_passes(const struct plan *p)
{
    return is_line(p) && has_pad(p) && p->read.passes > 1;
}

static bool operands_and_bias(const struct plan *p)
{
    return p->kind != PLAN_COPY && p->read.operands > 1 && p->read.passes > 1 &&
           p->weights.bias_quadrant != NOT_THERE;
}

static bool gap_between_passes(const struct plan *p)
{
    return p->read.passes > 1 && !p->read.chw && p->layer.in.width > 1 &&
           p->read.pixel != 4 * p->read.passes * p->read.operands;
}

/* Weight memory is made of blocks: of 1,024 words up to 4,096, of 256 above. */
static bool depthwise_across_blocks(const struct plan *p)
{
    const struct plan_weights *w = &p->weights;
    uint32_t last = (w->first + (p->read.passes - 1) * w->bits) / 8;
    uint32_t end = (last * w->taps + w->skip + w->taps - 1) / SYN_WEIGHT_BYTES;
    uint32_t block = p->kernel_column < 4096 ? 1024 : 256;

    return p->kind == PLAN_DEPTHWISE && p->kernel_column / block != end / block;
}

/* ---- the table ---------------------------------------------------------------------------- */

enum { ON_78000 = 1, ON_78002 = 2, ON_BOTH = 3 };

static const struct limit {
    unsigned parts;
    bool (*is_beyond)(const struct plan *plan);
    enum syn_layer_register reg;
    const char *words;
} limits[] = {
    {ON_BOTH, pools_many_late, SYN_LREG_ONED, "pooling behind more than two operands"},
    {ON_BOTH, line_of_operands, SYN_LREG_ONED, "a conv1d of several operands"},
    {ON_BOTH, copy_that_acts, SYN_LREG_CONTROL, "a copy with an activation"},
    {ON_78000, many_operands_and_passes, SYN_LREG_ONED,
     "more than two operands or passes of an element-wise operation"},
    {ON_78000, copy_pooled_in_passes, SYN_LREG_POOL_ROWS, "pooling in a copy of several passes"},
    {ON_78002, padded_line_in_passes, SYN_LREG_ROWS, "a padded conv1d of several passes"},
    {ON_78002, operands_and_bias, SYN_LREG_POST,
     "an element-wise operation of several passes and a bias"},
    {ON_78002, gap_between_passes, SYN_LREG_STRIDE, "a gap in an input of several passes"},
    {ON_78002, depthwise_across_blocks, SYN_LREG_MASK_FIRST,
     "depthwise weights in two blocks of their memory"},
};

int plan_in_limits(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                   struct syn_emulator_fault *fault)
{
    unsigned part = e->regs->number[SYN_LREG_NEXT] == SYN_REG_NONE ? ON_78000 : ON_78002;

    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (!(limits[i].parts & part) || !limits[i].is_beyond(plan))
            continue;
        *fault = fault_make(SYN_FAULT_LIMIT, (int)layer, (int)plan->master,
                            syn_layer_address(e->regs, plan->master, layer, limits[i].reg),
                            "this part cannot do it right: %s", limits[i].words);
        return SYN_EINVAL;
    }
    return 0;
}

int plan_may_follow(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                    struct syn_emulator_fault *fault)
{
    bool sums_are_stale = e->run.after_operands && plan->layer.pool == SYN_POOL_AVG;

    if (!sums_are_stale || e->regs->number[SYN_LREG_NEXT] == SYN_REG_NONE)
        return 0;
    *fault = fault_make(SYN_FAULT_LIMIT, (int)layer, (int)plan->master,
                        syn_layer_address(e->regs, plan->master, layer, SYN_LREG_CONTROL),
                        "an average right behind an element-wise layer adds to its sums");
    return SYN_EINVAL;
}
