/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The best combination of listed plans, by branch and bound: one pipeline after the other takes
 * one of its plans; what cannot be part of a plan of at most the target leaves the lists. Loads of
 * what is decided are exact but for the places of kernels; those, and whether they fit, are asked
 * of cost and fit as soon as all that a device will hold is decided.
 */
#ifndef SYN_CORE_PLAN_EXACT_BRANCH_H
#define SYN_CORE_PLAN_EXACT_BRANCH_H

#include "core/plan/exact/lists.h"

/* Called with each feasible plan within the target; the target becomes one less than its value. */
struct syn_branch_found {
    void (*found)(void *ctx, const struct syn_plan *plan, const struct syn_score *score);
    int64_t (*target)(void *ctx); /* plans above it are no longer wanted; asked now and then */
    void *ctx;
};

/*
 * Looks for plans of at most bound->target in the lists until there is none. *nodes grows. Returns
 * 0 (whatever was not found is not there), SYN_ENOMEM, SYN_ECANCELED, SYN_ETIMEOUT after
 * `nodes_most`.
 */
int syn_branch_run(const struct syn_bound *bound, const struct syn_lists *lists,
                   uint64_t nodes_most, const struct syn_exact_ask *ask,
                   const struct syn_branch_found *found, uint64_t *nodes);

#endif
