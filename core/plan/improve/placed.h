/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Placements that were made before. A neighbourhood search meets the same chunks on devices of the
 * same kind again and again, and placing them is most of its work.
 *
 * Found again by a hash of 64 bits; whoever keeps a plan has it judged by syn_cost_predict.
 */
#ifndef SYN_CORE_PLAN_IMPROVE_PLACED_H
#define SYN_CORE_PLAN_IMPROVE_PLACED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_PLACED_CHUNKS_MAX 10 /* sets of more chunks are placed each time */

struct syn_placed {
    uint64_t key; /* 0: empty */
    bool fits;
    int64_t infer_ns[SYN_PLACED_CHUNKS_MAX]; /* of each chunk */
};

struct syn_placed_cache;

/* Room for `entries`, or a few more. Returns 0 or SYN_ENOMEM. */
int syn_placed_new(struct syn_placed_cache **cache, size_t entries);
void syn_placed_free(struct syn_placed_cache *cache); /* NULL is fine */

/* One more chunk of a set, in order; starts from 0. `figures` numbers the model on its kind. */
uint64_t syn_placed_key(uint64_t key, unsigned figures, unsigned first, unsigned last);

/* The entry for the key: its own, or one to fill in (key differs). */
struct syn_placed *syn_placed_at(struct syn_placed_cache *cache, uint64_t key);

#endif
