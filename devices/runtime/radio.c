/* SPDX-License-Identifier: MIT */
#include "devices/runtime/radio.h"

#include "devices/base/error.h"

#include <string.h>

#define URGENT (8 * SYN_RT_RANK_ROUND) /* rounds that one may fall behind before others wait */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static uint64_t longer(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void syn_radio_init(struct syn_radio *radio, const struct syn_radio_port *port, int64_t patience_ns)
{
    memset(radio, 0, sizeof *radio);
    radio->port = *port;
    radio->patience_ns = patience_ns;
    syn_radio_reset(radio, 0);
}

static void wait_for(struct syn_radio *radio, unsigned peer, int64_t since_ns)
{
    if (radio->waiting_for != peer || peer == SYN_RADIO_NOBODY)
        radio->waiting_since = since_ns;
    radio->waiting_for = (uint8_t)peer;
}

void syn_radio_reset(struct syn_radio *radio, unsigned self)
{
    radio->self = (uint8_t)self;
    radio->send_count = 0;
    radio->granted = SYN_RADIO_NOBODY;
    radio->free_ns = INT64_MIN;
    wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
    for (unsigned p = 0; p < SYN_RADIO_PEERS; p++) {
        struct syn_radio_peer *peer = &radio->peers[p];
        *peer = (struct syn_radio_peer){.up = peer->up, .free_ns = INT64_MIN};
    }
    radio->peers[SYN_RADIO_HOST].up = true;
}

/* ---- the order of messages ---- */

struct candidate {
    const struct syn_radio_send *send;
    unsigned peer;
    bool ask; /* the peer's */
    int64_t start_ns;
    unsigned from; /* device */
};

/*
 * Two radios that are never free at the same time would never exchange what they have for each
 * other: whoever is far behind has the air kept free. What has still to arrive keeps nothing free.
 */
static uint64_t urgency(const struct syn_radio_send *send, int64_t now_ns)
{
    return send->ready_ns <= now_ns ? send->rank / URGENT : UINT64_MAX;
}

/*
 * All that can begin by now begin at the same time in effect: when exactly the air became free
 * differs by the delay of messages only. So the one that has been ready for longest goes first,
 * which is also what keeps fair rounds going.
 */
static bool before(const struct candidate *a, const struct candidate *b, int64_t now_ns)
{
    const uint64_t a_urgency = urgency(a->send, now_ns), b_urgency = urgency(b->send, now_ns);
    int64_t a_start = later(a->start_ns, now_ns), b_start = later(b->start_ns, now_ns);
    if (a_urgency != b_urgency)
        return a_urgency < b_urgency;
    if (a_start != b_start)
        return a_start < b_start;
    if (a->send->rank != b->send->rank)
        return a->send->rank < b->send->rank;
    if (a->send->ready_ns != b->send->ready_ns)
        return a->send->ready_ns < b->send->ready_ns;
    if (a->from != b->from)
        return a->from < b->from;
    return a->send->stream < b->send->stream;
}

static struct candidate candidate(const struct syn_radio *radio, const struct syn_radio_send *send,
                                  unsigned peer, bool ask)
{
    int64_t start = later(send->ready_ns, later(radio->free_ns, radio->peers[peer].free_ns));
    return (struct candidate){send, peer, ask, start, ask ? peer : radio->self};
}

/* Of two messages to one peer, where both radios are free from free_ns on. */
static bool goes_first(const struct syn_radio_send *a, const struct syn_radio_send *b,
                       int64_t free_ns)
{
    const int64_t a_start = later(a->ready_ns, free_ns), b_start = later(b->ready_ns, free_ns);
    if (a_start != b_start)
        return a_start < b_start;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return a->ready_ns != b->ready_ns ? a->ready_ns < b->ready_ns : a->stream < b->stream;
}

/* Our next message to a peer. */
static const struct syn_radio_send *next_to(const struct syn_radio *radio, unsigned peer)
{
    const struct syn_radio_send *next = NULL;
    const int64_t free_ns = later(radio->free_ns, radio->peers[peer].free_ns);
    for (unsigned i = 0; i < radio->send_count; i++) {
        const struct syn_radio_send *s = &radio->sends[i];
        if (s->peer == peer && (!next || goes_first(s, next, free_ns)))
            next = s;
    }
    return next;
}

/* Does it begin now and end by `free_ns`? */
static bool fits(const struct candidate *c, int64_t now_ns, int64_t free_ns)
{
    return c->start_ns <= now_ns && now_ns + (int64_t)c->send->duration_ns <= free_ns;
}

/* The best of all that end by `free_ns`; send is NULL when there is none. */
static struct candidate best_until(const struct syn_radio *radio, int64_t now_ns, int64_t free_ns)
{
    struct candidate best = {0};
    for (unsigned p = 0; p < SYN_RADIO_PEERS; p++) {
        const struct syn_radio_peer *peer = &radio->peers[p];
        const struct syn_radio_send *of[] = {peer->up ? next_to(radio, p) : NULL,
                                             peer->up && peer->asks ? &peer->ask : NULL};
        for (unsigned i = 0; i < 2; i++) {
            if (!of[i])
                continue;
            const struct candidate c = candidate(radio, of[i], p, i == 1);
            if ((free_ns == INT64_MAX || fits(&c, now_ns, free_ns)) &&
                (!best.send || before(&c, &best, now_ns)))
                best = c;
        }
    }
    return best;
}

/* While the best has to wait for the other radio, what is through by then may go before it. */
static struct candidate choose(const struct syn_radio *radio, int64_t now_ns)
{
    const struct candidate best = best_until(radio, now_ns, INT64_MAX);
    if (!best.send || best.start_ns <= now_ns)
        return best;
    const struct candidate meanwhile = best_until(radio, now_ns, best.start_ns);
    return meanwhile.send ? meanwhile : best;
}

/* ---- telling ---- */

static void tell(const struct syn_radio *radio, unsigned p, const struct syn_radio_message *message)
{
    radio->port.tell(radio->port.ctx, p, message);
}

static void tell_ask(struct syn_radio *radio, unsigned p)
{
    const struct syn_radio_send *next = next_to(radio, p);
    struct syn_radio_peer *peer = &radio->peers[p];
    if (!next || !peer->up || p == SYN_RADIO_HOST)
        return;
    peer->told = true;
    peer->put_off = false;
    peer->told_stream = next->stream;
    peer->told_inference = next->inference;
    tell(radio, p,
         &(struct syn_radio_message){.kind = SYN_RADIO_ASK,
                                     .stream = next->stream,
                                     .inference = next->inference,
                                     .ready_ns = next->ready_ns,
                                     .free_ns = radio->free_ns,
                                     .duration_ns = next->duration_ns,
                                     .rank = next->rank});
}

static void tell_grant(struct syn_radio *radio, unsigned p, uint64_t duration_ns)
{
    const struct syn_radio_send *ask = &radio->peers[p].ask;
    tell(radio, p,
         &(struct syn_radio_message){.kind = SYN_RADIO_GRANT,
                                     .stream = ask->stream,
                                     .inference = ask->inference,
                                     .free_ns = radio->free_ns,
                                     .duration_ns = duration_ns});
}

static void tell_decline(struct syn_radio *radio, unsigned p, int64_t free_ns, unsigned flags)
{
    tell(radio, p,
         &(struct syn_radio_message){
             .kind = SYN_RADIO_DECLINE, .flags = (uint8_t)flags, .free_ns = free_ns});
}

/* Tells everyone who waits for this radio, or is waited for, when it is free. */
static void tell_all(struct syn_radio *radio)
{
    for (unsigned p = 0; p < SYN_RADIO_DEVICES; p++) {
        struct syn_radio_peer *peer = &radio->peers[p];
        if (!peer->up)
            continue;
        if (next_to(radio, p))
            tell_ask(radio, p);
        else if (peer->asks)
            tell_decline(radio, p, radio->free_ns, 0);
    }
}

/* ---- what may begin ---- */

static void remove_send(struct syn_radio *radio, unsigned index)
{
    radio->send_count--;
    memmove(radio->sends + index, radio->sends + index + 1,
            (radio->send_count - index) * sizeof radio->sends[0]);
}

static void begin(struct syn_radio *radio, unsigned index, int64_t start_ns, uint64_t duration_ns)
{
    struct syn_radio_send send = radio->sends[index];
    int64_t end = start_ns + (int64_t)duration_ns;
    remove_send(radio, index);
    radio->free_ns = end;
    if (send.peer != SYN_RADIO_HOST)
        radio->peers[send.peer].free_ns = end;
    wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
    radio->port.begin(radio->port.ctx, &send, start_ns, end); /* the data go before the next ask */
    tell_all(radio);
}

static unsigned index_of(const struct syn_radio *radio, const struct syn_radio_send *send)
{
    return (unsigned)(send - radio->sends);
}

/* Gives the peer our radio; a hop that we do not know takes no time and cannot begin. */
static void grant(struct syn_radio *radio, const struct candidate *c, int64_t now_ns)
{
    struct syn_radio_peer *peer = &radio->peers[c->peer];
    uint64_t duration = radio->port.duration(radio->port.ctx, peer->ask.stream);
    if (duration == 0) {
        peer->asks = false;
        return;
    }
    radio->granted = (uint8_t)c->peer;
    peer->granted_ns = longer(duration, peer->ask.duration_ns);
    wait_for(radio, c->peer, now_ns);
    tell_grant(radio, c->peer, duration);
}

/* Whoever kept us waiting for too long is passed over for as long again. */
static void lose_patience(struct syn_radio *radio, int64_t now_ns)
{
    if (radio->waiting_for == SYN_RADIO_NOBODY ||
        now_ns - radio->waiting_since < radio->patience_ns)
        return;
    struct syn_radio_peer *peer = &radio->peers[radio->waiting_for];
    peer->free_ns = now_ns + radio->patience_ns;
    radio->granted = SYN_RADIO_NOBODY;
    wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
}

static void wake_for_patience(struct syn_radio *radio)
{
    radio->port.wake(radio->port.ctx, radio->waiting_since + radio->patience_ns);
}

void syn_radio_tick(struct syn_radio *radio, int64_t now_ns)
{
    lose_patience(radio, now_ns);
    while (radio->granted == SYN_RADIO_NOBODY) {
        struct candidate c = choose(radio, now_ns);
        if (!c.send) {
            wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
            return;
        }
        if (c.start_ns > now_ns) {
            wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
            radio->port.wake(radio->port.ctx, c.start_ns);
            return;
        }
        if (c.ask) {
            grant(radio, &c, now_ns);
            continue;
        }
        if (c.peer != SYN_RADIO_HOST) {
            if (radio->peers[c.peer].put_off)
                tell_ask(radio, c.peer);
            wait_for(radio, c.peer, now_ns);
            break;
        }
        begin(radio, index_of(radio, c.send), c.start_ns, c.send->duration_ns);
    }
    wake_for_patience(radio);
}

/* ---- what happens ---- */

int syn_radio_offer(struct syn_radio *radio, const struct syn_radio_send *send, int64_t now_ns)
{
    if (radio->send_count == SYN_RADIO_SENDS || send->peer >= SYN_RADIO_PEERS)
        return SYN_ENOMEM;
    radio->sends[radio->send_count++] = *send;
    const struct syn_radio_send *next = next_to(radio, send->peer);
    const struct syn_radio_peer *peer = &radio->peers[send->peer];
    if (!peer->told || next->stream != peer->told_stream || next->inference != peer->told_inference)
        tell_ask(radio, send->peer);
    syn_radio_tick(radio, now_ns);
    return 0;
}

void syn_radio_withdraw(struct syn_radio *radio, unsigned peer)
{
    for (unsigned i = radio->send_count; i-- > 0;)
        if (radio->sends[i].peer == peer)
            remove_send(radio, i);
}

void syn_radio_peer(struct syn_radio *radio, unsigned peer, bool up, int64_t now_ns)
{
    radio->peers[peer] = (struct syn_radio_peer){.up = up, .free_ns = INT64_MIN};
    if (!up)
        syn_radio_withdraw(radio, peer);
    if (radio->granted == peer)
        radio->granted = SYN_RADIO_NOBODY;
    if (radio->waiting_for == peer)
        wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
    syn_radio_tick(radio, now_ns);
}

static void on_ask(struct syn_radio *radio, unsigned p, const struct syn_radio_message *m,
                   int64_t now_ns)
{
    struct syn_radio_peer *peer = &radio->peers[p];
    peer->asks = true;
    peer->ask = (struct syn_radio_send){.stream = m->stream,
                                        .inference = m->inference,
                                        .peer = (uint8_t)p,
                                        .ready_ns = m->ready_ns,
                                        .duration_ns = m->duration_ns,
                                        .rank = m->rank};
    peer->free_ns = m->free_ns;
    if (radio->free_ns > now_ns)
        tell_decline(radio, p, radio->free_ns, 0);
}

static int find_send(const struct syn_radio *radio, unsigned peer,
                     const struct syn_radio_message *m)
{
    for (unsigned i = 0; i < radio->send_count; i++)
        if (radio->sends[i].peer == peer && radio->sends[i].stream == m->stream &&
            radio->sends[i].inference == m->inference)
            return (int)i;
    return -1;
}

/* Does another message that could begin now go before this one of our own? */
static bool another_is_first(const struct syn_radio *radio, const struct candidate *own,
                             int64_t now_ns)
{
    const struct candidate first = choose(radio, now_ns);
    return first.send != own->send && before(&first, own, now_ns);
}

static void decline_grant(struct syn_radio *radio, unsigned p, bool later)
{
    tell_decline(radio, p, later ? INT64_MAX : radio->free_ns, SYN_RADIO_ANSWER);
    if (!later)
        tell_ask(radio, p);
}

static void on_grant(struct syn_radio *radio, unsigned p, const struct syn_radio_message *m,
                     int64_t now_ns)
{
    const int index = find_send(radio, p, m);
    radio->peers[p].free_ns = m->free_ns;
    if (radio->granted != SYN_RADIO_NOBODY) {
        decline_grant(radio, p, true); /* whoever begins or declines makes us ask again */
        return;
    }
    if (index < 0 || radio->free_ns > now_ns) {
        decline_grant(radio, p, false);
        return;
    }
    const struct syn_radio_send *send = &radio->sends[index];
    const struct candidate c = candidate(radio, send, p, false);
    if (another_is_first(radio, &c, now_ns)) {
        radio->peers[p].put_off = true;
        decline_grant(radio, p, true);
        return;
    }
    begin(radio, (unsigned)index, c.start_ns, longer(send->duration_ns, m->duration_ns));
}

static void on_decline(struct syn_radio *radio, unsigned p, const struct syn_radio_message *m)
{
    struct syn_radio_peer *peer = &radio->peers[p];
    if (m->free_ns != INT64_MAX)
        peer->free_ns = m->free_ns;
    if (!(m->flags & SYN_RADIO_ANSWER))
        return;
    peer->asks = false; /* an ask follows */
    if (radio->granted == p) {
        radio->granted = SYN_RADIO_NOBODY;
        wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
        tell_all(radio); /* those whom we put off meanwhile */
    }
}

void syn_radio_told(struct syn_radio *radio, unsigned peer, const struct syn_radio_message *message,
                    int64_t now_ns)
{
    if (message->kind == SYN_RADIO_ASK)
        on_ask(radio, peer, message, now_ns);
    else if (message->kind == SYN_RADIO_GRANT)
        on_grant(radio, peer, message, now_ns);
    else if (message->kind == SYN_RADIO_DECLINE)
        on_decline(radio, peer, message);
    syn_radio_tick(radio, now_ns);
}

int64_t syn_radio_received(struct syn_radio *radio, unsigned p, int64_t end_ns, int64_t now_ns)
{
    struct syn_radio_peer *peer = &radio->peers[p];
    int64_t start = end_ns - (int64_t)peer->granted_ns;
    radio->free_ns = later(radio->free_ns, end_ns);
    peer->free_ns = end_ns;
    peer->asks = false; /* its next ask follows */
    if (radio->granted == p)
        radio->granted = SYN_RADIO_NOBODY;
    wait_for(radio, SYN_RADIO_NOBODY, INT64_MAX);
    tell_all(radio);
    syn_radio_tick(radio, now_ns);
    return start;
}

void syn_radio_hold(struct syn_radio *radio, int64_t until_ns)
{
    radio->free_ns = later(radio->free_ns, until_ns);
}
