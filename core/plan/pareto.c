/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/pareto.h"

#include "core/plan/score.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9

struct sweep {
    const struct syn_planner *planner;
    struct syn_search_options options;
    struct syn_problem problem; /* as it was given, then at one rate */
    const struct syn_problem *original;
    struct syn_search_result found;
    unsigned rate_count, plan_count;
    double rates[SYN_PARETO_POINTS_MAX];
    uint64_t bounds[SYN_PARETO_POINTS_MAX]; /* of the energy of a round, at the rate; 0 = none */
    struct syn_plan plans[SYN_PARETO_POINTS_MAX + 1];
};

/* The problem at a rate: least power. */
static int set_rate(struct sweep *s, double rate)
{
    s->problem = *s->original;
    s->problem.objective = SYN_OBJECTIVE_POWER;
    return syn_problem_rate(&s->problem, rate, NULL);
}

static bool is_cancelled(const struct sweep *s)
{
    return s->options.cancelled && s->options.cancelled(s->options.ctx);
}

/* The largest rate: that of the fastest plan, and no cap is below it (rounds are whole ns). */
static int find_largest(struct sweep *s, double *rate, struct syn_error *error)
{
    struct syn_prediction prediction;
    s->problem = *s->original;
    s->problem.objective = SYN_OBJECTIVE_THROUGHPUT;
    int rc = s->planner->search(&s->problem, &s->options, &s->found, error);
    if (rc == 0)
        rc = syn_cost_predict(&s->problem, &s->found.plan, SYN_EXECUTION_PARALLEL, &prediction,
                              error);
    if (rc != 0)
        return rc;
    s->plans[s->plan_count++] = s->found.plan;
    *rate = NS_PER_S / (double)prediction.round_ns;
    for (unsigned p = 0; p < s->problem.pipeline_count; p++) {
        const struct syn_pipeline *spec = &s->problem.pipelines[p].spec;
        const double cap = spec->rate_cap_ips / spec->weight;
        *rate = cap > 0 && cap < *rate ? cap : *rate;
    }
    return 0;
}

/* A search that finds nothing at a rate leaves the plans of other searches. */
static int search_rates(struct sweep *s, double largest, unsigned points,
                        const struct syn_search_options *options, bool *stopped)
{
    for (unsigned i = 0; i < points; i++) {
        const double rate = largest * (points - i) / points;
        const struct syn_search_progress progress = {"rates", i, points};
        if (options && options->progress)
            options->progress(options->ctx, &progress);
        *stopped = *stopped || is_cancelled(s);
        s->rates[s->rate_count++] = rate;
        if (*stopped || set_rate(s, rate) != 0)
            continue;
        int rc = s->planner->search(&s->problem, &s->options, &s->found, NULL);
        if (rc == SYN_ENOMEM)
            return rc;
        if (rc != 0)
            continue;
        s->plans[s->plan_count++] = s->found.plan;
        s->bounds[i] = s->found.bound;
    }
    return 0;
}

/* The plan of the least power at a rate; false where none reaches it. */
static bool best_at(struct sweep *s, unsigned index, struct syn_pareto_point *point)
{
    const double rate = s->rates[index];
    struct syn_score best, score;
    bool any = false;
    if (set_rate(s, rate) != 0)
        return false;
    for (unsigned i = 0; i < s->plan_count; i++) {
        struct syn_prediction prediction;
        if (syn_cost_predict(&s->problem, &s->plans[i], SYN_EXECUTION_PARALLEL, &prediction, NULL))
            continue;
        syn_score_of(&s->problem, &s->plans[i], &prediction, &score);
        if (any &&
            syn_plan_compare(SYN_OBJECTIVE_POWER, &score, &s->plans[i], &best, &point->plan) >= 0)
            continue;
        any = true;
        best = score;
        point->rate_rps = rate;
        point->plan = s->plans[i];
        point->prediction = prediction;
        point->bound = s->bounds[index];
        point->proven =
            point->bound && syn_score_first(SYN_OBJECTIVE_POWER, &score) <= point->bound;
    }
    return any;
}

/* Rates fall, so a point is wanted where its power is below that of the last one. */
static void collect(struct sweep *s, struct syn_pareto *front)
{
    for (unsigned i = 0; i < s->rate_count; i++) {
        struct syn_pareto_point *point = &front->points[front->count];
        const struct syn_pareto_point *last = front->count ? point - 1 : NULL;
        if (best_at(s, i, point) &&
            (!last || (point->prediction.power_mw < last->prediction.power_mw &&
                       point->prediction.throughput_ips < last->prediction.throughput_ips)))
            front->count++;
    }
}

int syn_pareto_search(const struct syn_problem *problem, const struct syn_planner *planner,
                      const struct syn_search_options *options, unsigned points,
                      struct syn_pareto *front, struct syn_error *error)
{
    struct sweep *s = calloc(1, sizeof *s);
    double largest = 0;
    memset(front, 0, sizeof *front);
    if (!s)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a search");
    points = points < 1 ? 1 : points > SYN_PARETO_POINTS_MAX ? SYN_PARETO_POINTS_MAX : points;
    s->planner = planner;
    s->original = problem;
    if (options)
        s->options = *options;
    s->options.progress = NULL;
    s->options.time_limit_ns /= points + 1;
    int rc = find_largest(s, &largest, error);
    if (rc == 0) {
        front->stopped = s->found.stopped && is_cancelled(s);
        rc = search_rates(s, largest, points, options, &front->stopped);
    }
    if (rc == 0)
        collect(s, front);
    free(s);
    return rc;
}
