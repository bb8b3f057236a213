/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `device list` and `device show` print. */
#ifndef SYN_CLI_COMMANDS_DEVICE_SHOW_H
#define SYN_CLI_COMMANDS_DEVICE_SHOW_H

#include "cli/fleet/bench.h"

/* "online", "connecting", "offline"; never NULL. */
const char *syn_member_state_name(enum syn_member_state state);

/* Name, state, identity: what `device list` and `device show` have in common, in JSON. */
void syn_device_show_identity(cJSON *json, const struct syn_member *member);

/* All registered and connected devices. */
int syn_device_show_list(struct syn_console *console, struct syn_error *error);

/* Identity, figures with their sources, link. */
void syn_device_show_one(struct syn_console *console, struct syn_member *member);

#endif
