/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child process that a device lives in: started, watched and ended.
 *
 * It dies with the console, however that ends. Its standard error is read by the console, and the
 * last line of it explains an exit. Nothing here blocks but syn_child_end, for a bounded time.
 */
#ifndef SYN_TRANSPORTS_LINKS_CHILD_H
#define SYN_TRANSPORTS_LINKS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/error.h"

struct syn_child {
    pid_t pid;      /* 0: none */
    int exit_fd;    /* can be read once the child has ended */
    int error_fd;   /* its standard error, non-blocking; -1 once closed */
    char line[160]; /* last whole line that it wrote there and that is not indented */
    char hint[160]; /* the indented line after it, by custom advice; or empty */
    char part[160]; /* the line that is being written */
    size_t part_length;
};

/*
 * Starts program argv[0] (looked up in PATH unless it has a slash). stdio_fd becomes standard input
 * and output (-1: /dev/null) and stays the caller's. Fails with words when it cannot be executed.
 */
int syn_child_start(struct syn_child *child, const char *const *argv, int stdio_fd,
                    struct syn_error *error);

/* Reads what is there of standard error. */
void syn_child_listen(struct syn_child *child);

/* True when it has ended: `error` (SYN_ELINK) says how, with its last line. Asked any number of
 * times before, once after. */
bool syn_child_ended(struct syn_child *child, struct syn_error *error);

/* Asks it to end; syn_child_end waits for that. */
void syn_child_ask_to_end(const struct syn_child *child);

/* SIGTERM, after `grace_ms` SIGKILL; closes the descriptors. Fine when there is no child. */
void syn_child_end(struct syn_child *child, int grace_ms);

#endif
