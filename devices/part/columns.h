/* SPDX-License-Identifier: MIT */
/*
 * How much weight memory a layer takes (PART.md 1.2), and how the accelerator sees a dilated
 * conv1d: with a stretched kernel, or as a 3x3 conv2d over rows of `dilation` samples.
 */
#ifndef SYN_DEVICES_PART_COLUMNS_H
#define SYN_DEVICES_PART_COLUMNS_H

#include "devices/part/layer.h"

/* 72-bit words on each processor of the map; 0 where the layer has no weights. */
uint32_t syn_columns_words(const struct syn_layer *layer);

/* Output channels rounded up by the output processor map, as cycles count them. */
uint32_t syn_columns_outputs(const struct syn_layer *layer);

/* Sizes as the hardware runs them; equal to the layer's own but for a dilated conv1d. */
struct syn_hw_conv {
    uint16_t in_h, in_w, out_h, out_w;
    uint16_t kernel_h, kernel_w;
    uint8_t pad_h, pad_w;
};

void syn_columns_hw(const struct syn_layer *layer, struct syn_hw_conv *hw);

#endif
