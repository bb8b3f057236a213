/* SPDX-License-Identifier: MIT */
/*
 * Weights in the order in which a kernel reads them.
 *
 * Dense: int8_t, blocks of 16 outputs, the last one of 8 where no more are left; in a block
 * [run][pair][output][2], filled up with zeros. Depthwise: int16_t [tap][channels], channels
 * filled up to a multiple of 16.
 */
#ifndef SYN_DEVICES_KERNELS_PACK_H
#define SYN_DEVICES_KERNELS_PACK_H

#include "devices/kernels/walk.h"

#define SYN_PACK_OUTPUTS 16u

uint64_t syn_order_weights_bytes(const struct syn_layer *layer);
void syn_order_weights(const struct syn_layer *layer, const uint8_t *packed, void *weights);

#endif
