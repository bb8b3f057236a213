/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/pairs.h"

#include "devices/ports/posix/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY_NS 200000000 /* until the other end is looked for again */

enum { OUT_BYTES = 65536, IN_BYTES = 4096 };

struct pair {
    struct syn_pairs *pairs;
    unsigned number;
    struct syn_pair_config config;
    struct syn_listener listener;
    int fd;
    struct syn_loop_watch watch, listening;
    struct syn_loop_timer retry, beat;
    struct syn_wire wire;
    size_t out_size; /* bytes that the socket did not take yet */
    uint8_t out[OUT_BYTES];
};

struct syn_pairs {
    struct syn_loop *loop;
    struct syn_pairs_events events;
    const char *id;
    struct pair *list[SYN_PAIRS_MAX];
};

static struct pair *find(const struct syn_pairs *pairs, unsigned wire)
{
    const unsigned i = wire - SYN_PAIRS_FIRST;
    return pairs && i < SYN_PAIRS_MAX ? pairs->list[i] : NULL;
}

/* ---- the socket ---- */

static void look_for_other(void *ctx);
static void beat(void *ctx);

static void hang_up(struct pair *p)
{
    if (p->fd < 0)
        return;
    syn_loop_watch_stop(&p->watch);
    syn_loop_timer_stop(&p->beat);
    (void)close(p->fd);
    p->fd = -1;
    p->out_size = 0;
    syn_wire_cut(&p->wire);
    if (p->listener.fd < 0)
        syn_loop_timer_start(p->pairs->loop, &p->retry, RETRY_NS, 0, look_for_other, p);
}

static void flush(struct pair *p)
{
    const ssize_t n = p->out_size ? send(p->fd, p->out, p->out_size, MSG_NOSIGNAL) : 0;
    if (n > 0) {
        p->out_size -= (size_t)n;
        memmove(p->out, p->out + n, p->out_size);
    }
    syn_loop_watch_interest(&p->watch, SYN_LOOP_READ | (p->out_size > 0 ? SYN_LOOP_WRITE : 0));
}

static size_t room(void *ctx)
{
    const struct pair *p = ctx;
    return p->fd < 0 ? 0 : OUT_BYTES - p->out_size;
}

static void write_bytes(void *ctx, const uint8_t *bytes, size_t size)
{
    struct pair *p = ctx;
    memcpy(p->out + p->out_size, bytes, size);
    p->out_size += size;
    if (size == 0 || bytes[size - 1] == 0) /* a frame ends */
        flush(p);
}

static void on_ready(void *ctx, unsigned events)
{
    struct pair *p = ctx;
    uint8_t bytes[IN_BYTES];
    if (events & SYN_LOOP_WRITE)
        flush(p);
    if (!(events & SYN_LOOP_READ))
        return;
    const ssize_t n = recv(p->fd, bytes, sizeof bytes, 0);
    if (n > 0) {
        syn_wire_receive(&p->wire, bytes, (size_t)n, syn_loop_now());
        beat(p);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        hang_up(p);
    }
}

static void take(struct pair *p, int fd)
{
    p->fd = fd;
    syn_loop_timer_stop(&p->retry);
    syn_loop_watch_start(p->pairs->loop, &p->watch, fd, SYN_LOOP_READ, on_ready, p);
    beat(p);
}

static void beat(void *ctx)
{
    struct pair *p = ctx;
    if (p->fd < 0)
        return;
    const int64_t now = syn_loop_now();
    const int64_t next = syn_wire_poll(&p->wire, now);
    syn_loop_timer_start(p->pairs->loop, &p->beat, next > now ? next - now : 0, 0, beat, p);
}

/* ---- the other end ---- */

static void on_listening(void *ctx, unsigned events)
{
    struct pair *p = ctx;
    (void)events;
    const int fd = syn_listener_accept(&p->listener);
    if (fd >= 0 && p->fd >= 0)
        (void)close(fd); /* a wire has two ends */
    else if (fd >= 0)
        take(p, fd);
}

/* SYN_EBUSY: the other has begun to listen in the meantime. */
static int connect_or_listen(struct pair *p, struct syn_error *error)
{
    const int fd = syn_listener_connect(p->config.path);
    if (fd >= 0) {
        take(p, fd);
        return 0;
    }
    const int rc = syn_listener_open(&p->listener, p->config.path, 1, error);
    if (rc == 0)
        syn_loop_watch_start(p->pairs->loop, &p->listening, p->listener.fd, SYN_LOOP_READ,
                             on_listening, p);
    return rc;
}

static void look_for_other(void *ctx)
{
    struct pair *p = ctx;
    if (connect_or_listen(p, NULL))
        syn_loop_timer_start(p->pairs->loop, &p->retry, RETRY_NS, 0, look_for_other, p);
}

/* ---- messages ---- */

static void on_message(void *ctx, const uint8_t *message, size_t size)
{
    const struct pair *p = ctx;
    p->pairs->events.message(p->pairs->events.ctx, message, size);
}

static void on_changed(void *ctx, bool up)
{
    const struct pair *p = ctx;
    p->pairs->events.up(p->pairs->events.ctx, p->number, up);
}

const char *syn_pairs_peer(const struct syn_pairs *pairs, unsigned wire)
{
    const struct pair *p = find(pairs, wire);
    return p ? p->wire.peer : NULL;
}

void syn_pairs_bind(struct syn_pairs *pairs, unsigned wires)
{
    for (unsigned i = 0; pairs && i < SYN_PAIRS_MAX; i++) {
        struct pair *p = pairs->list[i];
        if (!p)
            continue;
        syn_wire_bind(&p->wire, wires >> p->number & 1);
        beat(p);
    }
}

bool syn_pairs_up(const struct syn_pairs *pairs, unsigned wire)
{
    const struct pair *p = find(pairs, wire);
    return p && p->wire.up;
}

bool syn_pairs_send(struct syn_pairs *pairs, unsigned wire, const uint8_t *message, size_t size)
{
    struct pair *p = find(pairs, wire);
    return p && syn_wire_send(&p->wire, message, size);
}

uint64_t syn_pairs_hop_ns(const struct syn_pairs *pairs, unsigned wire, uint32_t bytes)
{
    const struct pair *p = find(pairs, wire);
    return p ? syn_wire_hop_ns(bytes, p->config.baud) : 0;
}

/* ---- life ---- */

static struct pair *new_pair(struct syn_pairs *pairs, unsigned number,
                             const struct syn_pair_config *config)
{
    struct pair *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    const struct syn_wire_port port = {p, room, write_bytes, on_message, on_changed};
    p->pairs = pairs;
    p->number = number;
    p->config = *config;
    p->fd = p->listener.fd = -1;
    syn_wire_init(&p->wire, pairs->id, &port);
    return p;
}

static int add(struct syn_pairs *pairs, unsigned index, const struct syn_pair_config *config,
               struct syn_error *error)
{
    if (!config->path)
        return 0;
    struct pair *p = pairs->list[index] = new_pair(pairs, SYN_PAIRS_FIRST + index, config);
    if (!p)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    const int rc = connect_or_listen(p, error);
    if (rc == SYN_EBUSY)
        look_for_other(p);
    return rc == SYN_EBUSY ? 0 : rc;
}

int syn_pairs_new(struct syn_pairs **pairs, struct syn_loop *loop, const char *id,
                  const struct syn_pair_config config[SYN_PAIRS_MAX],
                  const struct syn_pairs_events *events, struct syn_error *error)
{
    int rc = 0;
    *pairs = calloc(1, sizeof **pairs);
    if (!*pairs)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    (*pairs)->loop = loop;
    (*pairs)->id = id;
    (*pairs)->events = *events;
    for (unsigned i = 0; rc == 0 && i < SYN_PAIRS_MAX; i++)
        rc = add(*pairs, i, &config[i], error);
    if (rc) {
        syn_pairs_free(*pairs);
        *pairs = NULL;
    }
    return rc;
}

static void free_pair(struct pair *p)
{
    syn_loop_watch_stop(&p->watch);
    syn_loop_watch_stop(&p->listening);
    syn_loop_timer_stop(&p->retry);
    syn_loop_timer_stop(&p->beat);
    if (p->fd >= 0)
        (void)close(p->fd);
    syn_listener_close(&p->listener);
    free(p);
}

void syn_pairs_free(struct syn_pairs *pairs)
{
    for (unsigned i = 0; pairs && i < SYN_PAIRS_MAX; i++)
        if (pairs->list[i])
            free_pair(pairs->list[i]);
    free(pairs);
}
