/* SPDX-License-Identifier: MIT */
/* What the port reports: ends of tasks, transfers, credits, counts. */
#include "devices/base/error.h"
#include "devices/runtime/internal.h"

#include <string.h>

/* ---- slots and accounts ---- */

static void fill(struct syn_rt_slot *slot, const struct syn_token *token, int64_t at_ns)
{
    slot->state = SYN_SLOT_FULL;
    slot->ready_ns = at_ns;
    slot->token = *token;
}

/* Empties a slot; whoever fills it may go on. */
static void empty(struct syn_rt *rt, unsigned p, unsigned stage, unsigned slot, int64_t at_ns)
{
    struct syn_rt_slot *s = syn_rt_slot(rt, p, stage, slot);
    s->state = SYN_SLOT_FREE;
    s->ready_ns = at_ns;
    syn_rt_grant(rt, p, stage, at_ns);
}

static void account(struct syn_rt *rt, unsigned kind, unsigned pipeline, int64_t start_ns,
                    int64_t end_ns)
{
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
        if (!(syn_rt_units[kind] & SYN_RT_UNIT(u)))
            continue;
        rt->counters.busy_ns[u] += (uint64_t)(end_ns - start_ns);
        rt->counters.pipeline_ns[pipeline][u] += (uint64_t)(end_ns - start_ns);
        rt->counters.tasks[u]++;
        rt->free_ns[u] = syn_rt_later(rt->free_ns[u], end_ns);
    }
}

static void count_work(struct syn_rt *rt, unsigned pipeline, enum syn_rt_work work)
{
    rt->counters.work[pipeline][work]++;
}

static void count_task(struct syn_rt *rt, const struct syn_task *task)
{
    static const uint8_t works[SYN_TASK_KIND_COUNT] = {
        [SYN_TASK_SENSE] = SYN_RT_WORK_SENSE, [SYN_TASK_LOAD] = SYN_RT_WORK_LOAD,
        [SYN_TASK_INFER] = SYN_RT_WORK_INFER, [SYN_TASK_UNLOAD] = SYN_RT_WORK_UNLOAD,
        [SYN_TASK_SEND] = SYN_RT_WORK_SEND,   [SYN_TASK_ACT] = SYN_RT_WORK_ACT,
    };
    const bool window = task->kind == SYN_TASK_SEND && task->from_stage == SYN_STAGE_HEAD;
    const unsigned work = window ? SYN_RT_WORK_SEND_WINDOW : works[task->kind];
    count_work(rt, task->pipeline, (enum syn_rt_work)work);
    if (task->configure)
        count_work(rt, task->pipeline, SYN_RT_WORK_CONFIGURE);
}

/* ---- ends of tasks ---- */

static void loaded(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    empty(rt, task->pipeline, task->from_stage, task->from_slot, end_ns);
    rt->body = *task;
    rt->body.kind = SYN_TASK_INFER;
    rt->body.configure = false;
    rt->body_state = SYN_BODY_INFERRING;
    int64_t start = syn_rt_begin(rt, &rt->body, end_ns);
    rt->infer_ns = rt->port.duration ? rt->port.duration(rt->port.ctx, &rt->body) : 0;
    rt->body_ns = start + (int64_t)rt->infer_ns;
}

static void inferred(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    rt->body = *task;
    rt->body_state = SYN_BODY_DONE;
    rt->body_ns = end_ns;
}

static void unloaded(struct syn_rt *rt, const struct syn_task *task, int64_t end_ns)
{
    fill(syn_rt_to_slot(rt, task), &task->token, end_ns);
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
    syn_rt_notice(rt, end_ns);
    account(rt, task->kind, task->pipeline, start_ns, end_ns);
    count_task(rt, task);
    if (late_ns > 0) {
        rt->counters.late++;
        rt->counters.late_ns += (uint64_t)late_ns;
    }
    if (task->kind != SYN_TASK_SEND)
        syn_rt_set_busy(rt, task->kind, false);
    switch (task->kind) {
    case SYN_TASK_SENSE:
        rt->counters.sensed[task->pipeline]++;
        fill(syn_rt_to_slot(rt, task), &task->token, end_ns);
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
    syn_rt_schedule(rt);
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
    syn_rt_slot(rt, pipeline, stage, (unsigned)slot)->state = SYN_SLOT_FILLING;
    return slot;
}

void syn_rt_receive_end(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, unsigned slot,
                        const struct syn_token *token, int64_t start_ns, int64_t end_ns)
{
    syn_rt_notice(rt, end_ns);
    account(rt, SYN_TASK_RECEIVE, pipeline, start_ns, end_ns);
    count_work(rt, pipeline,
               stage == SYN_STAGE_TAIL ? SYN_RT_WORK_RECEIVE_RESULT : SYN_RT_WORK_RECEIVE);
    fill(syn_rt_slot(rt, pipeline, stage, slot), token, end_ns);
    syn_rt_schedule(rt);
}

/* Notes a dropped inference; false when it is known already. */
static bool note_drop(struct syn_rt *rt, unsigned p, uint32_t inference)
{
    uint32_t *known = rt->given_up[p];
    for (unsigned i = 0; i < SYN_RT_DROPS; i++)
        if (known[i] == inference)
            return false;
    memmove(known + 1, known, (SYN_RT_DROPS - 1) * sizeof *known);
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
    syn_rt_notice(rt, at_ns);
    empty(rt, pipeline, stage, slot, at_ns);
    count_drop(rt, pipeline, inference, at_ns);
    syn_rt_schedule(rt);
}

void syn_rt_receive_forget(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage,
                           unsigned slot)
{
    syn_rt_slot(rt, pipeline, stage, slot)->state = SYN_SLOT_FREE;
}

void syn_rt_infer_abort(struct syn_rt *rt, const struct syn_task *task, int64_t start_ns,
                        int64_t end_ns)
{
    syn_rt_notice(rt, end_ns);
    account(rt, SYN_TASK_INFER, task->pipeline, start_ns, end_ns);
    count_task(rt, task);
    syn_rt_set_busy(rt, SYN_TASK_INFER, false);
    rt->counters.faults++;
    rt->body_state = SYN_BODY_NONE;
    rt->configured = SYN_RT_NOBODY;
    empty(rt, task->pipeline, task->to_stage, task->to_slot, end_ns);
    count_drop(rt, task->pipeline, task->token.inference, end_ns);
    syn_rt_schedule(rt);
}

void syn_rt_send_abort(struct syn_rt *rt, const struct syn_task *task, int64_t at_ns)
{
    syn_rt_notice(rt, at_ns);
    empty(rt, task->pipeline, task->from_stage, task->from_slot, at_ns);
    count_drop(rt, task->pipeline, task->token.inference, at_ns);
    syn_rt_schedule(rt);
}

void syn_rt_dropped(struct syn_rt *rt, unsigned pipeline, uint32_t inference, int64_t at_ns)
{
    if (pipeline >= rt->pipeline_count)
        return;
    syn_rt_notice(rt, at_ns);
    count_drop(rt, pipeline, inference, at_ns);
    syn_rt_schedule(rt);
}

void syn_rt_peer_lost(struct syn_rt *rt, uint8_t peer)
{
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
            if (syn_rt_sendee(&rt->routes[p], s) == peer)
                rt->credits[p][syn_rt_sender(s)] = 0;
}

static void grant_free(struct syn_rt *rt, unsigned p, unsigned stage, int64_t at_ns)
{
    for (unsigned i = 0; i < rt->routes[p].slots[stage]; i++)
        if (syn_rt_slots(rt, p, stage)[i].state == SYN_SLOT_FREE)
            syn_rt_grant(rt, p, stage, at_ns);
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
    const unsigned sender = syn_rt_sender(stage);
    uint8_t *count = &rt->credits[pipeline][sender];
    if (*count == SYN_RT_SLOTS_MAX)
        return;
    syn_rt_notice(rt, at_ns);
    rt->credit_ns[pipeline][sender][(*count)++] = at_ns;
    syn_rt_schedule(rt);
}

void syn_rt_counts(struct syn_rt *rt, const uint32_t *done, unsigned count, int64_t at_ns)
{
    for (unsigned p = 0; p < count && p < rt->pipeline_count; p++)
        if (done[p] > rt->done[p] && !rt->routes[p].has_tail)
            rt->done[p] = done[p];
    syn_rt_notice(rt, at_ns);
    syn_rt_admit(rt, at_ns);
    syn_rt_schedule(rt);
}
