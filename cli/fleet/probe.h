/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast devices really are: short runs of a known workload, of which every task is counted.
 *
 * Devices take turns in pairs: each senses for itself, sends to the other, which infers and sends
 * the result back. The slower end decides about a transfer, so the radio of a device is as fast as
 * it was with the fastest partner. Needs all devices online and nothing running; what was deployed
 * before is gone afterwards.
 */
#ifndef SYN_CLI_FLEET_PROBE_H
#define SYN_CLI_FLEET_PROBE_H

#include "cli/fleet/bench.h"
#include "core/measure/pace.h"

struct syn_probe_result {
    struct syn_member *member;
    struct syn_pace pace; /* against the profile; NaN: not measured (a radio without a partner) */
};

/* Of all devices that are online, in their order. Ends early when the user stops the command. */
int syn_probe_run(struct syn_bench *bench, struct syn_probe_result results[SYN_DEVICES_MAX],
                  unsigned *count, struct syn_error *error);

/*
 * What transfers between any two that share no radio cost, through the console and by their wire
 * where they have one, into the link table. Each pair sends messages of two sizes in either
 * direction. Needs what syn_probe_run() needs.
 */
int syn_probe_links(struct syn_bench *bench, struct syn_error *error);

/* Makes the member's figures those that were measured; what is off by less than 0.2 % or was not
 * measured stays. */
void syn_probe_apply(struct syn_member *member, const struct syn_pace *pace);

#endif
