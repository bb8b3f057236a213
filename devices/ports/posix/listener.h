/* SPDX-License-Identifier: MIT */
/*
 * Unix stream sockets at which a virtual wearable listens: for hosts, for other wearables' radios,
 * for the other end of a wire. Non-blocking, not inherited by children, open to their owner alone.
 *
 * A socket file outlives a wearable that is killed, so one that nobody listens at is replaced.
 * Nothing else is ever removed: no other file, no other user's socket, and in the end only the
 * socket that was made here. One thread.
 */
#ifndef SYN_PORTS_POSIX_LISTENER_H
#define SYN_PORTS_POSIX_LISTENER_H

#include "core/base/error.h"

#include <stdbool.h>
#include <sys/types.h>

#define SYN_LISTENER_PATH 108 /* its end included */

/* Caller-owned; read `fd`: -1 = none. */
struct syn_listener {
    int fd;
    char path[SYN_LISTENER_PATH];
    dev_t device; /* with inode: which file is ours */
    ino_t inode;
};

/* Returns 0, SYN_EBUSY (somebody listens there), SYN_EINVAL (path too long, or what stands there is
 * not a socket of this user's) or the error of the operating system; fd is -1 then. */
int syn_listener_open(struct syn_listener *listener, const char *path, int backlog,
                      struct syn_error *error);

/* Nothing where fd is -1. */
void syn_listener_close(struct syn_listener *listener);

/* Who came: a descriptor, or -1. */
int syn_listener_accept(const struct syn_listener *listener);

/* Connects to one at once or not at all: a descriptor, or -1. */
int syn_listener_connect(const char *path);

#endif
