/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fault:OPTIONS:URI, any other link with faults: for tests, and to see how a deployment bears a bad
 * line. The wrapped link lies at the other side of a socket pair, whose one end is this port; in
 * between is a lane for each direction (fault_lane.h).
 *
 * When the wrapped link breaks, what came before still arrives; then the port ends with its words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/links/driver.h"
#include "transports/links/fault_lane.h"

enum { PAIR_BYTES = 16384 }; /* of the sockets' buffers: more would hide what is not yet sent */

struct fault {
    struct syn_link_port *port;
    struct syn_loop *loop;
    struct syn_link *inner;
    struct syn_fault_options options;
    char options_text[SYN_LINK_URI_MAX];
    struct syn_fault_lane tx, rx;
    struct syn_loop_watch watch; /* our end of the pair */
    struct syn_loop_timer timer;
    int fd;
    bool blocked;  /* the pair takes no more from us now */
    bool broken;   /* the wrapped link is */
    bool wait;     /* pieces to it leave one by one: until it has sent the last */
    bool heard;    /* something came: the wrapped link knows all of itself */
    uint64_t read; /* bytes that the port has handed out */
    struct syn_error why;
    uint8_t data[SYN_FAULT_PUT_MAX];
};

static void run(struct fault *f);

static bool packets(const struct fault *f)
{
    return syn_link_kind(f->inner) == SYN_LINK_MESSAGES;
}

/* ---- the end ---- */

/* The port sees the end once it has read what was sent. */
static void end(struct fault *f, const struct syn_error *why)
{
    if (f->fd < 0)
        return;
    f->why = *why;
    syn_loop_watch_stop(&f->watch);
    syn_loop_timer_stop(&f->timer);
    (void)close(f->fd);
    f->fd = -1;
}

static void cut(struct fault *f, const struct syn_fault_lane *lane)
{
    struct syn_error why = {0};
    (void)syn_error_set(&why, SYN_ELINK, "cut after %llu bytes, as was asked for",
                        (unsigned long long)lane->way.cut_at);
    end(f, &why);
}

static void end_if_over(struct fault *f)
{
    if (f->rx.over && !f->rx.first)
        cut(f, &f->rx);
    else if (f->tx.over && !f->tx.first && !f->wait)
        cut(f, &f->tx);
    else if (f->broken && !f->rx.first)
        end(f, &f->why);
}

/* ---- to the device ---- */

static void take_in(struct fault *f, int64_t now_ns)
{
    size_t room;
    ssize_t n = 1;
    while (n > 0 && f->fd >= 0 && (room = syn_fault_lane_room(&f->tx, now_ns)) > 0) {
        n = recv(f->fd, f->data, room, MSG_DONTWAIT);
        if (n > 0 && syn_fault_lane_put(&f->tx, f->data, (size_t)n, now_ns))
            end(f, &(struct syn_error){.code = SYN_ENOMEM, .message = "out of memory"});
    }
}

static bool one_by_one(const struct fault *f)
{
    return f->options.tx.split > 0 || f->options.tx.split_at != SYN_FAULT_NEVER;
}

static void send_out(struct fault *f, int64_t now_ns)
{
    const void *data;
    size_t size;
    while (!f->broken && !f->wait && (data = syn_fault_lane_due(&f->tx, now_ns, &size))) {
        if (!packets(f) && size > syn_link_room(f->inner))
            size = syn_link_room(f->inner);
        if (size == 0 || syn_link_write(f->inner, data, size))
            return; /* `writable` follows */
        syn_fault_lane_pass(&f->tx, size);
        f->wait = one_by_one(f) || f->tx.over;
    }
}

/* ---- from the device ---- */

static void hand_out(struct fault *f, int64_t now_ns)
{
    const void *data;
    size_t size;
    f->blocked = false;
    while (f->fd >= 0 && !f->blocked && (data = syn_fault_lane_due(&f->rx, now_ns, &size))) {
        ssize_t n = send(f->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            syn_fault_lane_pass(&f->rx, (size_t)n);
        else
            f->blocked = true;
    }
}

/* ---- one turn ---- */

static void fall_silent(struct fault *f)
{
    bool both =
        (f->options.tx_silences && f->tx.silent) || (f->options.rx_silences && f->rx.silent);
    f->tx.silent = f->tx.silent || both;
    f->rx.silent = f->rx.silent || both;
}

static void on_timer(void *ctx)
{
    run(ctx);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void wait_on(struct fault *f, int64_t now_ns)
{
    bool room = syn_fault_lane_room(&f->tx, now_ns) > 0 && !f->broken;
    unsigned interest = (room ? SYN_LOOP_READ : 0) | (f->blocked ? SYN_LOOP_WRITE : 0);
    /* What is due, but cannot move, waits for a descriptor and not for the clock. */
    int64_t tx = syn_fault_lane_next(&f->tx, now_ns), rx = syn_fault_lane_next(&f->rx, now_ns);
    int64_t next = earlier(tx > now_ns ? tx : INT64_MAX, rx > now_ns ? rx : INT64_MAX);
    syn_loop_watch_interest(&f->watch, interest);
    syn_link_hold(f->inner, syn_fault_lane_room(&f->rx, now_ns) == 0);
    if (next == INT64_MAX)
        syn_loop_timer_stop(&f->timer);
    else
        syn_loop_timer_start(f->loop, &f->timer, next - now_ns, 0, on_timer, f);
}

static void run(struct fault *f)
{
    int64_t now_ns = syn_loop_now();
    if (f->fd < 0)
        return;
    take_in(f, now_ns);
    fall_silent(f);
    send_out(f, now_ns);
    hand_out(f, now_ns);
    end_if_over(f);
    if (f->fd >= 0)
        wait_on(f, now_ns);
}

static void on_ready(void *ctx, unsigned events)
{
    (void)events;
    run(ctx);
}

/* ---- the wrapped link ---- */

/* What is known of it, and what is only once it is connected. */
static void describe(struct fault *f)
{
    struct syn_link_port *port = f->port;
    const char *uri = syn_link_describe(f->inner), *place = syn_link_place(f->inner);
    const int n = snprintf(port->identity, sizeof port->identity, "fault:%s:%s", f->options_text,
                           syn_link_identity(f->inner));
    if (n < 0 || n >= (int)sizeof port->identity)
        port->identity[0] = 0;
    (void)snprintf(port->place, sizeof port->place, "%s", strcmp(place, uri) == 0 ? "" : place);
    (void)snprintf(port->note, sizeof port->note, "%s", syn_link_note(f->inner));
}

static void on_received(void *ctx, const uint8_t *data, size_t size)
{
    struct fault *f = ctx;
    if (!f->heard)
        describe(f);
    f->heard = true;
    if (f->fd >= 0 && syn_fault_lane_put(&f->rx, data, size, syn_loop_now()))
        end(f, &(struct syn_error){.code = SYN_ENOMEM, .message = "out of memory"});
    run(f);
}

static void on_writable(void *ctx)
{
    struct fault *f = ctx;
    f->wait = false;
    run(f);
}

/* Its words begin with its name, before which stands ours. */
static void take_words(struct syn_error *to, const struct syn_error *from, const char *name)
{
    size_t n = strlen(name);
    bool named = strncmp(from->message, name, n) == 0 && strncmp(from->message + n, ": ", 2) == 0;
    (void)syn_error_set(to, from->code, "%s", from->message + (named ? n + 2 : 0));
    syn_error_hint(to, "%s", from->hint);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct fault *f = ctx;
    f->broken = true;
    take_words(&f->why, error, syn_link_describe(f->inner));
    run(f);
}

/* ---- the port ---- */

static void fault_close(struct syn_link_port *port)
{
    struct fault *f = port->state;
    syn_loop_watch_stop(&f->watch);
    syn_loop_timer_stop(&f->timer);
    syn_link_close(f->inner);
    syn_fault_lane_free(&f->tx);
    syn_fault_lane_free(&f->rx);
    if (f->fd >= 0)
        (void)close(f->fd);
    if (port->fd >= 0)
        (void)close(port->fd);
    free(f);
}

static int make_pair(struct fault *f, struct syn_link_port *port, struct syn_error *error)
{
    int pair[2], size = PAIR_BYTES;
    int type = port->kind == SYN_LINK_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return syn_error_os(error, errno, "cannot make a socket");
    if (port->kind == SYN_LINK_STREAM)
        for (int i = 0; i < 2; i++)
            (void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    f->fd = pair[0];
    port->fd = pair[1];
    return 0;
}

/* "OPTIONS:URI", the options parsed. */
static int open_inner(struct fault *f, struct syn_link_port *port, const char *address,
                      struct syn_error *error)
{
    const struct syn_link_events events = {on_received, on_writable, on_lost, f};
    size_t options = strcspn(address, ":");
    const char *uri = address + options + 1;
    struct syn_error why = {0};
    int rc = syn_link_open(&f->inner, f->loop, uri, &events, &why);
    if (rc) {
        take_words(error, &why, uri);
        return rc;
    }
    port->kind = syn_link_kind(f->inner);
    port->baud = syn_link_baud(f->inner);
    port->max_baud = syn_link_max_baud(f->inner);
    (void)snprintf(f->options_text, sizeof f->options_text, "%.*s", (int)options, address);
    describe(f);
    return 0;
}

static void start(struct fault *f)
{
    syn_fault_lane_init(&f->tx, &f->options.tx, packets(f), f->options.seed);
    syn_fault_lane_init(&f->rx, &f->options.rx, packets(f), f->options.seed + 1);
    syn_loop_watch_start(f->loop, &f->watch, f->fd, 0, on_ready, f);
    wait_on(f, syn_loop_now());
}

static int fault_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    size_t size = strcspn(address, ":");
    struct fault *f = calloc(1, sizeof *f);
    if (!f)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    f->port = port;
    f->loop = port->loop;
    f->fd = port->fd = -1;
    port->state = f;
    int rc = address[size] && address[size + 1]
                 ? syn_fault_parse(&f->options, address, size, error)
                 : syn_error_set(error, SYN_EINVAL, "write %s", syn_link_fault.usage);
    if (rc == 0)
        rc = open_inner(f, port, address, error);
    if (rc == 0)
        rc = make_pair(f, port, error);
    if (rc)
        fault_close(port);
    else
        start(f);
    return rc;
}

/* Of a stream, not beyond where it is to be split. */
static size_t read_limit(const struct fault *f, size_t size)
{
    const struct syn_fault_way *way = &f->options.rx;
    if (way->split > 0 && size > way->split)
        size = (size_t)way->split;
    if (way->split_at > f->read && size > way->split_at - f->read)
        size = (size_t)(way->split_at - f->read);
    return size;
}

static int fault_read(struct syn_link_port *port, void *data, size_t size, struct syn_error *error)
{
    struct fault *f = port->state;
    if (port->kind == SYN_LINK_STREAM)
        size = read_limit(f, size);
    int n = syn_link_fd_read(port, data, size, error);
    f->read += n > 0 ? (uint64_t)n : 0;
    if (n < 0 && f->why.code && error)
        *error = f->why;
    return n;
}

/* What the port is told to send once all is over is lost; reading says why. */
static int fault_write(struct syn_link_port *port, const void *data, size_t size,
                       struct syn_error *error)
{
    const struct fault *f = port->state;
    return f->fd < 0 ? (int)size : syn_link_fd_write(port, data, size, error);
}

static int fault_set_baud(struct syn_link_port *port, unsigned baud, struct syn_error *error)
{
    const struct fault *f = port->state;
    struct syn_error why = {0};
    const int rc = syn_link_set_baud(f->inner, baud, &why);
    if (rc)
        take_words(error, &why, syn_link_describe(f->inner));
    return rc;
}

const char *syn_link_innermost(const char *uri)
{
    static const char scheme[] = "fault:";
    while (strncmp(uri, scheme, sizeof scheme - 1) == 0) {
        const char *options = uri + sizeof scheme - 1;
        size_t n = strcspn(options, ":");
        if (options[n] == 0)
            return uri;
        uri = options + n + 1;
    }
    return uri;
}

const struct syn_link_driver syn_link_fault = {
    .scheme = "fault",
    .usage = "fault:OPTIONS:URI",
    .help = "another connection that fails on purpose; OPTIONS are NAME=VALUE with commas between "
            "them: drop, corrupt, dup (probability of each byte, or packet on BLE; @N: number N "
            "alone), delay, jitter (20ms), split (bytes of a piece; @N: once, there), rate "
            "(bytes/s), cut (the connection, after so many bytes), silent (after so many bytes); "
            "each holds for both directions, and tx.NAME to the device, rx.NAME from it; "
            "seed (1)",
    .open = fault_open,
    .read = fault_read,
    .write = fault_write,
    .set_baud = fault_set_baud,
    .close = fault_close,
};
