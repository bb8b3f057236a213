/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a search shows while it runs: on a terminal a line with stage, best plan, bound and gap;
 * with -v a line on stderr for each better plan; else nothing. It also keeps links alive, and ends
 * the search when the user asks for it or a device of the workload leaves.
 */
#ifndef SYN_CLI_COMMANDS_PLAN_PROGRESS_H
#define SYN_CLI_COMMANDS_PLAN_PROGRESS_H

#include "cli/fleet/workload.h"
#include "core/plan/planner.h"

struct syn_plan_progress {
    struct syn_console *console;
    const struct syn_workload *workload;
    struct syn_progress line;
    int64_t turned_ns, begun_ns;
    uint64_t value; /* of the best plan so far */
};

/* `what` stands in front of the line: the planner's name. It and the workload stay the caller's. */
void syn_plan_progress_begin(struct syn_plan_progress *progress, struct syn_console *console,
                             const struct syn_workload *workload, const char *what);
void syn_plan_progress_end(struct syn_plan_progress *progress); /* wipes the line */

/* For options of a search, with the progress as ctx. */
bool syn_plan_progress_cancelled(void *ctx);
void syn_plan_progress_report(void *ctx, const struct syn_search_progress *report);

/* A value of the objective's first term in its unit: "41.2 inferences/s"; returns `text`. */
const char *syn_plan_value_words(const struct syn_problem *problem, uint64_t value, char *text,
                                 size_t size);

#endif
