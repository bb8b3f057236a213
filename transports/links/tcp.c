/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tcp:HOST:PORT, a serial port that ser2net or QEMU offers. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/links/driver.h"

struct place {
    char host[128];
    char port[16];
};

/* HOST:PORT, with [..] round an IPv6 address. */
static int split(struct place *p, const char *address, struct syn_error *error)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;
    if (n > 2 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    }
    if (n == 0 || n >= sizeof p->host || strlen(colon + 1) >= sizeof p->port || !colon[1])
        return syn_error_set(error, SYN_EINVAL, "write tcp:HOST:PORT");
    memcpy(p->host, address, n);
    p->host[n] = 0;
    (void)snprintf(p->port, sizeof p->port, "%s", colon + 1);
    return 0;
}

static int refuse(int os_errno, struct syn_error *error)
{
    if (os_errno != ECONNREFUSED)
        return syn_error_os(error, os_errno, "cannot connect");
    (void)syn_error_set(error, SYN_ELINK, "connection refused");
    syn_error_hint(error, "nobody listens there: is ser2net or QEMU running?");
    return SYN_ELINK;
}

static int refuse_name(const struct place *p, int gai, struct syn_error *error)
{
    if (gai == EAI_SERVICE)
        return syn_error_set(error, SYN_EINVAL, "'%s' is no port: a number from 1 to 65535",
                             p->port);
    return syn_error_set(error, SYN_ENOENT, "host '%s': %s", p->host, gai_strerror(gai));
}

/* A host that is gone without a word is noticed by what it does not acknowledge; one of which
 * nothing is wanted, by being asked now and then. */
static void set_patience(int fd)
{
    static const struct {
        int level, option, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},  {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 5}, {IPPROTO_TCP, TCP_KEEPINTVL, 2},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},  {IPPROTO_TCP, TCP_USER_TIMEOUT, 5000},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        (void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                         sizeof options[i].value);
}

static int try_address(struct syn_link_port *port, const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0)
        return errno;
    set_patience(fd);
    if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) {
        int os_errno = errno;
        (void)close(fd);
        return os_errno;
    }
    port->fd = fd;
    port->connecting = true;
    return 0;
}

/* Names are looked up by the system's resolver, which may take its time; addresses never do. */
static int tcp_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    struct place place;
    int os_errno = 0;
    int rc = split(&place, address, error);
    if (rc)
        return rc;
    int gai = getaddrinfo(place.host, place.port, &hints, &list);
    if (gai != 0)
        return refuse_name(&place, gai, error);
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        os_errno = try_address(port, a);
        if (os_errno == 0)
            break;
    }
    freeaddrinfo(list);
    return os_errno ? refuse(os_errno, error) : 0;
}

static int tcp_connected(struct syn_link_port *port, struct syn_error *error)
{
    int os_errno = 0;
    socklen_t size = sizeof os_errno;
    if (getsockopt(port->fd, SOL_SOCKET, SO_ERROR, &os_errno, &size) < 0)
        os_errno = errno;
    return os_errno ? refuse(os_errno, error) : 0;
}

const struct syn_link_driver syn_link_tcp = {
    .scheme = "tcp",
    .usage = "tcp:HOST:PORT",
    .help = "a port that ser2net or QEMU offers",
    .open = tcp_open,
    .connected = tcp_connected,
    .read = syn_link_fd_read,
    .write = syn_link_fd_write,
    .close = syn_link_fd_close,
};
