/* SPDX-License-Identifier: MIT */
/*
 * Data addresses for every layer of a chunk on a MAX7800x, from the places that
 * syn_place_data() finds: what makes a placed chunk a program without anybody's description.
 * Freestanding, no heap; about 5 KiB of stack.
 */
#ifndef SYN_DEVICES_PART_ROUTE_H
#define SYN_DEVICES_PART_ROUTE_H

#include "devices/part/transfer.h"

/* Tensors that enter and leave a chunk, by ascending number, and where they lie. */
struct syn_ports {
    uint8_t in_count, out_count;
    uint16_t in_ids[SYN_LIVE_MAX], out_ids[SYN_LIVE_MAX];
    struct syn_tensor_place in[SYN_LIVE_MAX], out[SYN_LIVE_MAX];
};

/*
 * Fills routes[0 .. last - first) and *ports (may be NULL). Tensors in data memory at the same
 * time never overlap, but for an output over its dying input where the hardware has read what it
 * overwrites.
 *
 * SYN_EOOR as syn_place_data(). SYN_EUNSUP, with layer and reason in *misfit (may be NULL), where
 * tensors would have to lie in two ways at once: read alone and as one of several operands, or
 * written to other processors than their reader has. A copy (passthrough) between them helps.
 */
int syn_route_chunk(const struct syn_part *part, const struct syn_chunk *chunk,
                    struct syn_route *routes, struct syn_ports *ports, struct syn_misfit *misfit);

/* Quadrants in whose memory they lie, a bit each: they need their clocks from init on. */
unsigned syn_ports_quadrants(const struct syn_ports *ports);

#endif
