/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "responder.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- output ---- */

static int put(void *ctx, const uint8_t *data, size_t size)
{
    struct responder *r = ctx;
    size_t step = r->bytewise ? 1 : size;
    for (size_t at = 0; at < size; at += step)
        if (write(r->fd, data + at, step) < 0)
            return SYN_EIO;
    r->out_bytes += size;
    return 0;
}

void responder_say(struct responder *r, const void *message, size_t size)
{
    (void)syn_frame_send(r->framing, message, size, put, r);
}

void responder_print(struct responder *r, const char *text)
{
    (void)put(r, (const uint8_t *)text, strlen(text));
}

void responder_release(struct responder *r, bool reversed)
{
    unsigned n = r->held_back_count;
    r->hold = false;
    r->held_back_count = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned k = reversed ? n - 1 - i : i;
        responder_say(r, r->held_back[k], r->held_back_size[k]);
    }
}

static void answer(struct responder *r, const uint8_t *message, size_t size)
{
    r->answers++;
    if (r->forget_every && r->answers % r->forget_every == 0)
        return;
    if (r->hold && r->held_back_count < 8) {
        memcpy(r->held_back[r->held_back_count], message, size);
        r->held_back_size[r->held_back_count++] = size;
        if (r->held_back_count > r->on_way_max)
            r->on_way_max = r->held_back_count;
        return;
    }
    responder_say(r, message, size);
    if (r->repeat)
        responder_say(r, message, size);
}

/* ---- commands ---- */

struct request {
    struct syn_span h, d, text, name;
    uint32_t off, len, txn;
    bool go, seq;
    char op[16];
};

static const struct syn_cbor_field fields[] = {
    SYN_FIELD(SYN_KEY_BYTES, struct request, h, "h"),
    SYN_FIELD(SYN_KEY_ITEM, struct request, d, "d"),
    SYN_FIELD(SYN_KEY_TEXT, struct request, name, "name"),
    SYN_FIELD(SYN_KEY_U32, struct request, off, "off"),
    SYN_FIELD(SYN_KEY_U32, struct request, len, "len"),
    SYN_FIELD(SYN_KEY_U32, struct request, txn, "txn"),
    SYN_FIELD(SYN_KEY_BOOL, struct request, go, "go"),
    SYN_FIELD(SYN_KEY_BOOL, struct request, seq, "seq"),
    SYN_FIELD(SYN_KEY_STR, struct request, op, "op"),
};

static void store_piece(struct responder *r, const struct request *q)
{
    struct syn_cbor_in in;
    syn_cbor_in_init(&in, q->d.data, q->d.size);
    struct syn_span d = syn_cbor_get_bytes(&in);
    r->uploads_seen++;
    if (q->off == 0 && r->held == 0) {
        r->length = q->len;
        memcpy(r->hash, q->h.data, 32);
    }
    if (r->uploads_seen != r->skip_piece && q->off == r->held && q->off + d.size <= r->length) {
        memcpy(r->blob + q->off, d.data, d.size);
        r->held += (uint32_t)d.size;
        r->pieces++;
    }
}

static void do_blob(struct responder *r, uint8_t op, const struct request *q,
                    struct syn_cbor_out *w)
{
    if (op == SYN_SMP_WRITE) {
        store_piece(r, q);
        syn_cbor_put_map(w, 1);
        syn_cbor_pair_uint(w, "off", r->held);
        return;
    }
    bool known = q->h.size == 32 && memcmp(q->h.data, r->hash, 32) == 0;
    syn_cbor_put_map(w, 3);
    syn_cbor_pair_uint(w, "off", known ? r->held : 0);
    syn_cbor_pair_uint(w, "len", known ? r->length : 0);
    syn_cbor_pair_bool(w, "ok", known && r->held == r->length);
}

static void do_hello(struct syn_cbor_out *w)
{
    syn_cbor_open_map(w);
    syn_cbor_pair_uint(w, "proto", 1);
    syn_cbor_pair_uint(w, "feat", SYN_FEATURE_COBS | SYN_FEATURE_VIRTUAL_TIME);
    syn_cbor_pair_uint(w, "max", RESPONDER_MESSAGE);
    syn_cbor_pair_uint(w, "win", 4);
    syn_cbor_pair_text(w, "id", "sim-1");
    syn_cbor_pair_text(w, "prof", "max78000");
    syn_cbor_pair_text(w, "later", "unknown keys are fine");
    syn_cbor_pair_int(w, "now", 123);
    syn_cbor_close(w);
}

static void do_accel(struct syn_cbor_out *w)
{
    static const uint8_t hash[32] = {7};
    syn_cbor_open_map(w);
    syn_cbor_pair_text(w, "state", "running");
    syn_cbor_put_text(w, "kern");
    syn_cbor_put_array(w, 64);
    for (unsigned i = 0; i < 64; i++)
        syn_cbor_put_uint(w, i * 10);
    syn_cbor_pair_uint(w, "kmax", 768);
    syn_cbor_put_text(w, "chunks");
    syn_cbor_open_array(w);
    for (unsigned i = 0; i < 2; i++) {
        syn_cbor_put_map(w, 5);
        syn_cbor_pair_bytes(w, "h", hash, 32);
        syn_cbor_pair_uint(w, "p", i);
        syn_cbor_pair_uint(w, "f", 0);
        syn_cbor_pair_uint(w, "l", 4 + i);
        syn_cbor_pair_uint(w, "cyc", 100000);
    }
    syn_cbor_close(w);
    syn_cbor_close(w);
}

static void do_plan(struct responder *r, uint8_t op, const struct request *q,
                    struct syn_cbor_out *w)
{
    if (op == SYN_SMP_READ) {
        syn_cbor_put_map(w, 3);
        syn_cbor_pair_uint(w, "txn", r->txn);
        syn_cbor_pair_uint(w, "ptxn", 0);
        syn_cbor_pair_text(w, "state", "committed");
        return;
    }
    (void)snprintf(r->plan_op, sizeof r->plan_op, "%s", q->op);
    r->txn = q->txn;
    syn_cbor_put_map(w, 1);
    syn_cbor_put_text(w, "cyc");
    syn_cbor_put_array(w, 2);
    syn_cbor_put_uint(w, 111);
    syn_cbor_put_uint(w, 222);
}

static void do_ours(struct responder *r, const struct syn_smp_header *h, const struct request *q,
                    struct syn_cbor_out *w)
{
    if (r->not_ours) {
        syn_smp_put_error(w, 0, SYN_GROUP_NONE, SYN_RC_NOTSUP, NULL);
    } else if (r->fail_rc) {
        syn_smp_put_error(w, h->version, h->group, r->fail_rc, r->fail_msg);
    } else if (h->id == SYN_ID_HELLO) {
        do_hello(w);
    } else if (h->id == SYN_ID_ACCEL) {
        do_accel(w);
    } else if (h->id == SYN_ID_BLOB) {
        do_blob(r, h->op, q, w);
    } else if (h->id == SYN_ID_PLAN) {
        do_plan(r, h->op, q, w);
    } else {
        r->go = q->go;
        r->sequential = q->seq;
        syn_cbor_put_map(w, 0);
    }
}

static void do_stat(const struct syn_smp_header *h, const struct request *q, struct syn_cbor_out *w)
{
    if (h->id == SYN_STAT_LIST) {
        syn_cbor_put_map(w, 1);
        syn_cbor_put_text(w, "stat_list");
        syn_cbor_put_array(w, 2);
        syn_cbor_put_text(w, "accel");
        syn_cbor_put_text(w, "radio");
        return;
    }
    if (!syn_span_is(q->name, "accel")) {
        syn_smp_put_error(w, h->version, h->group, 2, NULL);
        return;
    }
    syn_cbor_put_map(w, 2);
    syn_cbor_pair_text(w, "name", "accel");
    syn_cbor_put_text(w, "fields");
    syn_cbor_put_map(w, 2);
    syn_cbor_pair_uint(w, "tasks", 12);
    syn_cbor_pair_uint(w, "late", 1);
}

static void do_os(const struct syn_smp_header *h, const struct request *q, struct syn_cbor_out *w)
{
    if (h->id == SYN_OS_ECHO) {
        struct syn_cbor_in in;
        syn_cbor_in_init(&in, q->d.data, q->d.size);
        struct syn_span text = syn_cbor_get_text(&in);
        syn_cbor_put_map(w, 1);
        syn_cbor_put_text(w, "r");
        syn_cbor_put_text_n(w, (const char *)text.data, text.size);
    } else if (h->id == SYN_OS_PARAMS) {
        syn_cbor_put_map(w, 2);
        syn_cbor_pair_uint(w, "buf_size", 512);
        syn_cbor_pair_uint(w, "buf_count", 3);
    } else {
        syn_cbor_put_map(w, 0);
    }
}

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct responder *r = ctx;
    struct syn_smp_header h, reply;
    struct request q = {.off = 0};
    struct syn_cbor_in in;
    struct syn_cbor_out w;
    uint8_t message[RESPONDER_MESSAGE];
    if (syn_smp_get_header(&h, data, size))
        return;
    r->seqs[r->requests % sizeof r->seqs] = h.seq;
    r->requests++;
    r->framing = framing;
    r->last = h;
    if (r->deaf || r->requests == r->lose_at || (r->lose_every && r->requests % r->lose_every == 0))
        return;
    syn_cbor_in_init(&in, data + SYN_SMP_HEADER, size - SYN_SMP_HEADER);
    (void)syn_cbor_get_fields(&in, fields, sizeof fields / sizeof fields[0], &q, NULL);
    syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
    if (h.group == SYN_GROUP_SYNERGY)
        do_ours(r, &h, &q, &w);
    else if (h.group == SYN_GROUP_STAT)
        do_stat(&h, &q, &w);
    else
        do_os(&h, &q, &w);
    reply = syn_smp_reply(&h);
    reply.length = (uint16_t)w.length;
    syn_smp_put_header(message, &reply);
    answer(r, message, SYN_SMP_HEADER + w.length);
}

/* ---- life ---- */

static void on_ready(void *ctx, unsigned events)
{
    struct responder *r = ctx;
    uint8_t data[4096];
    (void)events;
    ssize_t n = read(r->fd, data, sizeof data);
    r->in_bytes += n > 0 ? (unsigned)n : 0;
    if (n > 0)
        syn_frame_feed(&r->receiver, data, (size_t)n, syn_loop_now());
    else
        syn_loop_watch_stop(&r->watch);
}

int responder_start(struct responder *r, struct syn_loop *loop)
{
    struct syn_frame_events events = {on_message, NULL, r};
    int pair[2];
    memset(r, 0, sizeof *r);
    r->loop = loop;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return -1;
    r->client_fd = pair[1];
    (void)signal(SIGPIPE, SIG_IGN);
    syn_frame_receiver_init(&r->receiver, &events, r->buffer, sizeof r->buffer, NULL, 0);
    responder_take(r, pair[0]);
    return 0;
}

void responder_take(struct responder *r, int fd)
{
    r->fd = fd;
    syn_loop_watch_start(r->loop, &r->watch, r->fd, SYN_LOOP_READ, on_ready, r);
}

static void on_caller(void *ctx, unsigned events)
{
    struct responder *r = ctx;
    int listener = r->fd;
    (void)events;
    responder_take(r, accept(listener, NULL, NULL));
    (void)close(listener);
}

int responder_listen(struct responder *r, struct syn_loop *loop, int listener)
{
    if (responder_start(r, loop) || listen(listener, 1))
        return -1;
    (void)close(r->client_fd);
    (void)close(r->fd);
    r->fd = listener;
    syn_loop_watch_start(loop, &r->watch, listener, SYN_LOOP_READ, on_caller, r);
    return 0;
}

void responder_hang_up(struct responder *r)
{
    syn_loop_watch_stop(&r->watch);
    if (r->fd >= 0)
        (void)close(r->fd);
    r->fd = -1;
}

void responder_stop(struct responder *r)
{
    responder_hang_up(r);
}
