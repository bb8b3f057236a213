/* SPDX-License-Identifier: MIT */
/*
 * How many slots stages get that share one memory: the agent lays them out, the simulator reckons
 * with as many. No state, no memory of its own.
 */
#ifndef SYN_DEVICES_RUNTIME_SLOTS_H
#define SYN_DEVICES_RUNTIME_SLOTS_H

#include "devices/runtime/runtime.h"

#define SYN_SLOTS_WANTED 2 /* one is filled while the other is read */

/* Has the route slots at this stage, wherever their bytes lie? */
bool syn_slots_at(const struct syn_route *route, enum syn_stage stage);

/*
 * bytes[i]: of one slot of stage i. Sets slots[i], at least 1, and returns the bytes of all: more
 * than `room` where not even one slot each fits.
 */
uint64_t syn_slots_share(const uint32_t *bytes, uint8_t *slots, unsigned count, uint64_t room);

#endif
