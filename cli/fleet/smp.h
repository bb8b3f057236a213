/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One operation of a standard SMP group at a time, for commands: started, waited for, its answer
 * kept, and words where the device has no such group. */
#ifndef SYN_CLI_FLEET_SMP_H
#define SYN_CLI_FLEET_SMP_H

#include "cli/fleet/operation.h"

struct syn_smp_call {
    struct syn_operation op;
    struct syn_answer answer;
};

/* A new one, freed with free(). NULL, with words, when there is no memory (SYN_ENOMEM) or `member`
 * has left (SYN_ELINK). */
struct syn_smp_call *syn_smp_call_new(const struct syn_member *member, struct syn_error *error);

/*
 * Waits for what was started with syn_operation_done and &call->op: `started` is what that
 * returned. Errors name the device; SYN_EUNSUP says that it has no `what`.
 */
int syn_smp_call_wait(struct syn_smp_call *call, struct syn_member *member, int started,
                      const char *what, struct syn_error *error);

/* The member of this name: online, of any kind. */
int syn_smp_member(struct syn_console *console, const char *name, struct syn_member **member,
                   struct syn_error *error);

#endif
