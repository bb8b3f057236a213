/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/clear.h"

#include "cli/fleet/operation.h"

static void note_state(void *ctx, const struct syn_answer *answer)
{
    *(bool *)ctx = answer->plan.committed != 0;
}

static bool may_be_stray(const struct syn_member *member)
{
    return syn_member_plans(member) && member->txn == 0;
}

int syn_clear_find_strays(struct syn_bench *bench, bool strays[SYN_DEVICES_MAX],
                          struct syn_error *error)
{
    struct syn_operation ops[SYN_DEVICES_MAX] = {{0}};
    int rc = 0;
    for (unsigned i = 0; i < SYN_DEVICES_MAX; i++)
        strays[i] = false;
    for (unsigned i = 0; rc == 0 && i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        ops[i] = (struct syn_operation){.answer = note_state, .ctx = &strays[i]};
        if (may_be_stray(member))
            rc = syn_operation_started(
                &ops[i], member, syn_session_plan(member->session, syn_operation_done, &ops[i]),
                error);
    }
    for (unsigned i = 0; i < bench->count; i++) {
        int waited = syn_operation_wait(&ops[i], bench->console, rc == 0 ? error : NULL);
        rc = rc != 0 ? rc : waited;
    }
    return rc;
}

static int stop(struct syn_member *member, struct syn_operation *op)
{
    const struct syn_run_options halt = {.go = false};
    return syn_session_run(member->session, &halt, syn_operation_done, op);
}

static int clear(struct syn_member *member, struct syn_operation *op)
{
    return syn_session_clear(member->session, member->txn, syn_operation_done, op);
}

static int tell(struct syn_bench *bench, const bool chosen[SYN_DEVICES_MAX],
                int (*what)(struct syn_member *member, struct syn_operation *op),
                struct syn_error *error)
{
    struct syn_operation op = {0};
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        if (chosen[i] && member->state == SYN_MEMBER_ONLINE)
            rc = syn_operation_started(&op, member, what(member, &op), error);
    }
    int waited = syn_operation_wait(&op, bench->console, rc == 0 ? error : NULL);
    return rc != 0 ? rc : waited;
}

int syn_clear_members(struct syn_bench *bench, const bool chosen[SYN_DEVICES_MAX],
                      struct syn_error *error)
{
    int rc = tell(bench, chosen, stop, error);
    if (rc == 0)
        rc = tell(bench, chosen, clear, error);
    for (unsigned i = 0; rc == 0 && i < bench->count; i++)
        if (chosen[i])
            bench->members[i]->txn = 0;
    return rc;
}
