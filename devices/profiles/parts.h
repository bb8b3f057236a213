/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts that profiles describe. A set owns them: a profile's timing.part points into the set
 * that it was read with (or at a part that is built in), so copies of profiles need nothing, and
 * the set must outlive them all. Parts that are equal are one, so that a planner may compare
 * pointers. They never move and never change.
 *
 * Errors: NULL means no memory. Threads: one at a time.
 */
#ifndef SYN_DEVICES_PROFILES_PARTS_H
#define SYN_DEVICES_PROFILES_PARTS_H

#include "devices/part/geometry.h"

struct syn_parts {
    struct syn_parts_entry *first; /* all zero: empty */
};

/* The part of the set that is equal to `part`, added where there is none; the name is copied. */
const struct syn_part *syn_parts_keep(struct syn_parts *parts, const struct syn_part *part);

/* Frees them all; the set is empty afterwards. */
void syn_parts_clear(struct syn_parts *parts);

#endif
