/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/tasks.h"

#include "devices/agent/text.h"
#include "devices/base/error.h"
#include "devices/ports/bare/accel.h"
#include "devices/ports/bare/board.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/peers.h"
#include "devices/sensors/sensor.h"

#include <string.h>

/* One of each kind at most. */
static struct running {
    bool active;
    struct syn_task task;
    int64_t start_ns;
    int64_t due_ns; /* its end by the figures */
    int64_t end_ns; /* its end, as far as it is known */
} tasks[SYN_TASK_KIND_COUNT];

static int64_t weights_ns; /* when the weights of the deployment are loaded */

static bool infers; /* the accelerator was started, and is not done */

/* What a slice of it takes of the core: the longest, which is forgotten in time. */
enum { SLICE_FORGETS = 1024 };
static int64_t slice_ns;

/* ---- deployments ---- */

static int refuse(struct syn_refusal *refusal, const char *words)
{
    struct syn_text text;
    refusal->code = SYN_EUNSUP;
    syn_text_init(&text, refusal->text, sizeof refusal->text);
    syn_text_put(&text, words);
    return SYN_EUNSUP;
}

static int check(const struct syn_deployment *deployment, struct syn_refusal *refusal)
{
    size_t window_bytes;
    (void)syn_board_window(&window_bytes);
    for (unsigned p = 0; p < deployment->pipeline_count; p++) {
        const struct syn_deployed_pipe *pipe = &deployment->pipes[p];
        if (pipe->fold.by > 1 && pipe->sense_bytes > window_bytes)
            return refuse(refusal, "a window is larger than the board's memory for one");
    }
    return 0;
}

int syn_tasks_deploy(void *ctx, const struct syn_deployment *deployment,
                     struct syn_refusal *refusal)
{
    const struct syn_agent *agent = ctx;
    memset(tasks, 0, sizeof tasks);
    infers = false;
    syn_peers_forget();
    weights_ns = syn_clock_now_ns();
    if (!deployment)
        return syn_accel_deploy(NULL, refusal);
    int rc = check(deployment, refusal);
    for (unsigned p = 0; !syn_accel_is_real() && p < deployment->pipeline_count; p++)
        if (deployment->pipes[p].route.has_body)
            weights_ns +=
                (int64_t)syn_timing_weights(&agent->timing, deployment->pipes[p].weight_bytes);
    return rc ? rc : syn_accel_deploy(deployment, refusal);
}

/* ---- the work of a task ---- */

static void sense(const struct syn_deployed_pipe *pipe, struct running *r)
{
    uint8_t *window = syn_deployed_slot(pipe, SYN_STAGE_HEAD, r->task.to_slot);
    struct syn_token *token = &r->task.token;
    size_t size;
    uint8_t *as_sensed = pipe->fold.by > 1 ? syn_board_window(&size) : window;
    syn_sensor_seeded(pipe->sensor, token->inference - 1, pipe->sense_bytes, (int8_t *)as_sensed);
    if (as_sensed != window)
        syn_fold_window(&pipe->fold, pipe->sense_bytes, (const int8_t *)as_sensed,
                        (int8_t *)window);
    token->sensed_ns = r->start_ns;
    token->input_hash = syn_fnv1a(SYN_FNV1A_START, window, pipe->sense_bytes);
    token->output_hash = token->input_hash;
}

static void unload(const struct syn_deployed_pipe *pipe, struct running *r)
{
    const struct syn_task *task = &r->task;
    bool last = syn_deployment_is_last(pipe);
    syn_accel_unload(last ? NULL : syn_deployed_slot(pipe, task->to_stage, task->to_slot),
                     &r->task.token.output_hash);
    if (last)
        syn_accel_result(syn_peers_result(task->pipeline, task->to_slot));
}

static void infer(void)
{
    syn_accel_start();
    infers = true;
}

static void work(const struct syn_deployed_pipe *pipe, struct running *r)
{
    switch (r->task.kind) {
    case SYN_TASK_SENSE:
        sense(pipe, r);
        break;
    case SYN_TASK_LOAD: /* the input is there: kernels that stand in may begin */
        syn_accel_load(r->task.pipeline,
                       syn_deployed_slot(pipe, r->task.from_stage, r->task.from_slot));
        if (!syn_accel_is_real())
            infer();
        break;
    case SYN_TASK_INFER:
        if (syn_accel_is_real())
            infer();
        break;
    case SYN_TASK_UNLOAD:
        unload(pipe, r);
        break;
    case SYN_TASK_ACT:
        syn_board_act(pipe->actuator, syn_peers_result(r->task.pipeline, r->task.from_slot));
        break;
    default:
        break;
    }
}

void syn_tasks_begin(void *ctx, const struct syn_task *task, int64_t start_ns, uint64_t duration_ns)
{
    const struct syn_agent *agent = ctx;
    struct running *r = &tasks[task->kind];
    if (task->kind == SYN_TASK_SEND) {
        syn_peers_send(task, start_ns, duration_ns);
        return;
    }
    if (task->kind != SYN_TASK_SENSE && start_ns < weights_ns)
        start_ns = weights_ns;
    *r = (struct running){.active = true,
                          .task = *task,
                          .start_ns = start_ns,
                          .due_ns = start_ns + (int64_t)duration_ns,
                          .end_ns = start_ns + (int64_t)duration_ns};
    work(&agent->deployment.pipes[task->pipeline], r);
    if (syn_accel_is_real() && (task->kind == SYN_TASK_LOAD || task->kind == SYN_TASK_UNLOAD))
        r->end_ns = syn_clock_now_ns();
}

/* ---- their ends ---- */

static const struct syn_tensor_result *result_of(const struct syn_task *task)
{
    if (task->kind == SYN_TASK_ACT)
        return syn_peers_result(task->pipeline, task->from_slot);
    if (task->kind == SYN_TASK_UNLOAD && task->to_stage == SYN_STAGE_TAIL)
        return syn_peers_result(task->pipeline, task->to_slot);
    return NULL;
}

static void report(struct syn_agent *agent, struct running *r)
{
    struct running ended = *r;
    bool is_late = !syn_accel_is_real() && ended.end_ns > ended.due_ns;
    int64_t late = is_late ? ended.end_ns - ended.due_ns : 0;
    const char *fault = ended.task.kind == SYN_TASK_INFER ? syn_accel_fault() : NULL;
    r->active = false;
    if (ended.task.kind != SYN_TASK_INFER || !syn_accel_is_real())
        ended.end_ns = syn_clock_now_ns(); /* no end is later than it is seen */
    if (!fault) {
        syn_agent_task_ended(agent, &ended.task, ended.start_ns, ended.end_ns, late,
                             result_of(&ended.task));
        return;
    }
    syn_peers_dropped(&ended.task);
    syn_agent_infer_failed(agent, &ended.task, ended.start_ns, ended.end_ns, fault);
}

/* The end of an inference is known once the accelerator is done, which it may be before the task
 * begins. */
static bool may_end(struct running *r)
{
    if (!r->active || r->task.kind != SYN_TASK_INFER)
        return r->active;
    if (!infers && (syn_accel_is_real() || syn_accel_done_ns() > r->end_ns))
        r->end_ns = syn_accel_done_ns();
    return !infers;
}

static struct running *first_to_end(void)
{
    struct running *first = NULL;
    for (unsigned k = 0; k < SYN_TASK_KIND_COUNT; k++)
        if (may_end(&tasks[k]) && (!first || tasks[k].end_ns < first->end_ns))
            first = &tasks[k];
    return first;
}

/* A slice that went on beyond the end of a task would put off its report. */
static bool has_time(int64_t now_ns)
{
    const struct running *r = first_to_end();
    return !r || r->end_ns - now_ns >= slice_ns;
}

/* When there is more to do for the accelerator. */
static int64_t step_accel(void)
{
    int64_t start_ns = syn_clock_now_ns();
    if (!infers || !has_time(start_ns))
        return INT64_MAX;
    infers = syn_accel_step();
    int64_t took_ns = syn_clock_now_ns() - start_ns;
    int64_t expected_ns = slice_ns - slice_ns / SLICE_FORGETS;
    slice_ns = took_ns > expected_ns ? took_ns : expected_ns;
    return infers ? syn_accel_next_ns() : INT64_MAX;
}

int64_t syn_tasks_step(struct syn_agent *agent)
{
    int64_t next = step_accel();
    struct running *r = first_to_end();
    if (r && r->end_ns <= syn_clock_now_ns()) {
        report(agent, r);
        return INT64_MIN; /* others may have ended, too */
    }
    return r && r->end_ns < next ? r->end_ns : next;
}

bool syn_tasks_quiet(void)
{
    int64_t now_ns = syn_clock_now_ns();
    return !infers || !has_time(now_ns) || syn_accel_next_ns() > now_ns;
}
