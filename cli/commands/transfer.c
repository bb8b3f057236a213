/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/transfer.h"

#include "cli/commands/device_record.h"
#include "cli/fleet/connect.h"
#include "cli/fleet/reconnect.h"

enum { TRIES = 3 }; /* connections that may break on the way */
/* A transfer that stands still for longer is taken for one that hangs: so long it is waited for a
 * device that is plugged in again. */
static const int64_t still_ns = 4500000000;

bool syn_transfer_told(void *user, size_t held, size_t size)
{
    const struct syn_operation *op = user;
    struct syn_transfer *t = op->ctx;
    t->held = held;
    t->moved_ns = syn_loop_now();
    syn_progress_update(&t->progress, held, size);
    return !syn_console_stopped(t->console);
}

static int once(struct syn_transfer *t, struct syn_error *error)
{
    struct syn_operation op = {.ctx = t};
    if (!t->member->session) /* its link broke since it was asked something else */
        return syn_bench_online(t->member->bench, t->member->name, &t->member, error);
    int rc = syn_operation_started(&op, t->member, t->start(t, &op), error);
    return rc ? rc : syn_operation_wait(&op, t->console, error);
}

static double left_s(const struct syn_transfer *t)
{
    int64_t left_ns = t->moved_ns + still_ns - syn_loop_now();
    return left_ns > 0 ? (double)left_ns / 1e9 : 0;
}

static int connect_again(struct syn_transfer *t, struct syn_error *error)
{
    struct syn_device_record record = {.name = ""};
    (void)syn_device_record_get(t->console, t->member->name, &record, NULL);
    syn_error_clear(error);
    if (t->member->reconnect)
        return syn_reconnect_wait(t->member, left_s(t), error);
    return syn_member_connect(t->member, record.profile[0] ? record.profile : NULL, error);
}

int syn_transfer_run(struct syn_transfer *t, struct syn_error *error)
{
    int64_t start = syn_loop_now();
    t->moved_ns = start;
    syn_console_progress(t->console, &t->progress, t->what, "B");
    int rc = once(t, error);
    for (int i = 1; rc == SYN_ELINK && i < TRIES && !syn_console_stopped(t->console); i++) {
        rc = connect_again(t, error);
        if (rc != 0)
            break;
        rc = once(t, error);
    }
    syn_progress_end(&t->progress);
    t->seconds = (double)(syn_loop_now() - start) / 1e9;
    if (syn_console_stopped(t->console))
        rc = syn_console_stop_error(t->console, error);
    return rc;
}

double syn_transfer_rate_kb_s(const struct syn_transfer *t, size_t bytes)
{
    return t->seconds > 0 ? (double)bytes / 1e3 / t->seconds : 0;
}
