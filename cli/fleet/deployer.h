/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carries a deployment out: takes the actions of core/deploy to the devices over their sessions,
 * and remembers what is deployed.
 */
#ifndef SYN_CLI_FLEET_DEPLOYER_H
#define SYN_CLI_FLEET_DEPLOYER_H

#include "cli/fleet/workload.h"
#include "core/cost/cost.h"
#include "core/deploy/deploy.h"

struct syn_deployed {
    int64_t id; /* of the plan */
    char planner[32];
    enum syn_execution execution;
    struct syn_workload *workload; /* owned */
    struct syn_plan plan;
    struct syn_prediction prediction;
    struct syn_deploy *deploy; /* owned; for its streams */
    uint32_t txn;
    char missing[SYN_DEVICE_NAME]; /* a device that has left; empty: all are there */
};

/*
 * Deploys `what->plan` of `workload`; takes the workload over, whatever happens. All devices switch
 * or none does; on failure what was deployed before is still there, stopped. Devices that hold what
 * another console deployed are cleared first.
 */
int syn_deployer_deploy(struct syn_bench *bench, struct syn_workload *workload,
                        const struct syn_deployed *what, struct syn_error *error);

/* Clears all devices; *held says whether one of them held anything. */
int syn_deployer_undeploy(struct syn_bench *bench, bool *held, struct syn_error *error);

/* What is deployed and complete; SYN_ESTATE, or SYN_ELINK where a device has left. */
int syn_deployer_current(struct syn_bench *bench, struct syn_deployed **deployed,
                         struct syn_error *error);

/* The bench tells that a member is no longer online. */
void syn_deployer_member_left(struct syn_bench *bench, struct syn_member *member);

/*
 * A member is back. One that still holds its deployment is part of it as before. After a reset
 * (`restarted`) that holds only where it serves it alone: others count inferences that it has
 * forgotten, so that all of them have to be deployed to again. Fails only where the link does.
 */
int syn_deployer_member_back(struct syn_bench *bench, struct syn_member *member, bool restarted,
                             struct syn_error *error);

/* Deploys the same plan again, to devices that have left and come back; figures of a run are
 * forgotten. On failure what is deployed misses what it missed before. */
int syn_deployer_again(struct syn_bench *bench, struct syn_error *error);

void syn_deployer_free(struct syn_bench *bench);

#endif
