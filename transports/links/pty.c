/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pty:PATH, a pseudo terminal; libserialport refuses these. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "transports/links/driver.h"
#include "transports/links/holder.h"

static int refuse(int os_errno, struct syn_error *error)
{
    if (os_errno == ENOENT)
        return syn_error_set(error, SYN_ENOENT, "no such terminal");
    if (os_errno == EACCES)
        return syn_error_set(error, SYN_EACCESS, "permission denied");
    return syn_error_os(error, os_errno, "cannot open");
}

/* Without raw mode the line discipline would echo and rewrite the bytes. */
static int make_raw(int fd, struct syn_error *error)
{
    struct termios t;
    if (tcgetattr(fd, &t) < 0)
        return syn_error_set(error, SYN_EINVAL, "not a terminal");
    cfmakeraw(&t);
    if (tcsetattr(fd, TCSANOW, &t) < 0)
        return syn_error_os(error, errno, "cannot set raw mode");
    return 0;
}

static int pty_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    int fd = open(address, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return refuse(errno, error);
    int rc = 0;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        rc = syn_holder_refuse(address, 1, error);
    if (!rc)
        rc = make_raw(fd, error);
    if (rc) {
        (void)close(fd);
        return rc;
    }
    port->fd = fd;
    return 0;
}

const struct syn_link_driver syn_link_pty = {
    .scheme = "pty",
    .usage = "pty:PATH",
    .help = "a pseudo terminal: socat, QEMU",
    .open = pty_open,
    .read = syn_link_fd_read,
    .write = syn_link_fd_write,
    .close = syn_link_fd_close,
};
