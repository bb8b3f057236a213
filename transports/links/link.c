/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 4096, READS_PER_TURN = 16 };

struct syn_link {
    const struct syn_link_driver *driver;
    struct syn_link_port port;
    struct syn_loop *loop;
    struct syn_loop_watch watch;
    struct syn_link_events events;
    uint8_t *queue; /* bytes to send stand from `start`, `length` of them */
    size_t start;
    size_t length;
    size_t
        message; /* of messages: bytes of the first that are not sent; 0: its size stands there */
    bool held;   /* nothing is handed out */
    bool lost;
    bool closed;   /* while a callback runs: freed after it */
    unsigned busy; /* callbacks that run */
    char name[SYN_LINK_URI_MAX];
};

const struct syn_link_driver *const syn_link_drivers[] = {
    &syn_link_serial, &syn_link_pty, &syn_link_unix,  &syn_link_tcp, &syn_link_exec,
    &syn_link_qemu,   &syn_link_ble, &syn_link_fault, NULL,
};

/* ---- life ---- */

static void destroy(struct syn_link *link)
{
    free(link->queue);
    free(link);
}

static void enter(struct syn_link *link)
{
    link->busy++;
}

static void leave(struct syn_link *link)
{
    link->busy--;
    if (link->closed && link->busy == 0)
        destroy(link);
}

static void shut(struct syn_link *link)
{
    syn_loop_watch_stop(&link->watch);
    if (link->port.fd >= 0)
        link->driver->close(&link->port);
    link->port.fd = -1;
}

void syn_link_close(struct syn_link *link)
{
    if (!link)
        return;
    shut(link);
    link->closed = true;
    if (link->busy == 0)
        destroy(link);
}

/* Only from inside on_ready, which keeps the link while callbacks close it. */
static void lose(struct syn_link *link, const struct syn_error *error)
{
    if (link->lost || link->closed)
        return;
    struct syn_error full = {0};
    (void)syn_error_set(&full, error->code, "%s: %s", link->name, error->message);
    syn_error_hint(&full, "%s", error->hint);
    link->lost = true;
    link->length = 0;
    shut(link);
    link->events.lost(link->events.ctx, &full);
}

/* ---- moving bytes ---- */

static void set_interest(struct syn_link *link)
{
    unsigned interest = (link->held ? 0 : SYN_LOOP_READ) | (link->length > 0 ? SYN_LOOP_WRITE : 0);
    if (link->port.connecting)
        interest = link->port.awaits ? link->port.awaits : SYN_LOOP_WRITE;
    syn_loop_watch_interest(&link->watch, interest);
}

static void take_out(struct syn_link *link, size_t size)
{
    link->start += size;
    link->length -= size;
}

/* What the driver may be given at once: all, or what is left of the first message. */
static size_t next_piece(struct syn_link *link)
{
    uint16_t size;
    if (link->port.kind == SYN_LINK_STREAM)
        return link->length;
    if (link->message == 0) {
        memcpy(&size, link->queue + link->start, sizeof size);
        take_out(link, sizeof size);
        link->message = size;
    }
    return link->message;
}

static int write_some(struct syn_link *link, struct syn_error *error)
{
    size_t size = next_piece(link);
    int n = link->driver->write(&link->port, link->queue + link->start, size, error);
    if (n > 0) {
        take_out(link, (size_t)n);
        link->message -= link->message ? (size_t)n : 0;
    }
    return n;
}

static void on_readable(struct syn_link *link);

/* Who hung up may have said why before. */
static void flush(struct syn_link *link)
{
    struct syn_error error = {0};
    int n = 1;
    while (n > 0 && link->length > 0)
        n = write_some(link, &error);
    if (n >= 0) {
        set_interest(link);
        return;
    }
    on_readable(link);
    lose(link, &error);
}

static void on_writable(struct syn_link *link)
{
    flush(link);
    if (!link->lost && !link->closed && link->length == 0 && link->events.writable)
        link->events.writable(link->events.ctx);
}

static void on_ready(void *ctx, unsigned events);

static void connect_on(struct syn_link *link)
{
    struct syn_error error = {0};
    int fd = link->port.fd;
    int rc = link->driver->connected ? link->driver->connected(&link->port, &error) : 0;
    if (rc < 0) {
        lose(link, &error);
        return;
    }
    link->port.connecting = rc > 0;
    if (link->port.fd != fd)
        syn_loop_watch_start(link->loop, &link->watch, link->port.fd, 0, on_ready, link);
    set_interest(link);
}

static void on_readable(struct syn_link *link)
{
    uint8_t data[READ_SIZE];
    struct syn_error error = {0};
    for (int i = 0; i < READS_PER_TURN && !link->lost && !link->closed && !link->held; i++) {
        int n = link->driver->read(&link->port, data, sizeof data, &error);
        if (n < 0)
            lose(link, &error);
        else if (n > 0)
            link->events.received(link->events.ctx, data, (size_t)n);
        if (n < (int)sizeof data && (n <= 0 || link->port.kind == SYN_LINK_STREAM))
            break; /* all that there was: the loop will say when there is more */
    }
}

static void on_ready(void *ctx, unsigned events)
{
    struct syn_link *link = ctx;
    enter(link);
    if (link->port.connecting) {
        connect_on(link);
    } else {
        if (events & SYN_LOOP_WRITE)
            on_writable(link);
        if ((events & SYN_LOOP_READ) && !link->lost && !link->closed)
            on_readable(link);
    }
    leave(link);
}

size_t syn_link_room(const struct syn_link *link)
{
    size_t head = link->port.kind == SYN_LINK_STREAM ? 0 : sizeof(uint16_t);
    size_t free_bytes = SYN_LINK_QUEUE_MAX - link->length;
    return link->lost || free_bytes < head ? 0 : free_bytes - head;
}

void syn_link_hold(struct syn_link *link, bool hold)
{
    link->held = hold;
    if (!link->lost && !link->closed)
        set_interest(link);
}

enum syn_link_kind syn_link_kind(const struct syn_link *link)
{
    return link->port.kind;
}

const char *syn_link_identity(const struct syn_link *link)
{
    return link->port.identity[0] ? link->port.identity : link->name;
}

const char *syn_link_note(const struct syn_link *link)
{
    return link->port.note;
}

const char *syn_link_place(const struct syn_link *link)
{
    return link->port.place[0] ? link->port.place : link->name;
}

const char *syn_link_describe(const struct syn_link *link)
{
    return link->name;
}

void syn_link_push(struct syn_link *link)
{
    struct syn_error error = {0};
    int n = 1;
    while (n > 0 && !link->lost && !link->closed && !link->port.connecting && link->length > 0)
        n = write_some(link, &error);
}

unsigned syn_link_baud(const struct syn_link *link)
{
    return link->port.baud;
}

unsigned syn_link_max_baud(const struct syn_link *link)
{
    return link->port.max_baud;
}

int syn_link_set_baud(struct syn_link *link, unsigned baud, struct syn_error *error)
{
    if (link->lost || link->closed)
        return syn_error_set(error, SYN_ELINK, "%s: the link is gone", link->name);
    if (!link->driver->set_baud)
        return syn_error_set(error, SYN_EUNSUP, "%s: has no rate", link->name);
    unsigned before = link->port.baud;
    int rc = link->driver->set_baud(&link->port, baud, error);
    if (rc == 0)
        link->port.baud = baud;
    else if (before != baud)
        (void)link->driver->set_baud(&link->port, before, NULL);
    return rc;
}

static void put_in(struct syn_link *link, const void *data, size_t size)
{
    if (link->start + link->length + size > SYN_LINK_QUEUE_MAX) {
        memmove(link->queue, link->queue + link->start, link->length);
        link->start = 0;
    }
    memcpy(link->queue + link->start + link->length, data, size);
    link->length += size;
}

int syn_link_write(struct syn_link *link, const void *data, size_t size)
{
    if (link->lost || link->closed)
        return SYN_ELINK;
    if (size > syn_link_room(link))
        return SYN_EBUSY;
    if (link->port.kind == SYN_LINK_MESSAGES) {
        if (size == 0 || size > UINT16_MAX)
            return SYN_EINVAL;
        put_in(link, &(uint16_t){(uint16_t)size}, sizeof(uint16_t));
    }
    put_in(link, data, size);
    /* Sent at the next turn of the loop: pieces of one turn leave together, and no callback of the
     * caller runs inside its own write. */
    set_interest(link);
    return 0;
}

/* ---- opening ---- */

static struct syn_link *make(struct syn_loop *loop, const char *name,
                             const struct syn_link_events *events)
{
    struct syn_link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->queue = malloc(SYN_LINK_QUEUE_MAX);
    if (!link->queue) {
        free(link);
        return NULL;
    }
    link->loop = loop;
    link->events = *events;
    link->port.loop = loop;
    link->port.fd = -1;
    (void)snprintf(link->name, sizeof link->name, "%s", name);
    return link;
}

static void start(struct syn_link *link)
{
    syn_loop_watch_start(link->loop, &link->watch, link->port.fd, SYN_LOOP_READ, on_ready, link);
    set_interest(link);
}

static const struct syn_link_driver *find_driver(const char *uri)
{
    for (size_t i = 0; syn_link_drivers[i]; i++) {
        size_t n = strlen(syn_link_drivers[i]->scheme);
        if (strncmp(uri, syn_link_drivers[i]->scheme, n) == 0 && uri[n] == ':')
            return syn_link_drivers[i];
    }
    return NULL;
}

static int refuse_scheme(const char *uri, struct syn_error *error)
{
    char all[240] = "";
    for (size_t i = 0; syn_link_drivers[i]; i++) {
        size_t n = strlen(all);
        (void)snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", syn_link_drivers[i]->usage);
    }
    (void)syn_error_set(error, SYN_EINVAL, "%s: no such kind of connection", uri);
    syn_error_hint(error, "there are %s", all);
    return SYN_EINVAL;
}

static int open_port(struct syn_link *link, const char *uri, struct syn_error *error)
{
    const char *address = uri + strlen(link->driver->scheme) + 1;
    if (*address == 0)
        return syn_error_set(error, SYN_EINVAL, "%s: write %s", uri, link->driver->usage);
    struct syn_error why = {0};
    int rc = link->driver->open(&link->port, address, &why);
    if (rc) {
        (void)syn_error_set(error, rc, "%s: %s", uri, why.message);
        syn_error_hint(error, "%s", why.hint);
    }
    return rc;
}

int syn_link_open(struct syn_link **link, struct syn_loop *loop, const char *uri,
                  const struct syn_link_events *events, struct syn_error *error)
{
    const struct syn_link_driver *driver = find_driver(uri);
    *link = NULL;
    if (!driver)
        return refuse_scheme(uri, error);
    struct syn_link *l = make(loop, uri, events);
    if (!l)
        return syn_error_set(error, SYN_ENOMEM, "%s: out of memory", uri);
    l->driver = driver;
    int rc = open_port(l, uri, error);
    if (rc) {
        destroy(l);
        return rc;
    }
    start(l);
    *link = l;
    return 0;
}

int syn_link_adopt(struct syn_link **link, struct syn_loop *loop, int fd, const char *name,
                   const struct syn_link_events *events, struct syn_error *error)
{
    *link = NULL;
    int rc = syn_link_fd_prepare(fd, error);
    if (rc)
        return rc;
    struct syn_link *l = make(loop, name, events);
    if (!l)
        return syn_error_set(error, SYN_ENOMEM, "%s: out of memory", name);
    l->driver = &syn_link_unix;
    l->port.fd = fd;
    start(l);
    *link = l;
    return 0;
}
