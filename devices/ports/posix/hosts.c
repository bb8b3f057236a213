/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { BACKLOG = 4, PIECE = 8192 };

void syn_hosts_init(struct syn_hosts *hosts, struct syn_loop *loop,
                    const struct syn_hosts_events *events)
{
    memset(hosts, 0, sizeof *hosts);
    hosts->loop = loop;
    hosts->events = *events;
    hosts->listener.fd = hosts->slave = -1;
    for (unsigned i = 0; i < SYN_HOSTS_MAX; i++)
        hosts->links[i] = (struct syn_host){.hosts = hosts, .fd = -1};
}

/* ---- one link ---- */

static unsigned index_of(const struct syn_host *host)
{
    return (unsigned)(host - host->hosts->links);
}

static void release(struct syn_host *host)
{
    syn_loop_watch_stop(&host->watch);
    if (host->fd >= 0)
        (void)close(host->fd);
    host->fd = -1;
    host->begin = host->size = 0;
    host->refused = false;
}

static void drop(struct syn_host *host)
{
    struct syn_hosts *hosts = host->hosts;
    release(host);
    hosts->events.closed(hosts->events.ctx, index_of(host));
}

static bool would_block(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static ssize_t put_in_terminal(const struct syn_host *host, const uint8_t *bytes, size_t size)
{
    uint8_t piece[PIECE];
    size = size < sizeof piece ? size : sizeof piece;
    memcpy(piece, bytes, size);
    syn_line_pass(&host->hosts->line, host->fd, piece, size);
    return write(host->fd, piece, size);
}

static ssize_t put(const struct syn_host *host, const uint8_t *bytes, size_t size)
{
    return host->terminal ? put_in_terminal(host, bytes, size)
                          : send(host->fd, bytes, size, MSG_NOSIGNAL);
}

static void update_interest(struct syn_host *host)
{
    syn_loop_watch_interest(&host->watch,
                            SYN_LOOP_READ | (host->size > 0 ? (unsigned)SYN_LOOP_WRITE : 0u));
}

static void change_rate(struct syn_host *host)
{
    if (host->next_baud)
        host->hosts->line.baud = host->next_baud;
    host->next_baud = 0;
}

/* Writes what waits. A link that broke is noticed by reading. */
static void flush(struct syn_host *host)
{
    while (host->size > 0) {
        ssize_t n = put(host, host->out + host->begin, host->size);
        if (n <= 0)
            break;
        host->begin += (size_t)n;
        host->size -= (size_t)n;
    }
    if (host->size == 0) {
        host->begin = 0;
        change_rate(host);
    }
    update_interest(host);
}

/* One read a turn of the loop, so that a host that floods does not starve the rest. Returns false
 * when the host is gone. */
static bool take(struct syn_host *host)
{
    uint8_t bytes[PIECE];
    ssize_t n = read(host->fd, bytes, sizeof bytes);
    if (would_block(n))
        return true;
    if (n <= 0)
        return host->terminal; /* of a terminal, nobody has it open yet */
    struct syn_hosts *hosts = host->hosts;
    if (host->terminal)
        syn_line_pass(&hosts->line, host->fd, bytes, (size_t)n);
    hosts->events.received(hosts->events.ctx, index_of(host), bytes, (size_t)n);
    return true;
}

static void on_link(void *ctx, unsigned events)
{
    struct syn_host *host = ctx;
    struct syn_hosts *hosts = host->hosts;
    if (events & SYN_LOOP_WRITE)
        flush(host);
    if (host->refused && host->size < SYN_HOSTS_BUFFER / 2) {
        host->refused = false;
        hosts->events.drained(hosts->events.ctx, index_of(host));
    }
    if ((events & SYN_LOOP_READ) && host->fd >= 0 && !take(host))
        drop(host);
}

bool syn_hosts_room(struct syn_hosts *hosts, unsigned link, size_t size)
{
    struct syn_host *host = &hosts->links[link];
    if (host->fd < 0)
        return false;
    host->refused |= size > SYN_HOSTS_BUFFER - host->size;
    return size <= SYN_HOSTS_BUFFER - host->size;
}

void syn_hosts_write(struct syn_hosts *hosts, unsigned link, const uint8_t *bytes, size_t size)
{
    struct syn_host *host = &hosts->links[link];
    if (size == 0) {
        flush(host);
        return;
    }
    if (host->begin > 0)
        memmove(host->out, host->out + host->begin, host->size);
    host->begin = 0;
    memcpy(host->out + host->size, bytes, size);
    host->size += size;
}

static struct syn_host *open_link(struct syn_hosts *hosts, int fd, bool terminal)
{
    for (unsigned i = 0; i < SYN_HOSTS_MAX; i++) {
        struct syn_host *host = &hosts->links[i];
        if (host->fd >= 0)
            continue;
        host->fd = fd;
        host->terminal = terminal;
        syn_loop_watch_start(hosts->loop, &host->watch, fd, SYN_LOOP_READ, on_link, host);
        hosts->events.opened(hosts->events.ctx, i);
        return host;
    }
    return NULL;
}

/* ---- the socket ---- */

static void on_listener(void *ctx, unsigned events)
{
    static const char full[] = "busy: as many hosts as this device can serve are connected\n";
    struct syn_hosts *hosts = ctx;
    (void)events;
    int fd = syn_listener_accept(&hosts->listener);
    if (fd < 0 || open_link(hosts, fd, false))
        return;
    (void)!send(fd, full, sizeof full - 1, MSG_NOSIGNAL);
    (void)close(fd);
}

int syn_hosts_listen(struct syn_hosts *hosts, const char *path, struct syn_error *error)
{
    const int rc = syn_listener_open(&hosts->listener, path, BACKLOG, error);
    if (rc == 0)
        syn_loop_watch_start(hosts->loop, &hosts->watch, hosts->listener.fd, SYN_LOOP_READ,
                             on_listener, hosts);
    return rc;
}

/* ---- the terminal ---- */

static int make_link(struct syn_hosts *hosts, const char *link, struct syn_error *error)
{
    struct stat st;
    if (strlen(link) >= sizeof hosts->link)
        return syn_error_set(error, SYN_EINVAL, "%s: path too long", link);
    if (lstat(link, &st) == 0) {
        if (!S_ISLNK(st.st_mode))
            return syn_error_set(error, SYN_EBUSY, "%s is there and is not a symbolic link", link);
        (void)unlink(link);
    }
    if (symlink(hosts->terminal, link) != 0)
        return syn_error_os(error, errno, "cannot make the link %s", link);
    memcpy(hosts->link, link, strlen(link) + 1);
    return 0;
}

/* Raw from the start: a fresh slave would echo what the device says before a host sets it. */
static int open_slave(struct syn_hosts *hosts, int master, struct syn_error *error)
{
    struct termios t;
    if (grantpt(master) != 0 || unlockpt(master) != 0 ||
        ptsname_r(master, hosts->terminal, sizeof hosts->terminal) != 0)
        return syn_error_os(error, errno, "cannot make a terminal");
    hosts->slave = open(hosts->terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (hosts->slave < 0 || tcgetattr(hosts->slave, &t) != 0)
        return syn_error_os(error, errno, "cannot open %s", hosts->terminal);
    cfmakeraw(&t);
    if (tcsetattr(hosts->slave, TCSANOW, &t) != 0)
        return syn_error_os(error, errno, "cannot set %s to raw mode", hosts->terminal);
    return 0;
}

const uint32_t *syn_hosts_rates(const struct syn_hosts *hosts, unsigned link)
{
    bool rated = link < SYN_HOSTS_MAX && hosts->links[link].terminal && hosts->line.rates[0];
    return rated ? hosts->line.rates : NULL;
}

void syn_hosts_set_rate(struct syn_hosts *hosts, unsigned link, uint32_t baud)
{
    hosts->links[link].next_baud = baud;
    flush(&hosts->links[link]);
}

static void start_line(struct syn_host *host)
{
    host->next_baud = 0;
    syn_line_start(&host->hosts->line);
}

int syn_hosts_terminal(struct syn_hosts *hosts, const char *link, const struct syn_line *line,
                       struct syn_error *error)
{
    hosts->line = *line;
    syn_line_start(&hosts->line);
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0)
        return syn_error_os(error, errno, "cannot make a terminal");
    int rc = open_slave(hosts, master, error);
    if (rc == 0 && link)
        rc = make_link(hosts, link, error);
    if (rc == 0 && open_link(hosts, master, true))
        return 0;
    (void)close(master);
    return rc ? rc : syn_error_set(error, SYN_EBUSY, "no link is left for a terminal");
}

void syn_hosts_restart(struct syn_hosts *hosts)
{
    for (unsigned i = 0; i < SYN_HOSTS_MAX; i++) {
        struct syn_host *host = &hosts->links[i];
        if (host->fd >= 0 && host->terminal) {
            start_line(host);
            hosts->events.opened(hosts->events.ctx, i);
        } else if (host->fd >= 0) {
            drop(host);
        }
    }
}

void syn_hosts_close(struct syn_hosts *hosts)
{
    for (unsigned i = 0; i < SYN_HOSTS_MAX; i++)
        release(&hosts->links[i]);
    syn_loop_watch_stop(&hosts->watch);
    syn_listener_close(&hosts->listener);
    if (hosts->slave >= 0)
        (void)close(hosts->slave);
    if (hosts->link[0])
        (void)unlink(hosts->link);
    hosts->slave = -1;
    hosts->link[0] = 0;
}
