/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is there any way to the end: from a cut, with one chunk on each of some devices? Where memory is
 * tight, the outlook does not know that a device is used up; this does, and remembers.
 */
#ifndef SYN_CORE_PLAN_WAYS_H
#define SYN_CORE_PLAN_WAYS_H

#include "core/plan/outlook.h"

struct syn_ways;

/*
 * Ways of exactly `chunks` chunks (0: any number), no more than `strangers` of them beside the
 * devices of the set `own`, no chunk with a load above the round that the outlook was priced for.
 * NULL: no memory. Stage and outlook stay, and keep source, target and round.
 */
struct syn_ways *syn_ways_new(struct syn_stage *stage, const struct syn_outlook *outlook,
                              unsigned chunks, unsigned strangers, uint32_t own);
void syn_ways_free(struct syn_ways *ways);

/* False: there is none. Entries are settled on the way. True where it would take too long. */
bool syn_ways_any(struct syn_ways *ways, uint32_t free, unsigned cut);

#endif
