/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/channels.h"

#include "devices/runtime/radio.h"
#include "devices/wire/smp.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY       0xff
#define RETRY_NS     100000000  /* first pause before opening again */
#define RETRY_MAX_NS 2000000000 /* pauses double up to this */

enum { SCHEME = 4 }; /* bytes of "ble:" */

enum state { FREE, OPENING, OPEN, UP, DOOMED };

struct link {
    enum state state;
    bool outgoing;
    uint8_t index; /* NOBODY until the other side has said who it is */
    int64_t by_ns; /* when one that came must be up */
};

static const struct link nothing = {FREE, false, NOBODY, INT64_MAX};

struct entry {
    bool used;
    char address[SYN_AGENT_ADDRESS_MAX];
    int64_t due_ns, pause_ns;
};

/* What the Bluetooth host must not be asked inside its callbacks is done by `timer`. */
struct syn_channels {
    struct syn_loop *loop;
    struct syn_bluetooth *bluetooth;
    struct syn_channels_events events;
    struct syn_loop_timer timer;
    uint8_t self;
    struct link links[SYN_BLE_LINKS_MAX];
    struct entry table[SYN_AGENT_PEERS_MAX];
};

static void work(void *ctx);

static void work_in(struct syn_channels *c, int64_t pause_ns)
{
    syn_loop_timer_start(c->loop, &c->timer, pause_ns > 0 ? pause_ns : 0, 0, work, c);
}

static int find(const struct syn_channels *c, unsigned index, enum state state)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        if (c->links[i].state == state && c->links[i].index == index)
            return (int)i;
    return -1;
}

static unsigned number_of(const struct link *l)
{
    return SYN_AGENT_CHANNEL((unsigned)l->index);
}

/* ---- who is there ---- */

static void say_hello(struct syn_channels *c, unsigned link)
{
    uint8_t message[SYN_TENSOR_START];
    const struct syn_tensor_head head = {
        .kind = SYN_TENSOR_ASK, .flags = SYN_RADIO_HELLO, .inference = c->self};
    const size_t size = syn_tensor_begin(message, &head, 0, 0);
    if (syn_bluetooth_peer_send(c->bluetooth, link, message, size) != 0)
        c->links[link].state = DOOMED;
}

static bool is_hello(const uint8_t *message, size_t size, struct syn_tensor_head *head)
{
    const uint8_t *body;
    size_t body_size;
    return size > SYN_SMP_HEADER &&
           syn_tensor_get(head, message + SYN_SMP_HEADER, size - SYN_SMP_HEADER, &body,
                          &body_size) == 0 &&
           head->kind == SYN_TENSOR_ASK && head->flags & SYN_RADIO_HELLO;
}

/* It takes the place of one that may still be there. */
static void adopt(struct syn_channels *c, struct link *l)
{
    const int old = find(c, l->index, UP);
    if (old >= 0)
        c->links[old].state = DOOMED;
    l->state = UP;
    l->by_ns = INT64_MAX;
    c->table[l->index].pause_ns = RETRY_NS;
    if (old < 0)
        c->events.up(c->events.ctx, number_of(l), true);
}

static void take_hello(struct syn_channels *c, struct link *l, unsigned index)
{
    if (l->outgoing && index == l->index)
        adopt(c, l);
    else if (!l->outgoing && l->index == NOBODY && index < SYN_AGENT_PEERS_MAX)
        l->index = (uint8_t)index; /* is answered where the table names it */
    work_in(c, 0);
}

/* ---- the links' events ---- */

static bool on_opened(void *ctx, unsigned link)
{
    struct syn_channels *c = ctx;
    struct link *l = &c->links[link];
    const bool outgoing = l->state == OPENING;
    if (l->state == DOOMED)
        return true; /* and is closed soon */
    *l = (struct link){OPEN, outgoing, outgoing ? l->index : NOBODY, INT64_MAX};
    if (outgoing)
        say_hello(c, link);
    else
        l->by_ns = syn_loop_now() + SYN_CHANNELS_PATIENCE_NS;
    work_in(c, 0);
    return true;
}

static void on_closed(void *ctx, unsigned link)
{
    struct syn_channels *c = ctx;
    const struct link was = c->links[link];
    c->links[link] = nothing;
    if (was.state == UP)
        c->events.up(c->events.ctx, number_of(&was), false);
    if (was.state == UP || was.outgoing)
        c->table[was.index].due_ns = syn_loop_now() + c->table[was.index].pause_ns;
    work_in(c, 0);
}

static void on_message(void *ctx, unsigned link, const uint8_t *message, size_t size)
{
    struct syn_channels *c = ctx;
    struct link *l = &c->links[link];
    struct syn_tensor_head head;
    if (l->state == UP)
        c->events.message(c->events.ctx, message, size);
    else if (l->state == OPEN && is_hello(message, size, &head))
        take_hello(c, l, head.inference);
}

static void on_writable(void *ctx, unsigned link)
{
    (void)ctx; /* who found no room tries again */
    (void)link;
}

/* ---- opening, answering, closing ---- */

static void close_doomed(struct syn_channels *c)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        if (c->links[i].state != DOOMED)
            continue;
        c->links[i] = nothing;
        syn_bluetooth_close(c->bluetooth, i);
    }
}

static bool is_wanted(const struct syn_channels *c, unsigned index)
{
    return c->table[index].used && c->self < index && find(c, index, UP) < 0 &&
           find(c, index, OPENING) < 0 && find(c, index, OPEN) < 0;
}

static void try_to_open(struct syn_channels *c, unsigned index)
{
    struct entry *e = &c->table[index];
    const int link = syn_bluetooth_open(c->bluetooth, e->address + SCHEME);
    e->due_ns = syn_loop_now() + e->pause_ns;
    e->pause_ns = 2 * e->pause_ns < RETRY_MAX_NS ? 2 * e->pause_ns : RETRY_MAX_NS;
    if (link >= 0)
        c->links[link] = (struct link){OPENING, true, (uint8_t)index, INT64_MAX};
}

static void answer_waiting(struct syn_channels *c, unsigned index)
{
    const int link = find(c, index, OPEN);
    if (link < 0 || c->links[link].outgoing || !c->table[index].used)
        return;
    say_hello(c, (unsigned)link);
    if (c->links[link].state == OPEN)
        adopt(c, &c->links[link]);
}

/* Who came and is not up in time is a stranger, or tries again: links are few. Returns when that is
 * to be looked at next. */
static int64_t doom_strangers(struct syn_channels *c)
{
    int64_t next = INT64_MAX;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct link *l = &c->links[i];
        if (l->state != OPEN)
            continue;
        if (l->by_ns <= syn_loop_now())
            l->state = DOOMED;
        else if (l->by_ns < next)
            next = l->by_ns;
    }
    return next;
}

/* Does what is due. */
static void work(void *ctx)
{
    struct syn_channels *c = ctx;
    int64_t next = doom_strangers(c);
    close_doomed(c);
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        answer_waiting(c, i);
        if (is_wanted(c, i) && c->table[i].due_ns <= syn_loop_now())
            try_to_open(c, i);
        if (is_wanted(c, i) && c->table[i].due_ns < next)
            next = c->table[i].due_ns;
    }
    close_doomed(c);
    if (next < INT64_MAX)
        work_in(c, next - syn_loop_now());
}

/* ---- the table ---- */

/* Whoever said hello and has no answer yet is kept: it may be in the next table. */
static void drop_entry(struct syn_channels *c, unsigned index)
{
    c->table[index].used = false;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct link *l = &c->links[i];
        if (l->state != FREE && l->index == index && (l->outgoing || l->state == UP))
            l->state = DOOMED;
    }
}

static void take_entry(struct syn_channels *c, unsigned index, const struct syn_agent_peer *row)
{
    struct entry *e = &c->table[index];
    e->used = true;
    e->due_ns = 0;
    e->pause_ns = RETRY_NS;
    memcpy(e->address, row->address, sizeof e->address);
}

void syn_channels_set(struct syn_channels *c, unsigned self, const struct syn_agent_peer *table,
                      unsigned count)
{
    if (!c)
        return;
    const bool moved = c->self != self;
    c->self = (uint8_t)self;
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        const struct entry *e = &c->table[i];
        const bool used =
            i < count && i != self && table[i].used && table[i].wire == SYN_AGENT_CHANNEL(i);
        if (!moved && used && e->used && strcmp(e->address, table[i].address) == 0)
            continue;
        drop_entry(c, i);
        if (used)
            take_entry(c, i, &table[i]);
    }
    work_in(c, 0);
}

bool syn_channels_up(const struct syn_channels *c, unsigned channel)
{
    return c && find(c, channel - SYN_AGENT_WIRES_MAX, UP) >= 0;
}

bool syn_channels_send(struct syn_channels *c, unsigned channel, const uint8_t *message,
                       size_t size)
{
    const int link = c ? find(c, channel - SYN_AGENT_WIRES_MAX, UP) : -1;
    return link >= 0 && syn_bluetooth_peer_send(c->bluetooth, (unsigned)link, message, size) == 0;
}

bool syn_channels_address(const struct syn_channels *c, char address[SYN_BLUETOOTH_ADDRESS])
{
    return c && syn_bluetooth_address(c->bluetooth, address);
}

/* ---- life ---- */

int syn_channels_new(struct syn_channels **channels, struct syn_loop *loop,
                     struct syn_bluetooth *bluetooth, const struct syn_channels_events *events)
{
    struct syn_channels *c = *channels = calloc(1, sizeof *c);
    if (!c)
        return SYN_ENOMEM;
    const struct syn_bluetooth_peers peers = {c, on_opened, on_closed, on_message, on_writable};
    c->loop = loop;
    c->bluetooth = bluetooth;
    c->events = *events;
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        c->links[i] = nothing;
    syn_bluetooth_take_peers(bluetooth, &peers);
    return 0;
}

void syn_channels_free(struct syn_channels *c)
{
    const struct syn_bluetooth_peers none = {.ctx = NULL};
    if (!c)
        return;
    syn_loop_timer_stop(&c->timer);
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        if (c->links[i].state != FREE)
            syn_bluetooth_close(c->bluetooth, i);
    syn_bluetooth_take_peers(c->bluetooth, &none);
    free(c);
}
