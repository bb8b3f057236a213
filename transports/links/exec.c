/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exec:COMMAND, a program that speaks on its standard input and output; and what it shares with
 * other drivers of programs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/links/child.h"
#include "transports/links/driver.h"

#define PATIENCE_NS 1000000000 /* with a program that closed its output and goes on */

enum { GRACE_MS = 200 };

struct program {
    struct syn_child child;
    bool over; /* its output has ended: what the port polls is its end */
    struct syn_loop_timer patience;
    const char *hint; /* where it ends without a word; NULL: none */
};

int syn_link_program_open(struct syn_link_port *port, const char *const *argv,
                          struct syn_error *error)
{
    int pair[2];
    struct program *p = calloc(1, sizeof *p);
    if (!p)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        int os_errno = errno;
        free(p);
        return syn_error_os(error, os_errno, "cannot make a socket");
    }
    int rc = syn_child_start(&p->child, argv, pair[1], error);
    (void)close(pair[1]);
    if (!rc)
        rc = syn_link_fd_prepare(pair[0], error);
    if (rc) {
        syn_child_end(&p->child, GRACE_MS);
        (void)close(pair[0]);
        free(p);
        return rc;
    }
    port->fd = pair[0];
    port->state = p;
    return 0;
}

static int exec_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    const char *const argv[] = {"/bin/sh", "-c", address, NULL};
    const int rc = syn_link_program_open(port, argv, error);
    if (rc == 0)
        ((struct program *)port->state)->hint =
            "it is to speak for a device on its standard input and output";
    return rc;
}

static void on_late(void *ctx)
{
    struct program *p = ctx;
    syn_child_listen(&p->child);
    syn_child_end(&p->child, 0);
}

/* The end of its output comes before the end of the program, which says more: that is polled now,
 * under the number that the link knows. */
static int await_end(struct syn_link_port *port, struct program *p, struct syn_error *error)
{
    if (dup3(p->child.exit_fd, port->fd, O_CLOEXEC) < 0)
        return syn_error_os(error, errno, "the program closed its output");
    p->over = true;
    syn_loop_timer_start(port->loop, &p->patience, PATIENCE_NS, 0, on_late, p);
    return 0;
}

/* 0 while it goes on. */
static int explain(struct program *p, struct syn_error *error)
{
    struct syn_error why = {0};
    const bool ended = syn_child_ended(&p->child, &why);
    if (!ended && p->child.pid > 0)
        return 0;
    if (!ended)
        (void)syn_error_set(&why, SYN_ELINK, "the program closed its output%s%s",
                            p->child.line[0] ? ": " : "", p->child.line);
    else if (!p->child.line[0] && p->hint)
        syn_error_hint(&why, "%s", p->hint);
    if (error)
        *error = why;
    return SYN_ELINK;
}

int syn_link_program_read(struct syn_link_port *port, void *data, size_t size,
                          struct syn_error *error)
{
    struct program *p = port->state;
    if (p->over)
        return explain(p, error);
    syn_child_listen(&p->child); /* a full pipe would stop the program */
    int n = syn_link_fd_read(port, data, size, NULL);
    return n < 0 ? await_end(port, p, error) : n;
}

/* What it is told once it is over is lost; reading says why. */
int syn_link_program_write(struct syn_link_port *port, const void *data, size_t size,
                           struct syn_error *error)
{
    const struct program *p = port->state;
    (void)error;
    int n = p->over ? (int)size : syn_link_fd_write(port, data, size, NULL);
    return n < 0 ? (int)size : n;
}

void syn_link_program_close(struct syn_link_port *port)
{
    struct program *p = port->state;
    syn_loop_timer_stop(&p->patience);
    syn_link_fd_close(port);
    syn_child_end(&p->child, GRACE_MS);
    free(p);
}

const struct syn_link_driver syn_link_exec = {
    .scheme = "exec",
    .usage = "exec:COMMAND",
    .help = "a program that speaks on its standard input and output",
    .open = exec_open,
    .read = syn_link_program_read,
    .write = syn_link_program_write,
    .close = syn_link_program_close,
};
