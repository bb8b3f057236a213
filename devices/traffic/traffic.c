/* SPDX-License-Identifier: MIT */
#include "devices/traffic/internal.h"

#include "devices/agent/text.h"
#include "devices/wire/smp.h"

#include <string.h>

#define PATIENCE_NS  500000000   /* real time that a peer may take to answer the arbitration */
#define CLOCK_AGREES 10000000000 /* a clock of virtual time that is further off is another one */

enum { PERMILLE = 1000 };

/* ---- time ---- */

int64_t syn_traffic_now(const struct syn_traffic *t)
{
    return t->agent->port.now_ns(t->agent->port.ctx);
}

int64_t syn_traffic_from_real(const struct syn_traffic *t, int64_t real_ns)
{
    return real_ns / PERMILLE * t->agent->identity.speed_permille;
}

int64_t syn_traffic_told_ns(const struct syn_traffic *t, int64_t at_ns)
{
    return t->port.virtual_time ? at_ns : 0;
}

int64_t syn_traffic_heard_ns(const struct syn_traffic *t, int64_t at_ns)
{
    int64_t now = syn_traffic_now(t);
    bool agrees = at_ns < now + CLOCK_AGREES && at_ns > now - CLOCK_AGREES;
    return t->port.virtual_time && at_ns != 0 && agrees ? at_ns : now;
}

/* ---- credits and counts ---- */

static bool tell_credit(struct syn_traffic *t, unsigned pipeline, unsigned stage, uint8_t peer,
                        int64_t at_ns)
{
    const struct syn_deployed_pipe *pipe = &t->agent->deployment.pipes[pipeline];
    struct syn_hop hop = syn_traffic_hop(pipe, stage);
    struct syn_tensor_head head = {.stream = hop.stream,
                                   .kind = SYN_TENSOR_CREDIT,
                                   .inference = t->granted[pipeline][syn_traffic_receiver(stage)]};
    struct syn_tensor_credit credit = {.at_ns = syn_traffic_told_ns(t, at_ns)};
    uint8_t message[SYN_TENSOR_START + SYN_TENSOR_CREDIT_SIZE];
    for (unsigned i = 0; i < hop.count; i++)
        credit.bytes += hop.sizes[i];
    syn_tensor_credit_put(message + SYN_TENSOR_START, &credit);
    return syn_traffic_tell(t, peer, message,
                            syn_tensor_begin(message, &head, 0, SYN_TENSOR_CREDIT_SIZE), true);
}

void syn_traffic_credit(struct syn_traffic *t, uint8_t pipeline, uint8_t stage, uint8_t peer,
                        int64_t at_ns)
{
    t->granted[pipeline][syn_traffic_receiver(stage)]++;
    (void)tell_credit(t, pipeline, stage, peer, at_ns);
}

/* Goes on where the queue was full the last time. */
void syn_traffic_credits_again(struct syn_traffic *t)
{
    static const uint8_t stages[] = {SYN_STAGE_BODY_IN, SYN_STAGE_TAIL};
    const struct syn_deployment *d = &t->agent->deployment;
    const unsigned count = 2 * d->pipeline_count;
    for (unsigned n = 0; n < count; n++, t->again++) {
        unsigned p = t->again / 2 % d->pipeline_count, i = t->again % 2;
        uint8_t from = syn_traffic_other_end(&d->pipes[p].route, stages[i]);
        if (t->granted[p][i] > 0 && !syn_traffic_is_direct(t, from) &&
            !tell_credit(t, p, stages[i], from, syn_traffic_now(t)))
            return;
    }
}

/* How many slots a credit is worth: by the host, those that were lost on the way, too. */
static uint32_t worth(struct syn_traffic *t, unsigned peer, unsigned p, unsigned stage,
                      uint32_t granted)
{
    uint32_t *seen = &t->seen[p][syn_traffic_sender(stage)];
    uint32_t more = granted - *seen;
    if (peer < SYN_AGENT_PEERS_MAX)
        return 1;
    if (more > SYN_RT_SLOTS_MAX)
        return 0;
    *seen = granted;
    return more;
}

static void on_credit(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *head,
                      const uint8_t *body, size_t size)
{
    struct syn_tensor_credit credit;
    unsigned p, stage;
    if (syn_tensor_credit_get(&credit, body, size) ||
        !syn_traffic_find(t, head->stream, SYN_STAGE_HEAD, SYN_STAGE_BODY_OUT, &p, &stage)) {
        t->refused++;
        return;
    }
    syn_traffic_out_heard(t, p, stage);
    for (uint32_t n = worth(t, peer, p, stage, head->inference); n > 0; n--)
        syn_rt_credit(&t->agent->rt, p, (enum syn_stage)stage,
                      syn_traffic_heard_ns(t, credit.at_ns));
}

void syn_traffic_counts(struct syn_traffic *t, const uint32_t *done, unsigned count, int64_t at_ns,
                        bool relay)
{
    struct syn_tensor_head head = {.kind = SYN_TENSOR_COUNTS};
    uint8_t message[SYN_TENSOR_START + 2 + 4 * SYN_RT_PIPELINES_MAX + 8];
    size_t body = syn_tensor_counts_put(message + SYN_TENSOR_START, done, count,
                                        syn_traffic_told_ns(t, at_ns));
    size_t size = syn_tensor_begin(message, &head, 0, body);
    bool behind_host = false;
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        if (syn_traffic_is_direct(t, i))
            t->port.send(t->port.ctx, i, message, size);
        else
            behind_host |= t->agent->peers[i].used && i != t->agent->deployment.self;
    }
    if (relay && behind_host)
        (void)syn_traffic_relay_later(t, message, size,
                                      true); /* one for all: the host spreads it */
}

/* May it be of a deployment that this device has left and the sender has not? Where links keep no
 * order with commands, only before this one is started. */
static bool may_be_old(const struct syn_traffic *t, unsigned peer)
{
    return peer >= SYN_AGENT_PEERS_MAX && !t->agent->rt.granted;
}

/* They come again. */
static void on_counts(struct syn_traffic *t, unsigned peer, const uint8_t *body, size_t size)
{
    uint32_t done[SYN_RT_PIPELINES_MAX] = {0};
    int64_t at_ns;
    int n = syn_tensor_counts_get(done, SYN_RT_PIPELINES_MAX, &at_ns, body, size);
    if (n < 0 || n > SYN_RT_PIPELINES_MAX || may_be_old(t, peer))
        t->refused++;
    else
        syn_rt_counts(&t->agent->rt, done, (unsigned)n, syn_traffic_heard_ns(t, at_ns));
}

/* ---- drops ---- */

static void tell_drop(struct syn_traffic *t, const struct syn_traffic_drop *d)
{
    uint8_t message[SYN_TENSOR_START];
    size_t size = syn_transfer_dropped(message, d->stream, d->inference, d->flags);
    if (!syn_traffic_is_direct(t, d->peer) || t->port.is_up(t->port.ctx, d->peer))
        (void)syn_traffic_tell(t, d->peer, message, size, false);
    else if (t->drop_count < SYN_TRAFFIC_DROPS)
        t->drops[t->drop_count++] = *d;
}

/* Those that waited for the link to come back. */
static void tell_old_drops(struct syn_traffic *t, unsigned peer)
{
    for (unsigned i = t->drop_count; i-- > 0;)
        if (t->drops[i].peer == peer) {
            struct syn_traffic_drop d = t->drops[i];
            t->drops[i] = t->drops[--t->drop_count];
            tell_drop(t, &d);
        }
}

void syn_traffic_tell_drop(struct syn_traffic *t, unsigned pipeline, unsigned stage,
                           uint32_t inference)
{
    const struct syn_deployed_pipe *pipe = &t->agent->deployment.pipes[pipeline];
    bool up = stage == SYN_STAGE_BODY_IN || stage == SYN_STAGE_TAIL;
    struct syn_traffic_drop d = {.peer = syn_traffic_other_end(&pipe->route, stage),
                                 .flags = up ? SYN_DROPPED_UPSTREAM : 0,
                                 .stream = syn_traffic_hop(pipe, stage).stream,
                                 .inference = inference};
    if (d.peer != SYN_RT_NOBODY && d.peer != SYN_RT_LOCAL)
        tell_drop(t, &d);
}

/* News of a drop goes on from hop to hop until it is at the source and at the target. */
static void on_dropped(struct syn_traffic *t, const struct syn_tensor_head *head)
{
    bool up = head->flags & SYN_DROPPED_UPSTREAM;
    unsigned p, stage;
    bool found =
        up ? syn_traffic_find(t, head->stream, SYN_STAGE_HEAD, SYN_STAGE_BODY_OUT, &p, &stage)
           : syn_traffic_find(t, head->stream, SYN_STAGE_BODY_IN, SYN_STAGE_TAIL, &p, &stage);
    if (!found) {
        t->refused++;
        return;
    }
    if (!up && !syn_traffic_in_dropped(t, p, stage, head->inference))
        return; /* it is here: the sender has not heard of that */
    if (stage == SYN_STAGE_BODY_OUT)
        syn_traffic_tell_drop(t, p, SYN_STAGE_BODY_IN, head->inference);
    if (stage == SYN_STAGE_BODY_IN)
        syn_traffic_tell_drop(t, p, SYN_STAGE_BODY_OUT, head->inference);
    syn_rt_dropped(&t->agent->rt, p, head->inference, syn_traffic_now(t));
}

/* ---- messages ---- */

static void on_missing(struct syn_traffic *t, const struct syn_tensor_head *head,
                       const uint8_t *body, size_t size)
{
    uint32_t length;
    if (syn_tensor_missing_get(&length, body, size))
        t->refused++;
    else
        syn_traffic_out_again(t, head, length);
}

static void on_arbitration(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *head,
                           const uint8_t *body, size_t size)
{
    struct syn_radio_message message = {.kind = head->kind,
                                        .flags = head->flags,
                                        .stream = head->stream,
                                        .inference = head->inference};
    if (peer >= SYN_AGENT_PEERS_MAX || syn_radio_message_get(&message, body, size))
        t->refused++;
    else
        syn_radio_told(&t->radio, peer, &message, syn_traffic_now(t));
}

static void on_kind(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *head,
                    const uint8_t *body, size_t size)
{
    switch (head->kind) {
    case SYN_TENSOR_DATA:
        syn_traffic_in_data(t, peer, head, body, size);
        break;
    case SYN_TENSOR_CREDIT:
        on_credit(t, peer, head, body, size);
        break;
    case SYN_TENSOR_MISSING:
        on_missing(t, head, body, size);
        break;
    case SYN_TENSOR_COUNTS:
        on_counts(t, peer, body, size);
        break;
    case SYN_TENSOR_DROPPED:
        on_dropped(t, head);
        break;
    default:
        on_arbitration(t, peer, head, body, size);
        break;
    }
}

void syn_traffic_message(struct syn_traffic *t, unsigned peer, const uint8_t *message, size_t size)
{
    struct syn_tensor_head head;
    const uint8_t *body;
    size_t body_size;
    if (size < SYN_SMP_HEADER || !t->agent->committed ||
        syn_tensor_get(&head, message + SYN_SMP_HEADER, size - SYN_SMP_HEADER, &body, &body_size))
        t->refused++;
    else
        on_kind(t, peer, &head, body, body_size);
}

void syn_traffic_up(struct syn_traffic *t, unsigned peer, bool up)
{
    int64_t now = syn_traffic_now(t);
    syn_agent_peer_up(t->agent, peer, up);
    if (!up)
        syn_rt_peer_lost(&t->agent->rt, (uint8_t)peer);
    syn_radio_peer(&t->radio, peer, up, now);
    if (!up) {
        syn_traffic_out_lost(t, peer);
        syn_traffic_in_lost(t, peer);
        return;
    }
    syn_rt_peer_found(&t->agent->rt, (uint8_t)peer, now);
    tell_old_drops(t, peer);
}

static void tell_wire(struct syn_traffic *t, const struct syn_agent_peer *peer, bool up)
{
    char words[80];
    struct syn_text text;
    syn_text_init(&text, words, sizeof words);
    if (peer->wire < SYN_AGENT_WIRES_MAX) {
        syn_text_put(&text, "uart:");
        syn_text_number(&text, peer->wire);
    } else {
        syn_text_put(&text, "a channel");
    }
    syn_text_put(&text, up ? " leads to " : " is cut; the console relays to ");
    syn_text_put(&text, peer->name[0] ? peer->name : "its peer");
    syn_agent_log(t->agent, up ? 1 : 2, words);
}

void syn_traffic_wire_up(struct syn_traffic *t, unsigned wire, bool up)
{
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        const struct syn_agent_peer *peer = &t->agent->peers[i];
        if (!peer->used || peer->wire != wire || peer->up == up)
            continue;
        syn_agent_peer_up(t->agent, i, up);
        if (up || t->agent->running) /* else nothing is relayed */
            tell_wire(t, peer, up);
    }
}

/* ---- the radio's callbacks ---- */

_Static_assert((int)SYN_RADIO_ASK == (int)SYN_TENSOR_ASK &&
                   (int)SYN_RADIO_GRANT == (int)SYN_TENSOR_GRANT &&
                   (int)SYN_RADIO_DECLINE == (int)SYN_TENSOR_DECLINE,
               "the radio's messages are those of the wire");

static void on_tell(void *ctx, unsigned peer, const struct syn_radio_message *m)
{
    struct syn_traffic *t = ctx;
    struct syn_tensor_head head = {
        .stream = m->stream, .kind = m->kind, .flags = m->flags, .inference = m->inference};
    uint8_t message[SYN_TENSOR_START + SYN_RADIO_BODY_MAX];
    size_t size = syn_radio_message_put(m, message + SYN_TENSOR_START);
    t->port.send(t->port.ctx, peer, message, syn_tensor_begin(message, &head, 0, size));
}

static uint64_t on_duration(void *ctx, uint16_t stream)
{
    const struct syn_traffic *t = ctx;
    unsigned p, stage;
    if (!syn_traffic_find(t, stream, SYN_STAGE_BODY_IN, SYN_STAGE_TAIL, &p, &stage))
        return 0;
    struct syn_task task = {
        .kind = SYN_TASK_RECEIVE, .pipeline = (uint8_t)p, .to_stage = (uint8_t)stage};
    return syn_deployment_duration(&t->agent->deployment, &t->agent->timing, &task);
}

static void on_begin(void *ctx, const struct syn_radio_send *send, int64_t start_ns, int64_t end_ns)
{
    if (send->inbound)
        syn_traffic_in_begin(ctx, send, start_ns, end_ns);
    else
        syn_traffic_out_begin(ctx, send, start_ns, end_ns);
}

static void on_woken(void *ctx)
{
    struct syn_traffic *t = ctx;
    syn_radio_tick(&t->radio, syn_traffic_now(t));
}

static void on_wake(void *ctx, int64_t at_ns)
{
    struct syn_traffic *t = ctx;
    syn_timers_start(t->port.timers, &t->wake, at_ns, on_woken, t);
}

/* ---- life ---- */

void syn_traffic_init(struct syn_traffic *t, struct syn_agent *agent,
                      const struct syn_traffic_port *port)
{
    const struct syn_radio_port radio = {t, on_tell, on_duration, on_begin, on_wake};
    memset(t, 0, sizeof *t);
    t->agent = agent;
    t->port = *port;
    syn_radio_init(&t->radio, &radio, syn_traffic_from_real(t, PATIENCE_NS));
}

void syn_traffic_reset(struct syn_traffic *t)
{
    syn_timers_stop(&t->wake);
    syn_traffic_forget_queue(t);
    syn_traffic_out_reset(t);
    syn_traffic_in_reset(t);
    t->drop_count = 0;
    memset(t->arrived, 0, sizeof t->arrived);
    memset(t->awaited, 0, sizeof t->awaited);
    memset(t->granted, 0, sizeof t->granted);
    memset(t->seen, 0, sizeof t->seen);
    syn_radio_reset(&t->radio, t->agent->deployment.self);
}

void syn_traffic_self(struct syn_traffic *t, unsigned self)
{
    t->radio.self = (uint8_t)self;
}

struct syn_tensor_result *syn_traffic_result(struct syn_traffic *t, unsigned pipeline,
                                             unsigned slot)
{
    return &t->results[pipeline][slot];
}
