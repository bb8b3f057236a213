/* SPDX-License-Identifier: MIT */
/* What the device's units do, in windows of its virtual clock. */
#include "devices/ports/posix/wearable_parts.h"

#include "devices/base/hash.h"

#include <inttypes.h>
#include <stdio.h>

/* Real time: a loop is woken some 50 us after it asked for, and a peer that computes a slice
 * answers half a millisecond later, whatever the speed. That says nothing of the kernels here. */
#define PATIENCE_NS 1000000

/* ---- the work of a task ---- */

static const struct syn_deployed_pipe *pipe_of(const struct syn_wearable_task *r)
{
    return &r->wearable->agent.deployment.pipes[r->task.pipeline];
}

static void sense(struct syn_wearable_task *r)
{
    struct syn_wearable *w = r->wearable;
    const struct syn_deployed_pipe *pipe = pipe_of(r);
    uint8_t *window = syn_deployed_slot(pipe, SYN_STAGE_HEAD, r->task.to_slot);
    struct syn_token *token = &r->task.token;
    if (syn_sensing_window(&w->sensing, pipe->sensor, token->inference, &pipe->fold,
                           pipe->sense_bytes, window))
        syn_agent_fault(&w->agent, r->task.pipeline, "the sensor's file has no such window");
    token->sensed_ns = r->start_ns;
    token->input_hash = syn_fnv1a(SYN_FNV1A_START, window, pipe->sense_bytes);
    token->output_hash = token->input_hash;
}

static void on_computed(void *ctx);

/* Whoever loads infers next. The input is there now, so the host computes from now on; nobody sees
 * the output before the inference's window ends. */
static void load(struct syn_wearable_task *r)
{
    struct syn_wearable *w = r->wearable;
    const uint8_t *data = syn_deployed_slot(pipe_of(r), r->task.from_stage, r->task.from_slot);
    w->kernels.done = false;
    w->kernels.from_ns = r->start_ns;
    w->kernels.handed_ns = syn_virtual_now(&w->clock);
    syn_accel_start(&w->accel, r->task.pipeline, data, on_computed, w);
}

static void unload(struct syn_wearable_task *r)
{
    struct syn_wearable *w = r->wearable;
    const struct syn_task *task = &r->task;
    const struct syn_deployed_pipe *pipe = pipe_of(r);
    bool last = syn_deployment_is_last(pipe);
    uint8_t *data = last ? NULL : syn_deployed_slot(pipe, task->to_stage, task->to_slot);
    syn_accel_unload(&w->accel, task->pipeline, data, &r->task.token.output_hash);
    if (last)
        syn_accel_result(&w->accel, task->pipeline,
                         syn_traffic_result(&w->traffic, task->pipeline, task->to_slot));
}

static void start_work(struct syn_wearable_task *r)
{
    switch (r->task.kind) {
    case SYN_TASK_SENSE:
        sense(r);
        break;
    case SYN_TASK_LOAD:
        load(r);
        break;
    case SYN_TASK_UNLOAD:
        unload(r);
        break;
    default:
        break;
    }
}

/* ---- tasks in their windows ---- */

/* What the task carried, for the agent's events. */
static const struct syn_tensor_result *result_of(struct syn_wearable *w,
                                                 const struct syn_task *task)
{
    if (task->kind == SYN_TASK_ACT)
        return syn_traffic_result(&w->traffic, task->pipeline, task->from_slot);
    if (task->kind == SYN_TASK_UNLOAD && task->to_stage == SYN_STAGE_TAIL)
        return syn_traffic_result(&w->traffic, task->pipeline, task->to_slot);
    return NULL;
}

/* How much longer the kernels took than their window, which goes from the beginning of loading to
 * the end of inferring; 0 = not longer. */
static int64_t lateness(const struct syn_wearable *w, int64_t end_ns)
{
    const int64_t woken_ns = w->kernels.handed_ns - w->kernels.from_ns;
    int64_t late = w->kernels.done_ns - end_ns;
    if (woken_ns > 0 && woken_ns <= syn_virtual_from_real(&w->clock, PATIENCE_NS))
        late -= woken_ns;
    return late > 0 ? late : 0;
}

/* The accelerator had a fault: there is nothing to unload. */
static void report_failure(struct syn_wearable_task *r, const char *words)
{
    struct syn_wearable *w = r->wearable;
    struct syn_task task = r->task;
    r->active = false;
    syn_traffic_tell_drop(&w->traffic, task.pipeline, SYN_STAGE_BODY_IN, task.token.inference);
    syn_traffic_tell_drop(&w->traffic, task.pipeline, SYN_STAGE_BODY_OUT, task.token.inference);
    syn_agent_infer_failed(&w->agent, &task, r->start_ns, r->end_ns, words);
    syn_wearable_counts_at(w, r->end_ns);
    syn_wearable_settle_soon(w);
}

static void report_end(struct syn_wearable_task *r)
{
    struct syn_wearable *w = r->wearable;
    struct syn_task task = r->task;
    char words[SYN_COMPUTE_WORDS];
    if (task.kind == SYN_TASK_INFER && syn_accel_failed(&w->accel, words)) {
        report_failure(r, words);
        return;
    }
    int64_t late = task.kind == SYN_TASK_INFER ? lateness(w, r->end_ns) : 0;
    r->active = false;
    syn_agent_task_ended(&w->agent, &task, r->start_ns, r->end_ns, late, result_of(w, &task));
    if (task.kind == SYN_TASK_ACT)
        syn_wearable_counts_at(w, r->end_ns);
    syn_wearable_settle_soon(w);
}

static void on_due(void *ctx)
{
    struct syn_wearable_task *r = ctx;
    r->due = true;
    if (r->task.kind != SYN_TASK_INFER || r->wearable->kernels.done)
        report_end(r);
}

static void on_computed(void *ctx)
{
    struct syn_wearable *w = ctx;
    struct syn_wearable_task *r = &w->running[SYN_TASK_INFER];
    w->kernels.done = true;
    w->kernels.done_ns = syn_virtual_now(&w->clock);
    if (r->active && r->due)
        report_end(r);
}

void syn_wearable_begin(void *ctx, const struct syn_task *task, int64_t start_ns,
                        uint64_t duration_ns)
{
    struct syn_wearable *w = ctx;
    struct syn_wearable_task *r = &w->running[task->kind];
    bool on_cpu = task->kind != SYN_TASK_SENSE && task->kind != SYN_TASK_SEND;
    if (on_cpu && start_ns < w->weights_ns)
        start_ns = w->weights_ns;
    if (task->kind == SYN_TASK_SEND) {
        syn_traffic_send(&w->traffic, task, start_ns, duration_ns);
        return;
    }
    r->wearable = w;
    r->active = true;
    r->due = false;
    r->task = *task;
    r->start_ns = start_ns;
    r->end_ns = start_ns + (int64_t)duration_ns;
    start_work(r);
    syn_timers_start(&w->clock.timers, &r->timer, r->end_ns, on_due, r);
}

/* ---- deployments ---- */

static void forget_tasks(struct syn_wearable *w)
{
    for (unsigned k = 0; k < SYN_TASK_KIND_COUNT; k++) {
        syn_timers_stop(&w->running[k].timer);
        w->running[k].active = false;
    }
    syn_timers_stop(&w->wake);
    syn_accel_clear(&w->accel);
    syn_traffic_reset(&w->traffic);
    w->counts_due = false;
}

/* Loading weights occupies CPU and accelerator before anything else can. */
static int64_t weights_loaded(const struct syn_wearable *w, const struct syn_deployment *d)
{
    int64_t at = syn_virtual_now(&w->clock);
    for (unsigned p = 0; p < d->pipeline_count; p++)
        if (d->pipes[p].route.has_body)
            at += (int64_t)syn_timing_weights(&w->agent.timing, d->pipes[p].weight_bytes);
    return at;
}

static void tell_misfit(struct syn_wearable *w, unsigned pipeline,
                        const struct syn_deployed_pipe *pipe)
{
    char text[160];
    (void)snprintf(text, sizeof text,
                   "the file fed to %s holds no window of %" PRIu32
                   " bytes: pipeline %u gets numbers from a seed",
                   pipe->sensor, pipe->sense_bytes, pipeline);
    syn_agent_log(&w->agent, 2, text);
}

int syn_wearable_deploy(void *ctx, const struct syn_deployment *deployment,
                        struct syn_refusal *refusal)
{
    struct syn_wearable *w = ctx;
    forget_tasks(w);
    if (!deployment)
        return 0;
    for (unsigned p = 0; p < deployment->pipeline_count; p++) {
        const struct syn_deployed_pipe *pipe = &deployment->pipes[p];
        if (pipe->route.has_head && !syn_sensing_fits(&w->sensing, pipe->sensor, pipe->sense_bytes))
            tell_misfit(w, p, pipe);
    }
    w->weights_ns = weights_loaded(w, deployment);
    return syn_accel_deploy(&w->accel, deployment, refusal);
}
