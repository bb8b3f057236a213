/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/pieces.h"

#include <stdlib.h>

enum {
    REQUEST_MAX = SYN_PIECE_MAX + 512,
    FRAMING_OVERHEAD = 4, /* length and CRC, which devices of others may count into their buffer */
    STRING_HEAD = 2,   /* what the head of a byte string grows by, from an empty one to a piece */
    SETBACKS_MAX = 16, /* without progress in between */
};

struct syn_piece {
    struct syn_pieces *all;
    struct syn_piece *next;
    size_t start, end;
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

/* ---- one piece ---- */

/* How many bytes a piece at `offset` may have; 0: none. */
static size_t room_at(const struct syn_pieces *p, size_t offset)
{
    const struct syn_session *s = p->session;
    uint8_t data[REQUEST_MAX];
    struct syn_cbor_out w;
    syn_cbor_out_init(&w, data, sizeof data);
    p->put(p, &w, offset, 0);
    size_t around =
        SYN_SMP_HEADER + w.length + STRING_HEAD + (s->ours ? 0 : (size_t)FRAMING_OVERHEAD);
    size_t room = w.error || around >= s->max_message ? 0 : s->max_message - around;
    room = room < SYN_PIECE_MAX ? room : SYN_PIECE_MAX;
    return room < p->size - offset ? room : p->size - offset;
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error);

static void remember(struct syn_pieces *p, struct syn_piece *piece)
{
    struct syn_piece **at = &p->on_way;
    while (*at)
        at = &(*at)->next;
    *at = piece;
    p->on_way_count++;
    p->next = piece->end;
}

static void forget(struct syn_pieces *p, struct syn_piece *piece)
{
    struct syn_piece **at = &p->on_way;
    while (*at != piece)
        at = &(*at)->next;
    *at = piece->next;
    p->on_way_count--;
    free(piece);
}

static int send_piece(struct syn_pieces *p)
{
    const struct syn_session_request *operation =
        p->first && !p->answered ? p->first : p->operation;
    uint8_t data[REQUEST_MAX];
    struct syn_cbor_out w;
    size_t n = room_at(p, p->next);
    struct syn_piece *piece = malloc(sizeof *piece);
    if (!piece)
        return SYN_ENOMEM;
    *piece = (struct syn_piece){.all = p, .start = p->next, .end = p->next + n};
    syn_cbor_out_init(&w, data, sizeof data);
    p->put(p, &w, p->next, n);
    int rc = syn_session_ask(p->session, operation, &w, on_piece, piece);
    if (rc)
        free(piece);
    else
        remember(p, piece);
    return rc;
}

/* ---- the window ---- */

static bool is_on_way(const struct syn_pieces *p, size_t start)
{
    const struct syn_piece *piece = p->on_way;
    while (piece && piece->start != start)
        piece = piece->next;
    return piece != NULL;
}

static void fill_window(struct syn_pieces *p)
{
    unsigned window = p->answered && p->held > 0 ? syn_client_window(p->session->client) : 1;
    while (!p->status && p->next < p->size && p->on_way_count < window) {
        int rc = send_piece(p);
        if (rc == SYN_EBUSY && p->on_way_count > 0)
            return; /* the queue is full of other requests: go on with the next answer */
        if (rc)
            fail(p, rc, NULL);
    }
}

static void finish(struct syn_pieces *p)
{
    struct syn_answer answer = {0};
    uint32_t size = (uint32_t)p->size;
    if (p->status == 0)
        answer.blob = (struct syn_blob_state){size, size, true};
    p->done(p->user, p->status, &answer, p->status ? &p->error : NULL);
    syn_pieces_free(p);
}

static void proceed(struct syn_pieces *p)
{
    if (p->next > p->held && !is_on_way(p, p->held))
        p->next = p->held; /* nothing that is on its way can be of use */
    fill_window(p);
    if (p->on_way_count == 0)
        finish(p);
}

/* ---- answers ---- */

/* The very piece that the device waits for is not what it takes. */
static void set_back(struct syn_pieces *p)
{
    if (++p->setbacks > SETBACKS_MAX)
        fail(p,
             syn_error_set(&p->error, SYN_EPROTO, "upload: the device stays at byte %zu of %zu",
                           p->held, p->size),
             &p->error);
}

static void take_offset(struct syn_pieces *p, size_t held, const struct syn_piece *piece)
{
    p->held = held;
    p->answered = true;
    if (held > p->best) {
        p->best = held;
        p->setbacks = 0;
    }
    if (held > p->next)
        p->next = held;
    else if (held < piece->start && piece->start < p->next)
        p->next = piece->start;
    else if (held == piece->start)
        set_back(p);
    if (p->progress && !p->progress(p->user, held, p->size))
        fail(p, SYN_ECANCELED, NULL);
}

static void take_answer(struct syn_pieces *p, const struct syn_blob_state *state,
                        const struct syn_piece *piece)
{
    if (state->held_bytes > p->size)
        fail(p, syn_error_set(&p->error, SYN_EPROTO, "upload: the device claims too many bytes"),
             &p->error);
    else if (p->first && !state->complete)
        fail(p,
             syn_error_set(&p->error, SYN_ECORRUPT,
                           "upload: the device holds other bytes than were sent"),
             &p->error);
    else
        take_offset(p, state->held_bytes, piece);
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct syn_piece piece = *(struct syn_piece *)user;
    struct syn_pieces *p = piece.all;
    forget(p, user);
    if (status)
        fail(p, status, error);
    else
        take_answer(p, &answer->blob, &piece);
    proceed(p);
}

/* ---- life ---- */

int syn_pieces_new(struct syn_pieces **to, const struct syn_pieces *what)
{
    *to = NULL;
    if (what->size == 0 || what->size > UINT32_MAX || room_at(what, 0) == 0 ||
        room_at(what, what->size - 1) == 0)
        return SYN_EINVAL;
    struct syn_pieces *p = malloc(sizeof *p);
    if (!p)
        return SYN_ENOMEM;
    *p = *what;
    *to = p;
    return 0;
}

void syn_pieces_free(struct syn_pieces *p)
{
    free(p->of);
    free(p);
}

int syn_pieces_begin(struct syn_pieces *p, size_t held)
{
    p->held = p->next = p->best = held;
    int rc = send_piece(p);
    if (rc)
        syn_pieces_free(p);
    return rc;
}

void syn_pieces_start(struct syn_pieces *p, size_t held)
{
    p->held = p->next = p->best = held;
    p->answered = held > 0;
    proceed(p);
}

void syn_pieces_fail(struct syn_pieces *p, int status, const struct syn_error *error)
{
    fail(p, status, error);
    proceed(p);
}
