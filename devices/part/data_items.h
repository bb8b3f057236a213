/* SPDX-License-Identifier: MIT */
/* The tensors of a chunk in data memory: what syn_place_data() arranges. Internal to the folder. */
#ifndef SYN_DEVICES_PART_DATA_ITEMS_H
#define SYN_DEVICES_PART_DATA_ITEMS_H

#include "devices/part/place.h"

#define ITEMS_MAX (SYN_PART_PLACEMENTS_MAX + SYN_LIVE_MAX)
#define FOREVER   UINT16_MAX /* leaves the chunk */

/* A tensor. Time 0 is before the first layer of the chunk, time t its t-th layer. */
struct syn_data_item {
    uint16_t id, unit;
    uint16_t birth, death; /* the layer that makes it; the last that reads it */
    uint16_t instances;    /* of data memory, a bit each */
    bool placed;
    uint32_t stride;  /* bytes between pixels in an instance */
    uint32_t span;    /* bytes in an instance, with the gaps of its unit */
    uint32_t shift;   /* bytes from the unit's offset to the tensor's first word */
    int32_t distance; /* of the dying item to what its last reader makes */
    uint32_t offset;  /* of the unit */
};

struct syn_data {
    const struct syn_part *part;
    const struct syn_chunk *chunk;
    struct syn_data_item items[ITEMS_MAX];
    unsigned count, made_from; /* items from here on are made in the chunk, in order */
    unsigned units;
};

/* Fills everything but offsets, for d->part and d->chunk. */
void syn_data_collect(struct syn_data *d);

#endif
