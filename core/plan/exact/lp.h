/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small linear programme that grows by columns: minimise c x, A x <= b or = b, x >= 0, by the
 * revised simplex with a dense inverse. For the master problems of column generation: some hundred
 * rows, columns with a dozen entries, solved again and again.
 *
 * In floating point: whoever uses it must not believe it. Its duals are only ever a proposal whose
 * bound is computed anew in whole numbers.
 */
#ifndef SYN_CORE_PLAN_EXACT_LP_H
#define SYN_CORE_PLAN_EXACT_LP_H

#include <stdbool.h>
#include <stdint.h>

struct syn_lp;

/* Row i is <= rhs[i] (not negative), from `equalities` on = rhs[i]: those may be left open at
 * `penalty` a unit. Returns 0 or SYN_ENOMEM. */
int syn_lp_new(struct syn_lp **lp, unsigned rows, unsigned equalities, const double *rhs,
               double penalty);
void syn_lp_free(struct syn_lp *lp);

/* Returns 0 or SYN_ENOMEM; columns are numbered as they come. */
int syn_lp_add(struct syn_lp *lp, double cost, unsigned count, const uint16_t *row,
               const double *value);

/* At most so many pivots. Returns 0 at the optimum, 1 where pivots ran out. */
int syn_lp_solve(struct syn_lp *lp, unsigned pivots);

double syn_lp_value(const struct syn_lp *lp);
double syn_lp_dual(const struct syn_lp *lp, unsigned row); /* of a <= row: not positive */
double syn_lp_reduced(const struct syn_lp *lp, double cost, unsigned count, const uint16_t *row,
                      const double *value);
double syn_lp_primal(const struct syn_lp *lp, unsigned column);

#endif
