/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One layer through one table of kernels, dense C,H,W tensors in and out. Every block that the
 * kernels see has exactly the size that they ask for, so that a sanitizer finds what is beyond.
 */
#ifndef SYN_TESTS_DEVICES_KERNELS_RUN_LAYER_H
#define SYN_TESTS_DEVICES_KERNELS_RUN_LAYER_H

#include "devices/kernels/choose.h"

/* What a layer is run on; it is resolved. */
struct layer_case {
    struct syn_layer layer;
    const int8_t *operands[SYN_LAYER_INPUTS_MAX];
    const uint8_t *packed;
    const int8_t *bias; /* or NULL */
};

/* Each gives the output, to be freed. Convolution in slices of `rows` rows. */
void *run_conv(const struct syn_kernels *kernels, const struct layer_case *c, unsigned rows);
void *run_pool(const struct syn_kernels *kernels, const struct layer_case *c, unsigned operand);
/* Of `count` elements; 32-bit where output_width is. */
void *run_eltwise(const struct syn_kernels *kernels, const struct layer_case *c, uint32_t count);

#endif
