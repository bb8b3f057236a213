/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/pieces.h"

#include <stdlib.h>

enum {
    REQUEST_MAX = SYN_PIECE_MAX + 256,
    FRAMING_OVERHEAD = 4, /* length and CRC, which some devices count into their buffer */
    SETBACKS_MAX = 16,    /* without progress in between */
};

struct piece {
    struct syn_pieces *all;
    size_t end;
};

static void fail(struct syn_pieces *p, int status, const struct syn_error *error)
{
    if (p->status)
        return; /* the first reason counts */
    p->status = status;
    if (error)
        p->error = *error;
    else
        (void)syn_error_set(&p->error, status, "upload: %s", syn_errno_text(status));
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error);

static bool is_first(const struct syn_pieces *p)
{
    return p->first && !p->answered;
}

static int send_piece(struct syn_pieces *p)
{
    uint8_t data[REQUEST_MAX];
    struct syn_cbor_out w;
    size_t n = p->size - p->next < p->piece ? p->size - p->next : p->piece;
    struct piece *piece = malloc(sizeof *piece);
    if (!piece)
        return SYN_ENOMEM;
    *piece = (struct piece){p, p->next + n};
    syn_cbor_out_init(&w, data, sizeof data);
    p->put(p->user, &w, p->next, n);
    int rc =
        syn_session_ask(p->session, is_first(p) ? p->first : p->operation, &w, on_piece, piece);
    if (rc)
        free(piece);
    else
        p->next += n;
    return rc;
}

static void fill_window(struct syn_pieces *p)
{
    unsigned window = is_first(p) ? 1 : syn_client_window(p->session->client);
    while (!p->status && !p->behind && p->next < p->size && p->on_way < window) {
        int rc = send_piece(p);
        if (rc == SYN_EBUSY && p->on_way > 0)
            return; /* the queue is full of other requests: go on with the next answer */
        if (rc)
            fail(p, rc, NULL);
        else
            p->on_way++;
    }
}

/* All answers are in and the device misses a piece: go on from where it stands. */
static void go_back(struct syn_pieces *p)
{
    p->behind = false;
    p->next = p->held;
    if (p->held > p->best)
        p->setbacks = 0;
    p->best = p->held > p->best ? p->held : p->best;
    if (++p->setbacks > SETBACKS_MAX)
        fail(p,
             syn_error_set(&p->error, SYN_EPROTO, "upload: the device stays at byte %zu of %zu",
                           p->held, p->size),
             &p->error);
}

static void proceed(struct syn_pieces *p)
{
    bool complete = p->held == p->size && p->next == p->size;
    if (p->on_way == 0 && !p->status && !complete && (p->behind || p->next == p->size))
        go_back(p);
    if (!complete)
        fill_window(p);
    if (p->on_way == 0)
        p->end(p->user, p->status, p->status ? &p->error : NULL);
}

static void take_offset(struct syn_pieces *p, size_t held, size_t end)
{
    p->held = held;
    p->answered = true;
    p->behind = p->behind || held < end;
    if (held > p->next)
        p->next = held;
    if (p->progress && !p->progress(p->user, held, p->size))
        fail(p, SYN_ECANCELED, NULL);
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct piece piece = *(struct piece *)user;
    struct syn_pieces *p = piece.all;
    free(user);
    p->on_way--;
    if (status)
        fail(p, status, error);
    else if (answer->blob.held_bytes > p->size)
        fail(p, syn_error_set(&p->error, SYN_EPROTO, "upload: the device claims too many bytes"),
             &p->error);
    else if (p->first && !answer->blob.complete)
        fail(p,
             syn_error_set(&p->error, SYN_ECORRUPT,
                           "upload: the device holds other bytes than were sent"),
             &p->error);
    else
        take_offset(p, answer->blob.held_bytes, piece.end);
    proceed(p);
}

int syn_pieces_check(struct syn_pieces *p)
{
    size_t around = SYN_SMP_HEADER + FRAMING_OVERHEAD + p->overhead;
    if (p->size == 0 || p->size > UINT32_MAX || p->session->max_message <= around)
        return SYN_EINVAL;
    size_t room = p->session->max_message - around;
    p->piece = room < SYN_PIECE_MAX ? room : SYN_PIECE_MAX;
    return 0;
}

int syn_pieces_begin(struct syn_pieces *p)
{
    int rc = send_piece(p);
    if (rc == 0)
        p->on_way++;
    return rc;
}

void syn_pieces_start(struct syn_pieces *p, size_t held)
{
    p->held = p->next = p->best = held;
    proceed(p);
}

void syn_pieces_fail(struct syn_pieces *p, int status, const struct syn_error *error)
{
    fail(p, status, error);
    proceed(p);
}
