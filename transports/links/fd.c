/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing plain descriptors without blocking. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/links/driver.h"

static bool not_now(int os_errno)
{
    return os_errno == EAGAIN || os_errno == EWOULDBLOCK || os_errno == EINTR;
}

/* A pty whose other end closed gives EIO. */
static int gone(int os_errno, struct syn_error *error)
{
    if (os_errno == EPIPE || os_errno == ECONNRESET || os_errno == EIO)
        return syn_error_set(error, SYN_ELINK, "the device hung up");
    (void)syn_error_os(error, os_errno, "connection lost");
    if (error)
        error->code = SYN_ELINK;
    return SYN_ELINK;
}

int syn_link_fd_read(struct syn_link_port *port, void *data, size_t size, struct syn_error *error)
{
    ssize_t n = read(port->fd, data, size);
    if (n > 0)
        return (int)n;
    if (n == 0)
        return syn_error_set(error, SYN_ELINK, "the device hung up");
    return not_now(errno) ? 0 : gone(errno, error);
}

int syn_link_fd_write(struct syn_link_port *port, const void *data, size_t size,
                      struct syn_error *error)
{
    /* A closed socket must not raise SIGPIPE; ptys are no sockets. */
    ssize_t n = send(port->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == ENOTSOCK)
        n = write(port->fd, data, size);
    if (n >= 0)
        return (int)n;
    return not_now(errno) ? 0 : gone(errno, error);
}

void syn_link_fd_close(struct syn_link_port *port)
{
    (void)close(port->fd);
}

int syn_link_fd_prepare(int fd, struct syn_error *error)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return syn_error_os(error, errno, "descriptor");
    return 0;
}
