/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices: the agents' runtime on each, tasks that take the time that the cost model says. */
#include "core/schedule/simulation.h"

#include "core/cost/fit.h"

#define BEACON_NS 100000000 /* SYN_AGENT_BEACON_NS */

/* ---- the port of a runtime ---- */

static uint64_t duration_of(const struct syn_sim_device *d, const struct syn_task *task)
{
    const struct syn_chunk_cost *chunk = &d->chunks[task->pipeline];
    switch (task->kind) {
    case SYN_TASK_SENSE:
        return syn_timing_sense(d->timing);
    case SYN_TASK_LOAD:
        return chunk->load_ns + (task->configure ? chunk->configure_ns : 0);
    case SYN_TASK_INFER:
        return chunk->infer_ns;
    case SYN_TASK_UNLOAD:
        return chunk->unload_ns;
    default:
        return syn_timing_act(d->timing);
    }
}

static uint64_t on_duration(void *ctx, const struct syn_task *task)
{
    return duration_of(ctx, task);
}

static void on_begin(void *ctx, const struct syn_task *task, int64_t start_ns)
{
    struct syn_sim_device *d = ctx;
    if (task->kind == SYN_TASK_SEND) {
        syn_sim_send(d, task, start_ns);
        return;
    }
    struct syn_happening end = {
        .kind = SYN_HAPPENS_END, .device = d->index, .start_ns = start_ns, .task = *task};
    if (task->kind == SYN_TASK_SENSE)
        end.task.token.sensed_ns = start_ns;
    end.end_ns = start_ns + (int64_t)duration_of(d, task);
    syn_sim_at(d->sim, end.end_ns, &end);
}

/* Credits cost no radio time: those who grant and send have other ways to say so. */
static void on_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    const struct syn_sim_device *d = ctx;
    const struct syn_execution_plan *path = syn_sim_path(d->sim, pipeline);
    const unsigned hop = stage == SYN_STAGE_TAIL ? path->chunk_count : syn_hop_into(path, d->index);
    syn_sim_now(d->sim,
                &(struct syn_happening){.kind = SYN_HAPPENS_CREDIT,
                                        .device = peer,
                                        .pipeline = pipeline,
                                        .stage = hop == 0 ? SYN_STAGE_HEAD : SYN_STAGE_BODY_OUT,
                                        .start_ns = at_ns});
}

static void on_completed(void *ctx, uint8_t pipeline, const struct syn_token *token,
                         int64_t acted_ns)
{
    struct syn_sim_device *d = ctx;
    syn_sim_done(d->sim, pipeline, token, acted_ns);
    syn_sim_now(d->sim, &(struct syn_happening){
                            .kind = SYN_HAPPENS_COUNTS, .device = d->index, .end_ns = acted_ns});
}

static void on_wake(void *ctx, int64_t at_ns)
{
    const struct syn_sim_device *d = ctx;
    syn_sim_at(d->sim, at_ns,
               &(struct syn_happening){.kind = SYN_HAPPENS_CAP_ENDS, .device = d->index});
}

/* ---- what happens ---- */

void syn_sim_end(struct syn_sim *sim, const struct syn_happening *h, int64_t at_ns)
{
    syn_sim_account(sim, &(struct syn_task_span){.start_ns = h->start_ns,
                                                 .end_ns = h->end_ns,
                                                 .inference = h->task.token.inference,
                                                 .device = h->device,
                                                 .pipeline = h->task.pipeline,
                                                 .kind = h->task.kind,
                                                 .peer = h->device,
                                                 .configure = h->task.configure});
    syn_rt_ended(&sim->devices[h->device].rt, &h->task, h->start_ns, at_ns, 0);
}

void syn_sim_credit(struct syn_sim *sim, const struct syn_happening *h)
{
    syn_rt_credit(&sim->devices[h->device].rt, h->pipeline, (enum syn_stage)h->stage, h->start_ns);
}

/*
 * Counts travel at once to those whom the device reaches, and to the others with its next beacon.
 * One task at a time needs them everywhere at once.
 */
static void spread_counts(struct syn_sim *sim, unsigned from, bool relayed, int64_t at_ns)
{
    const struct syn_fleet *fleet = sim->problem->fleet;
    const struct syn_rt *rt = &sim->devices[from].rt;
    for (unsigned d = 0; d < fleet->count; d++)
        if (d != from && sim->devices[d].takes_part && (relayed || fleet->direct[from][d]))
            syn_rt_counts(&sim->devices[d].rt, rt->done, rt->pipeline_count, at_ns);
}

void syn_sim_counts(struct syn_sim *sim, const struct syn_happening *h)
{
    const bool relayed = sim->options->execution == SYN_EXECUTION_SEQUENTIAL;
    spread_counts(sim, h->device, relayed, h->end_ns);
}

void syn_sim_beacon(struct syn_sim *sim, const struct syn_happening *h)
{
    spread_counts(sim, h->device, true, sim->now_ns);
    syn_sim_at(sim, sim->now_ns + BEACON_NS, h);
}

/* ---- setting up ---- */

/* Kernels lie, and so cycles are, as on the device that holds all of its chunks. */
static int price_chunks(struct syn_sim *sim, struct syn_sim_device *d, struct syn_error *error)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents;
    syn_residents_of(sim->plan, d->index, &residents);
    int rc = syn_fit_device(sim->problem, sim->plan, d->index, &residents, places, error);
    const struct syn_place *at = places;
    for (unsigned i = 0; !rc && i < residents.count; i++) {
        const struct syn_resident *r = &residents.list[i];
        rc = syn_cost_chunk(&sim->problem->fleet->devices[d->index],
                            sim->problem->pipelines[r->pipeline].model, r->first, r->last, at,
                            &d->chunks[r->pipeline]);
        at += r->last - r->first;
    }
    return rc;
}

static int init_device(struct syn_sim *sim, unsigned index, struct syn_error *error)
{
    struct syn_sim_device *d = &sim->devices[index];
    struct syn_route routes[SYN_PIPELINES_MAX];
    const struct syn_rt_port port = {d, on_begin, on_credit, on_completed, on_duration, on_wake};
    d->timing = &sim->problem->fleet->devices[index].profile.timing;
    int rc = syn_routes_of(sim->problem, sim->plan, index, routes, error);
    for (unsigned p = 0; !rc && p < sim->plan->pipeline_count; p++)
        d->takes_part |= routes[p].used;
    if (rc || !d->takes_part)
        return rc;
    rc = price_chunks(sim, d, error);
    if (!rc && syn_rt_init(&d->rt, &port, routes, sim->plan->pipeline_count, sim->depth))
        rc = syn_error_set(error, SYN_ESTATE, "the runtime refuses the routes of device %u", index);
    return rc;
}

int syn_sim_devices_init(struct syn_sim *sim, struct syn_error *error)
{
    int rc = 0;
    for (unsigned i = 0; i < SYN_RADIO_NODES; i++)
        sim->devices[i] =
            (struct syn_sim_device){.sim = sim, .index = (uint8_t)i, .wake_ns = INT64_MAX};
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++)
        for (unsigned hop = 0; !rc && hop <= syn_sim_path(sim, p)->chunk_count; hop++)
            rc = syn_hop_bytes(sim->problem->pipelines[p].model, syn_sim_path(sim, p), hop,
                               &sim->hop_bytes[p][hop]);
    for (unsigned i = 0; !rc && i < sim->problem->fleet->count; i++)
        rc = init_device(sim, i, error);
    return rc;
}

void syn_sim_devices_start(struct syn_sim *sim)
{
    static const enum syn_rt_mode modes[SYN_EXECUTION_COUNT] = {
        [SYN_EXECUTION_PARALLEL] = SYN_RT_FAIR,
        [SYN_EXECUTION_SEQUENTIAL] = SYN_RT_SEQUENTIAL,
        [SYN_EXECUTION_WORK_CONSERVING] = SYN_RT_WORK_CONSERVING,
    };
    for (unsigned i = 0; i < sim->problem->fleet->count; i++) {
        if (!sim->devices[i].takes_part)
            continue;
        syn_rt_start(&sim->devices[i].rt, modes[sim->options->execution], 0, 0);
        syn_sim_at(sim, BEACON_NS,
                   &(struct syn_happening){.kind = SYN_HAPPENS_BEACON, .device = (uint8_t)i});
    }
}
