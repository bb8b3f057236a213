/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the runner share: starting (runner.c), what devices report (runner_reports.c),
 * waiting for it and checking it (runner_wait.c). */
#ifndef SYN_CLI_FLEET_RUNNER_PARTS_H
#define SYN_CLI_FLEET_RUNNER_PARTS_H

#include "cli/fleet/runner.h"

/* Index of a member in what is deployed; -1 where it takes no part. */
int syn_runner_device(const struct syn_bench *bench, const struct syn_member *member);

/* Has every pipeline delivered `count` results? */
bool syn_runner_all_have(const struct syn_running *running, uint32_t count);

/* Has every pipeline delivered so many, or lost results on their way that its target has counted?
 * Counters come behind the results that they count, so nothing is to be waited for then. */
bool syn_runner_all_ended(const struct syn_running *running, uint32_t count);

#endif
