/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rates of pipelines in work-conserving execution: progressive filling, which gives the max-min
 * fair rates (cost.h has the formula). Inside core/cost.
 */
#ifndef SYN_CORE_COST_CONSERVE_H
#define SYN_CORE_COST_CONSERVE_H

#include "core/cost/cost.h"

/* What one inference of each pipeline asks of every unit and of the radios. */
struct syn_usage {
    uint64_t busy_ns[SYN_PIPELINES_MAX][SYN_DEVICES_MAX][SYN_UNIT_COUNT];
    struct syn_radio_load radio[SYN_PIPELINES_MAX];
};

/*
 * Fills rates (inferences a nanosecond; 0 for a pipeline without chunks) and, in *out, what
 * saturates first: bottleneck_device, bottleneck_unit, bottleneck_set (unchanged where rate caps
 * hold all pipelines).
 */
void syn_conserve_rates(const struct syn_problem *problem, const struct syn_plan *plan,
                        const struct syn_usage *usage, double rates[SYN_PIPELINES_MAX],
                        struct syn_prediction *out);

#endif
