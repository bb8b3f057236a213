/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ble:ADDR and ble:NAME. What connects and carries packets is a way of transports/ble; here it
 * works on the loop, at one end of a socket pair, and the link has the other. A first packet of one
 * byte says that it is connected; the end of the pair, that it is over and why.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/ble/way.h"
#include "transports/links/driver.h"

enum { MESSAGES_PER_TURN = 16 };

struct ble {
    struct syn_link_port *port;
    const struct syn_ble_way *way;
    void *state; /* the way's */
    struct syn_ble_target target;
    int fd; /* our end; -1 once it is over */
    struct syn_loop_watch watch;
    struct syn_error why;
    bool ready;
    size_t at, length; /* of the message that is being sent */
    size_t held;       /* of the packet that the link has no room for */
    uint8_t message[UINT16_MAX];
    uint8_t packet[SYN_L2CAP_SDU_MAX];
};

static void set_interest(struct ble *b)
{
    bool idle = b->ready && b->at == b->length;
    syn_loop_watch_interest(&b->watch,
                            (idle ? SYN_LOOP_READ : 0) | (b->held > 0 ? SYN_LOOP_WRITE : 0));
}

static void end(struct ble *b, const struct syn_error *why)
{
    b->why = *why;
    syn_loop_watch_stop(&b->watch);
    if (b->fd >= 0)
        (void)close(b->fd);
    b->fd = -1;
}

/* ---- from the link to the device ---- */

/* Sends what it can of the present message; 1 when that is all gone. */
static int send_on(struct ble *b)
{
    int n = 1;
    while (n > 0 && b->at < b->length) {
        n = b->way->send(b->state, b->message + b->at, b->length - b->at);
        b->at += n > 0 ? (size_t)n : 0;
    }
    return b->fd >= 0 && b->at == b->length;
}

static void pump(struct ble *b)
{
    for (int i = 0; i < MESSAGES_PER_TURN && send_on(b); i++) {
        ssize_t n = recv(b->fd, b->message, sizeof b->message, MSG_DONTWAIT);
        b->at = 0;
        b->length = n > 0 ? (size_t)n : 0;
        if (n <= 0)
            break;
    }
    (void)send_on(b); /* the last of this turn: only a way that is full says when it goes on */
    if (b->fd >= 0)
        set_interest(b);
}

static void on_writable(void *ctx)
{
    pump(ctx);
}

/* ---- from the device to the link ---- */

static bool hand_over(struct ble *b, const uint8_t *packet, size_t size)
{
    return send(b->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}

/* One packet is kept while the link has no room; a device that cannot be made to wait loses the
 * next, as on the air. */
static void on_received(void *ctx, const uint8_t *packet, size_t size)
{
    struct ble *b = ctx;
    if (b->held > 0 || size > sizeof b->packet || hand_over(b, packet, size))
        return;
    memcpy(b->packet, packet, size);
    b->held = size;
    b->way->pause(b->state, true);
    set_interest(b);
}

static void on_room(struct ble *b)
{
    if (b->held == 0 || !hand_over(b, b->packet, b->held))
        return;
    b->held = 0;
    set_interest(b);
    b->way->pause(b->state, false);
}

static void on_ready_fd(void *ctx, unsigned events)
{
    struct ble *b = ctx;
    if (events & SYN_LOOP_WRITE)
        on_room(b);
    if ((events & SYN_LOOP_READ) && b->fd >= 0)
        pump(b);
}

/* ---- what the way says ---- */

static void on_connected(void *ctx)
{
    static const uint8_t token = 1;
    struct ble *b = ctx;
    b->ready = true;
    (void)send(b->fd, &token, sizeof token, MSG_DONTWAIT | MSG_NOSIGNAL);
    set_interest(b);
}

static void on_failed(void *ctx, const struct syn_error *error)
{
    end(ctx, error);
}

static void on_found(void *ctx, const char *address, enum syn_ble_type type)
{
    struct ble *b = ctx;
    (void)syn_ble_target_uri(&b->target, address, type, b->port->identity,
                             sizeof b->port->identity);
}

static void on_note(void *ctx, const char *text)
{
    struct ble *b = ctx;
    (void)snprintf(b->port->note, sizeof b->port->note, "%s", text);
}

/* ---- as a driver ---- */

static void destroy(struct ble *b)
{
    b->way->close(b->state);
    syn_loop_watch_stop(&b->watch);
    if (b->fd >= 0)
        (void)close(b->fd);
    free(b);
}

static int start(struct ble *b, struct syn_error *error)
{
    const struct syn_ble_events events = {.ready = on_connected,
                                          .received = on_received,
                                          .writable = on_writable,
                                          .failed = on_failed,
                                          .found = on_found,
                                          .note = on_note,
                                          .ctx = b};
    const struct syn_ble_options options = {.loop = b->port->loop,
                                            .target = b->target,
                                            .events = events,
                                            .l2cap = &syn_l2cap_kernel,
                                            .scanner = &syn_ble_hci_scanner};
    return b->way->open(&b->state, &options, error);
}

static int ble_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    int pair[2];
    struct ble *b = calloc(1, sizeof *b);
    if (!b)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    b->port = port;
    b->way = &syn_ble_way;
    b->fd = -1;
    int rc = syn_ble_target_parse(&b->target, address, error);
    if (rc == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        rc = syn_error_os(error, errno, "socket pair");
    if (rc) {
        free(b);
        return rc;
    }
    b->fd = pair[0];
    port->fd = pair[1];
    port->state = b;
    port->kind = SYN_LINK_MESSAGES;
    port->connecting = true;
    port->awaits = SYN_LOOP_READ;
    syn_loop_watch_start(port->loop, &b->watch, b->fd, 0, on_ready_fd, b);
    rc = start(b, error);
    if (rc) {
        (void)close(pair[1]);
        port->fd = -1;
        destroy(b);
    }
    return rc;
}

static int over(const struct ble *b, struct syn_error *error)
{
    *error = b->why;
    return b->why.code ? b->why.code : syn_error_set(error, SYN_ELINK, "connection lost");
}

static int ble_read(struct syn_link_port *port, void *data, size_t size, struct syn_error *error)
{
    ssize_t n = recv(port->fd, data, size, MSG_DONTWAIT);
    if (n > 0)
        return (int)n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : over(port->state, error);
}

static int ble_connected(struct syn_link_port *port, struct syn_error *error)
{
    uint8_t token;
    int n = ble_read(port, &token, sizeof token, error);
    return n > 0 ? 0 : n == 0 ? 1 : n;
}

static int ble_write(struct syn_link_port *port, const void *data, size_t size,
                     struct syn_error *error)
{
    ssize_t n = send(port->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    /* The reader says why it is over, after what has still arrived. */
    (void)error;
    return 0;
}

static void ble_close(struct syn_link_port *port)
{
    (void)close(port->fd);
    destroy(port->state);
}

const struct syn_link_driver syn_link_ble = {
    .scheme = "ble",
    .usage = "ble:ADDR|NAME",
    .help = "a device that offers SMP over Bluetooth LE",
    .open = ble_open,
    .connected = ble_connected,
    .read = ble_read,
    .write = ble_write,
    .close = ble_close,
};
