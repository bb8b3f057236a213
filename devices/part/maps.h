/* SPDX-License-Identifier: MIT */
/* Maps of processors: bit p = processor p. Internal to the folder. */
#ifndef SYN_DEVICES_PART_MAPS_H
#define SYN_DEVICES_PART_MAPS_H

#include <stdint.h>

/* The map must not be 0. */
static inline unsigned syn_map_first(uint64_t map)
{
    unsigned bit = 0;

    while (!(map >> bit & 1))
        bit++;
    return bit;
}

static inline unsigned syn_map_last(uint64_t map)
{
    unsigned bit = 63;

    while (!(map >> bit & 1))
        bit--;
    return bit;
}

/* The processors of one quadrant as the low 16 bits. */
static inline uint32_t syn_map_quadrant(uint64_t map, unsigned quadrant)
{
    return (uint32_t)(map >> 16 * quadrant & 0xffff);
}

#endif
