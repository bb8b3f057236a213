/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measure/pace.h"

#include <math.h>

#define TASKS_MIN 4 /* fewer say nothing, since those at the edges of a window are counted whole   \
                     */

/* What a round asks of one device. */
struct share {
    double tasks[SYN_UNIT_COUNT];
    double act_ns; /* of the CPU's busy time */
};

static void add_hop(struct share *share, unsigned device, unsigned from, unsigned to, double weight)
{
    if (from != to && (from == device || to == device))
        share->tasks[SYN_UNIT_RADIO] += weight;
}

static void add_pipeline(struct share *share, const struct syn_problem *problem,
                         const struct syn_execution_plan *e, double weight, unsigned device)
{
    const struct syn_timing *timing = &problem->fleet->devices[device].profile.timing;
    unsigned holder = e->source;
    for (unsigned k = 0; k < e->chunk_count; k++) {
        const bool here = e->chunks[k].device == device;
        share->tasks[SYN_UNIT_ACCEL] += here ? 3 * weight : 0; /* load, infer, unload */
        share->tasks[SYN_UNIT_CPU] += here ? 2 * weight : 0;
        add_hop(share, device, holder, e->chunks[k].device, weight);
        holder = e->chunks[k].device;
    }
    add_hop(share, device, holder, e->target, weight);
    share->tasks[SYN_UNIT_SENSOR] += e->source == device ? weight : 0;
    if (e->target != device)
        return;
    share->tasks[SYN_UNIT_CPU] += weight;
    share->act_ns += weight * (double)syn_timing_act(timing);
}

static double ratio(double predicted, double measured)
{
    return predicted > 0 && measured > 0 ? predicted / measured : NAN;
}

void syn_pace_of(const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_prediction *prediction, const struct syn_sample *sample,
                 unsigned device, struct syn_pace *pace)
{
    const struct syn_device_sample *seen = &sample->devices[device];
    const uint64_t *predicted = prediction->busy_ns[device];
    struct share share = {.act_ns = 0};
    double measured[SYN_UNIT_COUNT]; /* busy time of one round */
    for (unsigned p = 0; p < plan->pipeline_count; p++)
        add_pipeline(&share, problem, &plan->pipelines[p], problem->pipelines[p].spec.weight,
                     device);
    for (int u = 0; u < SYN_UNIT_COUNT; u++) {
        const bool enough = seen->tasks[u] >= TASKS_MIN && share.tasks[u] > 0;
        measured[u] =
            enough ? (double)seen->busy_ns[u] * share.tasks[u] / (double)seen->tasks[u] : NAN;
        pace->speed[u] = ratio((double)predicted[u], measured[u]);
    }
    /* Loading and unloading, as fast as the CPU was seen to be, is not the accelerator's own. */
    const double moving = (double)predicted[SYN_UNIT_CPU] - share.act_ns;
    pace->speed[SYN_UNIT_ACCEL] =
        ratio((double)predicted[SYN_UNIT_ACCEL] - moving,
              measured[SYN_UNIT_ACCEL] - moving / pace->speed[SYN_UNIT_CPU]);
}

bool syn_pace_is_notable(double speed)
{
    return isfinite(speed) && fabs(speed - 1) > SYN_PACE_NOTABLE;
}
