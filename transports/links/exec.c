/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exec:COMMAND, a program that speaks on its standard input and output; and what it shares with
 * other drivers of programs. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/links/child.h"
#include "transports/links/driver.h"

enum { GRACE_MS = 200 };

int syn_link_program_open(struct syn_link_port *port, const char *const *argv,
                          struct syn_error *error)
{
    int pair[2];
    struct syn_child *child = calloc(1, sizeof *child);
    if (!child)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        int os_errno = errno;
        free(child);
        return syn_error_os(error, os_errno, "cannot make a socket");
    }
    int rc = syn_child_start(child, argv, pair[1], error);
    (void)close(pair[1]);
    if (!rc)
        rc = syn_link_fd_prepare(pair[0], error);
    if (rc) {
        syn_child_end(child, GRACE_MS);
        (void)close(pair[0]);
        free(child);
        return rc;
    }
    port->fd = pair[0];
    port->state = child;
    return 0;
}

static int exec_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    const char *const argv[] = {"/bin/sh", "-c", address, NULL};
    return syn_link_program_open(port, argv, error);
}

/* The end of its output comes before the end of the program by a moment. */
static int explain(struct syn_child *child, struct syn_error *error)
{
    struct syn_error why = {0};
    syn_child_listen(child);
    if (!syn_child_wait(child, GRACE_MS, &why))
        (void)syn_error_set(&why, SYN_ELINK, "the program closed its output%s%s",
                            child->line[0] ? ": " : "", child->line);
    else if (!child->line[0])
        syn_error_hint(&why, "it is to speak for a device on its standard input and output");
    if (error)
        *error = why;
    return SYN_ELINK;
}

int syn_link_program_read(struct syn_link_port *port, void *data, size_t size,
                          struct syn_error *error)
{
    syn_child_listen(port->state); /* a full pipe would stop the program */
    int n = syn_link_fd_read(port, data, size, error);
    return n < 0 ? explain(port->state, error) : n;
}

int syn_link_program_write(struct syn_link_port *port, const void *data, size_t size,
                           struct syn_error *error)
{
    int n = syn_link_fd_write(port, data, size, error);
    return n < 0 ? explain(port->state, error) : n;
}

void syn_link_program_close(struct syn_link_port *port)
{
    syn_link_fd_close(port);
    syn_child_end(port->state, GRACE_MS);
    free(port->state);
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
