/* SPDX-License-Identifier: MIT */
#include "devices/runtime/runtime.h"

#include "devices/base/error.h"
#include "devices/runtime/internal.h"

#include <string.h>

/* Units that a task occupies, as bits; SEND and RECEIVE are queued by the port. */
#define UNIT(u) (1u << (u))
static const uint8_t units_of[SYN_TASK_KIND_COUNT] = {
    [SYN_TASK_SENSE] = UNIT(SYN_UNIT_SENSOR),
    [SYN_TASK_LOAD] = UNIT(SYN_UNIT_CPU) | UNIT(SYN_UNIT_ACCEL),
    [SYN_TASK_INFER] = UNIT(SYN_UNIT_ACCEL),
    [SYN_TASK_UNLOAD] = UNIT(SYN_UNIT_CPU) | UNIT(SYN_UNIT_ACCEL),
    [SYN_TASK_SEND] = UNIT(SYN_UNIT_RADIO),
    [SYN_TASK_RECEIVE] = UNIT(SYN_UNIT_RADIO),
    [SYN_TASK_ACT] = UNIT(SYN_UNIT_CPU),
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

static void take_route(struct syn_rt *rt, unsigned p, const struct syn_route *route)
{
    struct syn_route *r = &rt->routes[p];
    *r = *route;
    r->has_head = route->used && route->has_head;
    r->has_body = route->used && route->has_body;
    r->has_tail = route->used && route->has_tail;
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
        if (!stage_used(r, s))
            r->slots[s] = 0;
    rt->next_inference[p] = 1;
}

int syn_rt_init(struct syn_rt *rt, const struct syn_rt_port *port, const struct syn_route *routes,
                unsigned pipeline_count, unsigned depth)
{
    if (pipeline_count > SYN_RT_PIPELINES_MAX || depth == 0 || depth > UINT16_MAX)
        return SYN_EINVAL;
    for (unsigned p = 0; p < pipeline_count; p++)
        if (!route_valid(&routes[p]))
            return SYN_EINVAL;
    memset(rt, 0, sizeof *rt);
    rt->port = *port;
    rt->pipeline_count = (uint8_t)pipeline_count;
    rt->depth = (uint16_t)depth;
    rt->configured = SYN_RT_NOBODY;
    for (unsigned p = 0; p < pipeline_count; p++)
        take_route(rt, p, &routes[p]);
    return 0;
}

/* ---- beginning tasks ---- */

static int64_t units_free(const struct syn_rt *rt, unsigned kind)
{
    int64_t at = INT64_MIN;
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (units_of[kind] & UNIT(u))
            at = syn_rt_later(at, rt->free_ns[u]);
    return at;
}

static bool units_idle(const struct syn_rt *rt, unsigned kind)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if ((units_of[kind] & UNIT(u)) && rt->busy[u])
            return false;
    return true;
}

static void set_busy(struct syn_rt *rt, unsigned kind, bool busy)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (units_of[kind] & UNIT(u))
            rt->busy[u] = busy;
}

/* Begins a task as soon as its units allow; returns when that is. */
static int64_t begin(struct syn_rt *rt, const struct syn_task *task, int64_t ready_ns)
{
    int64_t start = syn_rt_later(ready_ns, units_free(rt, task->kind));
    set_busy(rt, task->kind, true);
    rt->port.begin(rt->port.ctx, task, start);
    return start;
}

static struct syn_rt_slot *from_slot(struct syn_rt *rt, const struct syn_task *task)
{
    return &rt->slots[task->pipeline][task->from_stage][task->from_slot];
}

static struct syn_rt_slot *to_slot(struct syn_rt *rt, const struct syn_task *task)
{
    return &rt->slots[task->pipeline][task->to_stage][task->to_slot];
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
    to_slot(rt, &task)->state = SYN_SLOT_FILLING;
    rt->next_inference[c.pipeline]++;
    rt->admitted[c.pipeline] = false;
    syn_rt_admit(rt, begin(rt, &task, c.ready_ns));
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
    to_slot(rt, &task)->state = SYN_SLOT_FILLING;
    rt->configured = c.pipeline;
    rt->body_state = SYN_BODY_LOADING;
    begin(rt, &task, c.ready_ns);
    return true;
}

static bool begin_unload(struct syn_rt *rt)
{
    if (rt->body_state != SYN_BODY_DONE || !units_idle(rt, SYN_TASK_UNLOAD))
        return false;
    rt->body.kind = SYN_TASK_UNLOAD;
    rt->body_state = SYN_BODY_UNLOADING;
    begin(rt, &rt->body, rt->body_ns);
    return true;
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
    from_slot(rt, &task)->state = SYN_SLOT_DRAINING;
    begin(rt, &task, c.ready_ns);
    return true;
}

/* The oldest credit of a sending stage. */
static int64_t take_credit(struct syn_rt *rt, unsigned p, unsigned stage)
{
    int64_t *times = rt->credit_ns[p][stage];
    int64_t at = times[0];
    rt->credits[p][stage]--;
    memmove(times, times + 1, rt->credits[p][stage] * sizeof *times);
    return at;
}

static bool begin_send_of(struct syn_rt *rt, unsigned p, unsigned stage)
{
    uint8_t peer = syn_rt_sendee(&rt->routes[p], stage);
    if (peer == SYN_RT_NOBODY || rt->credits[p][stage] == 0)
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

/* Begins all that can begin. On the CPU unloading goes before loading, loading before acting. */
static void schedule(struct syn_rt *rt)
{
    while (begin_send(rt) || begin_unload(rt) || begin_load(rt) || begin_act(rt) || begin_sense(rt))
        ;
    syn_rt_count_waiting(rt);
}

/* ---- starting and stopping ---- */

static void grant(struct syn_rt *rt, unsigned p, unsigned stage, int64_t at_ns)
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
                grant(rt, p, s, at_ns);
    rt->granted = true;
}

void syn_rt_start(struct syn_rt *rt, enum syn_rt_mode mode, uint32_t limit, int64_t now_ns)
{
    struct syn_rt_counters *c = &rt->counters;
    memset(c->busy_ns, 0, sizeof c->busy_ns);
    memset(c->pipeline_ns, 0, sizeof c->pipeline_ns);
    memset(c->tasks, 0, sizeof c->tasks);
    c->late = 0;
    c->late_ns = 0;
    rt->mode = mode;
    rt->running = true;
    for (unsigned p = 0; p < rt->pipeline_count; p++) {
        bool source = rt->routes[p].has_head;
        uint32_t served = source ? rt->next_inference[p] - 1 : rt->done[p];
        rt->last[p] = limit == 0 || limit > UINT32_MAX - served ? 0 : served + limit;
        rt->admitted[p] = false;
    }
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (!rt->busy[u])
            rt->free_ns[u] = syn_rt_later(rt->free_ns[u], now_ns);
    if (!rt->granted)
        grant_all(rt, now_ns);
    syn_rt_admit(rt, now_ns);
    schedule(rt);
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
                if (rt->slots[p][s][i].state != SYN_SLOT_FREE)
                    return false;
    return rt->body_state == SYN_BODY_NONE;
}

/* ---- reports from the port ---- */

static void fill(struct syn_rt_slot *slot, const struct syn_token *token, int64_t at_ns)
{
    slot->state = SYN_SLOT_FULL;
    slot->ready_ns = at_ns;
    slot->token = *token;
}

/* Empties a slot; whoever fills it may go on. */
static void empty(struct syn_rt *rt, unsigned p, unsigned stage, unsigned slot, int64_t at_ns)
{
    rt->slots[p][stage][slot].state = SYN_SLOT_FREE;
    rt->slots[p][stage][slot].ready_ns = at_ns;
    grant(rt, p, stage, at_ns);
}

static void account(struct syn_rt *rt, unsigned kind, unsigned pipeline, int64_t start_ns,
                    int64_t end_ns)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
        if (!(units_of[kind] & UNIT(u)))
            continue;
        rt->counters.busy_ns[u] += (uint64_t)(end_ns - start_ns);
        rt->counters.pipeline_ns[pipeline][u] += (uint64_t)(end_ns - start_ns);
        rt->counters.tasks[u]++;
        rt->free_ns[u] = syn_rt_later(rt->free_ns[u], end_ns);
    }
}

static void loaded(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    empty(rt, task->pipeline, task->from_stage, task->from_slot, end_ns);
    rt->body = *task;
    rt->body.kind = SYN_TASK_INFER;
    rt->body.configure = false;
    rt->body_state = SYN_BODY_INFERRING;
    begin(rt, &rt->body, end_ns);
}

static void inferred(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    rt->body = *task;
    rt->body_state = SYN_BODY_DONE;
    rt->body_ns = end_ns;
}

static void unloaded(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    fill(to_slot(rt, task), &task->token, end_ns);
    rt->body_state = SYN_BODY_NONE;
}

static void count_done(struct syn_rt *rt, unsigned p, int64_t at_ns)
{
    rt->done[p]++;
    syn_rt_admit(rt, at_ns);
}

static void acted(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    empty(rt, task->pipeline, task->from_stage, task->from_slot, end_ns);
    rt->counters.acted[task->pipeline]++;
    count_done(rt, task->pipeline, end_ns);
    rt->port.completed(rt->port.ctx, task->pipeline, &task->token, end_ns);
}

void syn_rt_ended(struct syn_rt *rt, const struct syn_task *task, int64_t start_ns, int64_t end_ns,
                  int64_t late_ns)
{
    account(rt, task->kind, task->pipeline, start_ns, end_ns);
    if (late_ns > 0) {
        rt->counters.late++;
        rt->counters.late_ns += (uint64_t)late_ns;
    }
    if (task->kind != SYN_TASK_SEND)
        set_busy(rt, task->kind, false);
    switch (task->kind) {
    case SYN_TASK_SENSE:
        rt->counters.sensed[task->pipeline]++;
        fill(to_slot(rt, task), &task->token, end_ns);
        break;
    case SYN_TASK_LOAD:
        loaded(rt, task, end_ns);
        break;
    case SYN_TASK_INFER:
        inferred(rt, task, end_ns);
        break;
    case SYN_TASK_UNLOAD:
        unloaded(rt, task, end_ns);
        break;
    case SYN_TASK_SEND:
        empty(rt, task->pipeline, task->from_stage, task->from_slot, end_ns);
        break;
    default:
        acted(rt, task, end_ns);
        break;
    }
    schedule(rt);
}

/* ---- peers ---- */

int syn_rt_receive_begin(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage)
{
    if (pipeline >= rt->pipeline_count ||
        syn_rt_filler(&rt->routes[pipeline], stage) == SYN_RT_NOBODY)
        return SYN_EINVAL;
    int slot = syn_rt_free_slot(rt, pipeline, stage);
    if (slot < 0)
        return SYN_ENOMEM;
    rt->slots[pipeline][stage][slot].state = SYN_SLOT_FILLING;
    return slot;
}

void syn_rt_receive_end(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, unsigned slot,
                        const struct syn_token *token, int64_t start_ns, int64_t end_ns)
{
    account(rt, SYN_TASK_RECEIVE, pipeline, start_ns, end_ns);
    fill(&rt->slots[pipeline][stage][slot], token, end_ns);
    schedule(rt);
}

/* Notes a dropped inference; false when it is known already. */
static bool note_drop(struct syn_rt *rt, unsigned p, uint32_t inference)
{
    uint32_t *known = rt->given_up[p];
    for (unsigned i = 0; i < SYN_RT_SLOTS_MAX; i++)
        if (known[i] == inference)
            return false;
    memmove(known + 1, known, (SYN_RT_SLOTS_MAX - 1) * sizeof *known);
    known[0] = inference;
    return true;
}

static void count_drop(struct syn_rt *rt, unsigned p, uint32_t inference, int64_t at_ns)
{
    const struct syn_route *route = &rt->routes[p];
    if (!note_drop(rt, p, inference))
        return;
    if (route->has_head || route->has_tail)
        rt->counters.dropped[p]++;
    if (route->has_tail)
        count_done(rt, p, at_ns);
}

void syn_rt_receive_abort(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, unsigned slot,
                          uint32_t inference, int64_t at_ns)
{
    empty(rt, pipeline, stage, slot, at_ns);
    count_drop(rt, pipeline, inference, at_ns);
    schedule(rt);
}

void syn_rt_send_abort(struct syn_rt *rt, const struct syn_task *task, int64_t at_ns)
{
    empty(rt, task->pipeline, task->from_stage, task->from_slot, at_ns);
    count_drop(rt, task->pipeline, task->token.inference, at_ns);
    schedule(rt);
}

void syn_rt_dropped(struct syn_rt *rt, unsigned pipeline, uint32_t inference, int64_t at_ns)
{
    if (pipeline >= rt->pipeline_count)
        return;
    count_drop(rt, pipeline, inference, at_ns);
    schedule(rt);
}

void syn_rt_peer_lost(struct syn_rt *rt, uint8_t peer)
{
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            if (syn_rt_sendee(&rt->routes[p], s) == peer)
                rt->credits[p][s] = 0;
}

static void grant_free(struct syn_rt *rt, unsigned p, unsigned stage, int64_t at_ns)
{
    for (unsigned i = 0; i < rt->routes[p].slots[stage]; i++)
        if (rt->slots[p][stage][i].state == SYN_SLOT_FREE)
            grant(rt, p, stage, at_ns);
}

void syn_rt_peer_found(struct syn_rt *rt, uint8_t peer, int64_t at_ns)
{
    for (unsigned p = 0; rt->granted && p < rt->pipeline_count; p++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            if (syn_rt_filler(&rt->routes[p], s) == peer)
                grant_free(rt, p, s, at_ns);
}

void syn_rt_credit(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, int64_t at_ns)
{
    if (pipeline >= rt->pipeline_count ||
        syn_rt_sendee(&rt->routes[pipeline], stage) == SYN_RT_NOBODY)
        return;
    uint8_t *count = &rt->credits[pipeline][stage];
    if (*count == SYN_RT_SLOTS_MAX)
        return;
    rt->credit_ns[pipeline][stage][(*count)++] = at_ns;
    schedule(rt);
}

void syn_rt_counts(struct syn_rt *rt, const uint32_t *done, unsigned count, int64_t at_ns)
{
    for (unsigned p = 0; p < count && p < rt->pipeline_count; p++)
        if (done[p] > rt->done[p] && !rt->routes[p].has_tail)
            rt->done[p] = done[p];
    syn_rt_admit(rt, at_ns);
    schedule(rt);
}
