/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Uploading a blob: ask what the device holds, then keep the window full of pieces.
 *
 * The device's offset is authoritative. Pieces that it could not use, because one before them was
 * lost, are noticed by an offset that stays behind; then nothing more is sent until all answers are
 * in, and it goes on from where the device stands.
 */
#include <stdlib.h>
#include <string.h>

#include "transports/client/session_parts.h"

enum {
    PIECE_MAX = 2048,
    PIECE_OVERHEAD = 64,  /* the CBOR round a piece: map, keys, hash, two numbers, its own head */
    FRAMING_OVERHEAD = 4, /* length and CRC, which some devices count into their buffer */
    SETBACKS_MAX = 16,    /* without progress in between */
};

struct upload {
    struct syn_session *session;
    uint8_t hash[SYN_HASH_SIZE];
    const uint8_t *data;
    size_t size;
    size_t piece;
    size_t next;     /* to be sent from here */
    size_t held;     /* by the device, as it said last */
    size_t best;     /* the most it ever held */
    unsigned on_way; /* pieces without answer */
    unsigned setbacks;
    bool behind; /* the device missed a piece */
    int status;
    struct syn_error error;
    bool (*progress)(void *user, size_t held, size_t size);
    syn_session_done done;
    void *user;
};

struct piece {
    struct upload *upload;
    size_t end;
};

static const struct syn_session_request put_operation = {
    .what = "upload",
    .group = SYN_GROUP_SYNERGY,
    .id = SYN_ID_BLOB,
    .op = SYN_SMP_WRITE,
    .read = syn_read_blob,
};

static void end(struct upload *u)
{
    struct syn_answer answer = {0};
    if (u->status == 0)
        answer.blob = (struct syn_blob_state){(uint32_t)u->size, (uint32_t)u->size, true};
    u->done(u->user, u->status, &answer, u->status ? &u->error : NULL);
    free(u);
}

static void fail(struct upload *u, int status, const struct syn_error *error)
{
    if (u->status)
        return; /* the first reason counts */
    u->status = status;
    if (error)
        u->error = *error;
    else
        (void)syn_error_set(&u->error, status, "upload: %s", syn_errno_text(status));
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error);

static int send_piece(struct upload *u)
{
    uint8_t data[PIECE_MAX + PIECE_OVERHEAD];
    struct syn_cbor_out w;
    size_t n = u->size - u->next < u->piece ? u->size - u->next : u->piece;
    struct piece *p = malloc(sizeof *p);
    if (!p)
        return SYN_ENOMEM;
    *p = (struct piece){u, u->next + n};
    syn_cbor_out_init(&w, data, sizeof data);
    syn_cbor_put_map(&w, u->next == 0 ? 4 : 3);
    syn_cbor_pair_bytes(&w, "h", u->hash, sizeof u->hash);
    syn_cbor_pair_uint(&w, "off", u->next);
    if (u->next == 0)
        syn_cbor_pair_uint(&w, "len", u->size);
    syn_cbor_pair_bytes(&w, "d", u->data + u->next, n);
    int rc = syn_session_ask(u->session, &put_operation, &w, on_piece, p);
    if (rc)
        free(p);
    else
        u->next += n;
    return rc;
}

static void fill_window(struct upload *u)
{
    unsigned window = syn_client_window(u->session->client);
    while (!u->status && !u->behind && u->next < u->size && u->on_way < window) {
        int rc = send_piece(u);
        if (rc == SYN_EBUSY && u->on_way > 0)
            return; /* the queue is full of other requests: go on with the next answer */
        if (rc)
            fail(u, rc, NULL);
        else
            u->on_way++;
    }
}

/* All answers are in and the device misses a piece: go on from where it stands. */
static void go_back(struct upload *u)
{
    u->behind = false;
    u->next = u->held;
    if (u->held > u->best)
        u->setbacks = 0;
    u->best = u->held > u->best ? u->held : u->best;
    if (++u->setbacks > SETBACKS_MAX)
        fail(u,
             syn_error_set(&u->error, SYN_EPROTO, "upload: the device stays at byte %zu of %zu",
                           u->held, u->size),
             &u->error);
}

static void proceed(struct upload *u)
{
    bool complete = u->held == u->size && u->next == u->size;
    if (u->on_way == 0 && !u->status && !complete && (u->behind || u->next == u->size))
        go_back(u);
    if (!complete)
        fill_window(u);
    if (u->on_way == 0)
        end(u);
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct piece piece = *(struct piece *)user;
    struct upload *u = piece.upload;
    free(user);
    u->on_way--;
    if (status) {
        fail(u, status, error);
    } else if (answer->blob.held_bytes > u->size) {
        fail(u, syn_error_set(&u->error, SYN_EPROTO, "upload: the device claims too many bytes"),
             &u->error);
    } else {
        u->held = answer->blob.held_bytes;
        u->behind = u->behind || u->held < piece.end;
        if (u->progress && !u->progress(u->user, u->held, u->size))
            fail(u, SYN_ECANCELED, NULL);
    }
    proceed(u);
}

static void on_state(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct upload *u = user;
    const struct syn_blob_state *b = &answer->blob;
    if (status) {
        fail(u, status, error);
    } else if (b->complete && b->held_bytes == u->size) {
        u->held = u->next = u->size;
    } else {
        u->held = b->length_bytes == u->size && b->held_bytes < u->size ? b->held_bytes : 0;
        u->next = u->best = u->held;
    }
    proceed(u);
}

int syn_session_put(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE], const void *data,
                    size_t size, bool (*progress)(void *user, size_t held, size_t size),
                    syn_session_done done, void *user)
{
    size_t room = s->max_message - SYN_SMP_HEADER - FRAMING_OVERHEAD - PIECE_OVERHEAD;
    if (size == 0 || size > UINT32_MAX || s->max_message < 128)
        return SYN_EINVAL;
    struct upload *u = calloc(1, sizeof *u);
    if (!u)
        return SYN_ENOMEM;
    memcpy(u->hash, hash, sizeof u->hash);
    u->session = s;
    u->data = data;
    u->size = size;
    u->piece = room < PIECE_MAX ? room : PIECE_MAX;
    u->progress = progress;
    u->done = done;
    u->user = user;
    int rc = syn_session_blob(s, hash, on_state, u);
    if (rc)
        free(u);
    return rc;
}
