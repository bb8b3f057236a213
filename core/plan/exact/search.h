/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search of the planner `exact`: warm start, bounds, lists, branch and bound, in turns, until
 * best plan and bound meet (PLANNER.md, "exact").
 */
#ifndef SYN_CORE_PLAN_EXACT_SEARCH_H
#define SYN_CORE_PLAN_EXACT_SEARCH_H

#include "core/plan/planner.h"

/* As syn_planner.search. */
int syn_exact_search(const struct syn_problem *problem, const struct syn_search_options *options,
                     struct syn_search_result *result, struct syn_error *error);

#endif
