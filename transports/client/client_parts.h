/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a client share: client.c, which receives and calls back, and client_window.c,
 * which says what is sent when. Private to this folder. */
#ifndef SYN_TRANSPORTS_CLIENT_CLIENT_PARTS_H
#define SYN_TRANSPORTS_CLIENT_CLIENT_PARTS_H

#include "devices/wire/pieces.h"
#include "transports/client/client.h"
#include "transports/client/round_trip.h"
#include "transports/links/link.h"

enum { NO_SEQ = 0x100, LINE_SIZE = 512 };

/* A request, in the queue in the order in which it was made. */
struct syn_client_entry {
    struct syn_client_entry *next;
    syn_client_done done;
    void *ctx;
    const char *what;
    int64_t sent_ns;
    int64_t since_ns;   /* of the present try: sent, or later ones were answered */
    int64_t timeout_ns; /* of the present try */
    int64_t patience_ns;
    uint64_t first_turn, turn; /* of the client's transmissions: of the first try, of the last */
    size_t ahead;              /* bytes of requests on their way when it was sent, with its own */
    unsigned tries;            /* sent so far, but for those after it was overtaken */
    unsigned max_tries;
    unsigned overtaken; /* by answers to requests that were sent later, since the last try */
    unsigned repeats;   /* sent again for that reason */
    bool in_order;
    bool due; /* to be sent, for the first time or again */
    size_t size;
    uint8_t message[]; /* header included */
};

struct syn_client {
    struct syn_loop *loop;
    struct syn_link *link;
    struct syn_client_events events;
    struct syn_frame_receiver receiver;
    struct syn_pieces pieces; /* instead, on a link of messages */
    struct syn_round_trip round_trip;
    struct syn_loop_timer timer;
    struct syn_loop_timer prompt; /* until text without an end is handed out */
    int64_t heard_ns;             /* the last message */
    unsigned start_baud;          /* of the line; 0: it has no rate */
    struct syn_client_entry *first;
    struct syn_client_entry *by_seq[NO_SEQ]; /* those on their way */
    struct syn_client_stats stats;
    struct syn_error lost; /* why the link broke; code 0 while it stands */
    uint64_t turns;        /* transmissions of requests */
    unsigned count;
    unsigned on_way;
    unsigned window;
    unsigned tries;
    uint8_t version; /* of the headers of new requests */
    uint8_t next_seq;
    bool full;  /* somebody was told that there is no room */
    bool freed; /* while callbacks run */
    unsigned busy;
    enum syn_framing framing;
    char name[SYN_LINK_URI_MAX];
    char device[32]; /* for errors; empty: not told */
    char line[LINE_SIZE];
    uint8_t buffer[SYN_CLIENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
    uint8_t frame[2 * SYN_CLIENT_MESSAGE_MAX];
};

/* ---- client.c ---- */

/* While callbacks run: it is freed after the last. */
void syn_client_enter(struct syn_client *c);
void syn_client_leave(struct syn_client *c);
/* Frames and queues a message. SYN_EBUSY: no room. */
int syn_client_write(struct syn_client *c, const void *message, size_t size);
/* Calls back: not answered in all its tries. */
void syn_client_expire(struct syn_client *c, struct syn_client_entry *e);

/* ---- client_line.c ---- */

/* A try of `e` was in vain: goes back to the rate of the start, where that may be why. */
void syn_client_doubt_rate(struct syn_client *c, const struct syn_client_entry *e, int64_t now);
/* Leaves the device at the rate of its start. */
void syn_client_leave_rate(struct syn_client *c);

/* ---- client_window.c ---- */

/* Sends what the window and the link allow, oldest first. */
void syn_client_pump(struct syn_client *c);
/* What the answer to this request says of others on their way. */
void syn_client_overtake(struct syn_client *c, const struct syn_client_entry *answered);

#endif
