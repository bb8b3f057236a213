/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Planning one pipeline after the other: each takes the best of all its execution plans, given
 * those that are already taken. What "best" means is one comparison; so is a planner of this kind.
 */
#ifndef SYN_CORE_PLAN_PROGRESSIVE_H
#define SYN_CORE_PLAN_PROGRESSIVE_H

#include "core/plan/enumerate.h"

/*
 * < 0 where a is better. It is asked of lower bounds, too: it must grow with every term that it
 * looks at, and look at sums in one of the orders of outlook.h; 0 leaves the choice to
 * syn_execution_plan_compare.
 */
typedef int (*syn_candidate_compare)(const struct syn_problem *problem,
                                     const struct syn_candidate *a, const struct syn_candidate *b);

/* Which numbers of chunks come first, before `compare`. */
enum syn_spread { SYN_SPREAD_ANY, SYN_SPREAD_FEWEST, SYN_SPREAD_MOST };

struct syn_progressive {
    /* Where a pipeline finds no plan beside the others: another way to a whole plan, into
     * result->plan. 0, or SYN_EOOR, SYN_ENOMEM. NULL: there is none. */
    int (*rescue)(const struct syn_problem *problem, int64_t deadline_ns,
                  struct syn_search_result *result);
    syn_candidate_compare compare;
    enum syn_outlook_order order_of_sums; /* that `compare` asks for */
    bool round_first;                     /* `compare` looks at T before any sum */
    bool own_first; /* before that: as few chunks as possible away from both source and target */
    enum syn_spread spread;
    uint64_t patience;     /* candidates, before and after the first plan; 0: no end */
    const unsigned *order; /* of the pipelines; NULL: as they stand */
    bool blind;            /* to the other pipelines; the whole may then turn out infeasible */
};

/* Comparisons of baselines: the pipeline's latency, or that of its model alone; then the tail. */
int syn_by_own_latency(const struct syn_problem *problem, const struct syn_candidate *a,
                       const struct syn_candidate *b);
int syn_by_model_latency(const struct syn_problem *problem, const struct syn_candidate *a,
                         const struct syn_candidate *b);

/* As syn_planner.search. */
int syn_progressive_search(const struct syn_problem *problem,
                           const struct syn_progressive *progressive,
                           const struct syn_search_options *options,
                           struct syn_search_result *result, struct syn_error *error);

#endif
