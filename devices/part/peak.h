/* SPDX-License-Identifier: MIT */
/* Data memory of parts of the kind peak-and-bandwidth, for their table in peak.c. Internal. */
#ifndef SYN_DEVICES_PART_PEAK_H
#define SYN_DEVICES_PART_PEAK_H

#include "devices/part/kind.h"

int syn_peak_place_data(const struct syn_part *part, const struct syn_chunk *chunk,
                        uint32_t *offsets, struct syn_misfit *misfit);
uint32_t syn_peak_data_peak(const struct syn_chunk *chunk, const uint32_t *offsets);

#endif
