/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/explain/explain.h"

#include "core/explain/parts.h"
#include "core/plan/enumerate.h"

#include <string.h>
#include <time.h>

#define SHARE_OF_NEARS 4 /* a quarter of the time is kept for the plans nearby */

struct syn_figures syn_figures_of(const struct syn_prediction *prediction)
{
    return (struct syn_figures){.round_ns = prediction->round_ns,
                                .latency_ns = prediction->latency_sum_ns,
                                .energy_nj = prediction->energy_nj,
                                .throughput_ips = prediction->throughput_ips,
                                .power_mw = prediction->power_mw};
}

/* What the objective is about. */
static uint64_t first_term(enum syn_objective objective, const struct syn_figures *figures)
{
    switch (objective) {
    case SYN_OBJECTIVE_LATENCY:
        return figures->latency_ns;
    case SYN_OBJECTIVE_ENERGY:
    case SYN_OBJECTIVE_POWER: /* of rounds whose length is given */
        return figures->energy_nj;
    default:
        return figures->round_ns;
    }
}

int syn_figures_compare(enum syn_objective objective, const struct syn_figures *a,
                        const struct syn_figures *b)
{
    const uint64_t x[] = {first_term(objective, a), a->round_ns, a->latency_ns, a->energy_nj};
    const uint64_t y[] = {first_term(objective, b), b->round_ns, b->latency_ns, b->energy_nj};
    for (unsigned i = 0; i < sizeof x / sizeof x[0]; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

double syn_explain_gain(enum syn_objective objective, const struct syn_figures *a,
                        const struct syn_figures *b)
{
    const double before = (double)first_term(objective, a),
                 after = (double)first_term(objective, b);
    if (!(before > 0) || !(after > 0))
        return 0;
    return objective == SYN_OBJECTIVE_THROUGHPUT ? before / after - 1 : 1 - after / before;
}

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int syn_explain_search(const struct syn_explain_task *task, const struct syn_problem *problem,
                       double share, struct syn_search_result *result)
{
    struct syn_search_options options = {.cancelled = task->options->cancelled,
                                         .ctx = task->options->ctx};
    struct syn_error why = {0};
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        if (!problem->pipelines[p].hosts)
            return SYN_EOOR;
    if (task->deadline_ns != INT64_MAX) {
        options.time_limit_ns = (int64_t)(share * (double)(task->deadline_ns - now_ns()));
        if (options.time_limit_ns <= 0)
            return SYN_ETIMEOUT;
    }
    return task->options->planner->search(problem, &options, result, &why);
}

/* All searches, each kind within its share of the time. */
static int search_all(struct syn_explain_task *task)
{
    const int64_t limit = task->options->time_limit_ns;
    const int64_t end = limit > 0 ? now_ns() + limit : INT64_MAX;
    task->deadline_ns = limit > 0 ? end - limit / SHARE_OF_NEARS : INT64_MAX;
    int rc = syn_explain_helps(task);
    task->deadline_ns = end;
    return rc ? rc : syn_explain_nears(task);
}

int syn_explain(const struct syn_problem *problem, const struct syn_plan *plan,
                enum syn_execution execution, const struct syn_explain_options *options,
                struct syn_explanation *explanation, struct syn_error *error)
{
    struct syn_explain_task task = {.problem = problem,
                                    .plan = plan,
                                    .execution = execution,
                                    .options = options,
                                    .out = explanation,
                                    .error = error};
    memset(explanation, 0, sizeof *explanation);
    int rc = syn_cost_predict(problem, plan, execution, &task.prediction, error);
    if (rc)
        return rc;
    explanation->figures = syn_figures_of(&task.prediction);
    rc = syn_works_of(problem, plan, &task.works);
    if (!rc)
        rc = syn_explain_binding(&task);
    if (!rc)
        rc = syn_explain_memory(&task);
    if (!rc)
        rc = syn_explain_links(&task);
    if (!rc)
        rc = search_all(&task);
    syn_works_clear(&task.works);
    if (rc)
        syn_explanation_clear(explanation);
    return rc && rc == SYN_ENOMEM ? syn_error_set(error, rc, "no memory to explain a plan") : rc;
}

void syn_explanation_clear(struct syn_explanation *explanation)
{
    syn_works_clear(&explanation->shares);
}
