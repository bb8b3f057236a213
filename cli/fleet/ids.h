/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids tell devices apart: where wires lead to them, where they are found again, in what was
 * measured. */
#ifndef SYN_CLI_FLEET_IDS_H
#define SYN_CLI_FLEET_IDS_H

#include "cli/fleet/bench.h"

/* The number of an emulated board that is told none: the first that no other device's id ends with.
 * It keeps it. */
void syn_ids_number(struct syn_member *member);

/* Another device that is online and has the same id, or NULL: one device by two ways, or two that
 * were given one id. */
const struct syn_member *syn_ids_twin(const struct syn_member *member);

#endif
