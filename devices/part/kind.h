/* SPDX-License-Identifier: MIT */
/*
 * What a kind of part has to answer: one const table each, behind place.h and demand.h. To add a
 * kind, write its table. Internal to the folder.
 */
#ifndef SYN_DEVICES_PART_KIND_H
#define SYN_DEVICES_PART_KIND_H

#include "devices/part/demand.h"
#include "devices/part/place.h"

/* Contracts: the functions of the same names in place.h (syn_place_*) and demand.h (syn_demand_*),
 * and syn_part_room(). */
struct syn_part_kind {
    int (*check_layer)(const struct syn_part *part, const struct syn_layer *layer,
                       struct syn_misfit *misfit);
    int (*place_chunks)(const struct syn_part *part, const struct syn_chunk *chunks, unsigned count,
                        struct syn_place *places, struct syn_misfit *misfit);
    int (*place_data)(const struct syn_part *part, const struct syn_chunk *chunk, uint32_t *offsets,
                      struct syn_misfit *misfit);
    uint32_t (*data_peak)(const struct syn_chunk *chunk, const uint32_t *offsets);
    uint64_t (*cycles)(const struct syn_part *part, const struct syn_chunk *chunk,
                       const struct syn_place *places, uint32_t hz);
    void (*demand_layer)(const struct syn_part *part, const struct syn_layer *layer,
                         struct syn_demand *demand);
    void (*demand_room)(const struct syn_part *part, struct syn_demand *room);
    uint64_t (*demand_cycles)(const struct syn_part *part, const struct syn_layer *layer,
                              uint32_t hz);
    struct syn_part_room (*room)(const struct syn_part *part);
};

/* "needs `need` of `have`"; misfit may be NULL. Returns SYN_EOOR. */
int syn_part_refuse(struct syn_misfit *misfit, enum syn_limit limit, uint32_t need, uint32_t have,
                    const char *what);

/* The chunks' number and that of their layers against the part's; 0 or SYN_EOOR. */
int syn_part_check_counts(const struct syn_part *part, const struct syn_chunk *chunks,
                          unsigned count, struct syn_misfit *misfit);

#endif
