/* SPDX-License-Identifier: MIT */
/* Hops that arrive at a virtual wearable. */
#include "devices/ports/posix/traffic.h"

#include <string.h>

#define TIMEOUT_NS   500000000 /* real time, until missing pieces of a relayed hop are asked for */
#define CLOCK_AGREES 10000000000 /* a sender's clock that is further off is of another host */

static struct syn_traffic_in *find_entry(struct syn_traffic *t, const struct syn_tensor_head *head)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_IN; i++) {
        struct syn_traffic_in *in = &t->in[i];
        const struct syn_hop *hop = &in->incoming.hop;
        if (in->used && in->incoming.inference == head->inference && head->stream >= hop->stream &&
            head->stream - hop->stream < hop->count)
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

/* Does a hop into `stage` carry this stream, by the way that the piece came? */
static bool feeds(const struct syn_traffic *t, const struct syn_deployed_pipe *pipe, unsigned stage,
                  uint16_t stream, unsigned peer)
{
    uint8_t from = syn_traffic_other_end(&pipe->route, stage);
    if (from == SYN_RT_NOBODY || from == SYN_RT_LOCAL)
        return false;
    if (peer == SYN_RADIO_HOST ? syn_traffic_is_direct(t, from) : from != peer)
        return false;
    struct syn_hop hop = syn_traffic_hop(pipe, stage);
    return stream >= hop.stream && stream - hop.stream < hop.count;
}

/* ---- what arrived by the host ---- */

static void confirm(struct syn_traffic *t, const struct syn_tensor_head *of)
{
    uint8_t message[SYN_TENSOR_START + SYN_TENSOR_MISSING_SIZE];
    struct syn_tensor_head head = {
        .stream = of->stream, .kind = SYN_TENSOR_MISSING, .inference = of->inference};
    syn_tensor_missing_put(message + SYN_TENSOR_START, 0);
    syn_traffic_relay_later(t, message,
                            syn_tensor_begin(message, &head, 0, SYN_TENSOR_MISSING_SIZE));
}

static bool is_done(const struct syn_traffic *t, unsigned p, unsigned stage, uint32_t inference)
{
    for (unsigned i = 0; i < SYN_TRAFFIC_DONE; i++)
        if (t->done[p][stage][i] == inference)
            return true;
    return false;
}

static void note_done(struct syn_traffic *t, const struct syn_traffic_in *in)
{
    uint32_t *done = t->done[in->pipeline][in->stage];
    memmove(done + 1, done, (SYN_TRAFFIC_DONE - 1) * sizeof *done);
    done[0] = in->incoming.inference;
}

/* ---- opening ---- */

static struct syn_traffic_in *open_stage(struct syn_traffic *t, unsigned p, unsigned stage,
                                         uint32_t inference)
{
    const struct syn_deployed_pipe *pipe = &t->agent->deployment.pipes[p];
    struct syn_traffic_in *in = is_done(t, p, stage, inference) ? NULL : free_entry(t);
    int slot = in ? syn_rt_receive_begin(&t->agent->rt, p, (enum syn_stage)stage) : SYN_ENOMEM;
    if (slot < 0)
        return NULL;
    struct syn_hop hop = syn_traffic_hop(pipe, stage);
    *in = (struct syn_traffic_in){.traffic = t,
                                  .used = true,
                                  .peer = syn_traffic_other_end(&pipe->route, stage),
                                  .pipeline = (uint8_t)p,
                                  .stage = (uint8_t)stage,
                                  .slot = (uint8_t)slot};
    uint8_t *data = stage == SYN_STAGE_TAIL ? in->result : pipe->slots[stage][slot];
    syn_incoming_open(&in->incoming, &hop, inference, data,
                      syn_virtual_from_real(t->clock, TIMEOUT_NS), syn_virtual_now(t->clock));
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

static struct syn_traffic_in *open_entry(struct syn_traffic *t, unsigned peer,
                                         const struct syn_tensor_head *head)
{
    unsigned p, stage;
    if (!find_fed(t, peer, head->stream, &p, &stage))
        return NULL;
    if (peer == SYN_RADIO_HOST && is_done(t, p, stage, head->inference))
        confirm(t, head); /* the confirmation was lost */
    return open_stage(t, p, stage, head->inference);
}

/* ---- ending ---- */

static void abort_entry(struct syn_traffic_in *in)
{
    struct syn_traffic *t = in->traffic;
    uint32_t inference = in->incoming.inference;
    syn_virtual_stop(&in->timer);
    in->used = false;
    syn_traffic_tell_drop(t, in->pipeline, in->stage, inference);
    if (in->stage == SYN_STAGE_BODY_IN)
        syn_traffic_tell_drop(t, in->pipeline, SYN_STAGE_BODY_OUT, inference);
    syn_rt_receive_abort(&t->agent->rt, in->pipeline, (enum syn_stage)in->stage, in->slot,
                         inference, syn_virtual_now(t->clock));
}

static void on_end(void *ctx)
{
    struct syn_traffic_in *in = ctx;
    struct syn_tensor_token t;
    syn_incoming_token(&in->incoming, &t);
    struct syn_token token = {.inference = t.inference,
                              .sensed_ns = t.sensed_ns,
                              .input_hash = t.input_hash,
                              .output_hash = t.output_hash};
    if (in->stage == SYN_STAGE_TAIL)
        syn_tensor_result_get(&in->traffic->results[in->pipeline][in->stage][in->slot], in->result);
    in->used = false;
    syn_rt_receive_end(&in->traffic->agent->rt, in->pipeline, (enum syn_stage)in->stage, in->slot,
                       &token, in->start_ns, in->end_ns);
}

/* The end comes when the bytes are here and their time on the air is over. */
static void end_when_due(struct syn_traffic_in *in)
{
    if (in->complete && in->on_air)
        syn_virtual_start(in->traffic->clock, &in->timer, in->end_ns, on_end, in);
}

/* ---- by the host ---- */

static void on_silence(void *ctx)
{
    struct syn_traffic_in *in = ctx;
    struct syn_traffic *t = in->traffic;
    int64_t now = syn_virtual_now(t->clock);
    if (syn_incoming_poll(&in->incoming, now, syn_traffic_relay, t)) {
        abort_entry(in);
        return;
    }
    syn_virtual_start(t->clock, &in->timer, in->incoming.due_ns, on_silence, in);
}

/* All bytes are here: they take this radio's time once more. */
static void ask_own_radio(struct syn_traffic_in *in)
{
    struct syn_traffic *t = in->traffic;
    int64_t now = syn_virtual_now(t->clock);
    struct syn_tensor_token token;
    syn_incoming_token(&in->incoming, &token);
    /* The bytes come at once, but not before the sender's radio is through with them. */
    bool agrees = token.ready_ns < now + CLOCK_AGREES && token.ready_ns > now - CLOCK_AGREES;
    struct syn_radio_send send = {
        .stream = in->incoming.hop.stream,
        .inference = in->incoming.inference,
        .peer = SYN_RADIO_HOST,
        .inbound = true,
        .ready_ns = agrees ? token.ready_ns : now,
        .duration_ns = t->radio.port.duration(t, in->incoming.hop.stream),
        .rank = syn_rt_rank(&t->agent->rt, in->pipeline, in->incoming.inference)};
    struct syn_tensor_head head = {.stream = send.stream, .inference = send.inference};
    syn_virtual_stop(&in->timer);
    note_done(t, in);
    confirm(t, &head);
    if (syn_radio_offer(&t->radio, &send, now))
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
    in->start_ns = syn_radio_received(&t->radio, peer, token.ready_ns, syn_virtual_now(t->clock));
}

void syn_traffic_in_data(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *head,
                         const uint8_t *body, size_t size)
{
    int64_t now = syn_virtual_now(t->clock);
    struct syn_traffic_in *in = find_entry(t, head);
    if (!in)
        in = open_entry(t, peer, head);
    if (in && in->complete && !is_direct(in))
        confirm(t, head);
    if (!in || in->complete) {
        t->refused++;
        return;
    }
    if (is_direct(in))
        note_air(in, peer, head, body, size);
    int rc = syn_incoming_take(&in->incoming, head, body, size, now);
    in->complete = rc == 1;
    if (rc < 0)
        t->refused++;
    else if (is_direct(in))
        end_when_due(in);
    else if (in->complete)
        ask_own_radio(in);
    else
        syn_virtual_start(t->clock, &in->timer, in->incoming.due_ns, on_silence, in);
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
        syn_virtual_stop(&t->in[i].timer);
        t->in[i].used = false;
    }
}
