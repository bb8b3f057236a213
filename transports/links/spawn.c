/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transports/links/child.h"
#include "transports/links/unix.h"

enum { GRACE_MS = 500 };
static const int64_t retry_ns = 2000000;
static const int64_t default_ready_ns = 10000000000;

struct syn_spawn {
    struct syn_child child;
    struct syn_loop *loop;
    struct syn_loop_watch exit_watch, error_watch;
    struct syn_loop_timer timer; /* tries to connect until the socket is there */
    struct syn_spawn_options options;
    int64_t deadline_ns;
    char socket[108]; /* as long as an address can be */
};

static void stop_watching(struct syn_spawn *s)
{
    syn_loop_watch_stop(&s->exit_watch);
    syn_loop_watch_stop(&s->error_watch);
    syn_loop_timer_stop(&s->timer);
}

static void give_up(struct syn_spawn *s, const struct syn_error *error)
{
    stop_watching(s);
    syn_child_end(&s->child, GRACE_MS);
    s->options.ended(s->options.ctx, error); /* may free s */
}

static void on_exit_fd(void *ctx, unsigned events)
{
    struct syn_spawn *s = ctx;
    struct syn_error error = {0};
    (void)events;
    if (syn_child_ended(&s->child, &error))
        give_up(s, &error);
}

static void on_error_fd(void *ctx, unsigned events)
{
    struct syn_spawn *s = ctx;
    (void)events;
    syn_child_listen(&s->child);
    if (s->child.error_fd < 0)
        syn_loop_watch_stop(&s->error_watch);
}

/* A socket that is not there yet, or is bound but does not listen yet, is no failure. */
static void try_connect(void *ctx)
{
    struct syn_spawn *s = ctx;
    struct syn_error error = {0};
    int fd;
    int rc = syn_unix_connect(s->socket, &fd, &error);
    if (rc == 0) {
        syn_loop_timer_stop(&s->timer);
        s->options.connected(s->options.ctx, fd);
    } else if (rc != SYN_ENOENT && rc != SYN_ELINK && rc != SYN_EBUSY) {
        give_up(s, &error);
    } else if (syn_loop_now() > s->deadline_ns) {
        (void)syn_error_set(&error, SYN_ETIMEOUT, "the program does not listen on %s%s%s",
                            s->socket, s->child.line[0] ? ": " : "", s->child.line);
        give_up(s, &error);
    }
}

static void watch(struct syn_spawn *s)
{
    int64_t bound = s->options.ready_ns > 0 ? s->options.ready_ns : default_ready_ns;
    s->deadline_ns = syn_loop_now() + bound;
    syn_loop_watch_start(s->loop, &s->exit_watch, s->child.exit_fd, SYN_LOOP_READ, on_exit_fd, s);
    syn_loop_watch_start(s->loop, &s->error_watch, s->child.error_fd, SYN_LOOP_READ, on_error_fd,
                         s);
    syn_loop_timer_start(s->loop, &s->timer, retry_ns, retry_ns, try_connect, s);
}

/* Only ever removes a socket: a path that is given by mistake loses nothing. */
static void remove_socket(const struct syn_spawn *s)
{
    struct stat st;
    if (lstat(s->socket, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(s->socket);
}

int syn_spawn_start(struct syn_spawn **spawn, struct syn_loop *loop,
                    const struct syn_spawn_options *options, struct syn_error *error)
{
    struct syn_spawn *s = calloc(1, sizeof *s);
    *spawn = NULL;
    if (!s)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    s->loop = loop;
    s->options = *options;
    int n = snprintf(s->socket, sizeof s->socket, "%s", options->socket);
    int rc = 0;
    if (n < 0 || (size_t)n >= sizeof s->socket)
        rc = syn_error_set(error, SYN_EINVAL, "%s: path of a socket longer than %zu bytes",
                           options->socket, sizeof s->socket - 1);
    if (!rc) {
        remove_socket(s);
        rc = syn_child_start(&s->child, options->argv, -1, error);
    }
    if (rc) {
        free(s);
        return rc;
    }
    s->options.argv = NULL; /* the caller's may go */
    s->options.socket = s->socket;
    watch(s);
    *spawn = s;
    return 0;
}

void syn_spawn_ask_to_end(struct syn_spawn *spawn)
{
    syn_child_ask_to_end(&spawn->child);
}

void syn_spawn_free(struct syn_spawn *spawn)
{
    if (!spawn)
        return;
    stop_watching(spawn);
    syn_child_end(&spawn->child, GRACE_MS);
    remove_socket(spawn);
    free(spawn);
}

pid_t syn_spawn_pid(const struct syn_spawn *spawn)
{
    return spawn->child.pid;
}
