/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Something large on its way to a device, in pieces: keeps the window full of them. Private to this
 * folder; blobs (upload.c), firmware images (image.c) and files differ in what a piece says.
 *
 * The device's offset is authoritative, and it takes pieces in order only. A piece that it did not
 * take, because one before it was lost, is sent anew as soon as the device says so, behind the lost
 * one, which the client repeats at that moment: both ends stay busy. Where the device is ahead it
 * is followed at once. Until the device holds something, one piece is on its way: the answer to the
 * first may be far ahead, take long, or be a refusal.
 */
#ifndef SYN_TRANSPORTS_CLIENT_PIECES_H
#define SYN_TRANSPORTS_CLIENT_PIECES_H

#include "transports/client/session_parts.h"

#define SYN_PIECE_MAX 2048 /* bytes of the data */

struct syn_pieces {
    struct syn_session *session;
    /* Answers have the device's offset in blob.held_bytes, and in blob.complete false where the
     * device holds other bytes than were sent (only where `first` is given: upload with a check).
     * The first piece may have a request of its own. */
    const struct syn_session_request *operation, *first;
    /* Writes the request with the piece of `size` bytes at `offset`. */
    void (*put)(const struct syn_pieces *p, struct syn_cbor_out *w, size_t offset, size_t size);
    const uint8_t *data; /* lives until `done` */
    size_t size;
    uint8_t hash[SYN_HASH_SIZE]; /* of the data */
    void *of;                    /* what `put` needs besides; free() gets it at the end */
    bool (*progress)(void *user, size_t held, size_t size); /* false stops; may be NULL */
    syn_session_done done; /* answer->blob, complete; exactly once, then this is freed */
    void *user;

    /* private */
    struct syn_piece *on_way; /* pieces without answer, in order of their sending */
    unsigned on_way_count;
    size_t next; /* to be sent from here */
    size_t held; /* by the device, as it said last */
    size_t best; /* the most it ever held */
    unsigned setbacks;
    bool answered;
    int status;
    struct syn_error error;
};

/* Makes a copy, on the heap, of what is public. SYN_EINVAL for nothing, too much, or a device whose
 * messages have no room for a piece; SYN_ENOMEM. On failure *p is NULL, and `of` still the
 * caller's. */
int syn_pieces_new(struct syn_pieces **p, const struct syn_pieces *what);

/* Before the beginning only: frees, without a call of `done`. */
void syn_pieces_free(struct syn_pieces *p);

/* Sends the piece at `held`, alone. On an error it is freed and `done` not called. */
int syn_pieces_begin(struct syn_pieces *p, size_t held);

/* Goes on at `held`, for callbacks: ends at once where that is all, or by an error. */
void syn_pieces_start(struct syn_pieces *p, size_t held);

/* Ends it before it has begun. */
void syn_pieces_fail(struct syn_pieces *p, int status, const struct syn_error *error);

#endif
