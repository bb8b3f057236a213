/* SPDX-License-Identifier: MIT */
/* The functions of the AVX2 table (choose.h); to be called only where the machine has AVX2. */
#ifndef SYN_DEVICES_KERNELS_AVX2_H
#define SYN_DEVICES_KERNELS_AVX2_H

#include "devices/part/layer.h"

void syn_avx2_conv(const struct syn_layer *layer, const int8_t *in, const void *weights,
                   const int8_t *bias, void *out, void *scratch, unsigned row, unsigned row_end);

void syn_avx2_pool(const struct syn_layer *layer, const int8_t *in, int8_t *out);

void syn_avx2_eltwise(const struct syn_layer *layer, const int8_t *const *operands, uint32_t count,
                      int8_t *out);

void syn_avx2_from_dense(struct syn_shape shape, const int8_t *dense, int8_t *tensor);
void syn_avx2_to_dense(struct syn_shape shape, unsigned width, const void *tensor, void *dense);

#endif
