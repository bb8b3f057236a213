/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measure/pace.h"

#include "core/cost/fit.h"
#include "core/schedule/routes.h"

#include <math.h>
#include <string.h>

#define TASKS_MIN 4    /* fewer are no evidence on a device whose tasks vary */
#define OWN_MIN   0.02 /* of the accelerator's time: less of its own is lost in what moves data */
#define DOUBT_MAX 1.25 /* between two views of what is its own */

/* What each kind of work takes on one device, by its figures. */
struct figures {
    uint64_t ns[SYN_PIPELINES_MAX][SYN_RT_WORK_COUNT];
    bool unknown; /* some hop takes a wire that was not measured */
};

/* ---- by the figures ---- */

static void price_chunks(struct figures *f, const struct syn_problem *problem,
                         const struct syn_plan *plan, unsigned device)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_place *at = places;
    struct syn_residents residents;
    syn_residents_of(plan, device, &residents);
    if (residents.count == 0 || syn_fit_kernels(problem, device, &residents, places, NULL))
        return;
    for (unsigned i = 0; i < residents.count; i++) {
        const struct syn_resident *r = &residents.list[i];
        uint64_t *ns = f->ns[r->pipeline];
        struct syn_chunk_cost cost;
        if (syn_cost_chunk(&problem->fleet->devices[device], problem->pipelines[r->pipeline].model,
                           r->first, r->last, at, &cost))
            return;
        ns[SYN_RT_WORK_CONFIGURE] = cost.configure_ns;
        ns[SYN_RT_WORK_LOAD] = cost.load_ns;
        ns[SYN_RT_WORK_INFER] = cost.infer_ns;
        ns[SYN_RT_WORK_UNLOAD] = cost.unload_ns;
        at += r->last - r->first;
    }
}

static void price_hops(struct figures *f, const struct syn_problem *problem,
                       const struct syn_plan *plan, unsigned p, unsigned device)
{
    const struct syn_execution_plan *e = &plan->pipelines[p];
    const struct syn_fleet *fleet = problem->fleet;
    uint64_t *ns = f->ns[p];
    for (unsigned hop = 0; hop <= e->chunk_count; hop++) {
        const unsigned from = syn_hop_from(e, hop), to = syn_hop_to(e, hop);
        uint32_t bytes;
        if (from == to || (from != device && to != device) ||
            syn_hop_bytes(problem->pipelines[p].model, e, hop, &bytes))
            continue;
        f->unknown |= fleet->links[from][to].wired && !fleet->links[from][to].measured;
        if (from == device)
            ns[hop == 0 ? SYN_RT_WORK_SEND_WINDOW : SYN_RT_WORK_SEND] =
                syn_cost_send_ns(fleet, from, to, bytes);
        else
            ns[hop == e->chunk_count ? SYN_RT_WORK_RECEIVE_RESULT : SYN_RT_WORK_RECEIVE] =
                syn_cost_receive_ns(fleet, from, to, bytes);
    }
}

static void price(struct figures *f, const struct syn_problem *problem, const struct syn_plan *plan,
                  unsigned device)
{
    const struct syn_timing *timing = &problem->fleet->devices[device].profile.timing;
    memset(f, 0, sizeof *f);
    price_chunks(f, problem, plan, device);
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        f->ns[p][SYN_RT_WORK_SENSE] = syn_timing_sense(timing);
        f->ns[p][SYN_RT_WORK_ACT] = syn_timing_act(timing);
        price_hops(f, problem, plan, p, device);
    }
}

/* ---- against what was measured ---- */

static const uint8_t units[SYN_RT_WORK_COUNT] = {
    [SYN_RT_WORK_SENSE] = 1 << SYN_UNIT_SENSOR,
    [SYN_RT_WORK_CONFIGURE] = 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL,
    [SYN_RT_WORK_LOAD] = 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL,
    [SYN_RT_WORK_INFER] = 1 << SYN_UNIT_ACCEL,
    [SYN_RT_WORK_UNLOAD] = 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL,
    [SYN_RT_WORK_ACT] = 1 << SYN_UNIT_CPU,
    [SYN_RT_WORK_SEND_WINDOW] = 1 << SYN_UNIT_RADIO,
    [SYN_RT_WORK_SEND] = 1 << SYN_UNIT_RADIO,
    [SYN_RT_WORK_RECEIVE] = 1 << SYN_UNIT_RADIO,
    [SYN_RT_WORK_RECEIVE_RESULT] = 1 << SYN_UNIT_RADIO,
};

/* What all work that was counted and keeps all of `mask` busy takes by the figures. */
static double expected(const struct figures *f, const struct syn_device_sample *seen, unsigned mask)
{
    double ns = 0;
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        for (unsigned k = 0; k < SYN_RT_WORK_COUNT; k++)
            if ((units[k] & mask) == mask)
                ns += (double)f->ns[p][k] * seen->work[p][k];
    return ns;
}

static double ratio(double predicted, double measured)
{
    return predicted > 0 && measured > 0 ? predicted / measured : NAN;
}

/*
 * What the accelerator was busy for itself, NaN where that cannot be told. Loading and unloading
 * kept CPU and accelerator busy for one time, which was the CPU's but for its actions. These took
 * as long as by the figures (boards hold them so long, and move data as fast as they can), or were
 * off by as much as all that the CPU did (virtual wearables): where that makes a difference, the
 * time of inference is lost between them.
 */
static double own_ns(const struct syn_device_sample *seen, double acting_ns, double cpu_speed)
{
    const double accel = (double)seen->busy_ns[SYN_UNIT_ACCEL];
    const double cpu = (double)seen->busy_ns[SYN_UNIT_CPU];
    const double alike = accel - cpu + (acting_ns > 0 ? acting_ns / cpu_speed : 0);
    const double held = accel - cpu + fmin(acting_ns, cpu);
    const double least = fmin(alike, held), most = fmax(alike, held);
    const bool known = isfinite(alike) && least >= OWN_MIN * accel && most <= DOUBT_MAX * least;
    return known ? alike : NAN;
}

void syn_pace_of(const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_sample *sample, unsigned device, struct syn_pace *pace)
{
    const struct syn_device_sample *seen = &sample->devices[device];
    struct figures f;
    double ns[SYN_UNIT_COUNT];
    price(&f, problem, plan, device);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
        ns[u] = expected(&f, seen, 1U << u);
        pace->speed[u] = seen->tasks[u] >= TASKS_MIN ? ratio(ns[u], (double)seen->busy_ns[u]) : NAN;
    }
    if (f.unknown)
        pace->speed[SYN_UNIT_RADIO] = NAN;
    const double moving = expected(&f, seen, 1U << SYN_UNIT_CPU | 1U << SYN_UNIT_ACCEL);
    pace->speed[SYN_UNIT_ACCEL] =
        isnan(pace->speed[SYN_UNIT_ACCEL])
            ? NAN
            : ratio(ns[SYN_UNIT_ACCEL] - moving,
                    own_ns(seen, ns[SYN_UNIT_CPU] - moving, pace->speed[SYN_UNIT_CPU]));
}

bool syn_pace_is_notable(double speed)
{
    return isfinite(speed) && fabs(speed - 1) > SYN_PACE_NOTABLE;
}
