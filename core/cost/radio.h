/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfers that cannot overlap. A transfer keeps both of its radios busy, so the devices of an odd
 * set S can have at most (|S| - 1) / 2 transfers among themselves at a time: the transfers inside S
 * take at least their sum over that number (core/plan/PLANNER.md).
 */
#ifndef SYN_CORE_COST_RADIO_H
#define SYN_CORE_COST_RADIO_H

#include "core/cost/problem.h"

/* The console where it relays: a device of its own that has nothing but a radio. */
#define SYN_DEVICE_HUB  SYN_DEVICES_MAX
#define SYN_RADIO_NODES (SYN_DEVICES_MAX + 1)

struct syn_radio_load {
    uint64_t pair_ns[SYN_RADIO_NODES][SYN_RADIO_NODES]; /* [a][b] with a < b, else 0 */
    uint64_t node_ns[SYN_RADIO_NODES];
    uint32_t nodes; /* bit n: node n takes part in a transfer */
};

void syn_radio_add(struct syn_radio_load *load, unsigned a, unsigned b, uint64_t ns);

/* Adds `times` transfers from device a to device b over the fleet's links. */
void syn_radio_transfer(struct syn_radio_load *load, const struct syn_fleet *fleet, unsigned a,
                        unsigned b, uint32_t bytes, uint64_t times);

/*
 * Walks the odd sets of three nodes or more among those that transfer: all of them where at most
 * twelve nodes do, else triples. Begin with 0; 0 after the last.
 */
uint32_t syn_radio_next_set(const struct syn_radio_load *load, uint32_t set);

/* Transfers that the nodes of a set can have among themselves at a time. */
unsigned syn_radio_at_once(uint32_t set);

/*
 * The largest bound of any of these sets.
 * 0 where no set says more than `known_ns`; otherwise *set takes its nodes.
 */
uint64_t syn_radio_bound(const struct syn_radio_load *load, uint64_t known_ns, uint32_t *set);

#endif
