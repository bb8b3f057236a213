/* SPDX-License-Identifier: MIT */
/*
 * Weights and biases as the memories of a MAX7800x want them (PROGRAM.md 3), written where
 * syn_place_chunks() put them. Nothing is stored; a layer is read once for each of its processors.
 *
 * Weights: a processor has, for each output and pass, the kernel of its channel; kernels of 1, 2
 * and 4 bits share bytes. They go as a stream (SYN_CTL_MEXPRESS must be set, as it is from
 * syn_program_init() on). Freestanding, no errors: the layer must have passed
 * syn_program_check().
 */
#ifndef SYN_DEVICES_PART_PACK_H
#define SYN_DEVICES_PART_PACK_H

#include "devices/part/program.h"

/* `weights` as layer.h packs them; nothing where the layer has none. */
void syn_pack_weights(const struct syn_part *part, const struct syn_layer *layer,
                      const struct syn_place *place, const uint8_t *weights,
                      const struct syn_sink *sink);

/* One byte an output channel; nothing where the layer has none. */
void syn_pack_bias(const struct syn_part *part, const struct syn_layer *layer,
                   const struct syn_place *place, const int8_t *bias, const struct syn_sink *sink);

/* Both for all layers of a chunk that has an image. */
void syn_pack_chunk(const struct syn_part *part, const struct syn_chunk *chunk,
                    const struct syn_place *places, const struct syn_sink *sink);

#endif
