/* SPDX-License-Identifier: MIT */
/* What the device does once the loop is done with what it is doing: events, beacons, counts. */
#include "devices/ports/posix/wearable_parts.h"

static void settle(void *ctx);

void syn_wearable_settle_soon(struct syn_wearable *w)
{
    if (!syn_loop_timer_active(&w->settle))
        syn_loop_timer_start(w->config.loop, &w->settle, 0, 0, settle, w);
}

static void poll_due(void *ctx)
{
    syn_wearable_settle_soon(ctx);
}

static void send_counts(struct syn_wearable *w)
{
    w->counts_due = false;
    if (w->agent.committed)
        syn_traffic_counts(&w->traffic, w->agent.rt.done, w->agent.rt.pipeline_count, w->counts_ns,
                           w->counts_relay);
    if (w->agent.committed && w->counts_relay)
        syn_traffic_credits_again(&w->traffic);
    w->counts_relay = false;
}

static void settle(void *ctx)
{
    struct syn_wearable *w = ctx;
    int64_t next = syn_agent_poll(&w->agent);
    if (next == INT64_MAX)
        syn_timers_stop(&w->poll);
    else
        syn_timers_start(&w->clock.timers, &w->poll, next, poll_due, w);
    if (w->counts_due)
        send_counts(w);
    if (w->reset_due) {
        w->reset_due = false;
        w->config.reset(w->config.ctx);
    }
}

void syn_wearable_counts_at(struct syn_wearable *w, int64_t at_ns)
{
    w->counts_due = true;
    w->counts_ns = at_ns;
    syn_wearable_settle_soon(w);
}
