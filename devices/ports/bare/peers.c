/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/peers.h"

#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/wires.h"
#include "devices/traffic/traffic.h"

enum {
    QUEUE_BYTES = 256,
    FIRED_MAX = 8, /* in one step of the main loop */
};

static struct syn_traffic traffic;
static struct syn_timers timers;
static uint8_t queue[QUEUE_BYTES];

void syn_peers_start(struct syn_agent *agent, const char *id)
{
    const struct syn_traffic_port port = {
        .timers = &timers,
#if SYN_TRAFFIC_WIRES
        .wire = syn_wires_send,
        .wire_up = syn_wires_up,
        .wire_ns = syn_wires_hop_ns,
#endif
        .queue = queue,
        .queue_bytes = sizeof queue
    };
    syn_traffic_init(&traffic, agent, &port);
    syn_wires_start(&traffic, id);
}

/* ---- the agent's port ---- */

void syn_peers_set(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count)
{
    (void)ctx;
    syn_traffic_self(&traffic, self);
    syn_wires_bind(peers, count);
}

void syn_peers_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    (void)ctx;
    syn_traffic_credit(&traffic, pipeline, stage, peer, at_ns);
}

void syn_peers_beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    (void)ctx;
    syn_traffic_counts(&traffic, done, count, at_ns, true);
    syn_traffic_credits_again(&traffic);
}

void syn_peers_relayed(void *ctx, const uint8_t *message, size_t size)
{
    (void)ctx;
    syn_traffic_message(&traffic, SYN_TRAFFIC_HOST, message, size);
}

/* ---- tasks ---- */

void syn_peers_forget(void)
{
    syn_traffic_reset(&traffic);
}

void syn_peers_send(const struct syn_task *task, int64_t start_ns, uint64_t duration_ns)
{
    syn_traffic_send(&traffic, task, start_ns, duration_ns);
}

void syn_peers_dropped(const struct syn_task *task)
{
    syn_traffic_tell_drop(&traffic, task->pipeline, SYN_STAGE_BODY_IN, task->token.inference);
    syn_traffic_tell_drop(&traffic, task->pipeline, SYN_STAGE_BODY_OUT, task->token.inference);
}

struct syn_tensor_result *syn_peers_result(unsigned pipeline, unsigned slot)
{
    return syn_traffic_result(&traffic, pipeline, slot);
}

int64_t syn_peers_step(void)
{
    syn_timers_fire(&timers, syn_clock_now_ns(), FIRED_MAX);
    return syn_timers_next(&timers);
}
