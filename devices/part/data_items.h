/* SPDX-License-Identifier: MIT */
/* The tensors of a chunk in data memory: what syn_place_data() arranges. Internal to the folder. */
#ifndef SYN_DEVICES_PART_DATA_ITEMS_H
#define SYN_DEVICES_PART_DATA_ITEMS_H

#include "devices/part/place.h"

#define ITEMS_MAX (SYN_PART_LAYERS_MAX + SYN_LIVE_MAX)
#define FOREVER   UINT16_MAX /* leaves the chunk */

/* A tensor. Time 0 is before the first layer of the chunk, time t its t-th layer. */
struct syn_data_item {
    uint16_t id, unit;
    uint16_t birth, death; /* the layer that makes it; the last that reads it */
    uint16_t instances;    /* of data memory, a bit each */
    uint16_t stride;       /* bytes between pixels in an instance */
    uint16_t padding;      /* bytes of zeros on each side, in span and shift */
    uint8_t step;          /* words between passes: others lie between where it is not 1 */
    bool chw : 1, placed : 1;
    bool has_room : 1;  /* words before or behind the tensor belong to it, too */
    bool has_waste : 1; /* which the layer that makes it writes */
    uint32_t span;      /* bytes in an instance, with the gaps of its unit */
    uint32_t shift;     /* bytes from the unit's offset to the tensor's first word */
    int32_t distance;   /* of the dying item to what its last reader makes */
    uint32_t offset;    /* of the unit */
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

/* Collects and finds offsets; 0 or SYN_EOOR with *misfit (may be NULL), as syn_place_data(). */
int syn_data_arrange(struct syn_data *d, struct syn_misfit *misfit);

/* How the layers read and write what is arranged, into routes[0 .. last - first) (may be NULL). 0,
 * or SYN_EUNSUP with *misfit as syn_route_chunk(). In route.c. */
struct syn_route;
int syn_data_route(struct syn_data *d, struct syn_route *routes, struct syn_misfit *misfit);

/* The processors that have a channel in each pass of the item's tensor. */
uint64_t syn_data_processors(const struct syn_data *d, const struct syn_data_item *item);

/* The tensor's item, NULL where the chunk does not touch it. */
struct syn_data_item *syn_data_of(struct syn_data *d, unsigned id);

/* Shape of a tensor that enters the chunk or is made in it. */
struct syn_shape syn_data_shape(const struct syn_data *d, unsigned id);

/* Channels of a layer's input `n`, and the processors of the layer that read it. */
unsigned syn_data_channels(const struct syn_data *d, const struct syn_layer *l, unsigned n);
uint64_t syn_data_share(const struct syn_data *d, const struct syn_layer *l, unsigned n);

#endif
