/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/bluetooth.h"

#include "devices/wire/pieces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { OUT_BYTES = 32768, PIECE = 8192, NOBODY = 0xff, ADDRESS_TEXT = 17 };
enum { LINKS = SYN_AGENT_LINKS_MAX - SYN_HOSTS_MAX };

#define RETRY_NS     100000000
#define RETRY_MAX_NS 2000000000

struct syn_bluetooth {
    struct syn_ble ble;
    struct syn_loop *loop;
    struct syn_hosts_events events;
    char name[SYN_BLE_NAME_MAX + 1]; /* that is advertised */
    struct syn_ble_address own;      /* that it was given */
    struct sockaddr_un where;
    int fd; /* -1: no controller */
    struct syn_loop_watch watch;
    struct syn_loop_timer timer; /* of `ble`, or until the next attempt to connect */
    int64_t pause_ns;
    bool inside;                      /* of the host's functions: what is due is done behind them */
    uint8_t links[LINKS];             /* of the host, for each of the agent's; NOBODY */
    struct syn_bluetooth_peers peers; /* none while `message` is NULL */
    struct peer_link {
        struct syn_bluetooth *bluetooth;
        struct syn_pieces pieces;
        uint8_t buffer[SYN_AGENT_MESSAGE_MAX];
    } peer_links[SYN_BLE_LINKS_MAX];
    uint8_t out[OUT_BYTES];
    size_t out_begin, out_size;
};

/* ---- links to peers ---- */

static void on_peer_message(void *ctx, const uint8_t *message, size_t size)
{
    const struct peer_link *link = ctx;
    struct syn_bluetooth *b = link->bluetooth;
    b->peers.message(b->peers.ctx, (unsigned)(link - b->peer_links), message, size);
}

static bool open_peer(struct syn_bluetooth *b, unsigned link)
{
    struct peer_link *l = &b->peer_links[link];
    l->bluetooth = b;
    syn_pieces_init(&l->pieces, on_peer_message, l, l->buffer, sizeof l->buffer);
    return b->peers.message && b->peers.opened(b->peers.ctx, link);
}

/* ---- links to hosts ---- */

static int agent_link(const struct syn_bluetooth *b, unsigned link)
{
    for (int i = 0; i < LINKS; i++)
        if (b->links[i] == link)
            return SYN_HOSTS_MAX + i;
    return -1;
}

static bool on_opened(void *ctx, unsigned link, enum syn_ble_kind kind,
                      const struct syn_ble_address *from)
{
    struct syn_bluetooth *b = ctx;
    int i = agent_link(b, NOBODY);
    (void)from;
    if (kind == SYN_BLE_PEER)
        return open_peer(b, link);
    if (i < 0)
        return false;
    b->links[i - SYN_HOSTS_MAX] = (uint8_t)link;
    b->events.opened(b->events.ctx, (unsigned)i);
    return true;
}

static void on_closed(void *ctx, unsigned link)
{
    struct syn_bluetooth *b = ctx;
    int i = agent_link(b, link);
    if (i < 0) {
        b->peers.closed(b->peers.ctx, link);
        return;
    }
    b->links[i - SYN_HOSTS_MAX] = NOBODY;
    b->events.closed(b->events.ctx, (unsigned)i);
}

static void on_received(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct syn_bluetooth *b = ctx;
    int i = agent_link(b, link);
    if (i >= 0)
        b->events.received(b->events.ctx, (unsigned)i, bytes, size);
    else
        syn_pieces_feed(&b->peer_links[link].pieces, bytes, size, syn_loop_now());
}

static void on_writable(void *ctx, unsigned link)
{
    struct syn_bluetooth *b = ctx;
    int i = agent_link(b, link);
    if (i >= 0)
        b->events.drained(b->events.ctx, (unsigned)i);
    else
        b->peers.writable(b->peers.ctx, link);
}

/* ---- the controller's bytes ---- */

static size_t room(void *ctx)
{
    const struct syn_bluetooth *b = ctx;
    return b->fd < 0 ? 0 : OUT_BYTES - b->out_size;
}

static void to_controller(void *ctx, const uint8_t *bytes, size_t size)
{
    struct syn_bluetooth *b = ctx;
    if (b->out_begin + b->out_size + size > OUT_BYTES) {
        memmove(b->out, b->out + b->out_begin, b->out_size);
        b->out_begin = 0;
    }
    memcpy(b->out + b->out_begin + b->out_size, bytes, size);
    b->out_size += size;
}

/* A controller that is gone is noticed by reading. */
static void flush(struct syn_bluetooth *b)
{
    ssize_t n = b->fd < 0 || b->out_size == 0
                    ? 0
                    : send(b->fd, b->out + b->out_begin, b->out_size, MSG_NOSIGNAL);
    if (n > 0) {
        b->out_begin += (size_t)n;
        b->out_size -= (size_t)n;
    }
    if (b->out_size == 0)
        b->out_begin = 0;
    if (b->fd >= 0)
        syn_loop_watch_interest(&b->watch,
                                SYN_LOOP_READ | (b->out_size > 0 ? (unsigned)SYN_LOOP_WRITE : 0u));
}

static void on_timer(void *ctx);

/* Does what is due, and sees to it that it is called when there is more. */
static void work(struct syn_bluetooth *b)
{
    if (b->fd < 0)
        return;
    b->inside = true;
    const int64_t now = syn_loop_now(), next = syn_ble_poll(&b->ble, now);
    b->inside = false;
    flush(b);
    if (next == INT64_MAX)
        syn_loop_timer_stop(&b->timer);
    else
        syn_loop_timer_start(b->loop, &b->timer, next > now ? next - now : 0, 0, on_timer, b);
}

static void retry_later(struct syn_bluetooth *b)
{
    syn_loop_timer_start(b->loop, &b->timer, b->pause_ns, 0, on_timer, b);
    b->pause_ns = 2 * b->pause_ns < RETRY_MAX_NS ? 2 * b->pause_ns : RETRY_MAX_NS;
}

static void lose(struct syn_bluetooth *b)
{
    syn_loop_watch_stop(&b->watch);
    (void)close(b->fd);
    b->fd = -1;
    b->out_begin = b->out_size = 0;
    syn_ble_stop(&b->ble);
    retry_later(b);
}

static void on_ready(void *ctx, unsigned events)
{
    struct syn_bluetooth *b = ctx;
    uint8_t bytes[PIECE];
    if (events & SYN_LOOP_WRITE)
        flush(b);
    ssize_t n = events & SYN_LOOP_READ ? recv(b->fd, bytes, sizeof bytes, 0) : -1;
    if (n == 0 || (n < 0 && events & SYN_LOOP_READ && errno != EAGAIN && errno != EINTR)) {
        lose(b);
        return;
    }
    b->inside = true;
    b->pause_ns = RETRY_NS;
    if (n > 0)
        syn_ble_receive(&b->ble, bytes, (size_t)n, syn_loop_now());
    work(b);
}

/* ---- connecting ---- */

/* Connects at once or not at all: a unix socket has no state between. */
static int connect_to(struct syn_bluetooth *b)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&b->where, sizeof b->where) != 0) {
        const int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    b->fd = fd;
    syn_loop_watch_start(b->loop, &b->watch, fd, SYN_LOOP_READ, on_ready, b);
    syn_ble_start(&b->ble, syn_loop_now());
    work(b);
    return 0;
}

static void on_timer(void *ctx)
{
    struct syn_bluetooth *b = ctx;
    if (b->fd >= 0)
        work(b);
    else if (connect_to(b) < 0)
        retry_later(b);
}

/* "AA:BB:CC:DD:EE:FF", as people write it: the first byte is sent last. Returns what follows it,
 * NULL: it is none. */
static const char *read_address(struct syn_ble_address *address, const char *text)
{
    unsigned b[6];
    int end = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[5], &b[4], &b[3], &b[2], &b[1], &b[0], &end) !=
            6 ||
        end != ADDRESS_TEXT)
        return NULL;
    for (unsigned i = 0; i < 6; i++)
        address->bytes[i] = (uint8_t)b[i];
    return text + end;
}

static int read_own_address(struct syn_bluetooth *b, const char *text, struct syn_error *error)
{
    const char *behind = read_address(&b->own, text);
    if (!behind || *behind)
        return syn_error_set(error, SYN_EINVAL, "--ble: %s is no address like C0:FF:EE:00:00:01",
                             text);
    b->own.bytes[5] |= 0xc0;
    b->own.random = true;
    return 0;
}

static int read_name(struct syn_bluetooth *b, const char *text, struct syn_error *error)
{
    if (!*text || strlen(text) > SYN_BLE_NAME_MAX)
        return syn_error_set(error, SYN_EINVAL, "--ble: a name has 1 to %d characters",
                             SYN_BLE_NAME_MAX);
    (void)snprintf(b->name, sizeof b->name, "%s", text);
    return 0;
}

static int read_option(struct syn_bluetooth *b, const char *text, struct syn_error *error)
{
    if (strncmp(text, "address=", 8) == 0)
        return read_own_address(b, text + 8, error);
    if (strncmp(text, "name=", 5) == 0)
        return read_name(b, text + 5, error);
    return syn_error_set(error, SYN_EINVAL, "--ble: no option '%s': SOCKET[,address=A][,name=N]",
                         text);
}

/* SOCKET[,OPTION]... */
static int read_where(struct syn_bluetooth *b, const char *where, struct syn_error *error)
{
    const size_t n = strcspn(where, ",");
    int rc = 0;
    b->where.sun_family = AF_UNIX;
    if (n == 0 || n >= sizeof b->where.sun_path)
        return syn_error_set(error, SYN_EINVAL, "--ble %s: a socket's path has 1 to %zu bytes",
                             where, sizeof b->where.sun_path - 1);
    memcpy(b->where.sun_path, where, n);
    for (const char *at = where + n; rc == 0 && *at; at += strcspn(at, ",")) {
        char option[64];
        at++;
        (void)snprintf(option, sizeof option, "%.*s", (int)strcspn(at, ","), at);
        rc = read_option(b, option, error);
    }
    return rc;
}

static int start(struct syn_bluetooth *b, const char *where, const char *name,
                 struct syn_error *error)
{
    struct syn_ble_config config = {.port = {.ctx = b,
                                             .room = room,
                                             .write = to_controller,
                                             .opened = on_opened,
                                             .closed = on_closed,
                                             .received = on_received,
                                             .writable = on_writable},
                                    .name = b->name,
                                    .message_max = SYN_AGENT_MESSAGE_MAX};
    (void)snprintf(b->name, sizeof b->name, "%s", name);
    int rc = read_where(b, where, error);
    if (rc)
        return rc;
    config.address = b->own;
    syn_ble_init(&b->ble, &config);
    if (connect_to(b) == 0)
        return 0;
    rc = syn_error_os(error, errno, "no Bluetooth controller at %s", b->where.sun_path);
    syn_error_hint(error, "start the radio that listens there first");
    return rc;
}

int syn_bluetooth_new(struct syn_bluetooth **bluetooth, struct syn_loop *loop, const char *where,
                      const char *name, const struct syn_hosts_events *events,
                      struct syn_error *error)
{
    *bluetooth = NULL;
    struct syn_bluetooth *b = calloc(1, sizeof *b);
    if (!b)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    b->loop = loop;
    b->events = *events;
    b->fd = -1;
    b->pause_ns = RETRY_NS;
    memset(b->links, NOBODY, sizeof b->links);
    int rc = start(b, where, name, error);
    if (rc)
        free(b);
    else
        *bluetooth = b;
    return rc;
}

void syn_bluetooth_free(struct syn_bluetooth *b)
{
    if (!b)
        return;
    syn_loop_timer_stop(&b->timer);
    if (b->fd >= 0) {
        syn_loop_watch_stop(&b->watch);
        (void)close(b->fd);
    }
    free(b);
}

/* ---- for the agent ---- */

void syn_bluetooth_restart(struct syn_bluetooth *b)
{
    memset(b->links, NOBODY, sizeof b->links);
    syn_ble_leave(&b->ble, syn_loop_now());
    work(b);
}

static unsigned ble_link(const struct syn_bluetooth *b, unsigned link)
{
    return link >= SYN_HOSTS_MAX && link < SYN_AGENT_LINKS_MAX ? b->links[link - SYN_HOSTS_MAX]
                                                               : NOBODY;
}

bool syn_bluetooth_room(struct syn_bluetooth *b, unsigned link, size_t size)
{
    return syn_ble_room(&b->ble, ble_link(b, link), size);
}

void syn_bluetooth_write(struct syn_bluetooth *b, unsigned link, const uint8_t *bytes, size_t size)
{
    if (size > 0)
        (void)syn_ble_send(&b->ble, ble_link(b, link), bytes, size); /* there is room */
    else if (!b->inside)
        work(b);
}

/* ---- for peers ---- */

void syn_bluetooth_take_peers(struct syn_bluetooth *b, const struct syn_bluetooth_peers *peers)
{
    b->peers = *peers;
}

bool syn_bluetooth_address(const struct syn_bluetooth *b, char address[SYN_BLUETOOTH_ADDRESS])
{
    const struct syn_ble_address *own = syn_ble_own_address(&b->ble);
    if (!own)
        return false;
    const uint8_t *a = own->bytes;
    (void)snprintf(address, SYN_BLUETOOTH_ADDRESS, "%02X:%02X:%02X:%02X:%02X:%02X%s", a[5], a[4],
                   a[3], a[2], a[1], a[0], own->random ? "/random" : "");
    return true;
}

static void work_later(struct syn_bluetooth *b)
{
    if (!b->inside && b->fd >= 0)
        syn_loop_timer_start(b->loop, &b->timer, 0, 0, on_timer, b);
}

int syn_bluetooth_open(struct syn_bluetooth *b, const char *address)
{
    struct syn_ble_address to = {.random = false};
    const char *behind = read_address(&to, address);
    if (!behind || (*behind && strcmp(behind, "/random") != 0))
        return SYN_EINVAL;
    to.random = *behind != 0;
    int link = syn_ble_open(&b->ble, &to);
    work_later(b);
    return link;
}

void syn_bluetooth_close(struct syn_bluetooth *b, unsigned link)
{
    syn_ble_close(&b->ble, link);
    work_later(b);
}

bool syn_bluetooth_peer_room(struct syn_bluetooth *b, unsigned link, size_t size)
{
    return syn_ble_room(&b->ble, link, size);
}

int syn_bluetooth_peer_send(struct syn_bluetooth *b, unsigned link, const uint8_t *message,
                            size_t size)
{
    int rc = syn_ble_send(&b->ble, link, message, size);
    work_later(b);
    return rc;
}
