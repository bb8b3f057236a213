/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding a device again whose link was lost: pulled, out of range, its host gone.
 *
 * It is looked for on the loop, beside whatever else goes on: the link is opened by the identity
 * that it had (transports/links/link.h), the device says hello, and only the one that was lost is
 * taken: by its id. Attempts follow each other with growing pauses, as long as the settings
 * `reconnect` and `reconnect_time` let them. Devices that the console itself started (sim:, qemu:)
 * are not looked for: without their process there is nothing to find.
 */
#ifndef SYN_CLI_FLEET_RECONNECT_H
#define SYN_CLI_FLEET_RECONNECT_H

#include "cli/fleet/bench.h"

/* It is online: remembers where, to find it by that. */
void syn_reconnect_remember(struct syn_member *member);

/* The link of `member` broke: it is to be looked for from now on, if that can be. */
void syn_reconnect_begin(struct syn_member *member);

/* The session is gone, too: goes on looking, after a pause. Fine when it is not looked for. */
void syn_reconnect_go_on(struct syn_member *member);

/* Looks no longer; the attempt that is under way ends. Fine when it was not looked for. */
void syn_reconnect_end(struct syn_member *member);

/* Waits until the member is online, and has it looked for where it is not yet; SYN_ELINK with words
 * where it is not within `seconds`, or cannot be looked for. */
int syn_reconnect_wait(struct syn_member *member, double seconds, struct syn_error *error);

#endif
