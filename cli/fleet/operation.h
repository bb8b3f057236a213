/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations of sessions, waited for: start any number of them (on one device or several), then
 * wait until all are done. The first failure's words are kept.
 *
 *     struct syn_operation op = {.answer = keep, .ctx = &mine};
 *     int started = syn_session_hello(s, syn_operation_done, &op);
 *     rc = syn_operation_started(&op, member, started, error);
 *     if (rc == 0)
 *         rc = syn_operation_wait(&op, console, error);
 */
#ifndef SYN_CLI_FLEET_OPERATION_H
#define SYN_CLI_FLEET_OPERATION_H

#include "cli/fleet/bench.h"

struct syn_operation {
    void (*answer)(void *ctx, const struct syn_answer *answer); /* on success; may be NULL */
    void *ctx;
    unsigned pending;
    int status;             /* of the first that failed */
    struct syn_error error; /* its words */
};

/* The callback of sessions; `user` is the operation. */
void syn_operation_done(void *user, int status, const struct syn_answer *answer,
                        const struct syn_error *error);

/* Counts one that was started, or turns the failure to start it into words. */
int syn_operation_started(struct syn_operation *op, const struct syn_member *member, int status,
                          struct syn_error *error);

/*
 * Turns the loop until all are done, even when the user stops the command: sessions bound their own
 * patience, and an operation must not outlive its frame. Returns the first failure.
 */
int syn_operation_wait(struct syn_operation *op, struct syn_console *console,
                       struct syn_error *error);

/* The same until `end_ns` (of syn_loop_now) at most: are all done? */
bool syn_operation_wait_until(struct syn_operation *op, struct syn_console *console,
                              int64_t end_ns);

#endif
