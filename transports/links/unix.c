/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unix:PATH, a socket on which a virtual wearable or QEMU listens. */
#include "transports/links/unix.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "transports/links/driver.h"

/* Of a file that is no socket the kernel says that the connection is refused. */
static bool is_socket(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 || S_ISSOCK(st.st_mode);
}

static int refuse(const char *path, int os_errno, struct syn_error *error)
{
    switch (is_socket(path) ? os_errno : ENOTSOCK) {
    case ENOENT:
        return syn_error_set(error, SYN_ENOENT, "no such socket");
    case ECONNREFUSED:
        (void)syn_error_set(error, SYN_ELINK, "connection refused");
        syn_error_hint(error, "nobody listens on it any more; start the device again");
        return SYN_ELINK;
    case EAGAIN:
        return syn_error_set(error, SYN_EBUSY, "too many connections wait for the device already");
    case EACCES:
        (void)syn_error_set(error, SYN_EACCESS, "permission denied");
        syn_error_hint(error, "the socket belongs to another user");
        return SYN_EACCESS;
    case ENOTSOCK:
        return syn_error_set(error, SYN_EINVAL, "not a socket");
    case EPROTOTYPE:
        return syn_error_set(error, SYN_EINVAL, "not a stream socket");
    default:
        return syn_error_os(error, os_errno, "cannot connect");
    }
}

int syn_unix_connect(const char *path, int *fd, struct syn_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *fd = -1;
    if (strlen(path) >= sizeof address.sun_path)
        return syn_error_set(error, SYN_EINVAL, "path of a socket longer than %zu bytes",
                             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return syn_error_os(error, errno, "cannot make a socket");
    if (connect(s, (const struct sockaddr *)&address, sizeof address) < 0) {
        int os_errno = errno;
        (void)close(s);
        return refuse(path, os_errno, error);
    }
    *fd = s;
    return 0;
}

static int unix_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    return syn_unix_connect(address, &port->fd, error);
}

const struct syn_link_driver syn_link_unix = {
    .scheme = "unix",
    .usage = "unix:PATH",
    .help = "a socket of this machine: a virtual wearable, QEMU",
    .open = unix_open,
    .read = syn_link_fd_read,
    .write = syn_link_fd_write,
    .close = syn_link_fd_close,
};
