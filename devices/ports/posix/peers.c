/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/peers.h"

#include "devices/ports/posix/listener.h"
#include "devices/runtime/radio.h"
#include "devices/wire/frame.h"
#include "devices/wire/smp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODY       0xff
#define BACKLOG      16
#define RETRY_NS     20000000   /* first pause before connecting again */
#define RETRY_MAX_NS 2000000000 /* pauses double up to this */

/* A connection; its peer is known at once where we connected, else by its first message. */
struct conn {
    struct syn_peers *peers;
    struct conn *next;
    uint8_t index; /* NOBODY until the other side has said who it is */
    bool outgoing; /* we connected */
    bool adopted;  /* both sides have said hello: it is the link of peers->table[index] */
    int fd;
    struct syn_loop_watch watch;
    struct syn_frame_receiver receiver;
    uint8_t buffer[SYN_AGENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
    uint8_t *out;                             /* what the socket did not take yet */
    size_t out_begin, out_size, out_capacity; /* bytes [out_begin, out_size) wait */
};

struct syn_peers {
    struct syn_loop *loop;
    struct syn_peers_events events;
    struct syn_listener listener;
    struct syn_loop_watch listening;
    uint8_t self;
    struct conn *conns;
    struct entry {
        struct syn_peers *peers;
        uint8_t index;
        bool used;
        char address[SYN_AGENT_ADDRESS_MAX];
        struct conn *conn; /* NULL = down */
        struct syn_loop_timer retry;
        int64_t pause_ns;
    } table[SYN_AGENT_PEERS_MAX];
};

/* ---- connections ---- */

static void remove_conn(struct conn *conn)
{
    struct conn **at = &conn->peers->conns;
    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    syn_loop_watch_stop(&conn->watch);
    (void)close(conn->fd);
    free(conn->out);
    free(conn);
}

static void retry_later(struct entry *e);

/* Closes; the peer, where it was one, is reported as gone and connected to again. */
static void close_conn(struct conn *conn)
{
    struct syn_peers *peers = conn->peers;
    bool adopted = conn->adopted;
    struct entry *e = adopted || conn->outgoing ? &peers->table[conn->index] : NULL;
    remove_conn(conn);
    if (!e)
        return;
    if (adopted) {
        e->conn = NULL;
        peers->events.up(peers->events.ctx, e->index, false);
    }
    retry_later(e);
}

/* Makes room behind what waits. */
static bool grow(struct conn *conn, size_t more)
{
    if (conn->out_size + more <= conn->out_capacity)
        return true;
    conn->out_size -= conn->out_begin;
    if (conn->out_size > 0)
        memmove(conn->out, conn->out + conn->out_begin, conn->out_size);
    conn->out_begin = 0;
    size_t capacity = 2 * (conn->out_size + more);
    uint8_t *out = realloc(conn->out, capacity);
    if (!out)
        return false;
    conn->out = out;
    conn->out_capacity = capacity;
    return true;
}

static void flush(struct conn *conn)
{
    size_t left = conn->out_size - conn->out_begin;
    ssize_t n = left == 0 ? 0 : send(conn->fd, conn->out + conn->out_begin, left, MSG_NOSIGNAL);
    conn->out_begin += n > 0 ? (size_t)n : 0;
    if (conn->out_begin == conn->out_size)
        conn->out_begin = conn->out_size = 0;
    syn_loop_watch_interest(&conn->watch,
                            SYN_LOOP_READ | (conn->out_size > 0 ? SYN_LOOP_WRITE : 0));
}

/* A link that cannot be written, or for which there is no memory, is shut; the loop sees it. */
static void send_on(struct conn *conn, const uint8_t *message, size_t size)
{
    size_t bound = syn_frame_bound(SYN_FRAMING_COBS, size);
    if (!grow(conn, bound)) {
        (void)shutdown(conn->fd, SHUT_RDWR);
        return;
    }
    int n = syn_frame_encode(SYN_FRAMING_COBS, message, size, conn->out + conn->out_size, bound);
    if (n < 0)
        return;
    bool waiting = conn->out_size > 0;
    conn->out_size += (size_t)n;
    if (!waiting)
        flush(conn);
}

/* The connection becomes the link to its peer, in place of one that may still be there. */
static void adopt(struct conn *conn)
{
    struct syn_peers *peers = conn->peers;
    struct entry *e = &peers->table[conn->index];
    if (e->conn)
        close_conn(e->conn);
    syn_loop_timer_stop(&e->retry);
    e->conn = conn;
    e->pause_ns = RETRY_NS;
    conn->adopted = true;
    peers->events.up(peers->events.ctx, e->index, true);
}

static void say_hello(struct conn *conn)
{
    uint8_t message[SYN_TENSOR_START];
    struct syn_tensor_head head = {
        .kind = SYN_TENSOR_ASK, .flags = SYN_RADIO_HELLO, .inference = conn->peers->self};
    send_on(conn, message, syn_tensor_begin(message, &head, 0, 0));
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

/* The hello goes before anything that being up sets off. */
static void answer(struct conn *conn)
{
    say_hello(conn);
    adopt(conn);
}

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct conn *conn = ctx;
    struct syn_peers *peers = conn->peers;
    struct syn_tensor_head head;
    (void)framing;
    if (conn->adopted) {
        peers->events.message(peers->events.ctx, conn->index, data, size);
        return;
    }
    if (!is_hello(data, size, &head) || head.inference >= SYN_AGENT_PEERS_MAX)
        return;
    if (conn->outgoing) {
        if (head.inference == conn->index)
            adopt(conn);
    } else if (conn->index == NOBODY) {
        conn->index = (uint8_t)head.inference;
        if (peers->table[conn->index].used)
            answer(conn);
    }
}

static void on_ready(void *ctx, unsigned events)
{
    struct conn *conn = ctx;
    uint8_t bytes[16384];
    if (events & SYN_LOOP_WRITE)
        flush(conn);
    if (!(events & SYN_LOOP_READ))
        return;
    ssize_t n = recv(conn->fd, bytes, sizeof bytes, 0);
    if (n > 0)
        syn_frame_feed(&conn->receiver, bytes, (size_t)n, syn_loop_now());
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_conn(conn);
}

static struct conn *new_conn(struct syn_peers *peers, int fd, unsigned index)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    const struct syn_frame_events events = {.message = on_message, .ctx = conn};
    conn->peers = peers;
    conn->fd = fd;
    conn->index = (uint8_t)index;
    conn->next = peers->conns;
    peers->conns = conn;
    syn_frame_receiver_init(&conn->receiver, &events, conn->buffer, sizeof conn->buffer, NULL, 0);
    syn_loop_watch_start(peers->loop, &conn->watch, fd, SYN_LOOP_READ, on_ready, conn);
    return conn;
}

/* ---- connecting and listening ---- */

static void try_to_connect(void *ctx)
{
    struct entry *e = ctx;
    int fd = syn_listener_connect(e->address);
    struct conn *conn = fd < 0 ? NULL : new_conn(e->peers, fd, e->index);
    if (!conn) {
        if (fd >= 0)
            (void)close(fd);
        retry_later(e);
        return;
    }
    conn->outgoing = true;
    say_hello(conn);
}

/* The side with the higher index waits for the other. */
static void retry_later(struct entry *e)
{
    if (!e->used || !e->address[0] || e->peers->self > e->index)
        return;
    syn_loop_timer_start(e->peers->loop, &e->retry, e->pause_ns, 0, try_to_connect, e);
    e->pause_ns = e->pause_ns * 2 < RETRY_MAX_NS ? e->pause_ns * 2 : RETRY_MAX_NS;
}

static void on_listening(void *ctx, unsigned events)
{
    struct syn_peers *peers = ctx;
    (void)events;
    int fd = syn_listener_accept(&peers->listener);
    if (fd >= 0 && !new_conn(peers, fd, NOBODY))
        (void)close(fd);
}

/* ---- the table ---- */

/* A connection that waits for the other's hello, or whose hello came before the table did. */
static struct conn *find_waiting(const struct syn_peers *peers, unsigned index, bool outgoing)
{
    for (struct conn *c = peers->conns; c; c = c->next)
        if (c->index == index && !c->adopted && c->outgoing == outgoing)
            return c;
    return NULL;
}

static void drop_entry(struct entry *e)
{
    e->used = false;
    syn_loop_timer_stop(&e->retry);
    if (e->conn)
        close_conn(e->conn);
    struct conn *waiting = find_waiting(e->peers, e->index, true);
    if (waiting)
        close_conn(waiting);
}

static void take_entry(struct entry *e, const struct syn_agent_peer *row)
{
    struct conn *waiting = find_waiting(e->peers, e->index, false);
    e->used = true;
    e->pause_ns = RETRY_NS;
    memcpy(e->address, row->address, sizeof e->address);
    if (waiting)
        answer(waiting);
    else if (e->address[0] && e->peers->self < e->index)
        try_to_connect(e);
}

static bool same_entry(const struct entry *e, const struct syn_agent_peer *row)
{
    return e->used && strcmp(e->address, row->address) == 0;
}

void syn_peers_set(struct syn_peers *peers, unsigned self, const struct syn_agent_peer *table,
                   unsigned count)
{
    bool moved = peers->self != self;
    peers->self = (uint8_t)self;
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        struct entry *e = &peers->table[i];
        bool used = i < count && i != self && table[i].used;
        if (!moved && used && same_entry(e, &table[i]))
            continue;
        drop_entry(e);
        if (used)
            take_entry(e, &table[i]);
    }
}

bool syn_peers_up(const struct syn_peers *peers, unsigned peer)
{
    return peer < SYN_AGENT_PEERS_MAX && peers->table[peer].conn;
}

void syn_peers_send(struct syn_peers *peers, unsigned peer, const uint8_t *message, size_t size)
{
    if (syn_peers_up(peers, peer))
        send_on(peers->table[peer].conn, message, size);
}

/* ---- life ---- */

int syn_peers_new(struct syn_peers **peers, struct syn_loop *loop, const char *path,
                  const struct syn_peers_events *events, struct syn_error *error)
{
    *peers = NULL;
    struct syn_peers *p = calloc(1, sizeof *p);
    if (!p)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    const int rc = syn_listener_open(&p->listener, path, BACKLOG, error);
    if (rc) {
        free(p);
        return rc;
    }
    p->loop = loop;
    p->events = *events;
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        p->table[i].peers = p;
        p->table[i].index = (uint8_t)i;
    }
    syn_loop_watch_start(loop, &p->listening, p->listener.fd, SYN_LOOP_READ, on_listening, p);
    *peers = p;
    return 0;
}

void syn_peers_free(struct syn_peers *peers)
{
    if (!peers)
        return;
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++)
        syn_loop_timer_stop(&peers->table[i].retry);
    while (peers->conns)
        remove_conn(peers->conns);
    syn_loop_watch_stop(&peers->listening);
    syn_listener_close(&peers->listener);
    free(peers);
}
