/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trained weights as integers, the way the vendor's quantize.py makes them. */
#ifndef SYN_CORE_IMPORT_VENDOR_QUANTIZE_H
#define SYN_CORE_IMPORT_VENDOR_QUANTIZE_H

#include "core/base/error.h"

#include <stddef.h>

/*
 * A layer's weights and bias in place: scaled by the power of two that the `quantile` (0..1) of
 * their magnitudes needs, rounded, clamped to `bits`. Biases come out in units of the accumulator
 * divided by 2^(bits - 1), that is as int8. *shift is the layer's output_shift. Returns 0 or
 * SYN_ENOMEM.
 */
int syn_vendor_quantize(float *weights, size_t count, float *bias, size_t bias_count, unsigned bits,
                        float quantile, int *shift, struct syn_error *error);

#endif
