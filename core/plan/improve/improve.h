/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making plans better, and making one where the progressive way finds none.
 *
 * Both only ever return feasible plans (syn_cost_predict), compare by the whole objective
 * (syn_plan_compare) and are deterministic for a given seed as long as no limit ends them.
 */
#ifndef SYN_CORE_PLAN_IMPROVE_IMPROVE_H
#define SYN_CORE_PLAN_IMPROVE_IMPROVE_H

#include "core/plan/planner.h"
#include "core/plan/score.h"

#include <stdatomic.h>

struct syn_improve_limits {
    int64_t deadline_ns; /* of CLOCK_MONOTONIC; INT64_MAX: none */
    uint64_t iterations; /* neighbourhoods at most; 0: no limit */
    uint64_t enough;     /* stop when the first term is no larger than this */
    uint64_t seed;
    const atomic_bool
        *stop; /* asked now and then; may be NULL. No callback: any thread may run this */
};

/*
 * Large-neighbourhood search: takes a few pipelines out of the plan and puts them back better,
 * again and again. `plan` is feasible and stays so; *score is its score and follows. *looked grows
 * by the neighbourhoods tried. Returns 0 or SYN_ENOMEM.
 */
int syn_improve(const struct syn_problem *problem, const struct syn_improve_limits *limits,
                struct syn_plan *plan, struct syn_score *score, uint64_t *looked);

/*
 * The same in portions: one goes on where the one before it ended, unless it is given another
 * plan. The seed is that of the first. One thread at a time; refers to the problem. Returns 0,
 * SYN_ENOMEM, SYN_EOOR as syn_atlas_new.
 */
struct syn_improver;
int syn_improver_new(struct syn_improver **improver, const struct syn_problem *problem);
void syn_improver_free(struct syn_improver *improver); /* NULL is fine */

/* From now on for a problem that differs in its objective and limit of the round alone. */
void syn_improver_aim(struct syn_improver *improver, const struct syn_problem *problem);

void syn_improver_run(struct syn_improver *improver, const struct syn_improve_limits *limits,
                      struct syn_plan *plan, struct syn_score *score, uint64_t *looked);

/*
 * Memory first: a feasible plan where the progressive search ran out of memory. Returns 0,
 * SYN_EOOR (none found: no proof that there is none), SYN_ETIMEOUT, SYN_ENOMEM.
 */
int syn_repair(const struct syn_problem *problem, const struct syn_improve_limits *limits,
               struct syn_plan *plan);

#endif
