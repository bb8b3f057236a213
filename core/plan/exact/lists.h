/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The execution plans of each pipeline that can be part of a plan of at most bound->target: those
 * whose reduced cost is within what the bound leaves, and which keep to the pipeline's limits by
 * themselves. Found by walking forward with the values of the pricing programme as bounds.
 */
#ifndef SYN_CORE_PLAN_EXACT_LISTS_H
#define SYN_CORE_PLAN_EXACT_LISTS_H

#include "core/plan/exact/bound.h"

struct syn_listed {
    struct syn_path path;
    int64_t reduced; /* price of the plan, times 2^shift */
    int64_t cost;    /* c_p */
    int64_t latency_ns;
    uint32_t devices; /* that hold its chunks */
    uint32_t entry;   /* first of its entries */
    uint16_t entries;
};

struct syn_list {
    struct syn_listed *plans; /* by reduced cost */
    unsigned count, room;
    uint16_t *row; /* entries: what a plan takes of the rows */
    int64_t *value;
    size_t entry_count, entry_room;
};

struct syn_lists {
    struct syn_list of[SYN_PIPELINES_MAX];
    uint64_t count; /* plans in all of them */
    bool whole;     /* false: there are more than were asked for */
};

/*
 * After syn_bound_run that left the target open. At most `most` plans in all. Returns 0,
 * SYN_ENOMEM, SYN_ECANCELED.
 */
int syn_lists_find(struct syn_lists *lists, struct syn_bound *bound, uint64_t most,
                   const struct syn_exact_ask *ask);
void syn_lists_free(struct syn_lists *lists);

#endif
