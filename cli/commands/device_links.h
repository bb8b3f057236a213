/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `device links`: the ways between the connected devices, what they cost, which is taken.
 */
#ifndef SYN_CLI_COMMANDS_DEVICE_LINKS_H
#define SYN_CLI_COMMANDS_DEVICE_LINKS_H

#include "cli/fleet/bench.h"

struct syn_call;

int syn_device_links_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error);

/* The table alone; wires are those of the last syn_links_refresh(). */
void syn_device_links_show(struct syn_bench *bench);

#endif
