/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof of `exact`: questions whether there is a plan of at most a target, and which targets
 * are asked (PLANNER.md, "exact").
 */
#ifndef SYN_CORE_PLAN_EXACT_PROVE_H
#define SYN_CORE_PLAN_EXACT_PROVE_H

#include "core/plan/exact/state.h"

#define SYN_PLANS_FIRST 1000  /* in the lists of a first try */
#define SYN_PLANS_MOST  60000 /* in the lists of one branch and bound */

/*
 * Finds the best plan of at most `target` among those that the pricers allow, or that there is
 * none; `root`: they allow all. Returns 0, SYN_ENOMEM, SYN_ECANCELED, SYN_ETIMEOUT where parts_left
 * were too few.
 */
int syn_exact_solve(struct syn_exact *s, int64_t target, bool root);

/* The bound of all plans that are better, and the proof at once where they are few. Returns 0
 * (proven or not), SYN_ENOMEM, SYN_ECANCELED, as the others. */
int syn_exact_try_proof(struct syn_exact *s);

/* Neighbourhoods, as long as they pay. */
int syn_exact_improve_first(struct syn_exact *s);

/* Until plan and bound meet, or the search is stopped. */
int syn_exact_prove(struct syn_exact *s);

#endif
