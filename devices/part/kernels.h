/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of one operator (PART.md 4): the table through which it is called, and the
 * portable functions on dense C,H,W tensors, plain C.
 *
 * The portable ones are the reference: everything faster is tested against them. Each convolution
 * computes output rows [row, row_end) so that a long layer can be done in slices.
 */
#ifndef SYN_DEVICES_PART_KERNELS_H
#define SYN_DEVICES_PART_KERNELS_H

#include "devices/part/layer.h"

/* Pooling of one operand: in -> out (layer->in.channels planes of pooled size). */
void syn_kernel_pool(const struct syn_layer *layer, const int8_t *in, int8_t *out);

/* Element-wise over `count` elements of input_count operands, left to right, clamped to int8. */
void syn_kernel_eltwise(const struct syn_layer *layer, const int8_t *const *operands,
                        uint32_t count, int8_t *out);

/* The same with 32-bit result, not clamped (element-wise alone with output_width 32). */
void syn_kernel_eltwise32(const struct syn_layer *layer, const int8_t *const *operands,
                          uint32_t count, int32_t *out);

/*
 * Weights as the convolution reads them: int16_t [out][kernel_h][kernel_w][in / groups], every
 * output padded with zeros to SYN_KERNEL_ALIGN weights. 16 bits because then two products and
 * their sum are one instruction on most processors.
 */
#define SYN_KERNEL_ALIGN 16u

uint64_t syn_kernel_weight_bytes(const struct syn_layer *layer);
void syn_kernel_prepare(const struct syn_layer *layer, const uint8_t *packed, void *weights);

/* Bytes of working memory that syn_kernel_conv() needs for this layer. */
uint64_t syn_kernel_scratch_bytes(const struct syn_layer *layer);

/*
 * Convolution of any kind (conv2d, conv1d, convtranspose2d, linear) with bias, shift, clamp and
 * activation. `in` has layer->pooled's shape (flattened for linear); `weights` are prepared; `out`
 * is int8 or int32 by output_width; bias may be NULL; `scratch` need not be kept between slices.
 */
void syn_kernel_conv(const struct syn_layer *layer, const int8_t *in, const void *weights,
                     const int8_t *bias, void *out, void *scratch, unsigned row, unsigned row_end);

/*
 * One way to compute: constant, without state, free for any number of threads. All functions are
 * as those above that they stand for, but the order inside a tensor, the form of prepared weights
 * and the scratch are the table's own. Weights and scratch are aligned to 16 bytes.
 */
struct syn_kernels {
    const char *name;
    bool channels_last; /* tensors are H,W,C (also 32-bit ones) instead of C,H,W */
    uint64_t (*weight_bytes)(const struct syn_layer *layer); /* 0 for passthrough */
    void (*prepare)(const struct syn_layer *layer, const uint8_t *packed, void *weights);
    uint64_t (*scratch_bytes)(const struct syn_layer *layer);
    void (*conv)(const struct syn_layer *layer, const int8_t *in, const void *weights,
                 const int8_t *bias, void *out, void *scratch, unsigned row, unsigned row_end);
    void (*pool)(const struct syn_layer *layer, const int8_t *in, int8_t *out);
    void (*eltwise)(const struct syn_layer *layer, const int8_t *const *operands, uint32_t count,
                    int8_t *out);
    void (*eltwise32)(const struct syn_layer *layer, const int8_t *const *operands, uint32_t count,
                      int32_t *out);
    /* From C,H,W to H,W,C and back, the latter of 8 or 32 bits; NULL unless channels_last. */
    void (*from_dense)(struct syn_shape shape, const int8_t *dense, int8_t *tensor);
    void (*to_dense)(struct syn_shape shape, unsigned width, const void *tensor, void *dense);
};

const struct syn_kernels *syn_kernels_portable(void);

#endif
