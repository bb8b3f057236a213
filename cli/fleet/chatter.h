/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device that talks without end must not fill the terminal, nor push other events out of the ones
 * that are kept: of each only so many lines a second are told, then how many were not. All of them
 * pass `device logs`, which keeps the latest.
 */
#ifndef SYN_CLI_FLEET_CHATTER_H
#define SYN_CLI_FLEET_CHATTER_H

#include "cli/fleet/bench.h"

/* Tells what a device said, as an event of this kind, or counts it. */
void syn_chatter_tell(struct syn_member *member, enum syn_event_kind kind, const char *text);

/* The member goes. */
void syn_chatter_end(struct syn_member *member);

#endif
