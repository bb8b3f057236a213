/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every execution plan of a pipeline, one by one, without any bound: what planners must agree with.
 */
#ifndef SYN_TESTS_CORE_PLAN_BRUTE_H
#define SYN_TESTS_CORE_PLAN_BRUTE_H

#include "core/plan/score.h"

/* Calls `each` with `base` completed by every plan of `pipeline`, feasible or not. */
void brute_each(const struct syn_problem *problem, const struct syn_plan *base, unsigned pipeline,
                void (*each)(void *ctx, const struct syn_plan *plan), void *ctx);

#endif
