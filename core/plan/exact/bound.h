/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lower bounds by column generation: a linear programme over paths proposes prices for units and
 * memory, the dynamic programme of price.h says what the cheapest path of each pipeline costs at
 * these prices, and that is a bound whatever the prices are. The best prices are kept; with them
 * every plan has a reduced cost that says how far it is from any optimum (lists.h).
 *
 * One thread at a time. Owns its tables, refers to the relaxation.
 */
#ifndef SYN_CORE_PLAN_EXACT_BOUND_H
#define SYN_CORE_PLAN_EXACT_BOUND_H

#include "core/plan/exact/price.h"

struct syn_bound_path {
    uint8_t pipeline;
    struct syn_path path;
};

/* Should the work end? Asked every millisecond or so; may tell somebody how far it is. */
struct syn_exact_ask {
    bool (*stop)(void *ctx, int64_t bound);
    void *ctx;
};

struct syn_bound {
    struct syn_relax *relax;
    struct syn_pricer pricer[SYN_PIPELINES_MAX];
    struct syn_bound_path *paths; /* all that were found, for the next time */
    unsigned path_count, path_room;
    int64_t scale; /* about what a plan is worth */
    /* Of the last run: */
    int64_t target, most_ns;          /* plans of at most this value were looked for; their T */
    int64_t value;                    /* no such plan is below; > target: there is none */
    int64_t total;                    /* the same, times 2^shift, not rounded */
    struct syn_prices prices;         /* that say so */
    int64_t least[SYN_PIPELINES_MAX]; /* price of the cheapest path of each */
    float *share[SYN_PIPELINES_MAX];  /* [layer][device]: how much of it lies there */
    unsigned rounds;
};

int syn_bound_new(struct syn_bound **bound, struct syn_relax *relax);
void syn_bound_free(struct syn_bound *bound);

/* A plan for the linear programme to begin with. */
int syn_bound_know(struct syn_bound *bound, const struct syn_plan *plan);

/*
 * Bounds the plans that the pricers allow of at most `target`; SYN_RELAX_NEVER: all. Returns 0,
 * SYN_ENOMEM, SYN_ECANCELED (the result stands as far as it got).
 */
int syn_bound_run(struct syn_bound *bound, int64_t target, const struct syn_exact_ask *ask);

#endif
