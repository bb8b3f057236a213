/* SPDX-License-Identifier: MIT */
/*
 * What layers take of a part where the amounts simply add up: kernel words of each processor,
 * bytes of bias, layers; for other kinds of part whatever they run out of.
 *
 * A set of chunks that exceeds the room in any of them cannot fit; one that does not may still not
 * fit, for place.h has the last word (gaps, bias groups, activations). So planners bound and
 * search by these sums and know nothing else of a part.
 */
#ifndef SYN_DEVICES_PART_DEMAND_H
#define SYN_DEVICES_PART_DEMAND_H

#include "devices/part/geometry.h"
#include "devices/part/layer.h"

#define SYN_PART_RESOURCES (SYN_PART_PROCESSORS + 2)

/* Of each resource; which is which is the part's own affair. Those that it has not are 0. */
struct syn_demand {
    uint32_t of[SYN_PART_RESOURCES];
};

/* What one layer takes. */
void syn_demand_layer(const struct syn_part *part, const struct syn_layer *layer,
                      struct syn_demand *demand);

/* What there is; SYN_DEMAND_FREE where a resource does not bound anything. */
#define SYN_DEMAND_FREE UINT32_MAX
void syn_demand_room(const struct syn_part *part, struct syn_demand *room);

/*
 * A lower bound on the layer's cycles wherever its kernels lie and whatever else is resident; the
 * cycles of a chunk are at least 1 (its start) and the sum of those of its layers.
 */
uint64_t syn_demand_cycles(const struct syn_part *part, const struct syn_layer *layer, uint32_t hz);

#endif
