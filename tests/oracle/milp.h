/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The planning problem as a mixed-integer linear program for GLPK: another way to the optimum,
 * which shares the definition of cost and memory (core/cost) with the planners and nothing else.
 *
 * A binary for every pipeline, device and range of layers; flows of one from each chunk to the
 * next; T at least what every unit and every odd set of radios needs. What depends on all chunks
 * of a device together, whether their kernels fit and how much slower their places make them, is
 * asked of core/cost for every integer solution and comes in as rows that are added then
 * (milp_lazy.c).
 *
 * Not for threads: GLPK keeps an environment of its own.
 */
#ifndef SYN_TESTS_ORACLE_MILP_H
#define SYN_TESTS_ORACLE_MILP_H

#include "core/plan/score.h"

struct milp_options {
    double time_limit_s; /* 0 = none */
    uint64_t below;      /* only plans whose first term is smaller; 0: all */
};

struct milp_result {
    struct syn_plan plan;
    struct syn_score score; /* of the plan, by syn_cost_predict */
    unsigned columns, rows; /* at the beginning */
    unsigned lazy_rows;     /* found on the way */
    double ms;              /* wall clock */
};

/*
 * Returns 0 with the best plan, SYN_EOOR where there is none, SYN_ETIMEOUT where GLPK did not
 * finish, SYN_ENOMEM, SYN_EINVAL (more than twelve radios), SYN_ECORRUPT with words where GLPK
 * fails or its T is not what core/cost says of the plan.
 */
int milp_solve(const struct syn_problem *problem, const struct milp_options *options,
               struct milp_result *result, struct syn_error *error);

#endif
