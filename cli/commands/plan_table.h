/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches side by side: `plan search --planner all`. */
#ifndef SYN_CLI_COMMANDS_PLAN_TABLE_H
#define SYN_CLI_COMMANDS_PLAN_TABLE_H

#include "cli/commands/plan_record.h"

/* One search of one planner. */
struct syn_plan_trial {
    struct syn_plan_record record; /* its workload belongs to whoever made the trials */
    struct syn_error error;        /* where no plan was found */
    uint64_t bound; /* of the objective's first term, proven by this search; 0: none */
};

/*
 * What the trials say of each other, all of one workload: ratios to `synergy` and to the best
 * bound of all, and the gap to that of plans that run with task parallelization.
 */
void syn_plan_trials_relate(struct syn_plan_trial *const *trials, unsigned count);

/* The one that is best by the objective, as predicted for the mode that it would run in; NULL
 * where none is feasible. Of equal ones the first that is proven, else the first. */
struct syn_plan_trial *syn_plan_trials_best(struct syn_plan_trial *const *trials, unsigned count);

/* For people: a row for each; what has no plan says why. */
void syn_plan_trials_table(struct syn_console *console, struct syn_plan_trial *const *trials,
                           unsigned count);

#endif
