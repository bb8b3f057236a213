/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second thread that makes the best plan better (improve.h) while the first one proves. The two
 * show each other their best plans now and then; neither waits for the other.
 *
 * All functions are called by the thread that started it. No callback runs in the second thread.
 */
#ifndef SYN_CORE_PLAN_EXACT_ASSIST_H
#define SYN_CORE_PLAN_EXACT_ASSIST_H

#include "core/plan/score.h"

struct syn_assist;

/* Begins with a feasible plan; the problem must outlive it. Returns 0 or SYN_ENOMEM (no thread is
 * to be had, too). */
int syn_assist_start(struct syn_assist **assist, const struct syn_problem *problem,
                     const struct syn_plan *plan, const struct syn_score *score);

/* Stops soon, waits for that, frees. NULL is fine. */
void syn_assist_stop(struct syn_assist *assist);

/*
 * Where the other one has a better plan, takes it over plan and score and returns true; where this
 * one is better, the other may go on from it. No plan is below `bound`.
 */
bool syn_assist_exchange(struct syn_assist *assist, struct syn_plan *plan, struct syn_score *score,
                         uint64_t bound);

/*
 * syn_repair in threads of its own, each from another seed until the first has a plan, so that the
 * caller can be asked every few milliseconds whether to go on. Returns what syn_repair does,
 * SYN_ECANCELED where it was told to stop.
 */
int syn_assist_repair(const struct syn_problem *problem, int64_t deadline_ns, unsigned threads,
                      bool (*stop)(void *ctx), void *ctx, struct syn_plan *plan);

#endif
