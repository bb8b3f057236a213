/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The front of throughput against power: how little power each rate takes. From the throughput
 * optimum down, a planner searches for the plan of the least power at each rate of a sweep; every
 * plan found is tried at every rate, and points that another one is no worse than in both are left
 * out.
 */
#ifndef SYN_CORE_PLAN_PARETO_H
#define SYN_CORE_PLAN_PARETO_H

#include "core/plan/planner.h"

#define SYN_PARETO_POINTS_MAX 32

struct syn_pareto_point {
    double rate_rps; /* fair rounds a second, as syn_problem_rate() takes them */
    struct syn_plan plan;
    struct syn_prediction prediction; /* at this rate, with task parallelization */
    uint64_t bound; /* proven: no plan at this rate takes less energy a round, in fJ; 0 = none */
    bool proven;    /* this plan's is the least */
};

struct syn_pareto {
    unsigned count; /* points, in falling throughput and falling power */
    struct syn_pareto_point points[SYN_PARETO_POINTS_MAX];
    bool stopped; /* before all rates were searched */
};

/*
 * `points` (1 to SYN_PARETO_POINTS_MAX) rates, evenly from the largest down. The time limit of
 * `options` is shared by the searches; progress tells
 * how many rates are through (value) of how many (bound). The problem's objective does not matter,
 * it asks for no rate. Returns 0, or what the search for the largest throughput returns.
 */
int syn_pareto_search(const struct syn_problem *problem, const struct syn_planner *planner,
                      const struct syn_search_options *options, unsigned points,
                      struct syn_pareto *front, struct syn_error *error);

#endif
