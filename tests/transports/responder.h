/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small device for tests: an SMP server at the other end of a socket pair, in the same loop. It
 * keeps one blob, answers as scripted, and can lose, repeat, hold back and split what it says.
 */
#ifndef SYN_TESTS_TRANSPORTS_RESPONDER_H
#define SYN_TESTS_TRANSPORTS_RESPONDER_H

#include "core/base/loop.h"
#include "devices/wire/frame.h"
#include "devices/wire/smp.h"

enum { RESPONDER_MESSAGE = 1024, RESPONDER_BLOB = 65536 };

struct responder {
    struct syn_loop *loop;
    struct syn_loop_watch watch;
    struct syn_frame_receiver receiver;
    int fd;        /* its own end */
    int client_fd; /* for the client to adopt */

    /* how it misbehaves */
    unsigned lose_every;   /* every n-th request is not seen; 0: none */
    unsigned lose_at;      /* nor this one, counted from 1; 0: none */
    unsigned forget_every; /* every n-th answer is not sent */
    bool repeat;           /* answers come twice */
    bool bytewise;         /* answers leave in pieces of one byte */
    bool hold;             /* the next answers are kept; responder_release sends them */
    bool deaf;             /* answers nothing */
    unsigned fail_rc;      /* answers every request of our group by this code of the group */
    const char *fail_msg;
    bool not_ours; /* group 0x5359 is not supported */

    /* what it saw */
    unsigned requests, answers;
    size_t in_bytes, out_bytes; /* as they came and went, frames and all */
    unsigned on_way_max;        /* most requests that waited for held answers */
    enum syn_framing framing;   /* of the last request */
    struct syn_smp_header last;
    uint8_t seqs[1024]; /* of requests, in order */
    char plan_op[16];
    uint32_t txn;
    bool go, sequential;

    /* the blob */
    uint8_t hash[32];
    uint8_t blob[RESPONDER_BLOB];
    uint32_t held, length;
    unsigned pieces;       /* accepted */
    unsigned skip_piece;   /* this piece is not stored (1 the first), as if memory was short */
    unsigned uploads_seen; /* pieces seen */

    uint8_t held_back[8][RESPONDER_MESSAGE];
    size_t held_back_size[8];
    unsigned held_back_count;
    uint8_t buffer[RESPONDER_MESSAGE + SYN_FRAME_OVERHEAD];
};

int responder_start(struct responder *r, struct syn_loop *loop);
/* The same behind a bound socket: answers the first that connects, and owns it from now on. */
int responder_listen(struct responder *r, struct syn_loop *loop, int listener);
/* Uses another descriptor, which it owns from now on. */
void responder_take(struct responder *r, int fd);
void responder_stop(struct responder *r);
/* The far end goes away. */
void responder_hang_up(struct responder *r);
/* Sends a whole message, or text as it is. */
void responder_say(struct responder *r, const void *message, size_t size);
void responder_print(struct responder *r, const char *text);
/* Sends what was held back, the latest first where `reversed`. */
void responder_release(struct responder *r, bool reversed);

#endif
