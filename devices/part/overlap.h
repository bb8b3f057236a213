/* SPDX-License-Identifier: MIT */
/*
 * How far a layer's output may run into the place of its input.
 *
 * The part reads each input word once, in raster order, and keeps what the kernel still needs in
 * its own cache; so an output pixel may be written over an input word that is behind the last one
 * that this pixel needs.
 */
#ifndef SYN_DEVICES_PART_OVERLAP_H
#define SYN_DEVICES_PART_OVERLAP_H

#include "devices/part/layer.h"

/*
 * The least `in offset - out offset` at which no input byte is overwritten before it is read.
 * `in_stride`, `out_stride`: bytes between pixels in an instance. May be negative.
 */
int64_t syn_overlap_distance(const struct syn_layer *layer, uint32_t in_stride,
                             uint32_t out_stride);

#endif
