/* SPDX-License-Identifier: MIT */
/*
 * The radio's arbitration: who sends to whom next, among half-duplex radios of which every transfer
 * occupies two. Virtual wearables and the event simulator share it.
 *
 * A pure state machine: messages to peers and transfers go out through callbacks, time comes in.
 * No message of the arbitration costs virtual time; a transfer begins at max(message ready, both
 * radios free), which may be a little before the moment at which it is agreed, so that the delay
 * of agreeing is not added to the air.
 *
 * A sender ASKs the receiver as soon as it has a message. A radio that is free takes, among its
 * own next message to each peer and what the peers ask, the one that can begin first (then the one
 * of the lower rank, then the one that has been ready for longer, then the lower device index of
 * the sender; what is far behind in rank goes first even where it has to wait for a radio). If that
 * is a peer's, it GRANTs and takes nothing else until the peer has begun or DECLINEd; if it is its
 * own, it waits for the grant, and declines those of others. This order of messages is the same at
 * both ends of each, so the first of all is waited for by nobody else and begins: there is no
 * deadlock, and nobody who grants more quickly goes first. News of a radio that has become busy
 * travels to all that wait for it, by ASK or DECLINE, as the time from which it is free. A peer
 * that does not answer for `patience_ns` is passed over.
 *
 * Bodies of the messages (GROUP.md, command 4; stream and inference name the hop), little endian:
 *   ASK      i64 ready, i64 free (sender's radio), u64 duration by the sender's figures, u64 rank
 *   GRANT    i64 free (receiver's radio), u64 duration by the receiver's figures
 *   DECLINE  i64 free, INT64_MAX = not known yet, an ASK will follow; flag 1: answers a grant
 * On connecting, each side says who it is by ASK with flag 2, inference = its device index.
 */
#ifndef SYN_DEVICES_RUNTIME_RADIO_H
#define SYN_DEVICES_RUNTIME_RADIO_H

#include "devices/runtime/runtime.h"

#include <stddef.h>

#define SYN_RADIO_NOBODY 0xff
#ifndef SYN_RADIO_DEVICES    /* firmware without direct links has no peers on its radio */
#define SYN_RADIO_DEVICES 17 /* sixteen wearables, and a console that has a radio itself */
#endif
#define SYN_RADIO_HOST  SYN_RADIO_DEVICES /* pseudo-peer: transfers that need no other radio */
#define SYN_RADIO_PEERS (SYN_RADIO_DEVICES + 1)
#ifndef SYN_RADIO_SENDS /* messages that wait for the air */
#define SYN_RADIO_SENDS (SYN_RT_PIPELINES_MAX * 3 * SYN_RT_SLOTS_MAX)
#endif
#define SYN_RADIO_ANSWER   1 /* flag of DECLINE */
#define SYN_RADIO_HELLO    2 /* flag of ASK */
#define SYN_RADIO_BODY_MAX 32

/* Kinds as on the wire (GROUP.md, command 4). */
enum syn_radio_kind { SYN_RADIO_ASK = 4, SYN_RADIO_GRANT = 5, SYN_RADIO_DECLINE = 6 };

/* A message of the arbitration. */
struct syn_radio_message {
    uint8_t kind; /* enum syn_radio_kind */
    uint8_t flags;
    uint16_t stream;
    uint32_t inference;
    int64_t ready_ns, free_ns;
    uint64_t duration_ns, rank;
};

/* The body of a message; put returns its size. get has kind, flags and so on filled already, and
 * returns 0 or SYN_EPROTO. */
size_t syn_radio_message_put(const struct syn_radio_message *message,
                             uint8_t body[SYN_RADIO_BODY_MAX]);
int syn_radio_message_get(struct syn_radio_message *message, const uint8_t *body, size_t size);

/* A message that wants to leave, or one from the host that wants to be received. */
struct syn_radio_send {
    uint16_t stream; /* first of the hop */
    uint32_t inference;
    uint8_t peer; /* or SYN_RADIO_HOST */
    bool inbound; /* from the host */
    int64_t ready_ns;
    uint64_t duration_ns; /* by this end's figures */
    uint64_t rank;        /* syn_rt_rank() */
};

struct syn_radio_port {
    void *ctx;
    void (*tell)(void *ctx, unsigned peer, const struct syn_radio_message *message);
    /* By this end's figures, for a hop that a peer asks to send; 0 = no such hop. */
    uint64_t (*duration)(void *ctx, uint16_t stream);
    /* One's own message (or the host's) has the air from start to end. */
    void (*begin)(void *ctx, const struct syn_radio_send *send, int64_t start_ns, int64_t end_ns);
    /* Call syn_radio_tick() at this time, and at no earlier one that was named before. */
    void (*wake)(void *ctx, int64_t at_ns);
};

struct syn_radio {
    struct syn_radio_port port;
    uint8_t self;
    int64_t patience_ns;
    int64_t free_ns;
    uint8_t granted;       /* peer that has our grant, or SYN_RADIO_NOBODY */
    int64_t waiting_since; /* for the answer to a grant, or for a grant; INT64_MAX = not */
    uint8_t waiting_for;
    struct syn_radio_peer {
        bool up;
        int64_t free_ns; /* its radio, as far as known */
        bool asks;
        struct syn_radio_send ask; /* of the peer, its next to us */
        uint64_t granted_ns;       /* how long the transfer that it was granted takes */
        bool told;                 /* our next to the peer has been asked for */
        bool put_off;              /* its grant was declined for a message that goes first */
        uint16_t told_stream;
        uint32_t told_inference;
    } peers[SYN_RADIO_PEERS];
    struct syn_radio_send sends[SYN_RADIO_SENDS];
    uint16_t send_count;
};

void syn_radio_init(struct syn_radio *radio, const struct syn_radio_port *port,
                    int64_t patience_ns);

/* Forgets all messages and grants; `self` is this device's index. */
void syn_radio_reset(struct syn_radio *radio, unsigned self);

/* A peer's link came or went. What was to be sent to it is forgotten when it goes: the caller
 * knows what that was. */
void syn_radio_peer(struct syn_radio *radio, unsigned peer, bool up, int64_t now_ns);

/* Queues a message. Returns 0 or SYN_ENOMEM. */
int syn_radio_offer(struct syn_radio *radio, const struct syn_radio_send *send, int64_t now_ns);

/* Withdraws everything that is queued for `peer`. */
void syn_radio_withdraw(struct syn_radio *radio, unsigned peer);

/* ASK, GRANT or DECLINE from a peer. */
void syn_radio_told(struct syn_radio *radio, unsigned peer, const struct syn_radio_message *message,
                    int64_t now_ns);

/*
 * The transfer that a peer was granted has begun and will end at end_ns. Returns its start, by the
 * longer of both ends' durations.
 */
int64_t syn_radio_received(struct syn_radio *radio, unsigned peer, int64_t end_ns, int64_t now_ns);

/* The transfer that has the air keeps it until then, at least. */
void syn_radio_hold(struct syn_radio *radio, int64_t until_ns);

/* Takes what may begin now. */
void syn_radio_tick(struct syn_radio *radio, int64_t now_ns);

#endif
