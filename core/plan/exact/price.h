/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cheapest way of one pipeline through layers and devices at given prices of the rows: a
 * dynamic programme over (layer boundary, device). It may visit a device again, so its value is a
 * lower bound for plans, and so is its value from any boundary on.
 *
 * Prices are whole numbers, 2^shift of them are one unit of the objective; sums are exact.
 */
#ifndef SYN_CORE_PLAN_EXACT_PRICE_H
#define SYN_CORE_PLAN_EXACT_PRICE_H

#include "core/plan/exact/relax.h"

struct syn_prices {
    unsigned shift;
    int64_t row[SYN_RELAX_ROWS_MAX]; /* >= 0 */
};

/* A chunk that is within the limits of its pipeline. */
struct syn_arc {
    uint16_t last;
    bool never; /* found not to fit by itself */
    int64_t infer_ns, config_ns;
};

/* The arcs and the programme of one pipeline. */
struct syn_pricer {
    struct syn_relax *relax;
    unsigned pipeline;
    uint16_t *allow;       /* [layer]: devices that may hold it; the caller's to change */
    struct syn_arc *arcs;  /* by device and first layer */
    uint32_t *start;       /* [device][first], one more at the end */
    int64_t *chunk, *rest; /* [boundary][device]: from a chunk on; from data that lie there on */
    uint32_t *chunk_arc;
    uint8_t *rest_next; /* device, or target at the last boundary */
    /* Of the last call: */
    int64_t hop_pair[SYN_DEVICES_MAX][SYN_DEVICES_MAX]; /* of a nanosecond, direct */
    int64_t hop_from[SYN_DEVICES_MAX][SYN_DEVICES_MAX]; /* of a nanosecond on each end, relayed */
    int64_t hop_to[SYN_DEVICES_MAX][SYN_DEVICES_MAX];
    int64_t accel[SYN_DEVICES_MAX], cpu[SYN_DEVICES_MAX];
    int64_t arena[SYN_DEVICES_MAX];
    int64_t best;
    unsigned source;
};

int syn_pricer_new(struct syn_pricer *pricer, struct syn_relax *relax, unsigned pipeline);
void syn_pricer_free(struct syn_pricer *pricer);

/* Takes the arcs within the pipeline's limits, of layers on devices that are allowed. */
void syn_pricer_filter(struct syn_pricer *pricer);

/* The value of the cheapest path, SYN_RELAX_NEVER where there is none; chunks of that path fit by
 * themselves. `path` may be NULL; its count is 0 where it is too long to be told. */
int64_t syn_pricer_run(struct syn_pricer *pricer, const struct syn_prices *prices,
                       struct syn_path *path);

/* Price of a hop over the boundary; SYN_RELAX_NEVER beyond the limits. a != b. */
int64_t syn_pricer_hop(const struct syn_pricer *pricer, unsigned a, unsigned b, unsigned cut);

/* Price of a chunk, what it puts into the arena for its reader included. */
int64_t syn_pricer_chunk(const struct syn_pricer *pricer, const struct syn_prices *prices,
                         unsigned device, unsigned first, const struct syn_arc *arc);

/* Prices of the two ends. */
int64_t syn_pricer_sense(const struct syn_pricer *pricer, const struct syn_prices *prices,
                         unsigned source);
int64_t syn_pricer_act(const struct syn_pricer *pricer, const struct syn_prices *prices,
                       unsigned target);

#endif
