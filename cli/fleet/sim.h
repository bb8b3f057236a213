/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual wearables: `sim:PROFILE[?OPTIONS]` is an agent that the console starts for itself, in a
 * process of its own (sim_fields in sim.c; for people: `help connect`).
 */
#ifndef SYN_CLI_FLEET_SIM_H
#define SYN_CLI_FLEET_SIM_H

#include "cli/fleet/bench.h"

/*
 * Starts the one that the member's URI describes, and waits until its session is open. A name that
 * stands for a body place gives it that place's sensors and actuators.
 */
int syn_sim_connect(struct syn_member *member, struct syn_error *error);

#endif
