/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How good a plan is: the terms of PLANNER.md, "Objective", in integers, so that equal plans
 * compare equal, and their order by objective.
 */
#ifndef SYN_CORE_PLAN_SCORE_H
#define SYN_CORE_PLAN_SCORE_H

#include "core/cost/cost.h"

struct syn_score {
    uint64_t round_ns;   /* T with task parallelization */
    uint64_t latency_ns; /* sum over the pipelines */
    uint64_t energy_fj;  /* of one round over all devices, active and idle */
    uint64_t bytes;      /* sent in one round */
    uint64_t away;       /* chunks that are not on the source of their pipeline */
};

void syn_score_of(const struct syn_problem *problem, const struct syn_plan *plan,
                  const struct syn_prediction *prediction, struct syn_score *score);

/* < 0 where a is better. Ties of all terms are left to syn_execution_plan_compare. */
int syn_score_compare(enum syn_objective objective, const struct syn_score *a,
                      const struct syn_score *b);

/* The first term: what bounds and gaps are about. */
uint64_t syn_score_first(enum syn_objective objective, const struct syn_score *score);

/* The same of a prediction in the mode that it is for: T, or the energy of a round, is that of its
 * execution, which may be longer than with task parallelization. */
uint64_t syn_score_predicted(const struct syn_problem *problem,
                             const struct syn_prediction *prediction);

/* The tail of the objective, with which every planner breaks its ties: energy, bytes, source. */
int syn_score_compare_tail(const struct syn_score *a, const struct syn_score *b);

/* The terms and then the plans themselves: 0 only for the same plan. */
int syn_plan_compare(enum syn_objective objective, const struct syn_score *a,
                     const struct syn_plan *plan_a, const struct syn_score *b,
                     const struct syn_plan *plan_b);

const char *syn_objective_name(enum syn_objective objective); /* "throughput", ... */
/* Index, or SYN_ENOENT. */
int syn_objective_find(const char *name);

#endif
