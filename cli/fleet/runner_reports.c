/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What devices report while they run, and the tensors that the console passes on between them. */
#include "cli/fleet/runner_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Results kept for verification; a run beyond that verifies the first ones. */
#define CLAIMS_MAX 100000

bool syn_runner_all_have(const struct syn_running *running, uint32_t count)
{
    unsigned pipelines = running->bench->deployed->workload->problem.pipeline_count;
    for (unsigned p = 0; p < pipelines; p++)
        if (running->done[p] < count)
            return false;
    return true;
}

bool syn_runner_all_ended(const struct syn_running *running, uint32_t count)
{
    unsigned pipelines = running->bench->deployed->workload->problem.pipeline_count;
    for (unsigned p = 0; p < pipelines; p++)
        if (running->done[p] < count && running->ended[p] < count)
            return false;
    return true;
}

/* ---- counters and results ---- */

static void count_ends(struct syn_running *running, unsigned device,
                       const struct syn_counters *counters)
{
    const struct syn_deployed *deployed = running->bench->deployed;
    for (unsigned p = 0; p < deployed->workload->problem.pipeline_count; p++) {
        uint32_t ended = counters->done[p] + counters->dropped[p];
        if (deployed->plan.pipelines[p].target == device && ended > running->base[p])
            running->ended[p] = ended - running->base[p];
    }
}

_Static_assert(SYN_SESSION_WORKS == SYN_RT_WORK_COUNT, "a session brings all that is counted");

static void copy_counters(struct syn_device_counters *to, const struct syn_counters *from)
{
    memset(to, 0, sizeof *to);
    to->now_ns = from->now_ns;
    to->late = from->late;
    to->late_ns = from->late_ns;
    to->energy_nj = from->energy_nj;
    for (int u = 0; u < SYN_UNIT_COUNT; u++) {
        to->busy_ns[u] = from->busy_ns[u];
        to->tasks[u] = from->tasks[u];
        to->waiting[u] = from->waiting[u];
    }
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++) {
        to->done[p] = from->done[p];
        to->sensed[p] = from->sensed[p];
        to->dropped[p] = from->dropped[p];
        to->pipeline_nj[p] = from->pipeline_nj[p];
        memcpy(to->work[p], from->work + (size_t)p * SYN_SESSION_WORKS, sizeof to->work[p]);
    }
}

void syn_runner_counters(struct syn_bench *bench, struct syn_member *member,
                         const struct syn_counters *counters)
{
    struct syn_running *running = bench->running;
    int device = syn_runner_device(bench, member);
    struct syn_device_counters copy;
    syn_clock_hear(&member->clock, counters->now_ns, syn_loop_now());
    if (!running || !running->active || device < 0)
        return;
    if (running->base_known)
        count_ends(running, (unsigned)device, counters);
    if (!running->warm)
        return;
    copy_counters(&copy, counters);
    syn_measure_counters(running->measure, (unsigned)device, &copy);
}

static void keep_claim(struct syn_running *running, const struct syn_result_event *result)
{
    if (running->claim_count == CLAIMS_MAX)
        return;
    if (running->claim_count == running->claim_room) {
        size_t room = running->claim_room ? 2 * running->claim_room : 256;
        struct syn_verify_claim *claims = realloc(running->claims, room * sizeof *claims);
        if (!claims)
            return;
        running->claims = claims;
        running->claim_room = room;
    }
    running->claims[running->claim_count++] = (struct syn_verify_claim){
        .pipeline = result->pipeline,
        .inference = result->inference,
        .input_hash = result->input_hash,
        .output_hash = result->output_hash,
        .best = result->best,
        .value = result->value,
    };
}

/* The source's clock and the target's may have nothing in common. */
static bool latency(const struct syn_running *running, const struct syn_member *target,
                    const struct syn_result_event *result, int64_t *ns)
{
    const struct syn_deployed *deployed = running->bench->deployed;
    const struct syn_member *source =
        deployed->workload->members[deployed->plan.pipelines[result->pipeline].source];
    int64_t ahead_ns;
    if (!source || !syn_clock_ahead(&target->clock, &source->clock, &ahead_ns))
        return false;
    *ns = result->acted_ns - ahead_ns - result->sensed_ns;
    return true;
}

static void show(const struct syn_running *running, unsigned device,
                 const struct syn_result_event *result, double latency_ms)
{
    const struct syn_problem *problem = &running->bench->deployed->workload->problem;
    const struct syn_model *model = problem->pipelines[result->pipeline].model;
    bool named = !model->seeded && result->best < model->label_count;
    const struct syn_recognition recognition = {
        .pipeline = result->pipeline,
        .inference = result->inference,
        .device = device,
        .label = named ? model->labels[result->best] : NULL,
        .best = result->best,
        .output_hash = result->output_hash,
        .latency_ms = latency_ms,
    };
    if (running->shown)
        running->shown(running->shown_ctx, &recognition);
}

void syn_runner_result(struct syn_bench *bench, struct syn_member *member,
                       const struct syn_result_event *result)
{
    struct syn_running *running = bench->running;
    int device = syn_runner_device(bench, member);
    int64_t ns = 0;
    if (!running || !running->active || device < 0 ||
        result->pipeline >= bench->deployed->workload->problem.pipeline_count ||
        bench->deployed->plan.pipelines[result->pipeline].target != (unsigned)device)
        return;
    running->done[result->pipeline]++;
    syn_clock_hear(&member->clock, result->acted_ns, syn_loop_now());
    bool timed = latency(running, member, result, &ns);
    if (running->warm && timed)
        syn_measure_result(running->measure, result->pipeline, ns);
    /* Measuring begins when pipelines have run ahead as far as the fair round lets them, and what
     * that left before the bottleneck is through: as in the simulator. */
    running->warm = running->warm ||
                    syn_runner_all_have(running, 2 * syn_deploy_depth(bench->deployed->deploy));
    if (running->options.verify)
        keep_claim(running, result);
    show(running, (unsigned)device, result, timed ? (double)ns / 1e6 : NAN);
}

/* ---- relay ---- */

static bool send_to(const struct syn_bench *bench, unsigned device, const uint8_t *message,
                    size_t size)
{
    const struct syn_member *member = bench->deployed->workload->members[device];
    return member && member->session && syn_session_send(member->session, message, size) == 0;
}

/* Data follow their stream; what governs them goes the other way; counts are for everybody. */
void syn_runner_relay(struct syn_bench *bench, struct syn_member *member, const uint8_t *message,
                      size_t size)
{
    struct syn_tensor_head head;
    const uint8_t *body = NULL;
    size_t body_size = 0;
    unsigned from = 0, to = 0;
    int self = syn_runner_device(bench, member);
    bool sent = true;
    if (self < 0 || !bench->running || size < SYN_SMP_HEADER ||
        syn_tensor_get(&head, message + SYN_SMP_HEADER, size - SYN_SMP_HEADER, &body, &body_size) !=
            0)
        return;
    if (member->txn == 0) /* it takes no part */
        return;
    if (head.kind == SYN_TENSOR_COUNTS) {
        for (unsigned i = 0; i < bench->deployed->workload->fleet.count; i++)
            if (i != (unsigned)self)
                sent &= send_to(bench, i, message, size);
    } else if (syn_deploy_stream(bench->deployed->deploy, head.stream, &from, &to) == 0) {
        if ((unsigned)self != from && (unsigned)self != to)
            return;
        sent = send_to(bench, (unsigned)self == from ? to : from, message, size);
    }
    bench->running->relayed++;
    bench->running->relayed_data += head.kind == SYN_TENSOR_DATA;
    bench->running->relay_lost += !sent;
}
