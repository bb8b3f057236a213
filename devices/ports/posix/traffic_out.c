/* SPDX-License-Identifier: MIT */
/* Hops that leave a virtual wearable. */
#include "devices/ports/posix/traffic.h"

/* Real time until a full link of the host is tried again, and until a receiver behind the host is
 * asked for an answer. */
#define RETRY_NS  1000000
#define REPEAT_NS 1000000000

static const struct syn_deployed_pipe *pipe_of(const struct syn_traffic_out *out)
{
    return &out->traffic->agent->deployment.pipes[out->task.pipeline];
}

static struct syn_traffic_out *free_entry(struct syn_traffic *t)
{
    for (unsigned i = 0; i < SYN_RADIO_SENDS; i++)
        if (!t->out[i].used)
            return &t->out[i];
    return NULL;
}

static struct syn_traffic_out *find_entry(struct syn_traffic *t, uint16_t stream,
                                          uint32_t inference)
{
    for (unsigned i = 0; i < SYN_RADIO_SENDS; i++) {
        struct syn_traffic_out *out = &t->out[i];
        if (!out->used || out->task.token.inference != inference)
            continue;
        struct syn_hop hop = syn_traffic_hop(pipe_of(out), out->task.from_stage);
        if (stream >= hop.stream && stream - hop.stream < hop.count)
            return out;
    }
    return NULL;
}

static void abort_entry(struct syn_traffic_out *out)
{
    struct syn_traffic *t = out->traffic;
    struct syn_task task = out->task;
    syn_virtual_stop(&out->timer);
    out->used = false;
    /* Away from the link that is lost, and over it once it is back. */
    if (task.from_stage == SYN_STAGE_BODY_OUT)
        syn_traffic_tell_drop(t, task.pipeline, SYN_STAGE_BODY_IN, task.token.inference);
    syn_traffic_tell_drop(t, task.pipeline, task.from_stage, task.token.inference);
    syn_rt_send_abort(&t->agent->rt, &task, syn_virtual_now(t->clock));
}

static void on_no_link(void *ctx)
{
    abort_entry(ctx);
}

void syn_traffic_send(struct syn_traffic *t, const struct syn_task *task, int64_t start_ns,
                      uint64_t duration_ns)
{
    struct syn_traffic_out *out = free_entry(t); /* there are as many as slots that send */
    bool direct = syn_traffic_is_direct(t, task->peer);
    if (!out)
        return;
    *out = (struct syn_traffic_out){.traffic = t, .used = true, .task = *task, .peer = task->peer};
    if (direct && !syn_peers_up(t->peers, task->peer)) {
        /* Not now: the runtime is in the middle of something. */
        syn_virtual_start(t->clock, &out->timer, start_ns, on_no_link, out);
        return;
    }
    struct syn_radio_send send = {
        .stream = syn_traffic_hop(pipe_of(out), task->from_stage).stream,
        .inference = task->token.inference,
        .peer = direct ? task->peer : SYN_RADIO_HOST,
        .ready_ns = start_ns,
        .duration_ns = duration_ns,
        .rank = syn_rt_rank(&t->agent->rt, task->pipeline, task->token.inference)};
    (void)syn_radio_offer(&t->radio, &send, syn_virtual_now(t->clock));
}

static const uint8_t *data_of(struct syn_traffic_out *out)
{
    const struct syn_task *task = &out->task;
    const struct syn_deployed_pipe *pipe = pipe_of(out);
    if (task->from_stage == SYN_STAGE_HEAD || !syn_deployment_is_last(pipe))
        return pipe->slots[task->from_stage][task->from_slot];
    syn_tensor_result_put(
        out->result, &out->traffic->results[task->pipeline][task->from_stage][task->from_slot]);
    return out->result;
}

static bool write_to_peer(void *ctx, const uint8_t *message, size_t size)
{
    const struct syn_traffic_out *out = ctx;
    syn_peers_send(out->traffic->peers, out->peer, message, size);
    return true;
}

static int write_entry(struct syn_traffic_out *out)
{
    if (syn_traffic_is_direct(out->traffic, out->peer))
        return syn_outgoing_write(&out->outgoing, write_to_peer, out);
    return syn_outgoing_write(&out->outgoing, syn_traffic_relay, out->traffic);
}

static void report_end(struct syn_traffic_out *out)
{
    struct syn_traffic *t = out->traffic;
    struct syn_task task = out->task;
    out->used = false;
    syn_agent_task_ended(t->agent, &task, out->start_ns, out->end_ns, 0, NULL);
}

static void on_due(void *ctx);

static void due_in(struct syn_traffic_out *out, int64_t real_ns)
{
    struct syn_virtual *clock = out->traffic->clock;
    int64_t at = syn_virtual_now(clock) + syn_virtual_from_real(clock, real_ns);
    syn_virtual_start(clock, &out->timer, at, on_due, out);
}

/* The last byte once more: the receiver answers with what it misses, or that it has all. */
static void repeat(struct syn_traffic_out *out)
{
    const struct syn_hop *hop = &out->outgoing.hop;
    unsigned last = hop->count - 1u;
    if (++out->tries > SYN_TRANSFER_TRIES) {
        abort_entry(out);
        return;
    }
    (void)syn_outgoing_again(&out->outgoing, (uint16_t)(hop->stream + last),
                             syn_hop_stream_bytes(hop, last) - 1, 1, syn_traffic_relay,
                             out->traffic);
    due_in(out, REPEAT_NS);
}

/* The next step: to write what is left, to wait for the end of the time on the air, for the
 * receiver. */
static void on_due(void *ctx)
{
    struct syn_traffic_out *out = ctx;
    bool was_written = out->written;
    if (!out->written)
        out->written = write_entry(out) == 0;
    if (!out->written)
        due_in(out, RETRY_NS);
    else if (syn_virtual_now(out->traffic->clock) < out->end_ns)
        syn_virtual_start(out->traffic->clock, &out->timer, out->end_ns, on_due, out);
    else if (out->confirmed)
        report_end(out);
    else if (was_written && out->tries > 0)
        repeat(out);
    else {
        out->tries = 1;
        due_in(out, REPEAT_NS);
    }
}

void syn_traffic_out_begin(struct syn_traffic *t, const struct syn_radio_send *send,
                           int64_t start_ns, int64_t end_ns)
{
    struct syn_traffic_out *out = find_entry(t, send->stream, send->inference);
    if (!out)
        return;
    struct syn_hop hop = syn_traffic_hop(pipe_of(out), out->task.from_stage);
    struct syn_tensor_token token = {.inference = out->task.token.inference,
                                     .sensed_ns = out->task.token.sensed_ns,
                                     .ready_ns = end_ns,
                                     .input_hash = out->task.token.input_hash,
                                     .output_hash = out->task.token.output_hash};
    out->on_air = true;
    out->start_ns = start_ns;
    out->end_ns = end_ns;
    syn_outgoing_open(&out->outgoing, &hop, &token, data_of(out));
    if (send->peer ==
        SYN_RADIO_HOST) { /* from the loop: the agent may be in the middle of something */
        syn_virtual_start(t->clock, &out->timer, start_ns, on_due, out);
        return;
    }
    out->confirmed = true;
    out->written = write_entry(out) == 0;
    syn_virtual_start(t->clock, &out->timer, end_ns, on_due, out);
}

void syn_traffic_out_again(struct syn_traffic *t, const struct syn_tensor_head *head,
                           uint32_t length)
{
    struct syn_traffic_out *out = find_entry(t, head->stream, head->inference);
    if (!out || !out->on_air)
        return;
    if (length > 0) {
        out->tries = 1;
        (void)syn_outgoing_again(&out->outgoing, head->stream, head->offset, length,
                                 syn_traffic_relay, t);
        return;
    }
    out->confirmed = true;
    if (out->written)
        syn_virtual_start(t->clock, &out->timer, out->end_ns, on_due, out);
}

void syn_traffic_out_lost(struct syn_traffic *t, unsigned peer)
{
    for (unsigned i = 0; i < SYN_RADIO_SENDS; i++)
        if (t->out[i].used && t->out[i].peer == peer)
            abort_entry(&t->out[i]);
}

void syn_traffic_out_reset(struct syn_traffic *t)
{
    for (unsigned i = 0; i < SYN_RADIO_SENDS; i++) {
        syn_virtual_stop(&t->out[i].timer);
        t->out[i].used = false;
    }
}
