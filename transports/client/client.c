/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/wire/pieces.h"
#include "transports/client/round_trip.h"
#include "transports/links/link.h"

enum { NO_SEQ = 0x100, LINE_SIZE = 512 };

/* A request, in the queue in the order in which it was made. */
struct entry {
    struct entry *next;
    syn_client_done done;
    void *ctx;
    const char *what;
    int64_t sent_ns;
    int64_t deadline_ns;
    int64_t patience_ns;
    unsigned tries; /* sent so far */
    unsigned max_tries;
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
    struct entry *first;
    struct entry *by_seq[NO_SEQ]; /* those on their way */
    struct syn_client_stats stats;
    struct syn_error lost; /* why the link broke; code 0 while it stands */
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
    char line[LINE_SIZE];
    uint8_t buffer[SYN_CLIENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
    uint8_t frame[2 * SYN_CLIENT_MESSAGE_MAX];
};

static void pump(struct syn_client *c);

/* ---- life ---- */

static void enter(struct syn_client *c)
{
    c->busy++;
}

static void leave(struct syn_client *c)
{
    if (--c->busy == 0 && c->freed)
        free(c);
}

/* ---- calling back ---- */

static void unlink_entry(struct syn_client *c, struct entry *e)
{
    struct entry **at = &c->first;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    c->count--;
    uint8_t seq = e->message[6];
    if (e->tries > 0 && c->by_seq[seq] == e) {
        c->by_seq[seq] = NULL;
        c->on_way--;
    }
}

static void finish(struct syn_client *c, struct entry *e, int status, const struct syn_reply *reply)
{
    unlink_entry(c, e);
    c->stats.answered += reply->payload != NULL;
    e->done(e->ctx, status, reply);
    free(e);
}

static void fail(struct syn_client *c, struct entry *e, const struct syn_error *error)
{
    struct syn_reply reply = {.error = error};
    (void)syn_smp_get_header(&reply.header, e->message, e->size);
    finish(c, e, error->code, &reply);
}

static void fail_all(struct syn_client *c, const struct syn_error *error)
{
    /* Those that a callback makes meanwhile are refused, since the link is gone or going. */
    while (c->first)
        fail(c, c->first, error);
}

static int explain(const struct entry *e, const struct syn_smp_status *s, struct syn_error *error)
{
    int code = syn_smp_rc_errno(s->group, s->rc);
    char msg[256];
    syn_span_text(s->msg, msg, sizeof msg);
    if (syn_smp_rc_errno(s->group, s->rc) == SYN_EDEVICE && s->rc >= 14)
        return syn_error_set(error, code, "%s: %s (code %u)%s%s", e->what,
                             syn_smp_rc_text(s->group, s->rc), (unsigned)s->rc, msg[0] ? ": " : "",
                             msg);
    return syn_error_set(error, code, "%s: %s%s%s", e->what, syn_smp_rc_text(s->group, s->rc),
                         msg[0] ? ": " : "", msg);
}

/* ---- receiving ---- */

static struct entry *match(struct syn_client *c, const struct syn_smp_header *h)
{
    struct entry *e = c->by_seq[h->seq];
    struct syn_smp_header asked;
    if (!e)
        return NULL;
    (void)syn_smp_get_header(&asked, e->message, e->size);
    bool same = h->group == asked.group && h->id == asked.id && h->op == (asked.op | 1);
    return same ? e : NULL;
}

static void take_answer(struct syn_client *c, struct entry *e, struct syn_reply *reply)
{
    struct syn_error error = {0};
    int status;
    if (e->tries == 1)
        syn_round_trip_take(&c->round_trip, syn_loop_now() - e->sent_ns);
    if (syn_smp_get_status(&reply->status, reply->header.group, reply->payload, reply->size))
        status = syn_error_set(&error, SYN_EPROTO, "%s: the answer is not CBOR", e->what);
    else
        status = reply->status.rc ? explain(e, &reply->status, &error) : 0;
    reply->error = status ? &error : NULL;
    finish(c, e, status, reply);
}

static void take_response(struct syn_client *c, struct syn_reply *reply)
{
    struct entry *e = reply->header.op & 1 ? match(c, &reply->header) : NULL;
    if (reply->header.seq == SYN_SMP_EVENT_SEQ) {
        if (c->events.event)
            c->events.event(c->events.ctx, &reply->header, reply->payload, reply->size);
    } else if (e) {
        take_answer(c, e, reply);
    } else {
        c->stats.late++;
    }
}

static void take_message(void *ctx, const uint8_t *data, size_t size)
{
    struct syn_client *c = ctx;
    struct syn_reply reply = {0};
    if (c->freed)
        return;
    if (syn_smp_get_header(&reply.header, data, size)) {
        c->stats.damaged++;
        return;
    }
    c->stats.received++;
    if (c->events.traffic)
        c->events.traffic(c->events.ctx, false, data, size);
    reply.payload = data + SYN_SMP_HEADER;
    reply.size = size - SYN_SMP_HEADER;
    bool tensor = reply.header.group == SYN_GROUP_SYNERGY && reply.header.id == SYN_ID_TENSOR;
    if (tensor && reply.header.op == SYN_SMP_WRITE) {
        if (c->events.tensor)
            c->events.tensor(c->events.ctx, data, size);
    } else {
        take_response(c, &reply);
    }
}

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    (void)framing;
    take_message(ctx, data, size);
}

static void on_text(void *ctx, const char *line, size_t size)
{
    struct syn_client *c = ctx;
    if (!c->freed && c->events.text)
        c->events.text(c->events.ctx, line, size);
}

static void on_received(void *ctx, const uint8_t *data, size_t size)
{
    struct syn_client *c = ctx;
    enter(c);
    if (syn_link_kind(c->link) == SYN_LINK_STREAM)
        syn_frame_feed(&c->receiver, data, size, syn_loop_now());
    else
        syn_pieces_feed(&c->pieces, data, size, syn_loop_now());
    pump(c);
    leave(c);
}

static void on_writable(void *ctx)
{
    struct syn_client *c = ctx;
    enter(c);
    pump(c);
    if (c->full && !c->freed && c->events.writable) {
        c->full = false;
        c->events.writable(c->events.ctx);
    }
    leave(c);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct syn_client *c = ctx;
    enter(c);
    c->lost = *error;
    c->lost.code = SYN_ELINK;
    syn_loop_timer_stop(&c->timer);
    fail_all(c, &c->lost);
    if (!c->freed)
        c->events.lost(c->events.ctx, &c->lost);
    leave(c);
}

void syn_client_give_up(struct syn_client *c, const struct syn_error *why)
{
    if (syn_client_connected(c))
        on_lost(c, why);
}

/* ---- sending ---- */

static int write_framed(struct syn_client *c, const void *message, size_t size)
{
    if (syn_link_kind(c->link) == SYN_LINK_MESSAGES)
        return syn_link_write(c->link, message, size);
    int n = syn_frame_encode(c->framing, message, size, c->frame, sizeof c->frame);
    return n < 0 ? n : syn_link_write(c->link, c->frame, (size_t)n);
}

static int write_message(struct syn_client *c, const void *message, size_t size)
{
    int rc = write_framed(c, message, size);
    if (rc == 0) {
        c->stats.sent++;
        if (c->events.traffic)
            c->events.traffic(c->events.ctx, true, message, size);
    } else if (rc == SYN_EBUSY) {
        c->full = true;
    }
    return rc;
}

/* A sequence that no request on its way has; there is one, since the window is smaller. */
static uint8_t take_seq(struct syn_client *c)
{
    uint8_t seq;
    do {
        seq = c->next_seq;
        c->next_seq = seq + 1 == SYN_SMP_EVENT_SEQ ? 0 : (uint8_t)(seq + 1);
    } while (c->by_seq[seq]);
    return seq;
}

static int64_t timeout_of(const struct syn_client *c, const struct entry *e)
{
    int64_t t = syn_round_trip_timeout(&c->round_trip, e->tries - 1);
    return t > e->patience_ns ? t : e->patience_ns;
}

/* Puts one on its way, for the first time or again. */
static int dispatch(struct syn_client *c, struct entry *e)
{
    if (e->tries == 0)
        e->message[6] = take_seq(c);
    int rc = write_message(c, e->message, e->size);
    if (rc)
        return rc;
    if (e->tries == 0) {
        c->by_seq[e->message[6]] = e;
        c->on_way++;
    } else {
        c->stats.resent++;
    }
    e->tries++;
    e->due = false;
    e->sent_ns = syn_loop_now();
    e->deadline_ns = e->sent_ns + timeout_of(c, e);
    return 0;
}

static void on_timer(void *ctx);

static void set_timer(struct syn_client *c)
{
    int64_t first = INT64_MAX;
    for (const struct entry *e = c->first; e; e = e->next)
        if (e->tries > 0 && !e->due && e->deadline_ns < first)
            first = e->deadline_ns;
    if (first == INT64_MAX) {
        syn_loop_timer_stop(&c->timer);
        return;
    }
    int64_t now = syn_loop_now();
    syn_loop_timer_start(c->loop, &c->timer, first > now ? first - now : 0, 0, on_timer, c);
}

/* Sends what the window and the link allow, oldest first. */
static void pump(struct syn_client *c)
{
    if (c->freed || c->lost.code || !c->link)
        return;
    for (struct entry *e = c->first; e; e = e->next) {
        if (!e->due || (e->tries == 0 && c->on_way >= c->window))
            continue;
        if (dispatch(c, e))
            break;
    }
    set_timer(c);
}

static void give_up(struct syn_client *c, struct entry *e)
{
    struct syn_error error = {0};
    double seconds = (double)(syn_loop_now() - e->sent_ns) / 1e9;
    (void)syn_error_set(&error, SYN_ETIMEOUT, "%s: %s does not answer (%u %s, the last %.1f s ago)",
                        e->what, c->name, e->tries, e->tries == 1 ? "try" : "tries", seconds);
    fail(c, e, &error);
}

static struct entry *first_expired(struct syn_client *c, int64_t now)
{
    struct entry *e = c->first;
    while (e && (e->tries == 0 || e->due || e->deadline_ns > now))
        e = e->next;
    return e;
}

static void on_timer(void *ctx)
{
    struct syn_client *c = ctx;
    struct entry *e;
    int64_t now = syn_loop_now();
    enter(c);
    while (!c->freed && (e = first_expired(c, now))) {
        syn_round_trip_expire(&c->round_trip, e->tries - 1);
        if (e->tries >= e->max_tries)
            give_up(c, e);
        else
            e->due = true;
    }
    pump(c);
    leave(c);
}

/* ---- requests ---- */

static struct entry *make_entry(struct syn_client *c, const struct syn_request *r)
{
    struct entry *e = calloc(1, sizeof *e + SYN_SMP_HEADER + r->size);
    struct syn_smp_header h = {.version = c->version,
                               .op = r->op,
                               .length = (uint16_t)r->size,
                               .group = r->group,
                               .id = r->id};
    if (!e)
        return NULL;
    e->size = SYN_SMP_HEADER + r->size;
    e->what = r->what ? r->what : "request";
    e->patience_ns = r->patience_ns;
    e->max_tries = r->tries ? r->tries : c->tries;
    e->due = true;
    syn_smp_put_header(e->message, &h);
    if (r->size > 0)
        memcpy(e->message + SYN_SMP_HEADER, r->payload, r->size);
    return e;
}

int syn_client_request(struct syn_client *c, const struct syn_request *r, syn_client_done done,
                       void *ctx)
{
    if (!c->link || c->lost.code || c->freed)
        return SYN_ELINK;
    if (r->size > SYN_CLIENT_MESSAGE_MAX - SYN_SMP_HEADER)
        return SYN_EINVAL;
    if (c->count >= SYN_CLIENT_QUEUE_MAX)
        return SYN_EBUSY;
    struct entry *e = make_entry(c, r);
    if (!e)
        return SYN_ENOMEM;
    e->done = done;
    e->ctx = ctx;
    struct entry **at = &c->first;
    while (*at)
        at = &(*at)->next;
    *at = e;
    c->count++;
    if (c->busy == 0)
        pump(c); /* else at the end of the callback that runs */
    return 0;
}

int syn_client_send(struct syn_client *c, const void *message, size_t size)
{
    if (!c->link || c->lost.code || c->freed)
        return SYN_ELINK;
    return size > SYN_CLIENT_MESSAGE_MAX ? SYN_EINVAL : write_message(c, message, size);
}

/* ---- making and settings ---- */

struct syn_client *syn_client_new(struct syn_loop *loop, const struct syn_client_events *events)
{
    struct syn_client *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    struct syn_frame_events frames = {on_message, on_text, c};
    c->loop = loop;
    c->events = *events;
    c->window = 1;
    c->tries = 5;
    c->version = 1;
    syn_round_trip_init(&c->round_trip);
    syn_frame_receiver_init(&c->receiver, &frames, c->buffer, sizeof c->buffer, c->line,
                            sizeof c->line);
    syn_pieces_init(&c->pieces, take_message, c, c->buffer, SYN_CLIENT_MESSAGE_MAX);
    return c;
}

void syn_client_free(struct syn_client *c)
{
    struct syn_error error = {0};
    if (!c || c->freed)
        return;
    enter(c);
    c->freed = true;
    syn_loop_timer_stop(&c->timer);
    (void)syn_error_set(&error, SYN_ECANCELED, "disconnected");
    fail_all(c, &error);
    syn_link_close(c->link);
    c->link = NULL;
    leave(c);
}

static struct syn_link_events link_events(struct syn_client *c)
{
    return (struct syn_link_events){on_received, on_writable, on_lost, c};
}

static int greet(struct syn_client *c, int rc)
{
    if (rc == 0)
        (void)snprintf(c->name, sizeof c->name, "%s", syn_link_describe(c->link));
    /* Ends what an earlier console may have left half-written in the device's receiver. */
    if (rc == 0 && syn_link_kind(c->link) == SYN_LINK_STREAM)
        rc = syn_link_write(c->link, "\n", 1);
    return rc;
}

int syn_client_open(struct syn_client *c, const char *uri, struct syn_error *error)
{
    struct syn_link_events events = link_events(c);
    return greet(c, syn_link_open(&c->link, c->loop, uri, &events, error));
}

int syn_client_adopt(struct syn_client *c, int fd, const char *name, struct syn_error *error)
{
    struct syn_link_events events = link_events(c);
    return greet(c, syn_link_adopt(&c->link, c->loop, fd, name, &events, error));
}

void syn_client_set_framing(struct syn_client *c, enum syn_framing framing)
{
    c->framing = framing;
}

void syn_client_set_window(struct syn_client *c, unsigned window)
{
    c->window = window < 1 ? 1 : window > SYN_CLIENT_WINDOW_MAX ? SYN_CLIENT_WINDOW_MAX : window;
}

void syn_client_set_version(struct syn_client *c, unsigned version)
{
    c->version = version ? 1 : 0;
}

unsigned syn_client_window(const struct syn_client *c)
{
    return c->window;
}

void syn_client_set_patience(struct syn_client *c, const struct syn_client_patience *p)
{
    struct syn_round_trip *r = &c->round_trip;
    r->first_ns = p->first_ns ? p->first_ns : r->first_ns;
    r->min_ns = p->min_ns ? p->min_ns : r->min_ns;
    r->max_ns = p->max_ns ? p->max_ns : r->max_ns;
    c->tries = p->tries ? p->tries : c->tries;
}

const char *syn_client_identity(const struct syn_client *c)
{
    return c->link ? syn_link_identity(c->link) : c->name;
}

int64_t syn_client_patience_ns(const struct syn_client *c)
{
    int64_t most = 0;
    for (const struct entry *e = c->first; e; e = e->next)
        if (e->tries > 0 && e->patience_ns > most)
            most = e->patience_ns;
    return most;
}

unsigned syn_client_outstanding(const struct syn_client *c)
{
    return c->count;
}

struct syn_client_stats syn_client_stats(const struct syn_client *c)
{
    struct syn_client_stats s = c->stats;
    s.damaged += c->receiver.bad + c->pieces.bad;
    s.round_trip_ns = c->round_trip.smoothed_ns;
    s.deviation_ns = c->round_trip.deviation_ns;
    return s;
}

bool syn_client_connected(const struct syn_client *c)
{
    return c->link && !c->lost.code;
}
