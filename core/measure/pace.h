/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a device work as fast as its figures say? Measured busy time against the time that the
 * figures give for exactly those tasks that were counted, unit by unit: what is under way at either
 * end of a sample, and how far pipelines are ahead of each other, makes no difference.
 *
 * Load and unload occupy `cpu` and `accel`; the pace of `accel` is that of inference alone, and not
 * known where actions of a CPU that is off, or next to nothing but moving data, hide it. The pace
 * of `radio` is that of its transfers, of which the slower end decides: a device whose peers are
 * slow looks slow itself.
 */
#ifndef SYN_CORE_MEASURE_PACE_H
#define SYN_CORE_MEASURE_PACE_H

#include "core/measure/measure.h"

/* A unit that is this much off is worth a word. */
#define SYN_PACE_NOTABLE 0.04

struct syn_pace {
    double speed[SYN_UNIT_COUNT]; /* 1: as its figures say; 0.8: a fifth slower; NaN: not known */
};

/* Of one device in a sample of `plan` under way. A device that does not say of what kind its tasks
 * were is not judged. */
void syn_pace_of(const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_sample *sample, unsigned device, struct syn_pace *pace);

/* Off by more than SYN_PACE_NOTABLE? False for NaN. */
bool syn_pace_is_notable(double speed);

#endif
