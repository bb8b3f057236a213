/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connecting: from a URI to a device that has said hello, or any other that speaks SMP.
 *
 * `sim:` starts a virtual wearable (sim.h); all other schemes are links (transports/links). The
 * profile is the one that the
 * device names, unless the user names another.
 */
#ifndef SYN_CLI_FLEET_CONNECT_H
#define SYN_CLI_FLEET_CONNECT_H

#include "cli/fleet/bench.h"

/*
 * Connects `member` by its URI and waits for hello. `profile` NULL: as the device says. On failure
 * the member is offline and nothing of the attempt is left.
 */
int syn_member_connect(struct syn_member *member, const char *profile, struct syn_error *error);

/* ---- the same in steps, for whoever must not wait (reconnect.c) ---- */

/* Makes the session and begins to open `uri`. On failure the session may be there: hang up. */
int syn_member_open(struct syn_member *member, const char *uri, struct syn_error *error);

/* The link, or the process of a virtual wearable, has ended: for why. */
void syn_member_gone(struct syn_member *member, const struct syn_error *error);

/* Takes what the device says of itself; `sent_ns`: when it was asked. */
void syn_member_greeted(struct syn_member *member, const struct syn_identity *identity,
                        int64_t sent_ns);

#endif
