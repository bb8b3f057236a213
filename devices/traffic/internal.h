/* SPDX-License-Identifier: MIT */
/* What the files of devices/traffic share. */
#ifndef SYN_DEVICES_TRAFFIC_INTERNAL_H
#define SYN_DEVICES_TRAFFIC_INTERNAL_H

#include "devices/traffic/traffic.h"

/* Arrivals before the last, in syn_traffic_arrived. */
#define SYN_TRAFFIC_REMEMBERED 32

/* ---- hops: hop.c ---- */

/* The hop that leaves (HEAD, BODY_OUT) or enters (BODY_IN, TAIL) a stage of a pipeline. */
struct syn_hop syn_traffic_hop(const struct syn_deployed_pipe *pipe, unsigned stage);
bool syn_hop_has(const struct syn_hop *hop, uint16_t stream);
/* Whether the route has that stage and what is at its other end; SYN_RT_NOBODY = has not. */
uint8_t syn_traffic_other_end(const struct syn_route *route, unsigned stage);
/* The pipeline and stage, one of two, whose hop to or from a peer carries a stream. */
bool syn_traffic_find(const struct syn_traffic *traffic, uint16_t stream, unsigned first_stage,
                      unsigned second_stage, unsigned *pipeline, unsigned *stage);
/* Index of a stage in what is kept of the two that send, or the two that receive. */
unsigned syn_traffic_sender(unsigned stage);
unsigned syn_traffic_receiver(unsigned stage);

/* ---- time: traffic.c ---- */

int64_t syn_traffic_now(const struct syn_traffic *traffic);
/* Real time on the agent's clock. */
int64_t syn_traffic_from_real(const struct syn_traffic *traffic, int64_t real_ns);
/* A time for others; 0 where it means nothing to them. */
int64_t syn_traffic_told_ns(const struct syn_traffic *traffic, int64_t at_ns);
/* A time from others on the agent's clock; now where it cannot be one of it. */
int64_t syn_traffic_heard_ns(const struct syn_traffic *traffic, int64_t at_ns);

/* ---- links: links.c ---- */

bool syn_traffic_is_direct(const struct syn_traffic *traffic, unsigned peer);
/* The wire to a peer that is up; 0: none. */
static inline unsigned syn_traffic_wire_to(const struct syn_traffic *t, unsigned peer)
{
#if SYN_TRAFFIC_WIRES
    const unsigned wire = peer < SYN_AGENT_PEERS_MAX ? t->agent->peers[peer].wire : 0;
    return wire && t->port.wire && t->port.wire_up(t->port.ctx, wire) ? wire : 0;
#else
    (void)t;
    (void)peer;
    return 0;
#endif
}
/* A piece for a peer that no direct link reaches: false when there is no room for it now. */
bool syn_traffic_write(struct syn_traffic *traffic, unsigned peer, const uint8_t *message,
                       size_t size);
/* A message of control to a device, by its link or by the host. `again`: it will be repeated, so
 * that it may be lost to leave room for one that will not. False: it is lost. */
bool syn_traffic_tell(struct syn_traffic *traffic, unsigned peer, const uint8_t *message,
                      size_t size, bool again);
/* For the host's link: false when it has no room now (pieces), or queued (others). */
bool syn_traffic_relay(void *ctx, const uint8_t *message, size_t size);
bool syn_traffic_relay_later(struct syn_traffic *traffic, const uint8_t *message, size_t size,
                             bool again);
/* Messages of a deployment that is over mean something else in the next. */
void syn_traffic_forget_queue(struct syn_traffic *traffic);

/* ---- hops that leave and arrive: out.c, in.c ---- */

void syn_traffic_out_begin(struct syn_traffic *traffic, const struct syn_radio_send *send,
                           int64_t start_ns, int64_t end_ns);
void syn_traffic_out_again(struct syn_traffic *traffic, const struct syn_tensor_head *head,
                           uint32_t length);
/* The receiver of a hop is there: those for it that have waited for long go on. */
void syn_traffic_out_heard(struct syn_traffic *traffic, unsigned pipeline, unsigned stage);
void syn_traffic_out_lost(struct syn_traffic *traffic, unsigned peer);
void syn_traffic_out_reset(struct syn_traffic *traffic);

void syn_traffic_in_data(struct syn_traffic *traffic, unsigned peer,
                         const struct syn_tensor_head *head, const uint8_t *body, size_t size);
void syn_traffic_in_begin(struct syn_traffic *traffic, const struct syn_radio_send *send,
                          int64_t start_ns, int64_t end_ns);
/* An inference will not come any more. False: it has come. */
bool syn_traffic_in_dropped(struct syn_traffic *traffic, unsigned pipeline, unsigned stage,
                            uint32_t inference);
void syn_traffic_in_lost(struct syn_traffic *traffic, unsigned peer);
void syn_traffic_in_reset(struct syn_traffic *traffic);

#endif
