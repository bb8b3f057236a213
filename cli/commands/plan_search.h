/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searching for plans: what `plan search` and `run APP` share. */
#ifndef SYN_CLI_COMMANDS_PLAN_SEARCH_H
#define SYN_CLI_COMMANDS_PLAN_SEARCH_H

#include "cli/commands/plan_record.h"

struct syn_plan_search {
    const struct syn_planner *planner;
    double time_limit_s; /* 0: none */
    bool parallel;       /* predict with task parallelization whatever the planner says */
};

/* By name; SYN_ENOENT says which there are. "auto" is `synergy` where no planner has that name. */
int syn_plan_search_planner(const char *name, const struct syn_planner **planner,
                            struct syn_error *error);

/*
 * One search over record->workload, which the caller has set. Fills the rest of the record, also
 * where it is OOR (facts.feasible, facts.reason); keeps nothing.
 */
int syn_plan_search_one(struct syn_console *console, const struct syn_plan_search *search,
                        struct syn_plan_record *record, struct syn_error *error);

/* Command `plan search`. */
struct syn_call;
int syn_plan_search_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error);

#endif
