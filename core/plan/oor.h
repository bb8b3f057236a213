/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why there is no plan: the sharpest reason that can be found, in words. */
#ifndef SYN_CORE_PLAN_OOR_H
#define SYN_CORE_PLAN_OOR_H

#include "core/plan/planner.h"

/*
 * Is there provably no plan at all? Looks, in this order, for a layer that fits no device, for
 * totals that exceed what all devices have (of one model, then of all models together), and for a
 * pipeline that finds no plan even alone. Returns 0 where nothing is proven, SYN_EOOR with words,
 * or what went wrong while looking.
 */
int syn_plan_prove_oor(const struct syn_problem *problem, struct syn_error *error);

/*
 * Is there a pipeline that may be on all devices and takes longer than its latency bound even
 * alone? Returns 0 where there is none, SYN_EOOR with words, or what went wrong while looking.
 */
int syn_plan_prove_latency(const struct syn_problem *problem, struct syn_error *error);

/*
 * `pipeline` found no execution plan beside those of `base`, and that there is none at all is not
 * proven: says how far it got. Always returns a negative code.
 */
int syn_plan_explain_oor(const struct syn_problem *problem, const struct syn_plan *base,
                         unsigned pipeline, struct syn_error *error);

#endif
