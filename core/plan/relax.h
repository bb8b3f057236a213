/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which constraint is to blame where no plan was found: drops one kind after the other (the rate,
 * latency bounds, where chunks may be, all of them) and searches again.
 */
#ifndef SYN_CORE_PLAN_RELAX_H
#define SYN_CORE_PLAN_RELAX_H

#include "core/cost/constraints.h"
#include "core/plan/planner.h"

/*
 * *error holds the words of a search of `planner` that ended with SYN_EOOR. Where the problem is
 * constrained and has a plan without, they are replaced by words that name the constraint and
 * what is possible; otherwise they stay. `constraints` are those that were applied, for their
 * words. Returns SYN_EOOR, or SYN_ECANCELED when the caller stopped it.
 */
int syn_plan_explain_constraints(const struct syn_problem *problem,
                                 const struct syn_constraints *constraints,
                                 const struct syn_planner *planner,
                                 const struct syn_search_options *options, struct syn_error *error);

#endif
