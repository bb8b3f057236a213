/* SPDX-License-Identifier: MIT */
/* A part of a convolution that is ready to be summed; inside the files compiled for AVX2. */
#ifndef SYN_DEVICES_KERNELS_AVX2_CONV_H
#define SYN_DEVICES_KERNELS_AVX2_CONV_H

#include "devices/kernels/avx2_finish.h"
#include "devices/kernels/pack.h"

/* Pixels of one band and phase, all outputs. */
struct syn_conv_part {
    const int16_t *band;
    const struct syn_walk_pixel *pixels;
    const struct syn_walk_tap *taps;
    uint32_t pixel_count, tap_count;
    uint32_t runs, pairs; /* of the weights */
    uint32_t outputs;
    const void *weights;
    const int32_t *biases;
    void *out;
    struct finish finish;
};

/* Sixteen outputs from `output` on, of which `count` exist; eight where no more than that. */
struct syn_conv_block {
    const int8_t *weights;
    const int32_t *biases;
    uint32_t output, count;
};

void syn_avx2_dense(const struct syn_conv_part *part);
void syn_avx2_depthwise(const struct syn_conv_part *part);

#endif
