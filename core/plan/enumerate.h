/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All execution plans of one pipeline, given the plans of others: every source and target that
 * meets the requirements, every ordered choice of devices, every cut. Nothing is left out but what
 * does not fit and what the visitor refuses by its lower bound.
 */
#ifndef SYN_CORE_PLAN_ENUMERATE_H
#define SYN_CORE_PLAN_ENUMERATE_H

#include "core/plan/outlook.h"
#include "core/plan/planner.h"
#include "core/plan/score.h"

#include <limits.h>

/*
 * The beginning of an execution plan (exact where `complete`). Scores are of the whole plan: the
 * base and this pipeline; otherwise they bound everything that begins like this, T and latencies
 * each for itself, the sums in the order of the limits one after the other (outlook.h). A chunk
 * whose first and last are equal has its device, but not yet its end.
 */
struct syn_candidate {
    const struct syn_execution_plan *plan;
    bool complete;
    unsigned chunk_count; /* of this pipeline */
    struct syn_score score;
    uint64_t own_latency_ns;   /* of this pipeline, sensing to action */
    uint64_t model_latency_ns; /* of its chunks and the transfers between them */
};

struct syn_visitor {
    void *ctx;
    /* Could anything that begins like this be wanted? */
    bool (*promising)(void *ctx, const struct syn_candidate *candidate);
    /* A complete, feasible plan that was promising. */
    void (*found)(void *ctx, const struct syn_candidate *candidate);
    /* < 0: go into a first; NULL: in any order. */
    int (*before)(void *ctx, const struct syn_candidate *a, const struct syn_candidate *b);
};

/* Which plans are asked for, and in which order sums are bounded. */
struct syn_limits {
    enum syn_outlook_order order;
    unsigned chunks;    /* exactly as many; 0: any number */
    unsigned strangers; /* at most: chunks on devices that are neither source nor target */
    uint64_t round_ns;  /* T at most */
    uint64_t patience;  /* candidates until SYN_ETIMEOUT; a plan starts them anew; 0: no end */
    bool one_of_twins;  /* of plans that differ in nothing but order of connecting, the first */
    bool least_round;   /* T no larger than the bound on it before the walk begins */
};

#define SYN_NO_LIMITS ((struct syn_limits){.strangers = UINT_MAX, .round_ns = UINT64_MAX})

/*
 * `base` leaves `pipeline` out (chunk_count 0) and is feasible. *count grows by the candidates
 * that were looked at. Returns 0, SYN_ENOMEM, SYN_ECANCELED, SYN_EOOR (the model has a cut that
 * too many tensors cross), SYN_ETIMEOUT after `deadline_ns`:
 * the visitor then holds the best so far.
 */
int syn_enumerate(const struct syn_problem *problem, const struct syn_plan *base, unsigned pipeline,
                  const struct syn_search_options *options, int64_t deadline_ns,
                  const struct syn_visitor *visitor, uint64_t *count, struct syn_error *error);

/* The same within limits, on a stage that may be used again. Returns 0, SYN_ENOMEM, SYN_ECANCELED,
 * SYN_ETIMEOUT. */
int syn_enumerate_stage(struct syn_stage *stage, const struct syn_limits *limits,
                        const struct syn_search_options *options, int64_t deadline_ns,
                        const struct syn_visitor *visitor, uint64_t *count);

/* The order of sums that an objective asks for. */
enum syn_outlook_order syn_enumerate_order(enum syn_objective objective);

/* Of CLOCK_MONOTONIC: when a search that begins now must end; INT64_MAX without a limit. */
int64_t syn_search_deadline(const struct syn_search_options *options);

/* 0, SYN_ECANCELED or SYN_ETIMEOUT. */
int syn_search_interrupted(const struct syn_search_options *options, int64_t deadline_ns);

#endif
