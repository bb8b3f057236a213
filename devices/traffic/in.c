/* SPDX-License-Identifier: MIT */
/* Hops that arrive. */
#include "devices/traffic/internal.h"

#include <string.h>

#define TIMEOUT_NS 500000000 /* real time, until missing pieces of a relayed hop are asked for */

enum {
    REMEMBERED = SYN_TRAFFIC_REMEMBERED,
    VAIN_MAX =
        4, /* repetitions of others, of a second each, until one that is awaited is given up */
};

static struct syn_traffic_in *find_entry(struct syn_traffic *t, const struct syn_tensor_head *head)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_IN; i++) {
        struct syn_traffic_in *in = &t->in[i];
        const struct syn_hop *hop = &in->incoming.hop;
        if (in->used && in->incoming.inference == head->inference && syn_hop_has(hop, head->stream))
            return in;
    }
    return NULL;
}

static struct syn_traffic_in *free_entry(struct syn_traffic *t)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_IN; i++)
        if (!t->in[i].used)
            return &t->in[i];
    return NULL;
}

static bool is_direct(const struct syn_traffic_in *in)
{
    return syn_traffic_is_direct(in->traffic, in->peer);
}

/* Did a message come from a peer's radio, whose link loses nothing? */
static bool is_radio(unsigned peer)
{
    return peer != SYN_TRAFFIC_HOST && peer != SYN_TRAFFIC_WIRE;
}

/* Does a hop into `stage` carry this stream, by the way that the piece came? */
static bool feeds(const struct syn_traffic *t, const struct syn_deployed_pipe *pipe, unsigned stage,
                  uint16_t stream, unsigned peer)
{
    uint8_t from = syn_traffic_other_end(&pipe->route, stage);
    if (from == SYN_RT_NOBODY || from == SYN_RT_LOCAL)
        return false;
    if (!is_radio(peer) ? syn_traffic_is_direct(t, from) : from != peer)
        return false;
    struct syn_hop hop = syn_traffic_hop(pipe, stage);
    return syn_hop_has(&hop, stream);
}

/* ---- what arrived by the host ---- */

static void tell_missing(struct syn_traffic *t, unsigned peer, uint16_t stream, uint32_t inference,
                         uint32_t length)
{
    uint8_t message[SYN_TENSOR_START + SYN_TENSOR_MISSING_SIZE];
    struct syn_tensor_head head = {
        .stream = stream, .kind = SYN_TENSOR_MISSING, .inference = inference};
    syn_tensor_missing_put(message + SYN_TENSOR_START, length);
    (void)syn_traffic_tell(t, peer, message,
                           syn_tensor_begin(message, &head, 0, SYN_TENSOR_MISSING_SIZE), true);
}

static void confirm(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *of)
{
    tell_missing(t, peer, of->stream, of->inference, 0);
}

static bool has_arrived(const struct syn_traffic *t, unsigned p, unsigned stage, uint32_t inference)
{
    const struct syn_traffic_arrived *a = &t->arrived[p][syn_traffic_receiver(stage)];
    if (inference >= a->last)
        return inference == a->last;
    uint32_t before = a->last - inference - 1;
    return before >= REMEMBERED || a->before >> before & 1;
}

static void note_arrival(struct syn_traffic *t, const struct syn_traffic_in *in)
{
    struct syn_traffic_arrived *a = &t->arrived[in->pipeline][syn_traffic_receiver(in->stage)];
    uint32_t inference = in->incoming.inference;
    if (inference < a->last) {
        a->before |= 1u << (a->last - inference - 1) % REMEMBERED;
        return;
    }
    uint32_t ahead = inference - a->last;
    uint32_t first = a->last > 0 && ahead <= REMEMBERED ? 1u << (ahead - 1) : 0;
    a->before = first | (ahead < REMEMBERED ? a->before << ahead : 0);
    a->last = inference;
}

/* ---- what has to wait at its sender ---- */

static struct syn_traffic_awaited *awaited(struct syn_traffic *t, unsigned p, unsigned stage)
{
    return &t->awaited[p][syn_traffic_receiver(stage)];
}

static void await(struct syn_traffic_awaited *a, uint32_t inference, bool more)
{
    *a = (struct syn_traffic_awaited){.first = inference, .more = more};
}

/* Its turn has come, or never will. */
static void await_next(struct syn_traffic *t, unsigned p, unsigned stage, uint32_t inference)
{
    struct syn_traffic_awaited *a = awaited(t, p, stage);
    if (a->first == inference)
        await(a, a->more ? inference + 1 : 0, false);
}

bool syn_traffic_in_dropped(struct syn_traffic *t, unsigned p, unsigned stage, uint32_t inference)
{
    await_next(t, p, stage, inference);
    return !has_arrived(t, p, stage, inference);
}

/* The one of the lowest rank, of these the lowest inference. */
static struct syn_traffic_awaited *first_awaited(struct syn_traffic *t, unsigned *p,
                                                 unsigned *stage)
{
    static const uint8_t stages[] = {SYN_STAGE_BODY_IN, SYN_STAGE_TAIL};
    struct syn_traffic_awaited *best = NULL;
    uint64_t best_rank = 0;
    for (unsigned i = 0; i < 2u * t->agent->deployment.pipeline_count; i++) {
        struct syn_traffic_awaited *a = awaited(t, i / 2, stages[i % 2]);
        uint64_t rank = syn_rt_rank(&t->agent->rt, i / 2, a->first) + a->first;
        if (a->first == 0 || (best && rank >= best_rank))
            continue;
        best = a;
        best_rank = rank;
        *p = i / 2;
        *stage = stages[i % 2];
    }
    return best;
}

static void on_ask_due(void *ctx);

/* Where there is room for one. One at a time: the next once it comes, or does not. */
static void ask_for_next(struct syn_traffic *t)
{
    unsigned p, stage;
    struct syn_traffic_awaited *a;
    if (t->ask_timer.timers || !free_entry(t))
        return;
    while ((a = first_awaited(t, &p, &stage)) != NULL && ++a->vain > VAIN_MAX)
        await_next(t, p, stage, a->first);
    if (!a)
        return;
    const struct syn_deployed_pipe *pipe = &t->agent->deployment.pipes[p];
    struct syn_hop hop = syn_traffic_hop(pipe, stage);
    for (unsigned i = 0; i < hop.count; i++)
        tell_missing(t, syn_traffic_other_end(&pipe->route, stage), (uint16_t)(hop.stream + i),
                     a->first, syn_hop_stream_bytes(&hop, i));
    syn_timers_start(t->port.timers, &t->ask_timer,
                     syn_traffic_now(t) + syn_traffic_from_real(t, TIMEOUT_NS), on_ask_due, t);
}

static void on_ask_due(void *ctx)
{
    ask_for_next(ctx);
}

/* May a hop take what is free? Those of one stage come in order, and nobody goes before those who
 * have waited. */
static bool may_come(struct syn_traffic *t, unsigned p, unsigned stage, uint32_t inference)
{
    unsigned other_p, other_stage;
    const uint32_t first = awaited(t, p, stage)->first;
    return first != 0 ? inference <= first : !first_awaited(t, &other_p, &other_stage);
}

/* A sender that has written all, and hears nothing, would give up in time: it is asked for a byte.
 */
static void put_off(struct syn_traffic *t, unsigned p, unsigned stage,
                    const struct syn_tensor_head *head)
{
    struct syn_traffic_awaited *a = awaited(t, p, stage);
    if (a->first == 0 || head->inference < a->first)
        await(a, head->inference, a->first != 0);
    a->more |= head->inference > a->first;
    if (head->flags & SYN_TENSOR_LAST)
        tell_missing(t, syn_traffic_other_end(&t->agent->deployment.pipes[p].route, stage),
                     head->stream, head->inference, 1);
    ask_for_next(t);
}

/* One that may have been awaited is here. */
static void welcome(struct syn_traffic *t, unsigned p, unsigned stage, uint32_t inference)
{
    if (awaited(t, p, stage)->first == inference)
        syn_timers_stop(&t->ask_timer);
    await_next(t, p, stage, inference);
}

/* ---- opening ---- */

/* Where a result comes together: where it will be, as it is on the wire. */
static uint8_t *result_bytes(const struct syn_traffic_in *in)
{
    _Static_assert(sizeof(struct syn_tensor_result) >= SYN_TENSOR_RESULT_SIZE, "room for both");
    return (uint8_t *)&in->traffic->results[in->pipeline][in->slot];
}

static struct syn_traffic_in *open_stage(struct syn_traffic *t, unsigned p, unsigned stage,
                                         const struct syn_tensor_head *head)
{
    const struct syn_deployed_pipe *pipe = &t->agent->deployment.pipes[p];
    const uint32_t inference = head->inference;
    struct syn_traffic_in *in = may_come(t, p, stage, inference) ? free_entry(t) : NULL;
    if (!in) {
        put_off(t, p, stage, head);
        return NULL;
    }
    int slot = syn_rt_receive_begin(&t->agent->rt, p, (enum syn_stage)stage);
    if (slot < 0)
        return NULL;
    welcome(t, p, stage, inference);
    struct syn_hop hop = syn_traffic_hop(pipe, stage);
    *in = (struct syn_traffic_in){.traffic = t,
                                  .used = true,
                                  .wired = true,
                                  .peer = syn_traffic_other_end(&pipe->route, stage),
                                  .pipeline = (uint8_t)p,
                                  .stage = (uint8_t)stage,
                                  .slot = (uint8_t)slot,
                                  .start_ns = syn_traffic_now(t)};
    uint8_t *data =
        stage == SYN_STAGE_TAIL ? result_bytes(in) : syn_deployed_slot(pipe, stage, (unsigned)slot);
    syn_incoming_open(&in->incoming, &hop, inference, data, syn_traffic_from_real(t, TIMEOUT_NS),
                      in->start_ns);
    ask_for_next(t);
    return in;
}

static bool find_fed(const struct syn_traffic *t, unsigned peer, uint16_t stream, unsigned *p,
                     unsigned *stage)
{
    static const uint8_t stages[] = {SYN_STAGE_BODY_IN, SYN_STAGE_TAIL};
    const struct syn_deployment *d = &t->agent->deployment;
    for (*p = 0; *p < d->pipeline_count; ++*p)
        for (unsigned i = 0; i < sizeof stages; i++) {
            *stage = stages[i];
            if (feeds(t, &d->pipes[*p], *stage, stream, peer))
                return true;
        }
    return false;
}

/* Devices switch to a deployment one after the other: what comes before the first credit is of the
 * one before, whose inferences have other numbers. */
static bool was_granted(const struct syn_traffic *t, unsigned p, unsigned stage)
{
    return t->granted[p][syn_traffic_receiver(stage)] > 0;
}

static struct syn_traffic_in *open_entry(struct syn_traffic *t, unsigned peer,
                                         const struct syn_tensor_head *head)
{
    unsigned p, stage;
    if (!find_fed(t, peer, head->stream, &p, &stage) || !was_granted(t, p, stage))
        return NULL;
    if (!has_arrived(t, p, stage, head->inference))
        return open_stage(t, p, stage, head);
    if (!is_radio(peer)) /* the confirmation was lost */
        confirm(t, syn_traffic_other_end(&t->agent->deployment.pipes[p].route, stage), head);
    return NULL;
}

/* ---- ending ---- */

static void abort_entry(struct syn_traffic_in *in)
{
    struct syn_traffic *t = in->traffic;
    uint32_t inference = in->incoming.inference;
    syn_timers_stop(&in->timer);
    in->used = false;
    syn_traffic_tell_drop(t, in->pipeline, in->stage, inference);
    if (in->stage == SYN_STAGE_BODY_IN)
        syn_traffic_tell_drop(t, in->pipeline, SYN_STAGE_BODY_OUT, inference);
    syn_rt_receive_abort(&t->agent->rt, in->pipeline, (enum syn_stage)in->stage, in->slot,
                         inference, syn_traffic_now(t));
    ask_for_next(t);
}

static void read_result(const struct syn_traffic_in *in)
{
    struct syn_tensor_result result;
    syn_tensor_result_get(&result, result_bytes(in));
    in->traffic->results[in->pipeline][in->slot] = result;
}

static void on_end(void *ctx)
{
    struct syn_traffic_in *in = ctx;
    struct syn_traffic *traffic = in->traffic;
    struct syn_tensor_token t;
    syn_incoming_token(&in->incoming, &t);
    struct syn_token token = {.inference = t.inference,
                              .sensed_ns = t.sensed_ns,
                              .input_hash = t.input_hash,
                              .output_hash = t.output_hash};
    if (in->stage == SYN_STAGE_TAIL)
        read_result(in);
    in->used = false;
    syn_rt_receive_end(&traffic->agent->rt, in->pipeline, (enum syn_stage)in->stage, in->slot,
                       &token, in->start_ns, in->end_ns);
    ask_for_next(traffic);
}

/* The end comes when the bytes are here and their time on the air is over. */
static void end_when_due(struct syn_traffic_in *in)
{
    if (in->complete && in->on_air)
        syn_timers_start(in->traffic->port.timers, &in->timer, in->end_ns, on_end, in);
}

/* ---- by the host ---- */

static bool ask(void *ctx, const uint8_t *message, size_t size)
{
    const struct syn_traffic_in *in = ctx;
    return syn_traffic_tell(in->traffic, in->peer, message, size, true);
}

/* Its sender is away, and will send it anew. */
static void forget_entry(struct syn_traffic_in *in)
{
    in->used = false;
    syn_rt_receive_forget(&in->traffic->agent->rt, in->pipeline, (enum syn_stage)in->stage,
                          in->slot);
    ask_for_next(in->traffic);
}

static void on_silence(void *ctx)
{
    struct syn_traffic_in *in = ctx;
    struct syn_traffic *t = in->traffic;
    int64_t now = syn_traffic_now(t);
    if (syn_incoming_poll(&in->incoming, now, ask, in)) {
        forget_entry(in);
        return;
    }
    syn_timers_start(t->port.timers, &in->timer, in->incoming.due_ns, on_silence, in);
}

/* When a hop could have had the air: not before the sender's radio was through with it, by virtual
 * time; else from when it was first heard of. */
static int64_t ready_ns(const struct syn_traffic_in *in)
{
    struct syn_tensor_token token;
    syn_incoming_token(&in->incoming, &token);
    return in->traffic->port.virtual_time ? syn_traffic_heard_ns(in->traffic, token.ready_ns)
                                          : in->start_ns;
}

/* What the profile says; in real time as long as it took, where that is longer. */
static uint64_t duration_ns(const struct syn_traffic_in *in, int64_t from_ns, int64_t now)
{
    const struct syn_traffic *t = in->traffic;
    uint64_t figure = t->radio.port.duration((void *)t, in->incoming.hop.stream);
    int64_t from = from_ns > t->radio.free_ns ? from_ns : t->radio.free_ns;
    uint64_t took = now > from ? (uint64_t)(now - from) : 0;
    return !t->port.virtual_time && took > figure ? took : figure;
}

/* A wire takes no time of this end. */
static void end_wired(struct syn_traffic_in *in, int64_t at_ns)
{
    in->on_air = true;
    in->start_ns = in->end_ns = at_ns;
    end_when_due(in);
}

/* All bytes are here: by the host they take this radio's time once more. */
static void arrive(struct syn_traffic_in *in)
{
    struct syn_traffic *t = in->traffic;
    int64_t now = syn_traffic_now(t), ready = ready_ns(in);
    struct syn_radio_send send = {
        .stream = in->incoming.hop.stream,
        .inference = in->incoming.inference,
        .peer = SYN_RADIO_HOST,
        .inbound = true,
        .ready_ns = ready,
        .duration_ns = duration_ns(in, ready, now),
        .rank = syn_rt_rank(&t->agent->rt, in->pipeline, in->incoming.inference)};
    struct syn_tensor_head head = {.stream = send.stream, .inference = send.inference};
    syn_timers_stop(&in->timer);
    note_arrival(t, in);
    confirm(t, in->peer, &head);
    if (in->wired)
        end_wired(in, t->port.virtual_time ? ready : now);
    else if (syn_radio_offer(&t->radio, &send, now))
        abort_entry(in);
}

void syn_traffic_in_begin(struct syn_traffic *t, const struct syn_radio_send *send,
                          int64_t start_ns, int64_t end_ns)
{
    struct syn_tensor_head head = {.stream = send->stream, .inference = send->inference};
    struct syn_traffic_in *in = find_entry(t, &head);
    if (!in)
        return;
    in->on_air = true;
    in->start_ns = start_ns;
    in->end_ns = end_ns;
    end_when_due(in);
}

/* ---- pieces ---- */

/* The first bytes of a hop from a peer's radio say when the transfer ends. */
static void note_air(struct syn_traffic_in *in, unsigned peer, const struct syn_tensor_head *head,
                     const uint8_t *body, size_t size)
{
    struct syn_traffic *t = in->traffic;
    struct syn_tensor_token token;
    if (in->on_air || head->stream != in->incoming.hop.stream || head->offset != 0 ||
        size < SYN_TENSOR_TOKEN_SIZE)
        return;
    syn_tensor_token_get(&token, body);
    in->on_air = true;
    in->end_ns = token.ready_ns;
    in->start_ns = syn_radio_received(&t->radio, peer, token.ready_ns, syn_traffic_now(t));
}

void syn_traffic_in_data(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *head,
                         const uint8_t *body, size_t size)
{
    int64_t now = syn_traffic_now(t);
    struct syn_traffic_in *in = find_entry(t, head);
    if (!in)
        in = open_entry(t, peer, head);
    if (in && in->complete && !is_direct(in))
        confirm(t, in->peer, head);
    if (!in || in->complete) {
        t->refused++;
        return;
    }
    in->wired &= peer == SYN_TRAFFIC_WIRE;
    if (is_direct(in))
        note_air(in, peer, head, body, size);
    int rc = syn_incoming_take(&in->incoming, head, body, size, now);
    in->complete = rc == 1;
    if (rc < 0)
        t->refused++;
    else if (is_direct(in))
        end_when_due(in);
    else if (in->complete)
        arrive(in);
    else
        syn_timers_start(t->port.timers, &in->timer, in->incoming.due_ns, on_silence, in);
}

void syn_traffic_in_lost(struct syn_traffic *t, unsigned peer)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_IN; i++)
        if (t->in[i].used && t->in[i].peer == peer)
            abort_entry(&t->in[i]);
}

void syn_traffic_in_reset(struct syn_traffic *t)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_IN; i++) {
        syn_timers_stop(&t->in[i].timer);
        t->in[i].used = false;
    }
    syn_timers_stop(&t->ask_timer);
}
