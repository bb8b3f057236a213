/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What probe.c and probe_links.c share. */
#ifndef SYN_CLI_FLEET_PROBE_PARTS_H
#define SYN_CLI_FLEET_PROBE_PARTS_H

#include "cli/fleet/probe.h"
#include "cli/fleet/runner.h"

/* Devices take turns in pairs: in turn t of so many, whom device d meets; d itself where it sits
 * out. */
unsigned syn_probe_turns(unsigned count);
unsigned syn_probe_partner(unsigned d, unsigned turn, unsigned count);

/* Appends a pipeline that senses on `from` and acts on `to`, whatever they sense and act with. */
void syn_probe_pipeline(struct syn_workload *workload, const struct syn_model *model, unsigned from,
                        unsigned to);

/* Deploys the plan; takes the workload over. */
int syn_probe_deploy(struct syn_bench *bench, struct syn_workload *workload,
                     const struct syn_plan *plan, struct syn_error *error);

/* Runs what is deployed, first for one inference, which configures the accelerators, then for
 * `inferences` of each pipeline, all of whose tasks are in the sample. Stops. */
int syn_probe_sample(struct syn_bench *bench, uint32_t inferences, struct syn_sample *sample,
                     struct syn_error *error);

#endif
