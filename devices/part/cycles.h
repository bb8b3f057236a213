/* SPDX-License-Identifier: MIT */
/*
 * Exact cycle counts (PART.md 2.1, ai8x-synthesis izer/latency.py).
 *
 * Two entries: the formula on its own arguments, which the recorded vectors of the vendor test,
 * and the same for a layer of ours at the place where its kernels lie.
 */
#ifndef SYN_DEVICES_PART_CYCLES_H
#define SYN_DEVICES_PART_CYCLES_H

#include "devices/part/geometry.h"
#include "devices/part/layer.h"

struct syn_cycle_args {
    uint32_t passes;   /* in_expand M */
    uint32_t pass_out; /* out_expand; passthrough only: pooling then costs 2M - 1 passes */
    uint32_t operands; /* E */
    uint32_t pool_h, pool_w;
    uint32_t pad_h, pad_w;
    uint32_t kernel_h, kernel_w;
    uint32_t pooled_h, pooled_w; /* convtranspose: twice the input */
    uint32_t out_w;
    uint32_t out_channels;  /* Co: rounded up by the output processor map */
    uint32_t kernel_offset; /* 72-bit word of the first kernel */
    uint32_t time_slots;    /* T, passthrough only */
    uint32_t flatten;       /* 1 where the flattened product is at least 16 */
    bool pool_first;
    bool passthrough;
};

uint64_t syn_cycles_formula(const struct syn_part *part, const struct syn_cycle_args *args);

/* Cycles of one layer whose kernels begin at column `kernel_offset` of its processors. */
uint64_t syn_cycles_layer(const struct syn_part *part, const struct syn_layer *layer,
                          uint32_t kernel_offset);

/*
 * What the pipeline adds to a layer where the clock needs it (MAX78002 above 50 MHz): 11 cycles
 * an output pixel of a convolution [our fit to AN7664 Table 4, within 3 %, KWS 6 %].
 */
uint64_t syn_cycles_pipeline(const struct syn_part *part, const struct syn_layer *layer);

#endif
