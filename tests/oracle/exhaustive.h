/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The best plan by looking at every one: all execution plans of every pipeline, in all
 * combinations, each judged by syn_cost_predict() alone. Nothing is skipped but what the part
 * refuses whatever else is there (syn_fit_alone).
 */
#ifndef SYN_TESTS_ORACLE_EXHAUSTIVE_H
#define SYN_TESTS_ORACLE_EXHAUSTIVE_H

#include "core/plan/score.h"

struct exhaustive {
    uint64_t combinations; /* that there are; saturated */
    uint64_t feasible;
    bool found;
    struct syn_plan plan;
    struct syn_score score;
};

/* 0, SYN_EOOR where no plan is feasible, SYN_ENOMEM; SYN_ETIMEOUT where there are more than
 * `combinations_max`: nothing but their number is then known. */
int exhaustive_search(const struct syn_problem *problem, uint64_t combinations_max,
                      struct exhaustive *result);

#endif
