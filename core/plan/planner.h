/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface of all planners. A planner is a const vtable in a file of its own under planners/
 * and one line in the table of planner.c; adding one touches nothing else.
 */
#ifndef SYN_CORE_PLAN_PLANNER_H
#define SYN_CORE_PLAN_PLANNER_H

#include "core/cost/cost.h"

struct syn_search_options {
    int64_t time_limit_ns;        /* 0 = none */
    bool (*cancelled)(void *ctx); /* asked now and then; may be NULL */
    void (*progress)(void *ctx, uint64_t round_ns, uint64_t bound_ns); /* may be NULL */
    void *ctx;
};

struct syn_search_result {
    struct syn_plan plan;
    uint64_t candidates; /* execution plans looked at */
    bool proven;         /* the planner proved that no plan is better */
    uint64_t bound_ns;   /* proven lower bound on T over all plans; 0 = none known */
};

struct syn_planner {
    const char *name;
    const char *summary;          /* one line for help and man page */
    enum syn_execution execution; /* how its plans run unless the user asks otherwise */
    /* 0, SYN_EOOR with words, SYN_ECANCELED, SYN_ENOMEM, SYN_ETIMEOUT (no plan yet when the time
     * limit ran out). Works on any problem, keeps no state. */
    int (*search)(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error);
};

/* NULL-terminated, in the order of system.md section 5. */
extern const struct syn_planner *const syn_planners[];

const struct syn_planner *syn_planner_find(const char *name);

#endif
