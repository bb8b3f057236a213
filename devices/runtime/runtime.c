/* SPDX-License-Identifier: MIT */
#include "devices/runtime/runtime.h"

#include "devices/base/error.h"
#include "devices/runtime/internal.h"

#include <string.h>

const uint8_t syn_rt_units[SYN_TASK_KIND_COUNT] = {
    [SYN_TASK_SENSE] = SYN_RT_UNIT(SYN_UNIT_SENSOR),
    [SYN_TASK_LOAD] = SYN_RT_UNIT(SYN_UNIT_CPU) | SYN_RT_UNIT(SYN_UNIT_ACCEL),
    [SYN_TASK_INFER] = SYN_RT_UNIT(SYN_UNIT_ACCEL),
    [SYN_TASK_UNLOAD] = SYN_RT_UNIT(SYN_UNIT_CPU) | SYN_RT_UNIT(SYN_UNIT_ACCEL),
    [SYN_TASK_SEND] = SYN_RT_UNIT(SYN_UNIT_RADIO),
    [SYN_TASK_RECEIVE] = SYN_RT_UNIT(SYN_UNIT_RADIO),
    [SYN_TASK_ACT] = SYN_RT_UNIT(SYN_UNIT_CPU),
};

static bool stage_used(const struct syn_route *route, unsigned stage)
{
    switch (stage) {
    case SYN_STAGE_HEAD:
        return route->has_head;
    case SYN_STAGE_TAIL:
        return route->has_tail;
    case SYN_STAGE_BODY_IN:
        return syn_rt_filler(route, stage) != SYN_RT_NOBODY;
    default:
        return syn_rt_sendee(route, stage) != SYN_RT_NOBODY;
    }
}

/* A local hop needs both of its ends here, and every stage its neighbours. */
static bool hops_valid(const struct syn_route *r)
{
    bool head_local = r->has_head && r->head_to == SYN_RT_LOCAL;
    bool body_fed = r->has_body && r->body_from == SYN_RT_LOCAL;
    bool body_local = r->has_body && r->body_to == SYN_RT_LOCAL;
    bool tail_fed = r->has_tail && r->tail_from == SYN_RT_LOCAL;
    return head_local == body_fed && body_local == tail_fed &&
           !(r->has_head && r->head_to == SYN_RT_NOBODY) &&
           !(r->has_body && (r->body_from == SYN_RT_NOBODY || r->body_to == SYN_RT_NOBODY)) &&
           !(r->has_tail && r->tail_from == SYN_RT_NOBODY);
}

static bool route_valid(const struct syn_route *route)
{
    if (route->weight == 0)
        return false;
    if (!route->used)
        return true;
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
        if (stage_used(route, s) && (route->slots[s] == 0 || route->slots[s] > SYN_RT_SLOTS_MAX))
            return false;
    return hops_valid(route);
}

/* Without what is not used of it. */
static struct syn_route used_route(const struct syn_route *route)
{
    struct syn_route r = *route;
    r.has_head = route->used && route->has_head;
    r.has_body = route->used && route->has_body;
    r.has_tail = route->used && route->has_tail;
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
        if (!stage_used(&r, s))
            r.slots[s] = 0;
    return r;
}

static unsigned slots_of(const struct syn_route *route)
{
    unsigned slots = 0;
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
        slots += route->slots[s];
    return slots;
}

static void take_route(struct syn_rt *rt, unsigned p, const struct syn_route *route, unsigned slot)
{
    rt->routes[p] = used_route(route);
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++) {
        rt->first_slot[p][s] = (uint16_t)slot;
        slot += rt->routes[p].slots[s];
    }
    rt->next_inference[p] = 1;
    rt->capped |= rt->routes[p].has_head && route->gap_ns > 0;
}

static int check_routes(const struct syn_route *routes, unsigned count)
{
    unsigned slots = 0;
    for (unsigned p = 0; p < count; p++) {
        if (!route_valid(&routes[p]))
            return SYN_EINVAL;
        const struct syn_route route = used_route(&routes[p]);
        slots += slots_of(&route);
    }
    return slots > SYN_RT_SLOTS_TOTAL ? SYN_ENOMEM : 0;
}

int syn_rt_init(struct syn_rt *rt, const struct syn_rt_port *port, const struct syn_route *routes,
                unsigned pipeline_count, unsigned depth)
{
    if (pipeline_count > SYN_RT_PIPELINES_MAX || depth == 0 || depth > UINT16_MAX)
        return SYN_EINVAL;
    int rc = check_routes(routes, pipeline_count);
    if (rc)
        return rc;
    memset(rt, 0, sizeof *rt);
    rt->port = *port;
    rt->pipeline_count = (uint8_t)pipeline_count;
    rt->depth = (uint16_t)depth;
    rt->configured = SYN_RT_NOBODY;
    rt->now_ns = rt->wake_ns = INT64_MIN;
    for (unsigned p = 0, slot = 0; p < pipeline_count; p++) {
        take_route(rt, p, &routes[p], slot);
        slot += slots_of(&rt->routes[p]);
    }
    return 0;
}

/* ---- beginning tasks ---- */

static int64_t units_free(const struct syn_rt *rt, unsigned kind)
{
    int64_t at = INT64_MIN;
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (syn_rt_units[kind] & SYN_RT_UNIT(u))
            at = syn_rt_later(at, rt->free_ns[u]);
    return at;
}

static bool units_idle(const struct syn_rt *rt, unsigned kind)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if ((syn_rt_units[kind] & SYN_RT_UNIT(u)) && rt->busy[u])
            return false;
    return true;
}

void syn_rt_set_busy(struct syn_rt *rt, unsigned kind, bool busy)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (syn_rt_units[kind] & SYN_RT_UNIT(u))
            rt->busy[u] = busy;
}

int64_t syn_rt_begin(struct syn_rt *rt, const struct syn_task *task, int64_t ready_ns)
{
    int64_t start = syn_rt_later(ready_ns, units_free(rt, task->kind));
    syn_rt_set_busy(rt, task->kind, true);
    rt->port.begin(rt->port.ctx, task, start);
    return start;
}

static struct syn_rt_slot *from_slot(struct syn_rt *rt, const struct syn_task *task)
{
    return syn_rt_slot(rt, task->pipeline, task->from_stage, task->from_slot);
}

static bool begin_sense(struct syn_rt *rt)
{
    if (!units_idle(rt, SYN_TASK_SENSE))
        return false;
    struct syn_rt_choice c = syn_rt_choose_sense(rt);
    if (!c.found)
        return false;
    struct syn_task task = {.kind = SYN_TASK_SENSE,
                            .pipeline = c.pipeline,
                            .to_slot = c.to,
                            .to_stage = SYN_STAGE_HEAD,
                            .peer = SYN_RT_LOCAL,
                            .token = {.inference = c.inference}};
    syn_rt_to_slot(rt, &task)->state = SYN_SLOT_FILLING;
    rt->next_inference[c.pipeline]++;
    rt->admitted[c.pipeline] = false;
    const int64_t start = syn_rt_begin(rt, &task, c.ready_ns);
    rt->next_sense_ns[c.pipeline] = start + rt->routes[c.pipeline].gap_ns;
    syn_rt_admit(rt, start);
    return true;
}

/* The slot of the output is taken before the accelerator, so nobody waits while holding it. */
static bool begin_load(struct syn_rt *rt)
{
    if (rt->body_state != SYN_BODY_NONE || !units_idle(rt, SYN_TASK_LOAD))
        return false;
    struct syn_rt_choice c = syn_rt_choose_load(rt);
    if (!c.found)
        return false;
    const struct syn_route *route = &rt->routes[c.pipeline];
    struct syn_task task = {.kind = SYN_TASK_LOAD,
                            .pipeline = c.pipeline,
                            .from_slot = c.from,
                            .from_stage = syn_rt_body_input(route),
                            .to_slot = c.to,
                            .to_stage = syn_rt_body_output(route),
                            .configure = rt->configured != c.pipeline,
                            .peer = SYN_RT_LOCAL};
    task.token = from_slot(rt, &task)->token;
    from_slot(rt, &task)->state = SYN_SLOT_DRAINING;
    syn_rt_to_slot(rt, &task)->state = SYN_SLOT_FILLING;
    rt->configured = c.pipeline;
    rt->body_state = SYN_BODY_LOADING;
    syn_rt_begin(rt, &task, c.ready_ns);
    return true;
}

static bool begin_unload(struct syn_rt *rt)
{
    if (rt->body_state != SYN_BODY_DONE || !units_idle(rt, SYN_TASK_UNLOAD))
        return false;
    rt->body.kind = SYN_TASK_UNLOAD;
    rt->body_state = SYN_BODY_UNLOADING;
    syn_rt_begin(rt, &rt->body, rt->body_ns);
    return true;
}

/*
 * Would this action, alone, keep the accelerator waiting for the CPU when the running inference is
 * done, although another inference could cover it? With more actions ready the CPU has no time to
 * lose, unless the action is of a pipeline that is ahead and has to give way.
 */
static bool better_later(const struct syn_rt *rt, const struct syn_task *act, int64_t ready_ns)
{
    const bool ahead = syn_rt_rank(rt, act->pipeline, act->token.inference) >
                       syn_rt_rank(rt, rt->body.pipeline, rt->body.token.inference);
    if (rt->body_state != SYN_BODY_INFERRING || !rt->port.duration ||
        (syn_rt_acts_ready(rt) > 1 && !ahead))
        return false;
    uint64_t ns = rt->port.duration(rt->port.ctx, act);
    int64_t start = syn_rt_later(ready_ns, rt->free_ns[SYN_UNIT_CPU]);
    return ns <= rt->infer_ns && start + (int64_t)ns > rt->body_ns;
}

static bool begin_act(struct syn_rt *rt)
{
    if (!units_idle(rt, SYN_TASK_ACT))
        return false;
    struct syn_rt_choice c = syn_rt_choose_act(rt);
    if (!c.found)
        return false;
    struct syn_task task = {.kind = SYN_TASK_ACT,
                            .pipeline = c.pipeline,
                            .from_slot = c.from,
                            .from_stage = SYN_STAGE_TAIL,
                            .peer = SYN_RT_LOCAL};
    task.token = from_slot(rt, &task)->token;
    if (better_later(rt, &task, c.ready_ns))
        return false;
    from_slot(rt, &task)->state = SYN_SLOT_DRAINING;
    syn_rt_begin(rt, &task, c.ready_ns);
    return true;
}

/* The oldest credit of a sending stage. */
static int64_t take_credit(struct syn_rt *rt, unsigned p, unsigned stage)
{
    const unsigned sender = syn_rt_sender(stage);
    int64_t *times = rt->credit_ns[p][sender];
    int64_t at = times[0];
    rt->credits[p][sender]--;
    memmove(times, times + 1, rt->credits[p][sender] * sizeof *times);
    return at;
}

static bool begin_send_of(struct syn_rt *rt, unsigned p, unsigned stage)
{
    uint8_t peer = syn_rt_sendee(&rt->routes[p], stage);
    if (peer == SYN_RT_NOBODY || rt->credits[p][syn_rt_sender(stage)] == 0)
        return false;
    int from = syn_rt_full_slot(rt, p, stage);
    if (from < 0)
        return false;
    struct syn_task task = {.kind = SYN_TASK_SEND,
                            .pipeline = (uint8_t)p,
                            .from_slot = (uint8_t)from,
                            .from_stage = (uint8_t)stage,
                            .peer = peer};
    struct syn_rt_slot *slot = from_slot(rt, &task);
    task.token = slot->token;
    slot->state = SYN_SLOT_DRAINING;
    int64_t ready = syn_rt_later(slot->ready_ns, take_credit(rt, p, stage));
    rt->port.begin(rt->port.ctx, &task, ready);
    return true;
}

static bool begin_send(struct syn_rt *rt)
{
    bool begun = false;
    for (unsigned p = 0; p < rt->pipeline_count; p++) {
        begun |= begin_send_of(rt, p, SYN_STAGE_HEAD);
        begun |= begin_send_of(rt, p, SYN_STAGE_BODY_OUT);
    }
    return begun;
}

static void wake_for_caps(struct syn_rt *rt)
{
    const int64_t at = rt->port.wake && rt->capped ? syn_rt_cap_ends(rt) : INT64_MAX;
    if (at == INT64_MAX || at == rt->wake_ns)
        return;
    rt->wake_ns = at;
    rt->port.wake(rt->port.ctx, at);
}

void syn_rt_schedule(struct syn_rt *rt)
{
    while (begin_send(rt) || begin_unload(rt) || begin_load(rt) || begin_act(rt) || begin_sense(rt))
        ;
    wake_for_caps(rt);
    syn_rt_count_waiting(rt);
}

void syn_rt_woken(struct syn_rt *rt, int64_t now_ns)
{
    syn_rt_notice(rt, now_ns);
    rt->wake_ns = INT64_MIN;
    syn_rt_schedule(rt);
}

/* ---- starting and stopping ---- */

void syn_rt_grant(struct syn_rt *rt, unsigned p, unsigned stage, int64_t at_ns)
{
    uint8_t peer = syn_rt_filler(&rt->routes[p], stage);
    if (peer != SYN_RT_NOBODY)
        rt->port.credit(rt->port.ctx, (uint8_t)p, (uint8_t)stage, peer, at_ns);
}

static void grant_all(struct syn_rt *rt, int64_t at_ns)
{
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            for (unsigned i = 0; i < rt->routes[p].slots[s]; i++)
                syn_rt_grant(rt, p, s, at_ns);
    rt->granted = true;
}

void syn_rt_start(struct syn_rt *rt, enum syn_rt_mode mode, uint32_t limit, int64_t now_ns)
{
    struct syn_rt_counters *c = &rt->counters;
    memset(c->busy_ns, 0, sizeof c->busy_ns);
    memset(c->pipeline_ns, 0, sizeof c->pipeline_ns);
    memset(c->tasks, 0, sizeof c->tasks);
    memset(c->work, 0, sizeof c->work);
    c->late = 0;
    c->late_ns = 0;
    syn_rt_notice(rt, now_ns);
    rt->mode = mode;
    rt->running = true;
    for (unsigned p = 0; p < rt->pipeline_count; p++) {
        bool source = rt->routes[p].has_head;
        uint32_t served = source ? rt->next_inference[p] - 1 : rt->done[p];
        rt->base[p] = served;
        rt->last[p] = limit == 0 || limit > UINT32_MAX - served ? 0 : served + limit;
        rt->admitted[p] = false;
    }
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (!rt->busy[u])
            rt->free_ns[u] = syn_rt_later(rt->free_ns[u], now_ns);
    if (!rt->granted)
        grant_all(rt, now_ns);
    syn_rt_admit(rt, now_ns);
    syn_rt_schedule(rt);
}

void syn_rt_stop(struct syn_rt *rt)
{
    rt->running = false;
    syn_rt_count_waiting(rt);
}

bool syn_rt_idle(const struct syn_rt *rt)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (rt->busy[u])
            return false;
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            for (unsigned i = 0; i < rt->routes[p].slots[s]; i++)
                if (syn_rt_slots(rt, p, s)[i].state != SYN_SLOT_FREE)
                    return false;
    return rt->body_state == SYN_BODY_NONE;
}
