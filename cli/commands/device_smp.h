/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What any SMP device can be asked: `device tasks`, `device memory`, and `device show` of one that
 * is not ours. */
#ifndef SYN_CLI_COMMANDS_DEVICE_SMP_H
#define SYN_CLI_COMMANDS_DEVICE_SMP_H

#include "cli/fleet/bench.h"
#include "cli/shell/call.h"

int syn_device_tasks_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error);
int syn_device_memory_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error);

/* Who it is, its boot loader, clock and buffers. */
void syn_device_show_smp(struct syn_console *console, struct syn_member *member);

#endif
