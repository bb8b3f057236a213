/* SPDX-License-Identifier: MIT */
/* Hops that leave. */
#include "devices/traffic/internal.h"

#include <string.h>

/* Real time until a full link of the host is tried again, and until a receiver behind the host is
 * asked for an answer. */
#define RETRY_NS  1000000
#define REPEAT_NS 1000000000

enum {
    ASIDE = 4,     /* bits of `waiting`: of slots that wait behind all others */
    DOUBLINGS = 3, /* of the pause between repetitions, while a receiver is silent */
};
_Static_assert(SYN_RT_SLOTS_MAX <= ASIDE, "a bit each");

/* What is written of a hop: made anew whenever the link has room, for few of many hops are on it.
 */
struct writing {
    struct syn_outgoing outgoing;
    uint8_t result[SYN_TENSOR_RESULT_SIZE];
};

static const struct syn_deployed_pipe *pipe_of(const struct syn_traffic_out *out)
{
    return &out->traffic->agent->deployment.pipes[out->pipeline];
}

static struct syn_hop hop_of(const struct syn_traffic_out *out)
{
    return syn_traffic_hop(pipe_of(out), out->stage);
}

/* As the runtime began it. */
static struct syn_task task_of(const struct syn_traffic_out *out)
{
    const struct syn_rt *rt = &out->traffic->agent->rt;
    return (struct syn_task){.kind = SYN_TASK_SEND,
                             .pipeline = out->pipeline,
                             .from_slot = out->slot,
                             .from_stage = out->stage,
                             .peer = out->peer,
                             .token = syn_rt_slots(rt, out->pipeline, out->stage)[out->slot].token};
}

static struct syn_traffic_out *find_entry(struct syn_traffic *t, uint16_t stream,
                                          uint32_t inference)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_OUT; i++) {
        struct syn_traffic_out *out = &t->out[i];
        if (!out->used || out->inference != inference)
            continue;
        struct syn_hop hop = hop_of(out);
        if (syn_hop_has(&hop, stream))
            return out;
    }
    return NULL;
}

/* ---- beginning, and waiting for it ---- */

static struct syn_traffic_out *free_entry(struct syn_traffic *t)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_OUT; i++)
        if (!t->out[i].used)
            return &t->out[i];
    return NULL;
}

static void on_no_link(void *ctx);

/* What the hop takes: by a wire, what that takes. */
static uint64_t wired_ns(const struct syn_traffic_out *out, uint64_t duration_ns)
{
#if SYN_TRAFFIC_WIRES
    const struct syn_traffic *t = out->traffic;
    const unsigned wire = syn_traffic_wire_to(t, out->peer);
    if (wire)
        return t->port.wire_ns(t->port.ctx, wire,
                               syn_deployment_hop_bytes(pipe_of(out), out->stage));
#endif
    (void)out;
    return duration_ns;
}

static void offer(struct syn_traffic_out *out, int64_t ready_ns, uint64_t duration_ns)
{
    struct syn_traffic *t = out->traffic;
    const bool direct = syn_traffic_is_direct(t, out->peer);
    if (direct && !t->port.is_up(t->port.ctx, out->peer)) {
        /* Not now: the runtime is in the middle of something. */
        syn_timers_start(t->port.timers, &out->timer, ready_ns, on_no_link, out);
        return;
    }
    struct syn_radio_send send = {.stream = hop_of(out).stream,
                                  .inference = out->inference,
                                  .peer = direct ? out->peer : SYN_RADIO_HOST,
                                  .ready_ns = ready_ns,
                                  .duration_ns = wired_ns(out, duration_ns),
                                  .rank =
                                      syn_rt_rank(&t->agent->rt, out->pipeline, out->inference)};
    (void)syn_radio_offer(&t->radio, &send, syn_traffic_now(t));
}

static void open_entry(struct syn_traffic *t, struct syn_traffic_out *out,
                       const struct syn_task *task)
{
    *out = (struct syn_traffic_out){.traffic = t,
                                    .used = true,
                                    .pipeline = task->pipeline,
                                    .stage = task->from_stage,
                                    .slot = task->from_slot,
                                    .peer = task->peer,
                                    .inference = task->token.inference};
}

/* The one of the lowest rank, then the oldest, of those that wait. */
struct choice {
    bool found;
    unsigned pipeline, stage, slot;
    uint64_t rank;
    int64_t ready_ns;
};

/* The receiver remembers the latest arrivals only: would one that has not arrived be forgotten? */
static bool is_too_early(const struct syn_traffic *t, unsigned p, unsigned stage,
                         uint32_t inference)
{
    const struct syn_rt_slot *slots = syn_rt_slots(&t->agent->rt, p, stage);
    for (unsigned i = 0; i < t->agent->rt.routes[p].slots[stage]; i++)
        if (slots[i].state == SYN_SLOT_DRAINING && slots[i].token.inference < inference &&
            inference - slots[i].token.inference > SYN_TRAFFIC_REMEMBERED)
            return true;
    return false;
}

static void consider(const struct syn_traffic *t, unsigned p, unsigned stage, unsigned slot,
                     struct choice *best)
{
    const struct syn_rt_slot *s = &syn_rt_slots(&t->agent->rt, p, stage)[slot];
    const uint64_t rank = syn_rt_rank(&t->agent->rt, p, s->token.inference);
    const bool first = rank != best->rank ? rank < best->rank : s->ready_ns < best->ready_ns;
    if ((!best->found || first) && !is_too_early(t, p, stage, s->token.inference))
        *best = (struct choice){true, p, stage, slot, rank, s->ready_ns};
}

/* Of those that wait, or (`aside` ASIDE) of those behind them. */
static struct choice choose(const struct syn_traffic *t, unsigned aside)
{
    static const uint8_t stages[] = {SYN_STAGE_HEAD, SYN_STAGE_BODY_OUT};
    struct choice best = {.found = false};
    for (unsigned p = 0; p < t->agent->deployment.pipeline_count; p++)
        for (unsigned s = 0; s < sizeof stages; s++)
            for (unsigned slot = 0; slot < SYN_RT_SLOTS_MAX; slot++)
                if (t->waiting[p][s] & 1u << (slot + aside))
                    consider(t, p, stages[s], slot, &best);
    return best;
}

static bool is_silent(const struct syn_traffic_out *out)
{
    return out->used && out->tries > SYN_TRANSFER_TRIES;
}

/* What it has to send will be sent from the start. */
static void put_aside(struct syn_traffic_out *out)
{
    syn_timers_stop(&out->timer);
    out->used = false;
    out->traffic->waiting[out->pipeline][syn_traffic_sender(out->stage)] |=
        (uint8_t)(1u << (out->slot + ASIDE));
}

/* One that is free, or whose receiver has been silent for long. */
static struct syn_traffic_out *make_room(struct syn_traffic *t)
{
    struct syn_traffic_out *out = free_entry(t);
    for (unsigned i = 0; !out && i < SYN_TRAFFIC_OUT; i++)
        if (is_silent(&t->out[i])) {
            out = &t->out[i];
            put_aside(out);
        }
    return out;
}

void syn_traffic_send(struct syn_traffic *t, const struct syn_task *task, int64_t start_ns,
                      uint64_t duration_ns)
{
    const bool waits = choose(t, 0).found /* nobody goes first */ ||
                       is_too_early(t, task->pipeline, task->from_stage, task->token.inference);
    struct syn_traffic_out *out = waits ? NULL : make_room(t);
    if (!out) {
        t->waiting[task->pipeline][syn_traffic_sender(task->from_stage)] |=
            (uint8_t)(1u << task->from_slot);
        return;
    }
    open_entry(t, out, task);
    offer(out, start_ns, duration_ns);
}

static void begin_waiting(struct syn_traffic *t, const struct choice *c,
                          struct syn_traffic_out *out)
{
    *out = (struct syn_traffic_out){
        .pipeline = (uint8_t)c->pipeline, .stage = (uint8_t)c->stage, .slot = (uint8_t)c->slot};
    out->traffic = t;
    struct syn_task task = task_of(out);
    task.peer = syn_traffic_other_end(&pipe_of(out)->route, c->stage);
    t->waiting[c->pipeline][syn_traffic_sender(c->stage)] &=
        (uint8_t) ~((1u | 1u << ASIDE) << c->slot);
    open_entry(t, out, &task);
    offer(out, syn_traffic_now(t),
          syn_deployment_duration(&t->agent->deployment, &t->agent->timing, &task));
}

/* An entry has become free, or somebody waits that did not. */
static bool next_in_line(struct syn_traffic *t)
{
    struct choice c = choose(t, 0);
    struct syn_traffic_out *out = c.found ? make_room(t) : free_entry(t);
    if (!c.found)
        c = choose(t, ASIDE);
    if (!c.found || !out)
        return false;
    begin_waiting(t, &c, out);
    return true;
}

/* ---- ending ---- */

static void abort_entry(struct syn_traffic_out *out)
{
    struct syn_traffic *t = out->traffic;
    struct syn_task task = task_of(out);
    syn_timers_stop(&out->timer);
    out->used = false;
    /* Away from the link that is lost, and over it once it is back. */
    if (task.from_stage == SYN_STAGE_BODY_OUT)
        syn_traffic_tell_drop(t, task.pipeline, SYN_STAGE_BODY_IN, task.token.inference);
    syn_traffic_tell_drop(t, task.pipeline, task.from_stage, task.token.inference);
    syn_rt_send_abort(&t->agent->rt, &task, syn_traffic_now(t));
    (void)next_in_line(t);
}

static void on_no_link(void *ctx)
{
    abort_entry(ctx);
}

static void report_end(struct syn_traffic_out *out)
{
    struct syn_traffic *t = out->traffic;
    struct syn_task task = task_of(out);
    out->used = false;
    syn_agent_task_ended(t->agent, &task, out->start_ns, out->end_ns, 0, NULL);
    (void)next_in_line(t);
}

/* ---- writing ---- */

static void open_writing(const struct syn_traffic_out *out, struct writing *w)
{
    const struct syn_deployed_pipe *pipe = pipe_of(out);
    const struct syn_task task = task_of(out);
    const struct syn_hop hop = hop_of(out);
    const struct syn_tensor_token token = {.inference = out->inference,
                                           .sensed_ns = task.token.sensed_ns,
                                           .ready_ns =
                                               syn_traffic_told_ns(out->traffic, out->end_ns),
                                           .input_hash = task.token.input_hash,
                                           .output_hash = task.token.output_hash};
    const uint8_t *data = w->result;
    if (out->stage == SYN_STAGE_HEAD || !syn_deployment_is_last(pipe))
        data = syn_deployed_slot(pipe, out->stage, out->slot);
    else
        syn_tensor_result_put(w->result, &out->traffic->results[out->pipeline][out->slot]);
    syn_outgoing_open(&w->outgoing, &hop, &token, data);
    w->outgoing.index = out->index;
    w->outgoing.offset = out->offset;
}

static bool write_to_peer(void *ctx, const uint8_t *message, size_t size)
{
    const struct syn_traffic_out *out = ctx;
    out->traffic->port.send(out->traffic->port.ctx, out->peer, message, size);
    return true;
}

/* By a wire or the host, as they have room. */
static bool write_piece(void *ctx, const uint8_t *message, size_t size)
{
    const struct syn_traffic_out *out = ctx;
    return syn_traffic_write(out->traffic, out->peer, message, size);
}

/* For what is not pressing. */
static bool write_later(void *ctx, const uint8_t *message, size_t size)
{
    const struct syn_traffic_out *out = ctx;
    return syn_traffic_tell(out->traffic, out->peer, message, size, true);
}

static bool write_entry(struct syn_traffic_out *out)
{
    struct writing w;
    int rc;
    open_writing(out, &w);
    if (syn_traffic_is_direct(out->traffic, out->peer))
        rc = syn_outgoing_write(&w.outgoing, write_to_peer, out);
    else
        rc = syn_outgoing_write(&w.outgoing, write_piece, out);
    out->index = w.outgoing.index;
    out->offset = w.outgoing.offset;
    return rc == 0;
}

static int write_bytes(struct syn_traffic_out *out, uint16_t stream, uint32_t offset,
                       uint32_t length, syn_transfer_write write)
{
    struct writing w;
    open_writing(out, &w);
    return syn_outgoing_again(&w.outgoing, stream, offset, length, write, out);
}

/* As much of what was asked for as the link takes. */
static void write_again(struct syn_traffic_out *out)
{
    while (out->again_offset < out->again_end) {
        uint32_t left = out->again_end - out->again_offset;
        uint32_t size = left < SYN_TRANSFER_PIECE_MAX ? left : SYN_TRANSFER_PIECE_MAX;
        int rc = write_bytes(out, out->again_stream, out->again_offset, size, write_piece);
        if (rc == SYN_EBUSY)
            return;
        out->again_offset = rc == 0 ? out->again_offset + size : out->again_end;
    }
    out->again_end = 0;
}

/* ---- step by step ---- */

static void on_due(void *ctx);

static void due_at(struct syn_traffic_out *out, int64_t at_ns)
{
    syn_timers_start(out->traffic->port.timers, &out->timer, at_ns, on_due, out);
}

static void due_in(struct syn_traffic_out *out, int64_t real_ns)
{
    const struct syn_traffic *t = out->traffic;
    due_at(out, syn_traffic_now(t) + syn_traffic_from_real(t, real_ns));
}

/* In real time a transfer lasts until it is written, and has the radio until then. */
static void last_longer(struct syn_traffic_out *out)
{
    struct syn_traffic *t = out->traffic;
    int64_t now = syn_traffic_now(t);
    if (t->port.virtual_time || now <= out->end_ns)
        return;
    out->end_ns = now;
    syn_radio_hold(&t->radio, now + (out->written ? 0 : RETRY_NS));
}

static void try_to_write(struct syn_traffic_out *out)
{
    out->written = write_entry(out);
    last_longer(out);
}

/* The last byte once more: the receiver answers with what it misses, or that it has all. One that
 * is away may come back, and has a slot for this hop: that is waited for, behind the hops of
 * others. */
static void repeat(struct syn_traffic_out *out)
{
    struct syn_traffic *t = out->traffic;
    const struct syn_hop hop = hop_of(out);
    const unsigned last = hop.count - 1u;
    if (out->tries < SYN_TRANSFER_TRIES + DOUBLINGS)
        out->tries++;
    if (is_silent(out) && choose(t, 0).found) {
        put_aside(out);
        (void)next_in_line(t);
        return;
    }
    (void)write_bytes(out, (uint16_t)(hop.stream + last), syn_hop_stream_bytes(&hop, last) - 1, 1,
                      write_later);
    due_in(out, (int64_t)REPEAT_NS << (is_silent(out) ? out->tries - SYN_TRANSFER_TRIES : 0));
}

static void go_on_again(struct syn_traffic_out *out)
{
    write_again(out);
    if (out->again_end > 0)
        due_in(out, RETRY_NS);
    else if (syn_traffic_now(out->traffic) < out->end_ns)
        due_at(out, out->end_ns);
    else
        due_in(out, REPEAT_NS);
}

/* The next step: to write what is left, to wait for the end of the time on the air, for the
 * receiver. */
static void on_due(void *ctx)
{
    struct syn_traffic_out *out = ctx;
    bool was_written = out->written;
    if (!out->written)
        try_to_write(out);
    if (!out->written)
        due_in(out, RETRY_NS);
    else if (syn_traffic_now(out->traffic) < out->end_ns)
        due_at(out, out->end_ns);
    else if (out->confirmed)
        report_end(out);
    else if (out->again_end > 0)
        go_on_again(out);
    else if (was_written && out->tries > 0)
        repeat(out);
    else {
        out->tries = 1;
        due_in(out, REPEAT_NS);
    }
}

/* ---- events ---- */

void syn_traffic_out_begin(struct syn_traffic *t, const struct syn_radio_send *send,
                           int64_t start_ns, int64_t end_ns)
{
    struct syn_traffic_out *out = find_entry(t, send->stream, send->inference);
    if (!out)
        return;
    out->on_air = true;
    out->start_ns = start_ns;
    out->end_ns = end_ns;
    if (send->peer ==
        SYN_RADIO_HOST) { /* from the loop: the agent may be in the middle of something */
        due_at(out, start_ns);
        return;
    }
    out->confirmed = true;
    out->written = write_entry(out);
    due_at(out, end_ns);
}

void syn_traffic_out_again(struct syn_traffic *t, const struct syn_tensor_head *head,
                           uint32_t length)
{
    struct syn_traffic_out *out = find_entry(t, head->stream, head->inference);
    if (!out || !out->on_air)
        return;
    if (length > 0) {
        out->tries = 1;
        if (!out->written || out->again_end > 0)
            return; /* what is missing is still to come, or will be asked for again */
        out->again_stream = head->stream;
        out->again_offset = head->offset;
        out->again_end = head->offset + length;
        go_on_again(out);
        return;
    }
    out->confirmed = out->written = true; /* by what was sent before, where it is sent anew */
    due_at(out, out->end_ns);
}

void syn_traffic_out_heard(struct syn_traffic *t, unsigned pipeline, unsigned stage)
{
    uint8_t *waiting = &t->waiting[pipeline][syn_traffic_sender(stage)];
    for (unsigned i = 0; i < SYN_TRAFFIC_OUT; i++) {
        struct syn_traffic_out *out = &t->out[i];
        if (is_silent(out) && out->pipeline == pipeline && out->stage == stage) {
            out->tries = 1;
            due_in(out, 0);
        }
    }
    if (*waiting >> ASIDE) {
        *waiting = (uint8_t)((*waiting | *waiting >> ASIDE) & ((1u << ASIDE) - 1));
        while (next_in_line(t))
            ;
    }
}

void syn_traffic_out_lost(struct syn_traffic *t, unsigned peer)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_OUT; i++)
        if (t->out[i].used && t->out[i].peer == peer)
            abort_entry(&t->out[i]);
}

void syn_traffic_out_reset(struct syn_traffic *t)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_OUT; i++) {
        syn_timers_stop(&t->out[i].timer);
        t->out[i].used = false;
    }
    memset(t->waiting, 0, sizeof t->waiting);
}
