/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/restart.h"

#include "cli/fleet/connect.h"
#include "cli/fleet/deployer.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/reconnect.h"

/* For it to be there again; together with the rest below what a person takes for a hang. */
static const double return_s = 4;

static int ask(struct syn_member *member, struct syn_error *error)
{
    struct syn_operation op = {.pending = 0};
    int rc = syn_operation_started(
        &op, member, syn_session_reset(member->session, syn_operation_done, &op), error);
    if (rc == 0)
        rc = syn_operation_wait(&op, member->bench->console, error);
    /* One that restarts at once may take its answer along. */
    return rc == SYN_ELINK || rc == SYN_ECANCELED ? 0 : rc;
}

/* A port on USB goes with the device that restarts, and comes again, maybe as another one. */
static int find(struct syn_member *member, const char *profile, struct syn_error *error)
{
    int rc = syn_member_connect(member, profile, error);
    if (rc == 0 || syn_console_stopped(member->bench->console))
        return rc;
    struct syn_error missed = *error;
    syn_error_clear(error);
    rc = syn_reconnect_wait(member, return_s, error);
    member->returned = false; /* what it holds is looked at by whoever had it restart */
    if (rc == 0 || syn_console_stopped(member->bench->console))
        return rc;
    *error = missed;
    error->code = SYN_ELINK;
    return SYN_ELINK;
}

int syn_member_restart(struct syn_member *member, const char *profile, struct syn_error *error)
{
    struct syn_event_log *events = &member->bench->console->events;
    struct syn_error why = {0};
    int rc = syn_link_has_power(member->uri) ? 0 : ask(member, error);
    if (rc != 0)
        return rc;
    syn_error_clear(error);
    syn_error_set(&why, SYN_ELINK, "it was reset");
    syn_member_hang_up(member, &why);
    member->feed_count = 0;
    syn_event_add(events, SYN_EVENT_LEAVE, member->name, "reset");
    rc = find(member, profile, error);
    if (rc == 0)
        rc = syn_deployer_member_back(member->bench, member, true, error);
    if (rc == 0)
        syn_event_add(events, SYN_EVENT_JOIN, member->name, "back after a reset");
    return rc;
}
