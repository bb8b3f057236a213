/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof((struct sockaddr_un *)0)->sun_path == SYN_LISTENER_PATH, "room for any path");

static bool address_of(const char *path, struct sockaddr_un *address)
{
    const size_t n = strlen(path);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n == 0 || n >= sizeof address->sun_path)
        return false;
    memcpy(address->sun_path, path, n + 1);
    return true;
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int syn_listener_connect(const char *path)
{
    struct sockaddr_un to;
    if (!address_of(path, &to)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = new_socket();
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    const int os_errno = errno;
    (void)close(fd);
    errno = os_errno;
    return -1;
}

static bool somebody_listens(const char *path)
{
    const int fd = syn_listener_connect(path);
    if (fd < 0)
        return errno != ECONNREFUSED && errno != ENOENT;
    (void)close(fd);
    return true;
}

/* Makes room for the socket where what stands there is left over. */
static int clear_path(const char *path, struct syn_error *error)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return 0; /* bind will say what else is wrong */
    if (!S_ISSOCK(st.st_mode))
        return syn_error_set(error, SYN_EINVAL, "%s is there and is not a socket", path);
    if (somebody_listens(path))
        return syn_error_set(error, SYN_EBUSY, "another device listens on %s", path);
    if (st.st_uid != geteuid())
        return syn_error_set(error, SYN_EINVAL, "%s is a socket of another user", path);
    (void)unlink(path);
    return 0;
}

static int bind_socket(struct syn_listener *listener, const struct sockaddr_un *at, int backlog,
                       struct syn_error *error)
{
    struct stat st;
    if (bind(listener->fd, (const struct sockaddr *)at, sizeof *at) != 0)
        return syn_error_os(error, errno, "cannot make %s", at->sun_path);
    memcpy(listener->path, at->sun_path, sizeof at->sun_path);
    (void)chmod(at->sun_path, S_IRUSR | S_IWUSR);
    if (lstat(at->sun_path, &st) == 0) {
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
    if (listen(listener->fd, backlog) != 0)
        return syn_error_os(error, errno, "cannot listen on %s", at->sun_path);
    return 0;
}

int syn_listener_open(struct syn_listener *listener, const char *path, int backlog,
                      struct syn_error *error)
{
    struct sockaddr_un at;
    *listener = (struct syn_listener){.fd = -1};
    if (!address_of(path, &at))
        return syn_error_set(error, SYN_EINVAL, "%s: a socket's path has 1 to %d bytes, not %zu",
                             path, SYN_LISTENER_PATH - 1, strlen(path));
    int rc = clear_path(path, error);
    if (rc)
        return rc;
    listener->fd = new_socket();
    if (listener->fd < 0)
        return syn_error_os(error, errno, "cannot make a socket");
    rc = bind_socket(listener, &at, backlog, error);
    if (rc)
        syn_listener_close(listener);
    return rc;
}

void syn_listener_close(struct syn_listener *listener)
{
    struct stat st;
    if (listener->fd < 0)
        return;
    (void)close(listener->fd);
    if (listener->path[0] && lstat(listener->path, &st) == 0 && st.st_dev == listener->device &&
        st.st_ino == listener->inode)
        (void)unlink(listener->path);
    *listener = (struct syn_listener){.fd = -1};
}

int syn_listener_accept(const struct syn_listener *listener)
{
    return accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
