/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a device work as fast as its figures say? Measured busy time against predicted, unit by
 * unit, for as many tasks as were counted.
 *
 * Load and unload occupy `cpu` and `accel`; the pace of `accel` is that of inference alone. The
 * pace of `radio` is that of its transfers, of which the slower end decides: a device whose peers
 * are slow looks slow itself.
 */
#ifndef SYN_CORE_MEASURE_PACE_H
#define SYN_CORE_MEASURE_PACE_H

#include "core/measure/measure.h"

/* A unit that is this much off is worth a word. */
#define SYN_PACE_NOTABLE 0.04

struct syn_pace {
    double speed[SYN_UNIT_COUNT]; /* 1: as its figures say; 0.8: a fifth slower; NaN: too little
                                     was counted, or the unit has nothing to do in this plan */
};

/*
 * Of one device in a sample. The tasks must be those of fair rounds: parallel or sequential
 * execution, all pipelines in the proportion of their weights.
 */
void syn_pace_of(const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_prediction *prediction, const struct syn_sample *sample,
                 unsigned device, struct syn_pace *pace);

/* Off by more than SYN_PACE_NOTABLE? False for NaN. */
bool syn_pace_is_notable(double speed);

#endif
