/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Constraints of a search: from options, and as part of a plan's record. */
#ifndef SYN_CLI_COMMANDS_PLAN_CONSTRAINTS_H
#define SYN_CLI_COMMANDS_PLAN_CONSTRAINTS_H

#include "cli/fleet/workload.h"
#include "core/base/json.h"

struct syn_call;

/*
 * --rate, --pin, --ban and --battery-floor (else the setting battery_floor). Every name must be
 * there. SYN_EINVAL with usage, SYN_ENOENT with the name that was probably meant.
 */
int syn_plan_constraints_of_call(struct syn_console *console, const struct syn_call *call,
                                 const struct syn_problem *problem,
                                 struct syn_constraints *constraints, struct syn_error *error);

/* What settings alone ask for. */
void syn_plan_constraints_of_settings(struct syn_console *console,
                                      struct syn_constraints *constraints);

/* "constraints": {...}; nothing where there are none. */
void syn_plan_constraints_show(cJSON *plan, const struct syn_constraints *constraints);

/* Member "constraints" of a plan; none where it is absent. SYN_EINVAL with its place. */
int syn_plan_constraints_parse(const struct syn_json *doc, const cJSON *plan,
                               struct syn_constraints *constraints, struct syn_error *error);

#endif
