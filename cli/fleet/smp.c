/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/smp.h"

#include <stdlib.h>

static void keep(void *ctx, const struct syn_answer *answer)
{
    *(struct syn_answer *)ctx = *answer;
}

struct syn_smp_call *syn_smp_call_new(const struct syn_member *member, struct syn_error *error)
{
    if (member->state != SYN_MEMBER_ONLINE) {
        syn_error_set(error, SYN_ELINK, "not connected%s%s", member->why.message[0] ? ": " : "",
                      member->why.message);
        syn_error_device(error, member->name);
        return NULL;
    }
    struct syn_smp_call *call = calloc(1, sizeof *call);
    if (!call) {
        syn_error_set(error, SYN_ENOMEM, "no memory for an answer");
        return NULL;
    }
    call->op.answer = keep;
    call->op.ctx = &call->answer;
    return call;
}

int syn_smp_call_wait(struct syn_smp_call *call, struct syn_member *member, int started,
                      const char *what, struct syn_error *error)
{
    const char *name = member->name;
    int rc = syn_operation_started(&call->op, member, started, error);
    if (rc == 0)
        rc = syn_operation_wait(&call->op, member->bench->console, error);
    if (rc != 0)
        syn_error_device(error, name);
    if (rc == SYN_EUNSUP && what)
        syn_error_hint(error, "the firmware of %s has no %s", name, what);
    return rc;
}

int syn_smp_member(struct syn_console *console, const char *name, struct syn_member **member,
                   struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    *member = NULL;
    return bench ? syn_bench_online(bench, name, member, error)
                 : syn_error_set(error, SYN_ENOMEM, "no memory for the bench");
}
