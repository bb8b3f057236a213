/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of a deployment when a device that it needs is lost and comes back.
 *
 * One that still holds its part is part of it again. One that lost it (it started anew) gets it
 * again, with all others, once none is missing. A run that no command waited for (`run` without
 * --for and --count) goes on then, its figures begin anew. While a device is missing, a plan
 * without it is looked for and offered. All of that takes requests and their answers, so it is done
 * while no command is in the middle of something (syn_console_rest).
 */
#ifndef SYN_CLI_FLEET_RESUME_H
#define SYN_CLI_FLEET_RESUME_H

#include "cli/fleet/bench.h"

/* From the deployer: `member` is no longer online; what ran still counts as running. */
void syn_resume_member_left(struct syn_bench *bench, const struct syn_member *member);

/* Nothing goes on by itself any more. Did something wait to? */
bool syn_resume_forget_run(struct syn_bench *bench);

bool syn_resume_waits(const struct syn_bench *bench);

/* Does what is to be done now; `bench` is a struct syn_bench. */
void syn_resume_chores(void *bench);

void syn_resume_free(struct syn_bench *bench);

#endif
