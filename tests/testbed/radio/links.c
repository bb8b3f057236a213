/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections: packets with flow control, ends, supervision. */
#include <string.h>

#include "tests/testbed/radio/parts.h"

enum {
    HANDLE_FIRST = 0x40,
    HANDLE_MASK = 0x0fff,
    CENTRAL = 0,
    PERIPHERAL = 1,
    ACL_HEADER = 5,
    TIMEOUT_UNIT_NS = 10000000,
    NS_PER_S = 1000000000,
};

/* ---- who ---- */

static struct end *other(const struct end *end)
{
    return &end->link->ends[end == &end->link->ends[CENTRAL]];
}

struct controller *links_peer(const struct end *end)
{
    return other(end)->at;
}

/* The ends of a link have handles of their own, so that a host that mixes them up is noticed. */
unsigned links_handle(const struct end *end)
{
    unsigned link = (unsigned)(end->link - end->link->air->links);
    return HANDLE_FIRST + 2 * link + (end == &end->link->ends[PERIPHERAL]);
}

struct end *links_find(struct controller *c, unsigned handle)
{
    unsigned i = (handle & HANDLE_MASK) - HANDLE_FIRST;
    if (i >= 2 * SYN_AIR_LINKS || !c->air->links[i / 2].used)
        return NULL;
    struct end *end = &c->air->links[i / 2].ends[i % 2];
    return end->at == c ? end : NULL;
}

/* Calls `each` for every end of a controller; links may end meanwhile. */
static void for_ends(struct controller *c, void (*each)(struct end *end))
{
    for (unsigned i = 0; i < 2 * SYN_AIR_LINKS; i++) {
        struct link *link = &c->air->links[i / 2];
        if (link->used && link->ends[i % 2].at == c)
            each(&link->ends[i % 2]);
    }
}

unsigned links_count(const struct controller *c)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SYN_AIR_LINKS; i++) {
        const struct link *link = &c->air->links[i];
        count += link->used && (link->ends[0].at == c || link->ends[1].at == c);
    }
    return count;
}

/* `parameters` begin with a place for the status, and one for the handle. */
void links_event(const struct end *end, uint8_t event, const uint8_t *parameters, size_t size)
{
    uint8_t bytes[16];
    memcpy(bytes, parameters, size);
    syn_hci_put16(bytes + 1, links_handle(end));
    controller_event(end->at, event, bytes, size);
}

/* ---- making ---- */

static void connected(struct end *end, const struct address *peer)
{
    const struct timing *t = &end->link->timing;
    uint8_t event[19] = {SYN_HCI_LE_CONNECTED};
    syn_hci_put16(event + 2, links_handle(end));
    event[4] = end == &end->link->ends[PERIPHERAL];
    event[5] = peer->type;
    memcpy(event + 6, peer->bytes, ADDRESS_BYTES);
    syn_hci_put16(event + 12, t->interval);
    syn_hci_put16(event + 14, t->latency);
    syn_hci_put16(event + 16, t->timeout);
    controller_le_event(end->at, event, sizeof event);
}

int links_make(struct controller *central, struct controller *peripheral)
{
    struct syn_air *air = central->air;
    struct link *link = air->links;
    while (link < air->links + SYN_AIR_LINKS && link->used)
        link++;
    if (link == air->links + SYN_AIR_LINKS)
        return SYN_ENOMEM;
    memset(link, 0, sizeof *link);
    *link = (struct link){.used = true, .air = air, .timing = central->initiating.timing};
    link->ends[CENTRAL] = (struct end){.link = link, .at = central};
    link->ends[PERIPHERAL] = (struct end){.link = link, .at = peripheral};
    struct address own = central->initiating.own, peer = peripheral->advertising.own;
    central->initiating.on = false;
    peripheral->advertising.on = false;
    air_advertise(peripheral);
    connected(&link->ends[CENTRAL], &peer);
    connected(&link->ends[PERIPHERAL], &own);
    return 0;
}

/* ---- ends ---- */

static void forget_queue(struct end *end)
{
    if (end->at)
        end->at->under_way -= end->count;
    end->count = 0;
    syn_loop_timer_stop(&end->pace);
}

static void tell_end(struct end *end, uint8_t reason)
{
    const uint8_t event[4] = {0, 0, 0, reason};
    if (end->at)
        links_event(end, SYN_HCI_DISCONNECTED, event, sizeof event);
}

static void finish(struct link *link, uint8_t central_reason, uint8_t peripheral_reason)
{
    forget_queue(&link->ends[CENTRAL]);
    forget_queue(&link->ends[PERIPHERAL]);
    syn_loop_timer_stop(&link->supervision);
    tell_end(&link->ends[CENTRAL], central_reason);
    tell_end(&link->ends[PERIPHERAL], peripheral_reason);
    link->used = false;
}

static void timed_out(void *ctx)
{
    finish(ctx, SYN_HCI_TIMEOUT, SYN_HCI_TIMEOUT);
}

static bool in_range(const struct link *link)
{
    const struct controller *a = link->ends[0].at, *b = link->ends[1].at;
    return a && b && controller_hears(a, b);
}

static void supervise(struct link *link)
{
    if (!link->ends[0].at && !link->ends[1].at)
        link->used = false;
    else if (!syn_loop_timer_active(&link->supervision))
        syn_loop_timer_start(link->air->loop, &link->supervision,
                             (int64_t)link->timing.timeout * TIMEOUT_UNIT_NS, 0, timed_out, link);
}

static void leave(struct end *end)
{
    forget_queue(end);
    end->at = NULL;
    syn_loop_timer_stop(&other(end)->pace);
    if (!other(end)->at)
        syn_loop_timer_stop(&end->link->supervision);
    supervise(end->link);
}

void links_leave(struct controller *c)
{
    for_ends(c, leave);
}

void links_disconnect(struct end *end, uint8_t reason)
{
    struct link *link = end->link;
    if (in_range(link) && end == &link->ends[CENTRAL]) {
        finish(link, SYN_HCI_BY_LOCAL_HOST, reason);
    } else if (in_range(link)) {
        finish(link, reason, SYN_HCI_BY_LOCAL_HOST);
    } else {
        tell_end(end, SYN_HCI_BY_LOCAL_HOST);
        leave(end);
    }
}

static void time_out(struct end *end)
{
    timed_out(end->link);
}

void links_time_out(struct controller *c)
{
    for_ends(c, time_out);
}

/* ---- packets ---- */

static void flow(struct end *end);

static void free_again(void *ctx)
{
    flow(ctx);
}

/* The next packet of the queue; false where it has to wait. */
static bool deliver(struct end *end)
{
    struct syn_air *air = end->link->air;
    int64_t now_ns = syn_loop_now();
    if (now_ns < end->free_ns) {
        syn_loop_timer_start(air->loop, &end->pace, end->free_ns - now_ns, 0, free_again, end);
        return false;
    }
    uint8_t *bytes = end->queue[end->first].bytes;
    size_t size = end->queue[end->first].size;
    if (!controller_send_acl(links_peer(end), bytes, size))
        return false;
    end->first = (end->first + 1) % ACL_BUFFERS;
    end->count--;
    end->at->under_way--;
    if (air->bytes_per_s)
        end->free_ns = now_ns + (int64_t)(size - ACL_HEADER) * NS_PER_S / air->bytes_per_s;
    uint8_t done[5] = {1};
    syn_hci_put16(done + 1, links_handle(end));
    syn_hci_put16(done + 3, 1);
    controller_event(end->at, SYN_HCI_PACKETS_COMPLETED, done, sizeof done);
    return true;
}

static void flow(struct end *end)
{
    while (end->count > 0 && in_range(end->link) && deliver(end))
        ;
}

void links_send(struct controller *c, const uint8_t *packet, size_t size)
{
    struct end *end = links_find(c, syn_hci_get16(packet + 1));
    if (!end)
        return; /* it has just ended, and the host has not heard of it */
    if (size > ACL_HEADER + ACL_BYTES || c->under_way == ACL_BUFFERS) {
        controller_break(c);
        return;
    }
    unsigned place = (end->first + end->count) % ACL_BUFFERS;
    uint8_t *bytes = end->queue[place].bytes;
    memcpy(bytes, packet, size);
    unsigned boundary = packet[2] >> 4 & 3; /* a first packet that may not be flushed is a first */
    syn_hci_put16(bytes + 1, links_handle(other(end)) | (boundary ? boundary : 2) << 12);
    end->queue[place].size = (uint16_t)size;
    end->count++;
    c->under_way++;
    flow(end);
}

static void flow_to(struct end *end)
{
    flow(other(end));
}

void links_flow(struct controller *c)
{
    for_ends(c, flow_to);
}

static void range(struct end *end)
{
    if (!in_range(end->link)) {
        supervise(end->link);
        return;
    }
    syn_loop_timer_stop(&end->link->supervision);
    flow(end);
    flow(other(end));
}

void links_range(struct controller *c)
{
    for_ends(c, range);
}
