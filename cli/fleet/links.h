/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ways between devices, and what they cost: the link table.
 *
 * Two devices exchange tensors over a virtual radio that they share, over a wire of their own, over
 * a channel that one opens to the other by Bluetooth, or through the console, which relays. Where
 * wires lead nobody knows beforehand: both ends say who they hear, and a wire is one where they
 * name each other. What a way costs is measured (cli/fleet/probe.h) by ordered pair, as overhead +
 * bytes / rate at either end, and is kept as long as the console lives, by the ids of the devices.
 * Of two ways the one is taken, in both directions, that needs less for a message of
 * SYN_LINKS_TYPICAL bytes there and back; a wire that was not measured is taken, and a channel
 * where there is no wire.
 */
#ifndef SYN_CLI_FLEET_LINKS_H
#define SYN_CLI_FLEET_LINKS_H

#include "cli/fleet/bench.h"
#include "core/cost/plan.h"

#define SYN_LINKS_TYPICAL 4096

enum syn_way { SYN_WAY_RADIO, SYN_WAY_WIRE, SYN_WAY_BLE, SYN_WAY_CONSOLE, SYN_WAY_COUNT };

const char *syn_way_name(enum syn_way way); /* "radio", "wire", "ble", "console" */

/* What is known of the ways from one device to another. */
struct syn_links_row {
    char from[64], to[64];                      /* ids */
    struct syn_fleet_link costs[SYN_WAY_COUNT]; /* measured or not; radio: never */
    struct syn_links_row *next;
};

/* Has the devices that are online say where their wires lead; those that have connected just now
 * are given a moment to find out. */
int syn_links_refresh(struct syn_bench *bench, struct syn_error *error);

/* Where a wire's end leads, seen from the console. */
enum syn_wire_state {
    SYN_WIRE_JOINS,    /* it and the other end name each other; or it is a channel */
    SYN_WIRE_SILENT,   /* nobody is heard */
    SYN_WIRE_STRANGER, /* who is heard there is no device that is online */
    SYN_WIRE_ONE_WAY,  /* who is heard there hears nothing */
};

/* *other (may be NULL) is the member that is heard, or NULL. */
enum syn_wire_state syn_links_wire(const struct syn_bench *bench, const struct syn_member *member,
                                   const struct syn_wire_end *end, const struct syn_member **other);

/* By which a is told to reach b on that way: "uart:2" at a's end, "ble:" and b's address; NULL
 * where it is not there, or has no address. */
const char *syn_links_address(const struct syn_member *a, const struct syn_member *b,
                              enum syn_way way);

/* Is the way there? */
bool syn_links_has(const struct syn_member *a, const struct syn_member *b, enum syn_way way);

/* The way that transfers from a to b take. */
enum syn_way syn_links_way(const struct syn_bench *bench, const struct syn_member *a,
                           const struct syn_member *b);

/* Do the devices a and b, by their indices, exchange tensors in that plan? */
bool syn_links_needed(const struct syn_plan *plan, unsigned a, unsigned b);

/* Time of a transfer, both ends. */
uint64_t syn_links_ns(const struct syn_fleet_link *cost, uint32_t bytes);

/* NULL where nothing was measured. */
const struct syn_links_row *syn_links_find(const struct syn_bench *bench,
                                           const struct syn_member *a, const struct syn_member *b);
int syn_links_set(struct syn_bench *bench, const struct syn_member *a, const struct syn_member *b,
                  enum syn_way way, const struct syn_fleet_link *cost, struct syn_error *error);
/* What was measured with that device; all of it for NULL. Returns how many rows that were. */
unsigned syn_links_forget(struct syn_bench *bench, const struct syn_member *member);

#endif
