/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searching for plans: what `plan search` and `run APP` share. */
#ifndef SYN_CLI_COMMANDS_PLAN_SEARCH_H
#define SYN_CLI_COMMANDS_PLAN_SEARCH_H

#include "cli/commands/plan_record.h"

struct syn_plan_search {
    const struct syn_planner *planner;
    double time_limit_s; /* 0: none */
    unsigned threads;    /* 0: those of the machine, at most two */
    bool forced;         /* into `execution`, whatever the planner says */
    enum syn_execution execution;
    bool simulate; /* what is found */
};

/* By name; SYN_ENOENT says which there are. */
int syn_plan_search_planner(const char *name, const struct syn_planner **planner,
                            struct syn_error *error);

/* Sets the problem's objective: `name`, or the setting where it is NULL. Power needs a rate. */
int syn_plan_search_objective(struct syn_console *console, const char *name, bool has_rate,
                              struct syn_problem *problem, struct syn_error *error);

/*
 * One search over record->workload, which the caller has made, with its objective and constraints.
 * Fills the rest of the record, also where it is OOR (facts.feasible, facts.reason); keeps nothing.
 * A search that is stopped by the user with a plan is a success (facts.stopped). SYN_ELINK where a
 * device has left meanwhile. *bound takes what no plan is below, of the objective's first term (0:
 * not known); may be NULL.
 */
int syn_plan_search_one(struct syn_console *console, const struct syn_plan_search *search,
                        struct syn_plan_record *record, uint64_t *bound, struct syn_error *error);

/* Threads that a search may use. */
unsigned syn_plan_search_threads(const struct syn_plan_search *search);

/*
 * How a search really ended, rc being what it returned: SYN_ELINK where a device has left
 * meanwhile, the shell's own words where the user stopped it, words that name the constraint where
 * one is to blame for SYN_EOOR.
 */
int syn_plan_search_end(struct syn_console *console, const struct syn_workload *workload,
                        const struct syn_planner *planner, int rc, struct syn_error *error);

/* Command `plan search`. */
struct syn_call;
int syn_plan_search_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error);

#endif
