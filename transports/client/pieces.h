/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Something large on its way to a device, in pieces: keeps the window full of them. Private to this
 * folder; blobs (upload.c) and firmware images (image.c) differ in what a piece says.
 *
 * The device's offset is authoritative. Pieces that it could not use, because one before them was
 * lost, are noticed by an offset that stays behind; then nothing more is sent until all answers are
 * in, and it goes on from where the device stands. One that is ahead is followed at once.
 */
#ifndef SYN_TRANSPORTS_CLIENT_PIECES_H
#define SYN_TRANSPORTS_CLIENT_PIECES_H

#include "transports/client/session_parts.h"

#define SYN_PIECE_MAX 2048 /* bytes of the data */

struct syn_pieces {
    struct syn_session *session;
    /* Answers have the device's offset in blob.held_bytes. The first piece, where it has a request
     * of its own, is sent alone: its answer may be far ahead, or take long. */
    const struct syn_session_request *operation, *first;
    /* Writes the request with the piece of `size` bytes at `offset`. */
    void (*put)(void *user, struct syn_cbor_out *w, size_t offset, size_t size);
    bool (*progress)(void *user, size_t held, size_t size); /* false stops; may be NULL */
    /* Exactly once; may free what this is part of. */
    void (*end)(void *user, int status, const struct syn_error *error);
    void *user;
    size_t size;
    size_t overhead; /* of a request round its piece, at most */

    /* private */
    size_t piece;
    size_t next;     /* to be sent from here */
    size_t held;     /* by the device, as it said last */
    size_t best;     /* the most it ever held */
    unsigned on_way; /* pieces without answer */
    unsigned setbacks;
    bool answered, behind; /* the device missed a piece */
    int status;
    struct syn_error error;
};

/* Can it be done at all? SYN_EINVAL for nothing, too much, or a device that takes no piece. */
int syn_pieces_check(struct syn_pieces *p);

/* Sends the first piece. On an error `end` will not be called. */
int syn_pieces_begin(struct syn_pieces *p);

/* The same at `held`, for callbacks: ends at once where that is all, or by an error. */
void syn_pieces_start(struct syn_pieces *p, size_t held);

/* Ends it before it has begun. */
void syn_pieces_fail(struct syn_pieces *p, int status, const struct syn_error *error);

#endif
