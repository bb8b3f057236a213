/* SPDX-License-Identifier: MIT */
/* News of inferences that were given up, from hop to hop until source and target know. */
#include "devices/traffic/internal.h"

#define REPEAT_NS 1000000000 /* real time until the host's news are told again */

enum { DOUBLINGS = 3 }; /* of the pause */

bool syn_traffic_may_be_old(const struct syn_traffic *t, unsigned peer)
{
    return peer >= SYN_AGENT_PEERS_MAX && !t->agent->rt.granted;
}

static void tell(struct syn_traffic *t, const struct syn_traffic_drop *d, bool again)
{
    uint8_t message[SYN_TENSOR_START];
    size_t size = syn_transfer_dropped(message, d->stream, d->inference, d->flags);
    (void)syn_traffic_tell(t, d->peer, message, size, again);
}

/* ---- by ways that lose messages: until they are confirmed ---- */

#if SYN_TRAFFIC_NEWS > 0
static void on_due(void *ctx);

static void tell_in(struct syn_traffic *t, unsigned doublings)
{
    t->news_doublings = (uint8_t)doublings;
    syn_timers_start(t->port.timers, &t->news_timer,
                     syn_traffic_now(t) + syn_traffic_from_real(t, (int64_t)REPEAT_NS << doublings),
                     on_due, t);
}

static void on_due(void *ctx)
{
    struct syn_traffic *t = ctx;
    for (unsigned i = 0; i < t->news_count; i++)
        tell(t, &t->news[i], true);
    if (t->news_count > 0)
        tell_in(t, t->news_doublings < DOUBLINGS ? t->news_doublings + 1u : DOUBLINGS);
}

/* What finds no room is told once. */
static void keep(struct syn_traffic *t, const struct syn_traffic_drop *d)
{
    if (t->news_count == SYN_TRAFFIC_NEWS)
        return;
    t->news[t->news_count++] = *d;
    tell_in(t, 0);
}

void syn_traffic_news_confirmed(struct syn_traffic *t, const struct syn_tensor_head *head)
{
    for (unsigned i = t->news_count; i-- > 0;)
        if (t->news[i].stream == head->stream && t->news[i].inference == head->inference)
            t->news[i] = t->news[--t->news_count];
}

static void forget(struct syn_traffic *t)
{
    syn_timers_stop(&t->news_timer);
    t->news_count = 0;
}
#else
static void keep(struct syn_traffic *t, const struct syn_traffic_drop *d)
{
    (void)t;
    (void)d;
}

void syn_traffic_news_confirmed(struct syn_traffic *t, const struct syn_tensor_head *head)
{
    (void)t;
    (void)head;
}

static void forget(struct syn_traffic *t)
{
    (void)t;
}
#endif

/* ---- by direct links: when they are there ---- */

static void tell_drop(struct syn_traffic *t, const struct syn_traffic_drop *d)
{
    const bool direct = syn_traffic_is_direct(t, d->peer);
    if (!direct)
        keep(t, d);
    if (!direct || t->port.is_up(t->port.ctx, d->peer))
        tell(t, d, false);
    else if (t->drop_count < SYN_TRAFFIC_DROPS)
        t->drops[t->drop_count++] = *d;
}

void syn_traffic_news_for(struct syn_traffic *t, unsigned peer)
{
    for (unsigned i = t->drop_count; i-- > 0;)
        if (t->drops[i].peer == peer) {
            struct syn_traffic_drop d = t->drops[i];
            t->drops[i] = t->drops[--t->drop_count];
            tell_drop(t, &d);
        }
}

void syn_traffic_news_reset(struct syn_traffic *t)
{
    t->drop_count = 0;
    forget(t);
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
void syn_traffic_dropped(struct syn_traffic *t, unsigned peer, const struct syn_tensor_head *head)
{
    bool up = head->flags & SYN_DROPPED_UPSTREAM;
    unsigned p, stage;
    bool found =
        up ? syn_traffic_find(t, head->stream, SYN_STAGE_HEAD, SYN_STAGE_BODY_OUT, &p, &stage)
           : syn_traffic_find(t, head->stream, SYN_STAGE_BODY_IN, SYN_STAGE_TAIL, &p, &stage);
    if (!found || syn_traffic_may_be_old(t, peer)) {
        t->refused++;
        return;
    }
    if (peer >= SYN_AGENT_PEERS_MAX)
        syn_traffic_confirm(t, syn_traffic_other_end(&t->agent->deployment.pipes[p].route, stage),
                            head);
    if (!syn_rt_dropped(&t->agent->rt, p, head->inference, syn_traffic_now(t)))
        return;
    if (!up)
        syn_traffic_in_dropped(t, p, stage, head->inference);
    if (stage == SYN_STAGE_BODY_OUT)
        syn_traffic_tell_drop(t, p, SYN_STAGE_BODY_IN, head->inference);
    if (stage == SYN_STAGE_BODY_IN)
        syn_traffic_tell_drop(t, p, SYN_STAGE_BODY_OUT, head->inference);
}
