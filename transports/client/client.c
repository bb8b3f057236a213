/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/client_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

void syn_client_enter(struct syn_client *c)
{
    c->busy++;
}

void syn_client_leave(struct syn_client *c)
{
    if (--c->busy == 0 && c->freed)
        free(c);
}

/* ---- calling back ---- */

static void unlink_entry(struct syn_client *c, struct syn_client_entry *e)
{
    struct syn_client_entry **at = &c->first;
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

static void finish(struct syn_client *c, struct syn_client_entry *e, int status,
                   const struct syn_reply *reply)
{
    unlink_entry(c, e);
    c->stats.answered += reply->payload != NULL;
    e->done(e->ctx, status, reply);
    free(e);
}

static void fail(struct syn_client *c, struct syn_client_entry *e, const struct syn_error *error)
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

static int explain(const struct syn_client_entry *e, const struct syn_smp_status *s,
                   struct syn_error *error)
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

static struct syn_client_entry *match(struct syn_client *c, const struct syn_smp_header *h)
{
    struct syn_client_entry *e = c->by_seq[h->seq];
    struct syn_smp_header asked;
    if (!e)
        return NULL;
    (void)syn_smp_get_header(&asked, e->message, e->size);
    bool same = h->group == asked.group && h->id == asked.id && h->op == (asked.op | 1);
    return same ? e : NULL;
}

static void take_answer(struct syn_client *c, struct syn_client_entry *e, struct syn_reply *reply)
{
    struct syn_error error = {0};
    int status;
    if (e->first_turn == e->turn)
        syn_round_trip_take(&c->round_trip, syn_loop_now() - e->sent_ns, e->ahead);
    syn_client_overtake(c, e);
    if (syn_smp_get_status(&reply->status, reply->header.group, reply->payload, reply->size))
        status = syn_error_set(&error, SYN_EPROTO, "%s: the answer is not CBOR", e->what);
    else
        status = reply->status.rc ? explain(e, &reply->status, &error) : 0;
    reply->error = status ? &error : NULL;
    finish(c, e, status, reply);
}

static void take_response(struct syn_client *c, struct syn_reply *reply)
{
    struct syn_client_entry *e = reply->header.op & 1 ? match(c, &reply->header) : NULL;
    if (reply->header.seq == SYN_SMP_EVENT_SEQ) {
        if (c->events.event)
            c->events.event(c->events.ctx, &reply->header, reply->payload, reply->size);
    } else if (e) {
        take_answer(c, e, reply);
    } else {
        c->stats.late++;
        syn_round_trip_early(&c->round_trip);
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
    c->heard_ns = syn_loop_now();
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

static void on_prompt(void *ctx)
{
    struct syn_client *c = ctx;
    syn_client_enter(c);
    syn_frame_tick(&c->receiver, syn_loop_now());
    syn_client_leave(c);
}

/* A prompt has no end of line: it is text once nothing follows. */
static void watch_prompt(struct syn_client *c)
{
    if (c->freed || c->lost.code)
        return;
    if (syn_frame_has_text(&c->receiver))
        syn_loop_timer_start(c->loop, &c->prompt, SYN_FRAME_GAP_NS + 1, 0, on_prompt, c);
    else
        syn_loop_timer_stop(&c->prompt);
}

static void on_received(void *ctx, const uint8_t *data, size_t size)
{
    struct syn_client *c = ctx;
    syn_client_enter(c);
    if (syn_link_kind(c->link) == SYN_LINK_STREAM)
        syn_frame_feed(&c->receiver, data, size, syn_loop_now());
    else
        syn_pieces_feed(&c->pieces, data, size, syn_loop_now());
    watch_prompt(c);
    syn_client_pump(c);
    syn_client_leave(c);
}

static void on_writable(void *ctx)
{
    struct syn_client *c = ctx;
    syn_client_enter(c);
    syn_client_pump(c);
    if (c->full && !c->freed && c->events.writable) {
        c->full = false;
        c->events.writable(c->events.ctx);
    }
    syn_client_leave(c);
}

/* What keeps a link from coming about may be for somebody to settle: no lost connection. */
static int lost_code(const struct syn_client *c, int code)
{
    const bool broke = c->stats.received > 0 || (code != SYN_EACCESS && code != SYN_EBUSY);
    return broke ? SYN_ELINK : code;
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct syn_client *c = ctx;
    syn_client_enter(c);
    c->lost = *error;
    c->lost.code = lost_code(c, error->code);
    syn_error_device(&c->lost, c->device);
    syn_loop_timer_stop(&c->timer);
    syn_loop_timer_stop(&c->prompt);
    fail_all(c, &c->lost);
    if (!c->freed)
        c->events.lost(c->events.ctx, &c->lost);
    syn_client_leave(c);
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

int syn_client_write(struct syn_client *c, const void *message, size_t size)
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

void syn_client_expire(struct syn_client *c, struct syn_client_entry *e)
{
    struct syn_error error = {0};
    double seconds = (double)(syn_loop_now() - e->sent_ns) / 1e9;
    (void)syn_error_set(&error, SYN_ETIMEOUT, "%s: %s does not answer (%u %s, the last %.1f s ago)",
                        e->what, c->name, e->tries, e->tries == 1 ? "try" : "tries", seconds);
    syn_error_device(&error, c->device);
    fail(c, e, &error);
}

/* ---- requests ---- */

static struct syn_client_entry *make_entry(struct syn_client *c, const struct syn_request *r)
{
    struct syn_client_entry *e = calloc(1, sizeof *e + SYN_SMP_HEADER + r->size);
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
    e->in_order = r->in_order;
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
    struct syn_client_entry *e = make_entry(c, r);
    if (!e)
        return SYN_ENOMEM;
    e->done = done;
    e->ctx = ctx;
    struct syn_client_entry **at = &c->first;
    while (*at)
        at = &(*at)->next;
    *at = e;
    c->count++;
    if (c->busy == 0)
        syn_client_pump(c); /* else at the end of the callback that runs */
    return 0;
}

int syn_client_send(struct syn_client *c, const void *message, size_t size)
{
    if (!c->link || c->lost.code || c->freed)
        return SYN_ELINK;
    return size > SYN_CLIENT_MESSAGE_MAX ? SYN_EINVAL : syn_client_write(c, message, size);
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
    syn_client_enter(c);
    c->freed = true;
    syn_loop_timer_stop(&c->timer);
    syn_loop_timer_stop(&c->prompt);
    (void)syn_error_set(&error, SYN_ECANCELED, "disconnected");
    fail_all(c, &error);
    syn_client_leave_rate(c);
    syn_link_close(c->link);
    c->link = NULL;
    syn_client_leave(c);
}

static struct syn_link_events link_events(struct syn_client *c)
{
    return (struct syn_link_events){on_received, on_writable, on_lost, c};
}

static int greet(struct syn_client *c, int rc)
{
    if (rc == 0)
        (void)snprintf(c->name, sizeof c->name, "%s", syn_link_describe(c->link));
    c->start_baud = syn_client_baud(c);
    if (rc == 0 && syn_client_packets(c)) /* Bluetooth */
        syn_round_trip_unhurried(&c->round_trip);
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

void syn_client_set_device(struct syn_client *c, const char *name)
{
    (void)snprintf(c->device, sizeof c->device, "%s", name);
}

void syn_client_set_framing(struct syn_client *c, enum syn_framing framing)
{
    c->framing = framing;
}

enum syn_framing syn_client_framing(const struct syn_client *c)
{
    return c->framing;
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
    r->quick_ns = r->quick_ns < r->min_ns ? r->quick_ns : r->min_ns;
    r->max_ns = p->max_ns ? p->max_ns : r->max_ns;
    c->tries = p->tries ? p->tries : c->tries;
}

const char *syn_client_note(const struct syn_client *c)
{
    return c->link ? syn_link_note(c->link) : "";
}

const char *syn_client_identity(const struct syn_client *c)
{
    return c->link ? syn_link_identity(c->link) : c->name;
}

const char *syn_client_place(const struct syn_client *c)
{
    return c->link ? syn_link_place(c->link) : c->name;
}

int64_t syn_client_patience_ns(const struct syn_client *c, const char **what)
{
    const struct syn_client_entry *most = NULL;
    for (const struct syn_client_entry *e = c->first; e; e = e->next)
        if (e->tries > 0 && e->patience_ns > (most ? most->patience_ns : 0))
            most = e;
    if (most && what)
        *what = most->what;
    return most ? most->patience_ns : 0;
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

bool syn_client_packets(const struct syn_client *c)
{
    return c->link && syn_link_kind(c->link) == SYN_LINK_MESSAGES;
}
