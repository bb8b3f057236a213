/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one search of `exact` knows: the best plan, the bound, how long it may go on; and its
 * neighbourhoods. For the files of this folder alone. Values and bounds are the first term of the
 * objective.
 */
#ifndef SYN_CORE_PLAN_EXACT_STATE_H
#define SYN_CORE_PLAN_EXACT_STATE_H

#include "core/plan/exact/assist.h"
#include "core/plan/exact/bound.h"
#include "core/plan/improve/improve.h"

struct syn_exact {
    const struct syn_problem *problem;
    const struct syn_search_options *options;
    struct syn_search_result *result;
    int64_t deadline_ns, reported_ns, looked_ns;
    struct syn_relax *relax;
    struct syn_bound *bound;
    struct syn_exact_ask ask;
    bool have; /* a plan: result->plan */
    struct syn_score score;
    int64_t value; /* of it */
    int64_t open;  /* a target that the bound alone does not refute; 0: none known */
    int64_t lower; /* no plan is below */
    bool hopeless; /* proven: there is no plan */
    bool quick;    /* the answer is only a second term */
    bool at_root;  /* what the bound says holds for all plans */
    bool improved; /* in a thread of its own, or long enough */
    struct syn_improver *improver; /* NULL before the first neighbourhood */
    struct syn_assist *assist;     /* NULL: none */
    uint64_t seed;                 /* of neighbourhoods */
    uint64_t plans_most;           /* in the lists of one branch and bound */
    uint64_t parts_left;           /* that plans may be divided into */
    const char *stage;
    int interrupted;
};

int64_t syn_exact_now_ns(void);

/* A lower bound of all plans. */
void syn_exact_raise_bound(struct syn_exact *s, int64_t bound);

/* A plan that syn_cost_predict has judged; kept where it is the best. */
void syn_exact_take_plan(struct syn_exact *s, const struct syn_plan *plan,
                         const struct syn_score *score);

/* The `stop` of syn_exact_ask: called by the parts of the search every millisecond or so. */
bool syn_exact_stop(void *search, int64_t bound);

bool syn_exact_proven(const struct syn_exact *s);

/* May plans that are better be few? */
bool syn_exact_near(const struct syn_exact *s);

/* Neighbourhoods of the best plan, until it is as good as the bound. Returns 0, SYN_ENOMEM,
 * SYN_ECANCELED, as the next two. */
int syn_exact_improve(struct syn_exact *s, uint64_t iterations);

/* The proof will take long: better plans now, or from now on in a second thread. */
int syn_exact_improve_more(struct syn_exact *s);

/* What could not be proven since then takes too long: as much time for better plans. */
int syn_exact_improve_instead(struct syn_exact *s, int64_t since_ns);

/* Ends the second thread and takes its plan. */
void syn_exact_finish_assist(struct syn_exact *s);

#endif
