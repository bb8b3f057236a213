/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The planners, one file each; PLANNER.md says how to add one. */
#ifndef SYN_CORE_PLAN_PLANNERS_PLANNERS_H
#define SYN_CORE_PLAN_PLANNERS_PLANNERS_H

#include "core/plan/planner.h"

extern const struct syn_planner syn_planner_synergy;
extern const struct syn_planner syn_planner_auto;
extern const struct syn_planner syn_planner_exact;
extern const struct syn_planner syn_planner_min_dev;
extern const struct syn_planner syn_planner_max_dev;
extern const struct syn_planner syn_planner_pri_min_dev;
extern const struct syn_planner syn_planner_pri_max_dev;
extern const struct syn_planner syn_planner_ind_model;
extern const struct syn_planner syn_planner_joint_model;
extern const struct syn_planner syn_planner_ind_e2e;

#endif
