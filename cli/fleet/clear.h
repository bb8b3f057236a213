/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clearing devices. One that is reached by a socket or a cable may still hold, and run, what an
 * earlier console deployed on it, or what it was left with when it was disconnected.
 */
#ifndef SYN_CLI_FLEET_CLEAR_H
#define SYN_CLI_FLEET_CLEAR_H

#include "cli/fleet/bench.h"

/* Asks the online members that hold nothing of this console: strays[i] = member i holds something
 * all the same. */
int syn_clear_find_strays(struct syn_bench *bench, bool strays[SYN_DEVICES_MAX],
                          struct syn_error *error);

/* Stops and clears the members that are chosen and online. */
int syn_clear_members(struct syn_bench *bench, const bool chosen[SYN_DEVICES_MAX],
                      struct syn_error *error);

#endif
