/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a plan was made from, kept with it: models by their content, pipelines as their apps say
 * them, figures of devices, links, objective and constraints. Each has a SHA-256 hash and, but for
 * models, the values that were hashed, so that a plan that no longer holds can say why.
 *
 * Only what a plan relies on must be as it was: devices that join or leave beside it do not matter.
 */
#ifndef SYN_CORE_PLAN_INPUTS_H
#define SYN_CORE_PLAN_INPUTS_H

#include "core/base/json.h"
#include "core/cost/problem.h"

/*
 * The object "inputs" of a plan's JSON object `root`, in which objective and constraints stand
 * (PLANNER.md); NULL without memory.
 */
cJSON *syn_plan_inputs(const struct syn_problem *problem, const cJSON *root);

/*
 * Is all that the plan `root` relies on as its inputs say? A plan without inputs claims nothing.
 * Returns 0, SYN_ESTATE with words (which input, what it was and is), SYN_ECORRUPT where the
 * object's own hashes are not those of its values, SYN_EINVAL where it is malformed, SYN_ENOMEM.
 */
int syn_plan_inputs_check(const struct syn_json *doc, const cJSON *root,
                          const struct syn_problem *problem, struct syn_error *error);

#endif
