/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface of all planners. A planner is a const vtable in a file of its own under planners/
 * and one line in the table of planner.c; adding one touches nothing else.
 */
#ifndef SYN_CORE_PLAN_PLANNER_H
#define SYN_CORE_PLAN_PLANNER_H

#include "core/cost/cost.h"

/*
 * How far a search is. Values and bounds are the first term of the objective (score.h): T or
 * latency in nanoseconds, energy in femtojoules.
 */
struct syn_search_progress {
    const char *stage; /* static: "synergy", "neighbourhoods", "bound", "proof", ... */
    uint64_t value;    /* of the best plan so far; 0 = none yet */
    uint64_t bound;    /* no plan can be below; 0 = none known */
};

/* Callbacks run in the caller's thread, whatever threads the planner uses. */
struct syn_search_options {
    int64_t time_limit_ns;        /* 0 = none */
    unsigned threads;             /* that the planner may use; 0 = 1 */
    bool (*cancelled)(void *ctx); /* asked now and then; may be NULL */
    void (*progress)(void *ctx, const struct syn_search_progress *progress); /* may be NULL */
    void *ctx;
};

struct syn_search_result {
    struct syn_plan plan;
    uint64_t candidates; /* execution plans looked at */
    bool proven;         /* no plan has a better first term of the objective */
    bool stopped;        /* by the time limit or the caller; the plan is the best until then */
    bool repaired;       /* the method found no plan; another order of placing chunks did */
    uint64_t bound;      /* proven: no plan has a first term below; 0 = none known */
    uint64_t begun;      /* first term of the plan that the search started from; 0 = none */
};

struct syn_planner {
    const char *name;
    const char *summary;          /* one line for help and man page */
    enum syn_execution execution; /* how its plans run unless the user asks otherwise */
    /* 0, SYN_EOOR with words, SYN_ENOMEM; SYN_ECANCELED, SYN_ETIMEOUT where there was no plan yet
     * when it was stopped. An anytime planner that was stopped with a plan returns 0 and says
     * `stopped`. Works on any problem, keeps no state. */
    int (*search)(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error);
};

/* NULL-terminated, in the order of help. */
extern const struct syn_planner *const syn_planners[];

const struct syn_planner *syn_planner_find(const char *name);

#endif
