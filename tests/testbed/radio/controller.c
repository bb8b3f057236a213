/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One controller towards its host: bytes in and out. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/testbed/radio/parts.h"

enum { READ_BYTES = 4096, INPUT_LIMIT = OUT_BYTES - OUT_EVENTS / 2 };

/* ---- in ---- */

static void packet(void *ctx, const uint8_t *bytes, size_t size)
{
    struct controller *c = ctx;
    if (!c->used || syn_loop_timer_active(&c->end))
        return;
    trace_packet(c, true, bytes, size);
    if (bytes[0] == SYN_H4_COMMAND)
        command_run(c, bytes, size);
    else if (bytes[0] == SYN_H4_ACL)
        links_send(c, bytes, size);
    else
        controller_break(c);
}

static void receive(struct controller *c)
{
    uint8_t bytes[READ_BYTES];
    ssize_t n = read(c->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        controller_close(c);
    else if (syn_h4_receive(&c->in, bytes, (size_t)n, packet, c) < 0)
        controller_break(c);
}

/* ---- out ---- */

static void interest(struct controller *c)
{
    syn_loop_watch_interest(&c->watch, (c->out_size < INPUT_LIMIT ? SYN_LOOP_READ : 0U) |
                                           (c->out_size ? SYN_LOOP_WRITE : 0U));
}

static void drain(struct controller *c)
{
    ssize_t n = send(c->fd, c->out, c->out_size, MSG_NOSIGNAL);
    if (n <= 0)
        return; /* reading tells of a host that is gone */
    c->out_size -= (size_t)n;
    memmove(c->out, c->out + n, c->out_size);
}

static bool put(struct controller *c, const uint8_t *bytes, size_t size, size_t limit)
{
    if (c->out_size + size > limit)
        return false;
    trace_packet(c, false, bytes, size);
    memcpy(c->out + c->out_size, bytes, size);
    c->out_size += size;
    if (c->out_size == size)
        drain(c);
    interest(c);
    return true;
}

void controller_event(struct controller *c, uint8_t event, const uint8_t *parameters, size_t size)
{
    uint8_t bytes[3 + UINT8_MAX] = {SYN_H4_EVENT, event, (uint8_t)size};
    memcpy(bytes + 3, parameters, size);
    if (!put(c, bytes, 3 + size, OUT_BYTES))
        controller_break(c);
}

void controller_le_event(struct controller *c, const uint8_t *parameters, size_t size)
{
    controller_event(c, SYN_HCI_LE, parameters, size);
}

bool controller_has_room(const struct controller *c)
{
    return c->out_size < OUT_BYTES - OUT_EVENTS;
}

bool controller_send_acl(struct controller *c, const uint8_t *bytes, size_t size)
{
    return put(c, bytes, size, OUT_BYTES - OUT_EVENTS);
}

static void ready(void *ctx, unsigned events)
{
    struct controller *c = ctx;
    if (events & SYN_LOOP_WRITE) {
        drain(c);
        interest(c);
        links_flow(c);
    }
    if (events & SYN_LOOP_READ)
        receive(c);
}

/* ---- life ---- */

void controller_open(struct controller *c, int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    c->used = true;
    c->fd = fd;
    syn_loop_watch_start(c->air->loop, &c->watch, fd, SYN_LOOP_READ, ready, c);
}

void controller_forget(struct controller *c)
{
    c->advertising = (struct advertising){0};
    c->scanning = (struct scanning){0};
    c->initiating = (struct initiating){0};
    c->accepted_count = 0;
    air_advertise(c);
    links_leave(c);
    c->under_way = 0;
}

void controller_close(struct controller *c)
{
    c->used = false;
    controller_forget(c);
    syn_loop_timer_stop(&c->end);
    syn_loop_watch_stop(&c->watch);
    close(c->fd);
}

static void end(void *ctx)
{
    controller_close(ctx);
}

void controller_break(struct controller *c)
{
    static const uint8_t why[] = {SYN_H4_EVENT, SYN_HCI_HARDWARE_ERROR, 1, 1};
    if (syn_loop_timer_active(&c->end))
        return;
    syn_loop_timer_start(c->air->loop, &c->end, 0, 0, end, c);
    put(c, why, sizeof why, OUT_BYTES);
}

/* ---- what others ask ---- */

struct address controller_address(const struct controller *c, uint8_t type)
{
    struct address address = {.type = type & 1};
    memcpy(address.bytes, address.type ? c->random : c->public, ADDRESS_BYTES);
    return address;
}

bool controller_hears(const struct controller *c, const struct controller *other)
{
    return c != other && c->used && other->used && !c->far && !other->far;
}
