/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/planner.h"

#include "core/plan/planners/planners.h"

#include <string.h>

const struct syn_planner *const syn_planners[] = {
    &syn_planner_synergy,
    &syn_planner_auto,
    &syn_planner_exact,
    &syn_planner_min_dev,
    &syn_planner_max_dev,
    &syn_planner_pri_min_dev,
    &syn_planner_pri_max_dev,
    &syn_planner_ind_model,
    &syn_planner_joint_model,
    &syn_planner_ind_e2e,
    NULL,
};

const struct syn_planner *syn_planner_find(const char *name)
{
    for (const struct syn_planner *const *p = syn_planners; *p; p++)
        if (!strcmp((*p)->name, name))
            return *p;
    return NULL;
}
