/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is sent when: the window, time-outs, and what answers to later requests tell. */
#include "transports/client/client_parts.h"

/* How often a request is sent again because later ones were answered, besides its tries. */
enum { REPEATS_MAX = 16 };

/* Those sent before the request that is answered now, which has not taken their place, are likely
 * lost: there is no need to wait for their time-out. A device that is slow with one request and not
 * with the next is given that much: one answer proves nothing unless answers come in order. */
void syn_client_overtake(struct syn_client *c, const struct syn_client_entry *answered)
{
    int64_t now = syn_loop_now();
    for (struct syn_client_entry *e = c->first; e; e = e->next) {
        if (e == answered || e->tries == 0 || e->due)
            continue;
        if (e->turn > answered->first_turn) {
            e->since_ns = now; /* the line works, and its turn comes */
            continue;
        }
        e->overtaken++;
        unsigned enough = e->in_order || c->window <= 2 ? 1 : 2;
        if (e->overtaken >= enough && e->repeats < REPEATS_MAX && e->max_tries > 1 &&
            e->patience_ns == 0) {
            e->repeats++;
            e->due = true;
        }
    }
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

static size_t bytes_on_way(const struct syn_client *c)
{
    size_t n = 0;
    for (const struct syn_client_entry *e = c->first; e; e = e->next)
        n += e->tries > 0 && !e->due ? e->size : 0;
    return n;
}

static void start_clock(struct syn_client *c, struct syn_client_entry *e)
{
    e->ahead = bytes_on_way(c);
    e->sent_ns = e->since_ns = syn_loop_now();
    e->timeout_ns = syn_round_trip_timeout(&c->round_trip, e->tries - 1, e->ahead);
    if (e->timeout_ns < e->patience_ns)
        e->timeout_ns = e->patience_ns;
}

static int64_t deadline_of(const struct syn_client_entry *e)
{
    return e->since_ns + e->timeout_ns;
}

/* Puts one on its way, for the first time or again. */
static int dispatch(struct syn_client *c, struct syn_client_entry *e)
{
    bool again = e->tries > 0;
    if (!again)
        e->message[6] = take_seq(c);
    int rc = syn_client_write(c, e->message, e->size);
    if (rc)
        return rc;
    e->turn = ++c->turns;
    if (again) {
        c->stats.resent++;
    } else {
        c->by_seq[e->message[6]] = e;
        c->on_way++;
        e->first_turn = e->turn;
    }
    e->tries += e->overtaken == 0;
    e->overtaken = 0;
    e->due = false;
    start_clock(c, e);
    return 0;
}

static void on_timer(void *ctx);

static void set_timer(struct syn_client *c)
{
    int64_t first = INT64_MAX;
    for (const struct syn_client_entry *e = c->first; e; e = e->next)
        if (e->tries > 0 && !e->due && deadline_of(e) < first)
            first = deadline_of(e);
    if (first == INT64_MAX) {
        syn_loop_timer_stop(&c->timer);
        return;
    }
    int64_t now = syn_loop_now();
    syn_loop_timer_start(c->loop, &c->timer, first > now ? first - now : 0, 0, on_timer, c);
}

void syn_client_pump(struct syn_client *c)
{
    if (c->freed || c->lost.code || !c->link)
        return;
    for (struct syn_client_entry *e = c->first; e; e = e->next) {
        if (!e->due || (e->tries == 0 && c->on_way >= c->window))
            continue;
        if (dispatch(c, e))
            break;
    }
    set_timer(c);
}

static struct syn_client_entry *first_expired(struct syn_client *c, int64_t now)
{
    struct syn_client_entry *e = c->first;
    while (e && (e->tries == 0 || e->due || deadline_of(e) > now))
        e = e->next;
    return e;
}

static void on_timer(void *ctx)
{
    struct syn_client *c = ctx;
    struct syn_client_entry *e;
    int64_t now = syn_loop_now();
    syn_client_enter(c);
    while (!c->freed && (e = first_expired(c, now))) {
        syn_round_trip_expire(&c->round_trip, e->tries - 1);
        syn_client_doubt_rate(c, e, now);
        e->overtaken = 0;
        if (e->tries >= e->max_tries)
            syn_client_expire(c, e);
        else
            e->due = true;
    }
    syn_client_pump(c);
    syn_client_leave(c);
}
