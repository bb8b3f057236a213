/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/operation.h"

#include "cli/fleet/alive.h"

static const int turn_ms = 100;

void syn_operation_done(void *user, int status, const struct syn_answer *answer,
                        const struct syn_error *error)
{
    struct syn_operation *op = user;
    op->pending--;
    if (status == 0 && op->answer)
        op->answer(op->ctx, answer);
    if (status == 0 || op->status != 0)
        return;
    op->status = status;
    if (error)
        op->error = *error;
    else
        syn_error_set(&op->error, status, "%s", syn_errno_text(status));
}

int syn_operation_started(struct syn_operation *op, const struct syn_member *member, int status,
                          struct syn_error *error)
{
    if (status == 0) {
        op->pending++;
        syn_alive_watch(member->bench);
        return 0;
    }
    syn_error_set(error, status, "%s: %s", member->name, syn_errno_text(status));
    syn_error_device(error, member->name);
    return status;
}

bool syn_operation_wait_until(struct syn_operation *op, struct syn_console *console, int64_t end_ns)
{
    /* An interrupt must not end the loop's turns before the last answer is in. */
    syn_loop_set_cancel(console->loop, -1);
    while (op->pending > 0 && syn_loop_now() < end_ns)
        syn_console_turn(console, turn_ms);
    syn_loop_set_cancel(console->loop, console->signals->wake_fd);
    return op->pending == 0;
}

int syn_operation_wait(struct syn_operation *op, struct syn_console *console,
                       struct syn_error *error)
{
    (void)syn_operation_wait_until(op, console, INT64_MAX);
    if (op->status != 0 && error)
        *error = op->error;
    return op->status;
}
