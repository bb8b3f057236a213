/* SPDX-License-Identifier: MIT */
/*
 * What flows between a virtual wearable and the others: tensors, credits, counts, drops.
 *
 * Tensors of peers with an address take the virtual radio (radio.h) and a socket (peers.h): the
 * bytes go over at once, and reach the runtime at the end of the transfer's time. Peers without
 * one are reached through the host (syn_agent_relay), whose link may lose messages: a transfer
 * takes a radio's time at either end; missing pieces are asked for again; a `missing` of length 0
 * says that all is there, and until it has come the sender keeps the slot and repeats its last byte
 * now and then. A credit by the host carries in `inference` how many were granted in all, and is
 * repeated with every beacon. Credits, counts and drops cost no radio time.
 */
#ifndef SYN_PORTS_POSIX_TRAFFIC_H
#define SYN_PORTS_POSIX_TRAFFIC_H

#include "devices/agent/agent.h"
#include "devices/agent/transfer.h"
#include "devices/ports/posix/peers.h"
#include "devices/ports/posix/virtual.h"
#include "devices/runtime/radio.h"

#define SYN_TRAFFIC_IN    64 /* hops that arrive at the same time */
#define SYN_TRAFFIC_DONE  8  /* hops of a stage whose arrival is remembered */
#define SYN_TRAFFIC_DROPS 64 /* news of drops that wait for a link */

struct syn_traffic;

/* A hop that leaves. */
struct syn_traffic_out {
    struct syn_traffic *traffic;
    bool used, on_air, written;
    bool confirmed; /* the receiver has all; at once where the link loses nothing */
    uint8_t tries;  /* repetitions without an answer */
    struct syn_task task;
    uint8_t peer; /* device */
    int64_t start_ns, end_ns;
    struct syn_outgoing outgoing;
    uint8_t result[SYN_TENSOR_RESULT_SIZE];
    struct syn_virtual_timer timer;
};

/* A hop that arrives. */
struct syn_traffic_in {
    struct syn_traffic *traffic;
    bool used, on_air, complete;
    uint8_t peer; /* device */
    uint8_t pipeline, stage, slot;
    int64_t start_ns, end_ns;
    struct syn_incoming incoming;
    uint8_t result[SYN_TENSOR_RESULT_SIZE];
    struct syn_virtual_timer timer;
};

struct syn_traffic {
    struct syn_agent *agent;
    struct syn_virtual *clock;
    struct syn_peers *peers; /* NULL = every peer through the host */
    struct syn_radio radio;
    struct syn_virtual_timer wake;
    struct syn_traffic_out out[SYN_RADIO_SENDS];
    struct syn_traffic_in in[SYN_TRAFFIC_IN];
    /* What is in the slots of results, whose bytes are in no arena. */
    struct syn_tensor_result results[SYN_RT_PIPELINES_MAX][SYN_STAGE_COUNT][SYN_RT_SLOTS_MAX];
    /* By the host: inferences that arrived, credits granted and seen. */
    uint32_t done[SYN_RT_PIPELINES_MAX][SYN_STAGE_COUNT][SYN_TRAFFIC_DONE];
    uint32_t granted[SYN_RT_PIPELINES_MAX][SYN_STAGE_COUNT];
    int64_t granted_ns[SYN_RT_PIPELINES_MAX][SYN_STAGE_COUNT];
    uint32_t seen[SYN_RT_PIPELINES_MAX][SYN_STAGE_COUNT];
    /* Messages for the host that its link did not take yet. */
    struct syn_relay_message {
        struct syn_relay_message *next;
        size_t size;
        uint8_t bytes[];
    } * relay_first, **relay_last;
    struct syn_virtual_timer relay_timer;
    struct syn_traffic_drop {
        uint8_t peer, flags;
        uint16_t stream;
        uint32_t inference;
    } drops[SYN_TRAFFIC_DROPS];
    unsigned drop_count;
    uint32_t refused; /* pieces that belong to nothing here */
};

void syn_traffic_init(struct syn_traffic *traffic, struct syn_agent *agent,
                      struct syn_virtual *clock);
/* Forgets everything that is under way, for a new deployment or none. */
void syn_traffic_reset(struct syn_traffic *traffic);

/* The runtime's SEND and credits. */
void syn_traffic_send(struct syn_traffic *traffic, const struct syn_task *task, int64_t start_ns,
                      uint64_t duration_ns);
void syn_traffic_credit(struct syn_traffic *traffic, uint8_t pipeline, uint8_t stage, uint8_t peer,
                        int64_t at_ns);

/* Repeats the credits of peers behind the host. */
void syn_traffic_credits_again(struct syn_traffic *traffic);

/* Tells every peer what is done; `relay`: those behind the host, too. */
void syn_traffic_counts(struct syn_traffic *traffic, const uint32_t *done, unsigned count,
                        int64_t at_ns, bool relay);

/* From peers.h, and what the host relays (peer SYN_RADIO_HOST). */
void syn_traffic_message(struct syn_traffic *traffic, unsigned peer, const uint8_t *message,
                         size_t size);
void syn_traffic_up(struct syn_traffic *traffic, unsigned peer, bool up);

/* ---- inside: traffic.c, traffic_in.c, traffic_out.c ---- */

/* The hop that leaves (HEAD, BODY_OUT) or enters (BODY_IN, TAIL) a stage of a pipeline. */
struct syn_hop syn_traffic_hop(const struct syn_deployed_pipe *pipe, unsigned stage);
/* Whether the route has that stage and what is at its other end; SYN_RT_NOBODY = has not. */
uint8_t syn_traffic_other_end(const struct syn_route *route, unsigned stage);
bool syn_traffic_is_direct(const struct syn_traffic *traffic, unsigned peer);
/* A message of control to a device, by its link or by the host. */
void syn_traffic_tell(struct syn_traffic *traffic, unsigned peer, const uint8_t *message,
                      size_t size);
/* For the host's link: false when it has no room now (pieces), or queued (others). */
bool syn_traffic_relay(void *ctx, const uint8_t *message, size_t size);
void syn_traffic_relay_later(struct syn_traffic *traffic, const uint8_t *message, size_t size);
/* Tells that an inference was given up at `stage`, away from or towards the source. */
void syn_traffic_tell_drop(struct syn_traffic *traffic, unsigned pipeline, unsigned stage,
                           uint32_t inference);

void syn_traffic_out_begin(struct syn_traffic *traffic, const struct syn_radio_send *send,
                           int64_t start_ns, int64_t end_ns);
void syn_traffic_out_again(struct syn_traffic *traffic, const struct syn_tensor_head *head,
                           uint32_t length);
void syn_traffic_out_lost(struct syn_traffic *traffic, unsigned peer);
void syn_traffic_out_reset(struct syn_traffic *traffic);

void syn_traffic_in_data(struct syn_traffic *traffic, unsigned peer,
                         const struct syn_tensor_head *head, const uint8_t *body, size_t size);
void syn_traffic_in_begin(struct syn_traffic *traffic, const struct syn_radio_send *send,
                          int64_t start_ns, int64_t end_ns);
void syn_traffic_in_lost(struct syn_traffic *traffic, unsigned peer);
void syn_traffic_in_reset(struct syn_traffic *traffic);

#endif
