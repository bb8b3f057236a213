/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting a virtual wearable and connecting to it.
 *
 * The program is told (by its arguments, which are the caller's business) to listen on a unix
 * socket. Once it does, `connected` hands out the connected descriptor, which belongs to the callee
 * (syn_link_adopt). If it ends, then or later, `ended` says how; so does a program that does not
 * listen in time. After `ended` nothing more comes. A console that is killed takes it along.
 */
#ifndef SYN_TRANSPORTS_LINKS_SPAWN_H
#define SYN_TRANSPORTS_LINKS_SPAWN_H

#include <sys/types.h>

#include "core/base/error.h"
#include "core/base/loop.h"

struct syn_spawn;

struct syn_spawn_options {
    const char *const *argv; /* program first (PATH is searched unless it has a slash), NULL last */
    const char *socket;      /* path on which it will listen; removed before start if it exists */
    int64_t ready_ns;        /* bound on the time until it listens; 0: 10 s */
    void (*connected)(void *ctx, int fd);
    void (*ended)(void *ctx, const struct syn_error *error);
    void *ctx;
};

/* On failure *spawn is NULL; callbacks come from the loop only. Strings are copied. */
int syn_spawn_start(struct syn_spawn **spawn, struct syn_loop *loop,
                    const struct syn_spawn_options *options, struct syn_error *error);

/* Sends SIGTERM without waiting, so that several can end at once before each is freed. */
void syn_spawn_ask_to_end(struct syn_spawn *spawn);

/* SIGTERM, after 500 ms SIGKILL; removes the socket. No callback. NULL is fine. */
void syn_spawn_free(struct syn_spawn *spawn);

pid_t syn_spawn_pid(const struct syn_spawn *spawn); /* 0 once it has ended */

#endif
