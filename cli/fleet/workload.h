/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A workload: the apps to serve, their models, and the devices that are online, put together as a
 * planning problem. It owns its models and stays as it was when devices come and go.
 */
#ifndef SYN_CLI_FLEET_WORKLOAD_H
#define SYN_CLI_FLEET_WORKLOAD_H

#include "cli/fleet/bench.h"

struct syn_workload {
    struct syn_fleet fleet;
    struct syn_member *members[SYN_DEVICES_MAX]; /* of fleet devices; NULL once they have left */
    struct syn_problem problem;
    char apps[SYN_PIPELINES_MAX][SYN_APP_NAME_MAX];
    unsigned app_count;
    struct syn_model *models[SYN_PIPELINES_MAX];
    unsigned model_count;
};

/*
 * Of the registered apps that `apps` names (NULL or empty: all). Fails with words where there is no
 * app, no device, no such model, or no device with a sensor that is needed.
 */
int syn_workload_new(struct syn_workload **workload, struct syn_bench *bench,
                     const char *const *apps, size_t count, struct syn_error *error);
void syn_workload_free(struct syn_workload *workload); /* NULL is fine */

#endif
