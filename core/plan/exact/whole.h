/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From proposed prices in floating point to whole numbers, at which every sum is exact: what
 * makes a bound of a linear programme one that can be believed.
 */
#ifndef SYN_CORE_PLAN_EXACT_WHOLE_H
#define SYN_CORE_PLAN_EXACT_WHOLE_H

#include "core/plan/exact/bound.h"

/* `round`: about what T is, in nanoseconds. */
void syn_whole_prices(const struct syn_bound *bound, const double *price, double round,
                      struct syn_prices *prices);

/* What T and the rooms add to the prices of the paths. */
int64_t syn_whole_constant(const struct syn_bound *bound, const struct syn_prices *prices);

/* A sum of prices as a value, rounded up. */
int64_t syn_whole_rounded(int64_t total, unsigned shift);

#endif
