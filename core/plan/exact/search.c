/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/search.h"

#include "core/plan/enumerate.h"
#include "core/plan/exact/prove.h"
#include "core/plan/oor.h"
#include "core/plan/planners/planners.h"

#include <stdlib.h>
#include <string.h>

#define WARM_MOST_NS   INT64_C(1000000000) /* of synergy */
#define REPAIR_MOST_NS INT64_C(2000000000) /* where there is no limit */

static int open_search(struct syn_exact *s)
{
    int rc = syn_relax_new(&s->relax, s->problem);
    if (!rc)
        rc = syn_bound_new(&s->bound, s->relax);
    if (!rc && s->have)
        rc = syn_bound_know(s->bound, &s->result->plan);
    return rc;
}

static void close_search(struct syn_exact *s)
{
    syn_exact_finish_assist(s);
    syn_improver_free(s->improver);
    syn_bound_free(s->bound);
    syn_relax_free(s->relax);
}

/* ---- the second term ------------------------------------------------------------------------- */

static void refine_within(struct syn_exact *s, struct syn_exact *second)
{
    struct syn_prediction prediction;
    struct syn_score score;
    if (!syn_exact_try_proof(second) && !syn_exact_proven(second))
        (void)syn_exact_improve_first(second);
    s->result->candidates += second->result->candidates;
    if (syn_cost_predict(s->problem, &second->result->plan, SYN_EXECUTION_PARALLEL, &prediction,
                         NULL))
        return;
    syn_score_of(s->problem, &second->result->plan, &prediction, &score);
    syn_exact_take_plan(s, &second->result->plan, &score);
}

/* Whatever is known of models and devices serves another objective as well. */
static void lend(struct syn_exact *s, struct syn_exact *second)
{
    second->relax = s->relax;
    second->bound = s->bound;
    second->improver = s->improver;
    syn_relax_aim(s->relax, second->problem);
    if (s->improver)
        syn_improver_aim(s->improver, second->problem);
}

/* The least sum of latencies among plans of the proven T, as far as that is quick. */
static void refine(struct syn_exact *s)
{
    struct syn_problem *problem = malloc(sizeof *problem);
    struct syn_search_result *result = calloc(1, sizeof *result);
    struct syn_search_options options = s->options ? *s->options : (struct syn_search_options){0};
    options.progress = NULL; /* its values are those of another term */
    options.threads = 1;
    if (problem && result) {
        *problem = *s->problem;
        problem->objective = SYN_OBJECTIVE_LATENCY;
        problem->round_max_ns = (uint64_t)s->value;
        result->plan = s->result->plan;
        struct syn_exact second = {.problem = problem,
                                   .options = &options,
                                   .result = result,
                                   .deadline_ns = s->deadline_ns,
                                   .have = true,
                                   .score = s->score,
                                   .value = (int64_t)s->score.latency_ns,
                                   .improved = true,
                                   .quick = true,
                                   .stage = "refining"};
        second.ask = (struct syn_exact_ask){syn_exact_stop, &second};
        second.reported_ns = syn_exact_now_ns();
        lend(s, &second);
        refine_within(s, &second);
        s->improver = second.improver;
    }
    free(problem);
    free(result);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int64_t repair_deadline(const struct syn_exact *s)
{
    const int64_t now = syn_exact_now_ns();
    const int64_t left = s->deadline_ns == INT64_MAX ? INT64_MAX : (s->deadline_ns - now) / 2;
    return now + (left < INT64_MAX ? left : REPAIR_MOST_NS);
}

static bool stop_repair(void *ctx)
{
    return syn_exact_stop(ctx, 0);
}

/* Stopped without a plan. `why`: what kept `synergy` from one, if that is known. */
static int no_plan(const struct syn_exact *s, const struct syn_error *why, struct syn_error *error)
{
    const double seconds = s->options ? 1e-9 * (double)s->options->time_limit_ns : 0;
    const struct syn_error known = why ? *why : (struct syn_error){0};
    if (s->interrupted != SYN_ETIMEOUT)
        return syn_error_set(error, s->interrupted, "no plan before the search was stopped");
    if (known.code != SYN_EOOR)
        return syn_error_set(error, s->interrupted,
                             "no plan found in %.3g s, and no proof that there is none", seconds);
    return syn_error_set(error, s->interrupted,
                         "no plan found in %.3g s, and no proof that there is none: %s", seconds,
                         known.message);
}

/* Where `synergy` has no plan, or not soon enough. */
static int repair(struct syn_exact *s, struct syn_error *error)
{
    struct syn_prediction prediction;
    struct syn_score score;
    struct syn_plan plan = {.pipeline_count = s->problem->pipeline_count};
    s->stage = "repair";
    int rc = syn_assist_repair(s->problem, repair_deadline(s), s->options ? s->options->threads : 1,
                               stop_repair, s, &plan);
    if (!rc && !syn_cost_predict(s->problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, NULL)) {
        syn_score_of(s->problem, &plan, &prediction, &score);
        syn_exact_take_plan(s, &plan, &score);
        s->result->repaired = true;
    }
    if (rc == SYN_ENOMEM)
        return syn_error_set(error, rc, "no memory for the search");
    return s->interrupted && !s->have ? no_plan(s, error, error) : 0;
}

/* The plan of `synergy`, where it has one. */
static int warm_start(struct syn_exact *s, struct syn_error *error)
{
    struct syn_prediction prediction;
    struct syn_score score;
    struct syn_plan plan;
    struct syn_search_options options = s->options ? *s->options : (struct syn_search_options){0};
    s->stage = "synergy";
    options.time_limit_ns = options.time_limit_ns > 0 && options.time_limit_ns < WARM_MOST_NS * 8
                                ? (options.time_limit_ns + 7) / 8
                                : WARM_MOST_NS;
    int rc = syn_planner_synergy.search(s->problem, &options, s->result, error);
    s->interrupted = syn_search_interrupted(s->options, s->deadline_ns);
    if (rc == SYN_EOOR && syn_plan_prove_oor(s->problem, error) == SYN_EOOR)
        return SYN_EOOR; /* nothing that was worth searching for */
    if ((rc == SYN_ETIMEOUT && !s->interrupted) || rc == SYN_EOOR)
        return repair(s, error);
    if (rc == SYN_ETIMEOUT)
        return no_plan(s, NULL, error);
    plan = s->result->plan;
    if (!rc)
        rc = syn_cost_predict(s->problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, error);
    if (rc)
        return rc;
    syn_score_of(s->problem, &plan, &prediction, &score);
    syn_exact_take_plan(s, &plan, &score);
    s->result->begun = (uint64_t)s->value;
    return 0;
}

static int conclude(struct syn_exact *s, int rc, const struct syn_error *oor,
                    struct syn_error *error)
{
    s->result->bound = (uint64_t)s->lower;
    s->result->proven = syn_exact_proven(s);
    s->result->stopped = rc == SYN_ECANCELED;
    if (rc == SYN_ENOMEM)
        return syn_error_set(error, rc, "no memory for the search");
    if (s->have)
        return 0;
    if (rc == SYN_ECANCELED)
        return no_plan(s, oor, error);
    if (error)
        *error = *oor;
    return SYN_EOOR;
}

int syn_exact_search(const struct syn_problem *problem, const struct syn_search_options *options,
                     struct syn_search_result *result, struct syn_error *error)
{
    struct syn_exact s = {.problem = problem,
                          .options = options,
                          .result = result,
                          .deadline_ns = syn_search_deadline(options)};
    struct syn_error oor = {0};
    memset(result, 0, sizeof *result);
    s.ask = (struct syn_exact_ask){syn_exact_stop, &s};
    s.reported_ns = syn_exact_now_ns();
    int rc = warm_start(&s, &oor);
    if (rc) {
        if (error)
            *error = oor;
        return rc;
    }
    rc = open_search(&s);
    if (!rc)
        rc = syn_exact_prove(&s);
    if (!rc && syn_exact_proven(&s) && problem->objective == SYN_OBJECTIVE_THROUGHPUT)
        refine(&s);
    close_search(&s);
    return conclude(&s, rc, &oor, error);
}
