/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/explain/work.h"

#include "core/cost/fit.h"

#include <stdlib.h>

static const struct {
    const char *name;
    uint8_t units;
} kinds[SYN_WORK_COUNT] = {
    [SYN_WORK_SENSE] = {"sense", 1 << SYN_UNIT_SENSOR},
    [SYN_WORK_CONFIGURE] = {"change of chunk", 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL},
    [SYN_WORK_LOAD] = {"load", 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL},
    [SYN_WORK_INFER] = {"infer", 1 << SYN_UNIT_ACCEL},
    [SYN_WORK_UNLOAD] = {"unload", 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL},
    [SYN_WORK_TRANSFER] = {"transfer", 1 << SYN_UNIT_RADIO},
    [SYN_WORK_ACT] = {"act", 1 << SYN_UNIT_CPU},
};

const char *syn_work_name(enum syn_work_kind kind)
{
    return kinds[kind].name;
}

bool syn_work_occupies(const struct syn_work *work, unsigned device, enum syn_unit unit)
{
    const bool here =
        work->device == device || (work->kind == SYN_WORK_TRANSFER && work->peer == device);
    return here && kinds[work->kind].units >> unit & 1;
}

int syn_works_add(struct syn_works *works, struct syn_work work)
{
    if (works->count == works->room) {
        const unsigned room = works->room ? 2 * works->room : 64;
        struct syn_work *list = realloc(works->list, room * sizeof *list);
        if (!list)
            return SYN_ENOMEM;
        works->list = list;
        works->room = room;
    }
    if (work.ns > 0)
        works->list[works->count++] = work;
    return 0;
}

void syn_works_clear(struct syn_works *works)
{
    free(works->list);
    *works = (struct syn_works){.list = NULL};
}

static int add_chunk(struct syn_works *works, unsigned pipeline, unsigned device, uint64_t weight,
                     const struct syn_chunk_cost *cost, bool configure)
{
    const struct {
        enum syn_work_kind kind;
        uint64_t ns;
    } parts[] = {{SYN_WORK_CONFIGURE, configure ? cost->configure_ns : 0},
                 {SYN_WORK_LOAD, cost->load_ns},
                 {SYN_WORK_INFER, cost->infer_ns},
                 {SYN_WORK_UNLOAD, cost->unload_ns}};
    int rc = 0;
    for (unsigned i = 0; !rc && i < sizeof parts / sizeof parts[0]; i++)
        rc = syn_works_add(works, (struct syn_work){.kind = (uint8_t)parts[i].kind,
                                                    .pipeline = (uint8_t)pipeline,
                                                    .device = (uint8_t)device,
                                                    .peer = (uint8_t)device,
                                                    .ns = weight * parts[i].ns});
    return rc;
}

static int add_device(struct syn_works *works, const struct syn_problem *problem,
                      const struct syn_plan *plan, unsigned device)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_place *at = places;
    struct syn_residents residents;
    syn_residents_of(plan, device, &residents);
    int rc = residents.count ? syn_fit_kernels(problem, device, &residents, places, NULL) : 0;
    for (unsigned i = 0; !rc && i < residents.count; i++) {
        const struct syn_resident *r = &residents.list[i];
        const struct syn_problem_pipeline *p = &problem->pipelines[r->pipeline];
        struct syn_chunk_cost cost;
        rc = syn_cost_chunk(&problem->fleet->devices[device], p->model, r->first, r->last, at,
                            &cost);
        if (!rc)
            rc = add_chunk(works, r->pipeline, device, p->spec.weight, &cost, residents.count > 1);
        at += r->last - r->first;
    }
    return rc;
}

static int add_hop(struct syn_works *works, const struct syn_problem *problem, unsigned pipeline,
                   unsigned from, unsigned to, uint32_t bytes)
{
    const struct syn_fleet *fleet = problem->fleet;
    const uint64_t weight = problem->pipelines[pipeline].spec.weight;
    struct syn_work work = {.kind = SYN_WORK_TRANSFER,
                            .pipeline = (uint8_t)pipeline,
                            .device = (uint8_t)from,
                            .peer = (uint8_t)to,
                            .bytes = weight * bytes};
    if (from == to)
        return 0;
    if (fleet->direct[from][to]) {
        work.ns = weight * syn_cost_transfer(fleet, from, to, bytes);
        return syn_works_add(works, work);
    }
    work.peer = SYN_DEVICE_HUB;
    work.ns = weight * syn_cost_send_ns(fleet, from, to, bytes);
    int rc = syn_works_add(works, work);
    work.device = SYN_DEVICE_HUB;
    work.peer = (uint8_t)to;
    work.ns = weight * syn_cost_receive_ns(fleet, from, to, bytes);
    return rc ? rc : syn_works_add(works, work);
}

static int add_path(struct syn_works *works, const struct syn_problem *problem,
                    const struct syn_plan *plan, unsigned p)
{
    const struct syn_execution_plan *e = &plan->pipelines[p];
    const struct syn_problem_pipeline *pipeline = &problem->pipelines[p];
    const struct syn_fleet_device *devices = problem->fleet->devices;
    const uint64_t weight = pipeline->spec.weight;
    unsigned holder = e->source;
    int rc = syn_works_add(
        works,
        (struct syn_work){.kind = SYN_WORK_SENSE,
                          .pipeline = (uint8_t)p,
                          .device = e->source,
                          .peer = e->source,
                          .ns = weight * syn_timing_sense(&devices[e->source].profile.timing)});
    for (unsigned k = 0; !rc && k <= e->chunk_count; k++) {
        const bool result = k == e->chunk_count;
        const unsigned next = result ? e->target : e->chunks[k].device;
        struct syn_cut cut;
        rc = syn_model_cut(pipeline->model,
                           result ? pipeline->model->layer_count : e->chunks[k].first, &cut);
        if (!rc)
            rc = add_hop(works, problem, p, holder, next,
                         result ? syn_cost_result_bytes(cut.bytes) : cut.bytes);
        holder = next;
    }
    if (rc)
        return rc;
    return syn_works_add(
        works,
        (struct syn_work){.kind = SYN_WORK_ACT,
                          .pipeline = (uint8_t)p,
                          .device = e->target,
                          .peer = e->target,
                          .ns = weight * syn_timing_act(&devices[e->target].profile.timing)});
}

int syn_works_of(const struct syn_problem *problem, const struct syn_plan *plan,
                 struct syn_works *works)
{
    int rc = 0;
    *works = (struct syn_works){.list = NULL};
    for (unsigned d = 0; !rc && d < problem->fleet->count; d++)
        rc = add_device(works, problem, plan, d);
    for (unsigned p = 0; !rc && p < plan->pipeline_count; p++)
        if (plan->pipelines[p].chunk_count)
            rc = add_path(works, problem, plan, p);
    if (rc)
        syn_works_clear(works);
    return rc;
}
