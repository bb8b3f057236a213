/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts one pipeline into a plan: not by looking at all its execution plans, but at those that a
 * sum of prices over chunks and hops calls cheap, in a few ten microseconds.
 *
 * First backwards over (cut, device): the cheapest rest of a plan, sums of memory kept, kernels in
 * column 0, a device perhaps twice. Then forwards along the cheapest beginnings, with every chunk
 * placed beside what the device holds and no device twice, a bounded number of steps.
 */
#ifndef SYN_CORE_PLAN_IMPROVE_INSERT_H
#define SYN_CORE_PLAN_IMPROVE_INSERT_H

#include "core/plan/improve/ledger.h"

/* What is cheap. Prices of loads and memory grow with what is there, so that the busiest unit and
 * the scarcest memory are spared. */
struct syn_goal {
    double load;           /* of the rise of sum over units of (busy / scale_ns)^(2^power) */
    unsigned power;        /* 0..5 */
    int64_t scale_ns;      /* > 0 */
    int64_t limit_ns;      /* no unit may be busier; INT64_MAX: none */
    double latency_per_ns; /* of all pipelines */
    double energy_per_fj;  /* active, of a round */
    double memory;         /* of the share of the room that is taken, dearer where little is left */
    double chunk;          /* of each chunk */
    double noise;          /* prices of a device are off by this share at most */
    unsigned chunks_max, steps_max;
};

struct syn_inserter;

int syn_inserter_new(struct syn_inserter **inserter, const struct syn_atlas *atlas);
void syn_inserter_free(struct syn_inserter *inserter); /* NULL is fine */

/*
 * Finds an execution plan of `pipeline` for the (settled) ledger, which has it out. Kernels, bias,
 * data, arena and the limit on units hold; bounds on latencies are left to the caller. False where
 * it found none. `seed` is for the noise and moves on.
 */
bool syn_insert_find(struct syn_inserter *inserter, const struct syn_ledger *ledger,
                     unsigned pipeline, const struct syn_goal *goal, uint64_t *seed,
                     struct syn_execution_plan *plan);

/* 0.0 .. 1.0, and 0 .. below - 1. */
double syn_draw_share(uint64_t *seed);
unsigned syn_draw(uint64_t *seed, unsigned below);

#endif
