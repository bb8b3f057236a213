/* SPDX-License-Identifier: MIT */
/* Ways to other devices: a link of their own, or the host. */
#include "devices/traffic/internal.h"

#include "devices/base/bytes.h"

#include <string.h>

#define RETRY_NS 2000000 /* real time until the host's link is tried again */

enum {
    LENGTH = 2,       /* bytes before each message in the queue */
    KEPT_FREE_OF = 4, /* of so many bytes one is kept for what is not repeated */
};

bool syn_traffic_is_direct(const struct syn_traffic *t, unsigned peer)
{
    return t->port.send && peer < SYN_AGENT_PEERS_MAX && t->agent->peers[peer].used &&
           t->agent->peers[peer].address[0] && !t->agent->peers[peer].wire;
}

/* ---- wires ---- */

static bool write_wire(struct syn_traffic *t, unsigned wire, const uint8_t *message, size_t size)
{
#if SYN_TRAFFIC_WIRES
    return t->port.wire(t->port.ctx, wire, message, size);
#else
    (void)t;
    (void)wire;
    (void)message;
    return size == 0;
#endif
}

bool syn_traffic_write(struct syn_traffic *t, unsigned peer, const uint8_t *message, size_t size)
{
    const unsigned wire = syn_traffic_wire_to(t, peer);
    return wire ? write_wire(t, wire, message, size) : syn_traffic_relay(t, message, size);
}

/* ---- the host's link ---- */

static void flush(void *ctx)
{
    struct syn_traffic *t = ctx;
    while (t->queue_begin < t->queue_end) {
        const uint8_t *first = t->port.queue + t->queue_begin;
        size_t size = syn_get_le16(first);
        if (!syn_agent_relay(t->agent, first + LENGTH, size)) {
            int64_t pause = syn_traffic_from_real(t, RETRY_NS);
            syn_timers_start(t->port.timers, &t->queue_timer, syn_traffic_now(t) + pause, flush, t);
            return;
        }
        t->queue_begin += LENGTH + size;
    }
    t->queue_begin = t->queue_end = 0;
}

/* Room at the end of the queue for so many bytes that leave `spare`. */
static bool make_room(struct syn_traffic *t, size_t bytes, size_t spare)
{
    size_t used = t->queue_end - t->queue_begin;
    if (used + bytes + spare > t->port.queue_bytes)
        return false;
    if (t->queue_end + bytes > t->port.queue_bytes) {
        memmove(t->port.queue, t->port.queue + t->queue_begin, used);
        t->queue_begin = 0;
        t->queue_end = used;
    }
    return true;
}

bool syn_traffic_relay_later(struct syn_traffic *t, const uint8_t *message, size_t size, bool again)
{
    if (!make_room(t, LENGTH + size, again ? t->port.queue_bytes / KEPT_FREE_OF : 0)) {
        t->lost++;
        return false;
    }
    syn_put_le16(t->port.queue + t->queue_end, (uint16_t)size);
    memcpy(t->port.queue + t->queue_end + LENGTH, message, size);
    t->queue_end += LENGTH + size;
    if (!t->queue_timer.timers)
        syn_timers_start(t->port.timers, &t->queue_timer, syn_traffic_now(t), flush, t);
    return true;
}

bool syn_traffic_relay(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_traffic *t = ctx;
    return t->queue_begin == t->queue_end && syn_agent_relay(t->agent, message, size);
}

bool syn_traffic_tell(struct syn_traffic *t, unsigned peer, const uint8_t *message, size_t size,
                      bool again)
{
    const unsigned wire = syn_traffic_wire_to(t, peer);
    if (wire && write_wire(t, wire, message, size))
        return true;
    if (!syn_traffic_is_direct(t, peer))
        return syn_traffic_relay_later(t, message, size, again);
    t->port.send(t->port.ctx, peer, message, size);
    return true;
}

void syn_traffic_forget_queue(struct syn_traffic *t)
{
    syn_timers_stop(&t->queue_timer);
    t->queue_begin = t->queue_end = 0;
}
