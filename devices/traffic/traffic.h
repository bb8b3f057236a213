/* SPDX-License-Identifier: MIT */
/*
 * What flows between a device and the others: tensors, credits, counts, drops. Virtual wearables
 * and firmware share it.
 *
 * Tensors of peers with an address take the virtual radio (radio.h) and a direct link of the port:
 * the bytes go over at once, and reach the runtime at the end of the transfer's time. Peers without
 * one are reached through the host (syn_agent_relay), whose link may lose messages: a transfer
 * takes a radio's time at either end; missing pieces are asked for again; a `missing` of length 0
 * says that all is there, and until it has come the sender keeps the slot and repeats its last byte
 * now and then. A credit by the host carries in `inference` how many were granted in all, and is
 * repeated with every beacon. Credits, counts and drops cost no radio time.
 *
 * An end behind the host that is away is waited for, however long that takes: nothing is dropped,
 * and every credit keeps its slot. A sender that has repeated a hop in vain does so more and more
 * rarely, and puts it aside where others need the memory, to send it anew when there is room, or at
 * once when a credit tells that the receiver is back; a receiver forgets what it has of a hop whose
 * sender is silent, to take it when it is sent anew. So that none is taken for one that has
 * arrived, a hop waits for one of its stage that is SYN_TRAFFIC_REMEMBERED inferences behind.
 *
 * Until it has granted credit in a deployment, a device takes nothing: what comes then is of the
 * deployment before, which others have not left yet.
 *
 * A peer at the other end of a wire (wire.h) is reached like one behind the host, by other bytes:
 * what the wire does not take, or loses, the host's link carries, so that nothing is lost with a
 * wire that goes. Meanwhile a hop keeps the sender's radio busy, since whoever sends does one thing
 * at a time, and the receiver's not at all.
 *
 * In virtual time a transfer takes what the profile says. In real time it takes no less, and as
 * long as the host's link takes for it; what is reported is what it took. Clocks of devices in real
 * time have nothing in common: their messages bear no times, and what others say has happened when
 * it is heard.
 *
 * Timers fire from the port's loop, outside all calls of the agent. One thread.
 */
#ifndef SYN_DEVICES_TRAFFIC_TRAFFIC_H
#define SYN_DEVICES_TRAFFIC_TRAFFIC_H

#include "devices/agent/agent.h"
#include "devices/base/timers.h"
#include "devices/runtime/radio.h"
#include "devices/traffic/transfer.h"

/* Bounds of memory; firmware is built for less. More hops that leave wait for their turn; more that
 * arrive wait at their senders, and are asked for when it is theirs. */
#ifndef SYN_TRAFFIC_OUT
#define SYN_TRAFFIC_OUT (SYN_RT_PIPELINES_MAX * 2 * SYN_RT_SLOTS_MAX) /* hops that leave */
#endif
#ifndef SYN_TRAFFIC_IN
#define SYN_TRAFFIC_IN 64 /* hops that arrive at the same time */
#endif
#ifndef SYN_TRAFFIC_DROPS
#define SYN_TRAFFIC_DROPS 64 /* news of drops that wait for a direct link */
#endif

#ifndef SYN_TRAFFIC_WIRES
#define SYN_TRAFFIC_WIRES 1 /* 0: peers are not reached by wires (wire.h) */
#endif

/* "Peers" of messages whose way may lose them. */
#define SYN_TRAFFIC_HOST 0xff /* the host relayed it */
#define SYN_TRAFFIC_WIRE 0xfe /* it came by a wire */

struct syn_traffic;

/* What the port gives; all of it stays where it is. */
struct syn_traffic_port {
    void *ctx;
    struct syn_timers *timers; /* on the agent's clock */
    bool virtual_time;         /* one clock for all devices of a host and a speed */
    /* Direct links: to peers with an address in the agent's table. NULL: there are none. What is
     * sent to a peer that is not up is lost. */
    void (*send)(void *ctx, unsigned peer, const uint8_t *message, size_t size);
    bool (*is_up)(void *ctx, unsigned peer);
#if SYN_TRAFFIC_WIRES
    /* Wires, by their numbers (agent.h); NULL: there are none. False: no room now. */
    bool (*wire)(void *ctx, unsigned wire, const uint8_t *message, size_t size);
    bool (*wire_up)(void *ctx, unsigned wire);
    /* What a hop's bytes take by the wire's figures; 0: only the clock knows. */
    uint64_t (*wire_ns)(void *ctx, unsigned wire, uint32_t bytes);
#endif
    uint8_t *queue; /* messages that wait for the host's link */
    size_t queue_bytes;
};

/* A hop that leaves: of the slot of the runtime that holds what is sent. */
struct syn_traffic_out {
    struct syn_traffic *traffic;
    bool used, on_air, written;
    bool confirmed; /* the receiver has all; at once where the link loses nothing */
    uint8_t tries;  /* repetitions without an answer; beyond SYN_TRANSFER_TRIES it is silent */
    uint8_t pipeline, stage, slot;
    uint8_t peer;          /* device */
    uint8_t index;         /* where writing stands: tensor */
    uint32_t offset;       /* and byte of it */
    uint16_t again_stream; /* what is written again, up to again_end; 0: nothing */
    uint32_t again_offset, again_end;
    uint32_t inference;
    int64_t start_ns, end_ns;
    struct syn_timer timer;
};

/* A hop that arrives. */
struct syn_traffic_in {
    struct syn_traffic *traffic;
    bool used, on_air, complete;
    bool wired;   /* all pieces so far came by a wire */
    uint8_t peer; /* device */
    uint8_t pipeline, stage, slot;
    int64_t start_ns, end_ns; /* on the air; before that, start_ns is when it was first heard of */
    struct syn_incoming incoming;
    struct syn_timer timer;
};

/* Caller-owned, private. */
struct syn_traffic {
    struct syn_agent *agent;
    struct syn_traffic_port port;
    struct syn_radio radio;
    struct syn_timer wake;
    struct syn_traffic_out out[SYN_TRAFFIC_OUT];
    /* Slots that are to be sent and have no `out`: low half; those put aside: high half. */
    uint8_t waiting[SYN_RT_PIPELINES_MAX][2];
    struct syn_traffic_in in[SYN_TRAFFIC_IN];
    /* What is in the slots of results, whose bytes are in no arena: of the chunk that makes one, or
     * of the action on it. */
    struct syn_tensor_result results[SYN_RT_PIPELINES_MAX][SYN_RT_SLOTS_MAX];
    /* By the host, of hops into BODY_IN and TAIL: inferences that arrived, credits granted. */
    struct syn_traffic_arrived {
        uint32_t last;   /* the highest */
        uint32_t before; /* bit k: last - 1 - k did, too */
    } arrived[SYN_RT_PIPELINES_MAX][2];
    struct syn_traffic_awaited { /* for which there was no `in` */
        uint32_t first;          /* inference; 0: none */
        bool more;               /* later ones had to wait behind it */
        uint8_t vain;            /* how often the first was asked for */
    } awaited[SYN_RT_PIPELINES_MAX][2];
    struct syn_timer ask_timer; /* runs while one of them has been asked for */
    uint32_t granted[SYN_RT_PIPELINES_MAX][2];
    uint32_t seen[SYN_RT_PIPELINES_MAX][2]; /* credits of hops out of HEAD and BODY_OUT */
    uint8_t again;                          /* whose credits are repeated next */
    size_t queue_begin, queue_end;          /* of port.queue */
    struct syn_timer queue_timer;
    struct syn_traffic_drop {
        uint8_t peer, flags;
        uint16_t stream;
        uint32_t inference;
    } drops[SYN_TRAFFIC_DROPS];
    unsigned drop_count;
    uint32_t refused; /* pieces that belong to nothing here */
    uint32_t lost;    /* messages for which the queue had no room */
};

/* `agent` has been initialised. */
void syn_traffic_init(struct syn_traffic *traffic, struct syn_agent *agent,
                      const struct syn_traffic_port *port);
/* Forgets everything that is under way, for a new deployment or none. */
void syn_traffic_reset(struct syn_traffic *traffic);

/* This device's index in the link table. */
void syn_traffic_self(struct syn_traffic *traffic, unsigned self);

/* What the port's `unload` puts into the slot of a result, and what ACT finds there. */
struct syn_tensor_result *syn_traffic_result(struct syn_traffic *traffic, unsigned pipeline,
                                             unsigned slot);

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

/* Tells that an inference was given up at `stage`, away from or towards the source. */
void syn_traffic_tell_drop(struct syn_traffic *traffic, unsigned pipeline, unsigned stage,
                           uint32_t inference);

/* A message of a direct link, what the host relays (peer SYN_TRAFFIC_HOST), or what came by a wire
 * or channel (SYN_TRAFFIC_WIRE). Whatever it is: what belongs to nothing here is counted. */
void syn_traffic_message(struct syn_traffic *traffic, unsigned peer, const uint8_t *message,
                         size_t size);
/* A direct link came or went. */
void syn_traffic_up(struct syn_traffic *traffic, unsigned peer, bool up);
/* A wire came or went; the host's users are told. */
void syn_traffic_wire_up(struct syn_traffic *traffic, unsigned wire, bool up);

#endif
