/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/peers.h"

#include "devices/ports/bare/clock.h"
#include "devices/wire/smp.h"

static bool due;
static int64_t due_ns;

void syn_peers_beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    (void)ctx;
    (void)done; /* by the time that it leaves there may be more */
    (void)count;
    due = true;
    due_ns = at_ns;
}

static bool has_peers(const struct syn_agent *agent)
{
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++)
        if (agent->peers[i].used && i != agent->deployment.self)
            return true;
    return false;
}

/* One that finds no room is made good by the next. */
void syn_peers_step(struct syn_agent *agent)
{
    const struct syn_tensor_head head = {.kind = SYN_TENSOR_COUNTS};
    uint8_t message[SYN_TENSOR_START + 2 + 4 * SYN_RT_PIPELINES_MAX + 8];
    if (due && agent->committed && has_peers(agent)) {
        size_t body = syn_tensor_counts_put(message + SYN_TENSOR_START, agent->rt.done,
                                            agent->rt.pipeline_count, due_ns);
        (void)syn_agent_relay(agent, message, syn_tensor_begin(message, &head, 0, body));
    }
    due = false;
}

/* The clocks of two boards have nothing in common: what they say has happened by now. */
void syn_peers_relayed(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_agent *agent = ctx;
    struct syn_tensor_head head;
    const uint8_t *body;
    size_t body_size;
    uint32_t done[SYN_RT_PIPELINES_MAX] = {0};
    int64_t at_ns;
    if (size < SYN_SMP_HEADER || !agent->committed ||
        syn_tensor_get(&head, message + SYN_SMP_HEADER, size - SYN_SMP_HEADER, &body, &body_size) ||
        head.kind != SYN_TENSOR_COUNTS)
        return;
    int n = syn_tensor_counts_get(done, SYN_RT_PIPELINES_MAX, &at_ns, body, body_size);
    if (n >= 0 && n <= SYN_RT_PIPELINES_MAX)
        syn_rt_counts(&agent->rt, done, (unsigned)n, syn_clock_now_ns());
}
