/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A workload: the apps to serve, their models, and the devices that are online, put together as a
 * planning problem. It owns its models and stays as it was when devices come and go.
 */
#ifndef SYN_CLI_FLEET_WORKLOAD_H
#define SYN_CLI_FLEET_WORKLOAD_H

#include "cli/fleet/bench.h"
#include "core/cost/constraints.h"

struct syn_workload {
    struct syn_fleet fleet;
    struct syn_member *members[SYN_DEVICES_MAX]; /* of fleet devices; NULL once they have left */
    struct syn_problem problem;
    char apps[SYN_PIPELINES_MAX][SYN_APP_NAME_MAX];
    unsigned app_count;
    struct syn_model *models[SYN_PIPELINES_MAX];
    unsigned model_count;
    struct syn_constraints constraints; /* that the problem has been narrowed by */
};

/*
 * Of the registered apps that `apps` names (NULL or empty: all). Fails with words where there is no
 * app, no device, no such model, or no device with a sensor that is needed.
 */
int syn_workload_new(struct syn_workload **workload, struct syn_bench *bench,
                     const char *const *apps, size_t count, struct syn_error *error);

/*
 * Narrows the problem, whose objective is set, and keeps the constraints for whoever looks at the
 * plan later. Once; errors as syn_constraints_apply().
 */
int syn_workload_constrain(struct syn_workload *workload, const struct syn_constraints *constraints,
                           struct syn_error *error);

/* Are its devices still there? 0, or SYN_ELINK that names the one that has left. Asked again after
 * each turn of the loop. */
int syn_workload_present(const struct syn_workload *workload, struct syn_error *error);

void syn_workload_free(struct syn_workload *workload); /* NULL is fine */

#endif
