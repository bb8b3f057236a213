/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `device show` prints. */
#ifndef SYN_CLI_COMMANDS_DEVICE_SHOW_H
#define SYN_CLI_COMMANDS_DEVICE_SHOW_H

#include "cli/fleet/bench.h"

/* Identity, figures with their sources, link. */
void syn_device_show_one(struct syn_console *console, struct syn_member *member);

#endif
