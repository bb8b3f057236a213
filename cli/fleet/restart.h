/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restarting a device on purpose, and having it back as it was. */
#ifndef SYN_CLI_FLEET_RESTART_H
#define SYN_CLI_FLEET_RESTART_H

#include "cli/fleet/bench.h"

/* Makes a device that is online restart, and connects to it again. `profile` as in connect.h. What
 * it kept of a deployment is part of it again (deployer.h). Events tell both. On failure it is
 * offline, with words for why. */
int syn_member_restart(struct syn_member *member, const char *profile, struct syn_error *error);

#endif
