/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/qemu_pair.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether somebody listens there: 0, or the errno of why not. One who does sees us come and go. */
static int look(const struct sockaddr_un *at)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool there = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    const int os_errno = there ? 0 : errno;
    if (fd >= 0)
        (void)close(fd);
    return os_errno;
}

/* A socket that nobody listens at is left over; another file is somebody's. */
static void remove_left_over(const char *path)
{
    struct stat file;
    if (lstat(path, &file) == 0 && S_ISSOCK(file.st_mode))
        (void)unlink(path);
}

/* We listen ourselves, so that who comes next finds it, however long QEMU takes to start. */
static int listen_at(const struct sockaddr_un *at, int *fd, struct syn_error *error)
{
    *fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (*fd >= 0 && bind(*fd, (const struct sockaddr *)at, sizeof *at) == 0 && listen(*fd, 1) == 0)
        return 0;
    const int os_errno = errno;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return syn_error_os(error, os_errno, "no wire at %s", at->sun_path);
}

int syn_qemu_pair_open(const char *path, int *fd, char text[SYN_QEMU_PAIR_TEXT],
                       struct syn_error *error)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *fd = -1;
    if (!path[0] || strlen(path) >= sizeof at.sun_path || strchr(path, ','))
        return syn_error_set(error, SYN_EINVAL,
                             "'%s' cannot be a wire: a socket's path has at most %zu characters, "
                             "and here no commas",
                             path, sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path));
    const int os_errno = look(&at);
    if (os_errno == 0 || os_errno == EAGAIN) {
        (void)snprintf(text, SYN_QEMU_PAIR_TEXT, "socket,id=pair,path=%s,reconnect=1", path);
        return 0;
    }
    if (os_errno == ECONNREFUSED)
        remove_left_over(path);
    const int rc = listen_at(&at, fd, error);
    (void)snprintf(text, SYN_QEMU_PAIR_TEXT, "socket,id=pair,fd=%d,server=on,wait=off", *fd);
    return rc;
}
