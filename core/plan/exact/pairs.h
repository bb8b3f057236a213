/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Odd sets of radios that a fractional solution overloads become rows of the relaxation. */
#ifndef SYN_CORE_PLAN_EXACT_PAIRS_H
#define SYN_CORE_PLAN_EXACT_PAIRS_H

#include "core/plan/exact/relax.h"

/* Adds the transfers of `share` of a path, in nanoseconds of a round. */
void syn_pairs_add(const struct syn_relax *relax, unsigned pipeline, const struct syn_path *path,
                   double share, double pair[SYN_RADIO_NODES][SYN_RADIO_NODES]);

/* Adds the sets that are overloaded most in a round of so many nanoseconds, of those that
 * syn_cost_predict looks at; false where there are none. */
bool syn_pairs_separate(struct syn_relax *relax, double pair[SYN_RADIO_NODES][SYN_RADIO_NODES],
                        double round);

#endif
