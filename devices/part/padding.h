/* SPDX-License-Identifier: MIT */
/*
 * Padding that the data bring themselves: a MAX78002 cannot pad a conv1d of several passes, so its
 * input lies between zeros that the CPU writes before every start. Internal to the folder.
 */
#ifndef SYN_DEVICES_PART_PADDING_H
#define SYN_DEVICES_PART_PADDING_H

#include "devices/part/geometry.h"

/* Pixels of zeros wanted on each side of the input; 0 where the hardware pads, or nobody does. */
uint32_t syn_padding_pixels(const struct syn_part *part, const struct syn_layer *layer);

/* Does it come out the same? Not where pooling windows would reach over the end of the data. */
bool syn_padding_is_exact(const struct syn_layer *layer);

#endif
