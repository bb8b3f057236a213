/* SPDX-License-Identifier: MIT */
/* What the MAX7800x answer, for their table in max7800x.c: place.h and demand.h. Internal. */
#ifndef SYN_DEVICES_PART_MAX7800X_H
#define SYN_DEVICES_PART_MAX7800X_H

#include "devices/part/kind.h"

int syn_max7800x_check_layer(const struct syn_part *part, const struct syn_layer *layer,
                             struct syn_misfit *misfit);

/* NULL, or what a layer wants that no register can say (PROGRAM.md 6). */
const char *syn_max7800x_refusal(const struct syn_part *part, const struct syn_layer *layer);

/* Multi-pass element-wise of a MAX78000 works where passes and operands are two; else the passes
 * are read as if they were further rows, which only copies can do. */
bool syn_max7800x_passes_as_rows(const struct syn_part *part, const struct syn_layer *layer);

int syn_max7800x_place_chunks(const struct syn_part *part, const struct syn_chunk *chunks,
                              unsigned count, struct syn_place *places, struct syn_misfit *misfit);
int syn_max7800x_place_data(const struct syn_part *part, const struct syn_chunk *chunk,
                            uint32_t *offsets, struct syn_misfit *misfit);

#endif
