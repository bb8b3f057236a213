/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMP devices that are not ours: what they say of themselves when they are connected. */
#ifndef SYN_CLI_FLEET_FOREIGN_H
#define SYN_CLI_FLEET_FOREIGN_H

#include "cli/fleet/bench.h"

/* Asks who it is, as far as it answers such questions. SYN_EUNSUP where the user names a profile,
 * which needs our agent. */
int syn_foreign_greet(struct syn_member *member, const char *profile, struct syn_error *error);

#endif
