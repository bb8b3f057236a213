/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of one branch and bound; for branch.c and choices.c alone. */
#ifndef SYN_CORE_PLAN_EXACT_CHOICES_H
#define SYN_CORE_PLAN_EXACT_CHOICES_H

#include "core/plan/exact/branch.h"

/* What configuring a chunk anew adds where its device holds another. */
struct syn_choice_config {
    uint8_t device;
    int64_t load_ns, cost, price;
};

/* A listed plan with its rows side by side. */
struct syn_choice {
    const struct syn_listed *plan;
    const int64_t *row; /* [rows] */
    int64_t reduced, cost;
    struct syn_choice_config *config; /* [chunk] */
};

/* The choices of one pipeline that are left at one node. */
struct syn_domain {
    uint32_t *of;
    unsigned count;
};

/* What is decided, as sums. */
struct syn_branch_state {
    int64_t *row; /* [rows] */
    int64_t cost, reduced;
    uint8_t held[SYN_DEVICES_MAX];                   /* chunks that are decided */
    struct syn_choice_config alone[SYN_DEVICES_MAX]; /* of the only one */
};

/* One level of the tree. */
struct syn_branch_level {
    struct syn_domain domain[SYN_PIPELINES_MAX];
    uint32_t *memory; /* of the domains */
    size_t room;
    struct syn_branch_state state;
    int64_t *least; /* [pipeline][rows] of what is left */
};

struct syn_branch {
    const struct syn_bound *b;
    const struct syn_relax *r;
    const struct syn_exact_ask *ask;
    const struct syn_branch_found *found;
    struct syn_choice *choices[SYN_PIPELINES_MAX];
    int64_t *values;
    struct syn_choice_config *configs;
    unsigned rows; /* that can bind */
    unsigned row[SYN_RELAX_ROWS_MAX];
    int accel[SYN_DEVICES_MAX], cpu[SYN_DEVICES_MAX]; /* among them, or -1 */
    int64_t fixed; /* of the bound: what does not depend on plans */
    int64_t target;
    struct syn_branch_level *levels;
    struct syn_plan plan;
    uint64_t *nodes, nodes_most, looked; /* choices, since the clock was */
    int status;
};

/* Rows whose limit can be exceeded at all; configuration adds to accel and cpu. */
void syn_branch_find_rows(struct syn_branch *branch, const struct syn_lists *lists);

/* Returns 0 or SYN_ENOMEM, as the next two. */
int syn_branch_make_choices(struct syn_branch *branch, const struct syn_lists *lists);

/* Room for so many choices. */
int syn_branch_make_level(struct syn_branch *branch, struct syn_branch_level *level,
                          size_t choices);

/* The next level begins with what is left at this one. */
int syn_branch_copy_level(struct syn_branch *branch, const struct syn_branch_level *from,
                          struct syn_branch_level *to);

/* Frees all that it owns. */
void syn_branch_clear(struct syn_branch *branch);

#endif
