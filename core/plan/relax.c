/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/relax.h"

#include "core/plan/oor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9

enum kind { RATE = 1, LATENCY = 2, HOSTS = 4 };

/* One search without some of the constraints. */
struct trial {
    const struct syn_problem *original;
    const struct syn_planner *planner;
    const struct syn_search_options *options;
    const struct syn_constraints *constraints;
    struct syn_problem problem;
    struct syn_search_result found;
    struct syn_prediction prediction;
};

static uint16_t all_devices(const struct syn_problem *problem)
{
    return (uint16_t)((1u << problem->fleet->count) - 1);
}

/* The kinds of constraints that the problem has. */
static unsigned kinds_of(const struct syn_problem *problem)
{
    unsigned kinds = problem->round_max_ns ? RATE : 0;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        kinds |= problem->pipelines[p].spec.latency_bound_ms > 0 ? LATENCY : 0;
        kinds |= problem->pipelines[p].hosts != all_devices(problem) ? HOSTS : 0;
    }
    return kinds;
}

/* 1: there is a plan without these kinds; 0: none was found; SYN_ECANCELED, SYN_ENOMEM. */
static int try_without(struct trial *t, unsigned kinds, enum syn_objective objective)
{
    t->problem = *t->original;
    t->problem.objective = objective;
    t->problem.round_max_ns = kinds & RATE ? 0 : t->problem.round_max_ns;
    for (unsigned p = 0; p < t->problem.pipeline_count; p++) {
        struct syn_problem_pipeline *pipeline = &t->problem.pipelines[p];
        pipeline->spec.latency_bound_ms = kinds & LATENCY ? 0 : pipeline->spec.latency_bound_ms;
        pipeline->hosts = kinds & HOSTS ? all_devices(&t->problem) : pipeline->hosts;
    }
    int rc = t->planner->search(&t->problem, t->options, &t->found, NULL);
    if (rc == 0)
        rc = syn_cost_predict(&t->problem, &t->found.plan, t->planner->execution, &t->prediction,
                              NULL);
    return rc == SYN_ECANCELED || rc == SYN_ENOMEM ? rc : rc == 0;
}

static double rounds(uint64_t round_ns)
{
    return round_ns ? NS_PER_S / (double)round_ns : 0;
}

static void blame_rate(const struct trial *t, struct syn_error *error)
{
    syn_error_set(error, SYN_EOOR,
                  "no plan is found that does %.7g rounds/s: the fastest that %s finds does %.6g",
                  t->constraints->rate_rps > 0 ? t->constraints->rate_rps
                                               : rounds(t->original->round_max_ns),
                  t->planner->name, rounds(t->prediction.round_ns));
}

/* The pipeline that is furthest over its bound in the plan of the lowest latencies. */
static void blame_latency(const struct trial *t, struct syn_error *error)
{
    const struct syn_pipeline *worst = NULL;
    double worst_ms = 0, worst_ratio = 0;
    for (unsigned p = 0; p < t->original->pipeline_count; p++) {
        const struct syn_pipeline *spec = &t->original->pipelines[p].spec;
        const double ms = 1e-6 * (double)t->prediction.pipelines[p].latency_ns;
        if (spec->latency_bound_ms <= 0 || ms / spec->latency_bound_ms <= worst_ratio)
            continue;
        worst = spec;
        worst_ms = ms;
        worst_ratio = ms / spec->latency_bound_ms;
    }
    if (worst)
        syn_error_set(
            error, SYN_EOOR,
            "no plan is found that keeps the latency bounds: %s takes %.3f ms in the plan "
            "of the lowest latencies that %s finds, its bound is %.3f ms",
            worst->name, worst_ms, t->planner->name, worst->latency_bound_ms);
}

static void blame_hosts(const struct trial *t, struct syn_error *error)
{
    char words[256];
    const bool any = t->constraints->rule_count > 0 || t->constraints->battery_floor > 0;
    struct syn_constraints places = *t->constraints;
    places.rate_rps = 0;
    syn_error_set(error, SYN_EOOR,
                  "no plan is found with chunks only where they may be (%s); without that there is "
                  "one",
                  any ? syn_constraints_words(&places, words, sizeof words)
                      : "`on` and `not_on` of the apps");
}

/* Do the manifests constrain anything? */
static bool apps_constrain(const struct syn_problem *problem)
{
    bool any = false;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_pipeline *spec = &problem->pipelines[p].spec;
        any |= spec->latency_bound_ms > 0 || spec->on.count > 0 || spec->not_on.count > 0;
    }
    return any;
}

static void blame_all(const struct trial *t, struct syn_error *error)
{
    char words[256];
    const bool asked = syn_constraints_any(t->constraints), own = apps_constrain(t->original);
    syn_error_set(error, SYN_EOOR,
                  "no plan is found under all constraints together (%s%s%s); without any of them "
                  "there is one",
                  syn_constraints_words(t->constraints, words, sizeof words),
                  asked && own ? ", " : "", own ? "those of the apps" : "");
}

static const struct step {
    unsigned kinds;
    enum syn_objective objective; /* what the words are about */
    void (*blame)(const struct trial *trial, struct syn_error *error);
} steps[] = {
    {RATE, SYN_OBJECTIVE_THROUGHPUT, blame_rate},
    {LATENCY, SYN_OBJECTIVE_LATENCY, blame_latency},
    {HOSTS, SYN_OBJECTIVE_THROUGHPUT, blame_hosts},
    {RATE | LATENCY | HOSTS, SYN_OBJECTIVE_THROUGHPUT, blame_all},
};

static int explain(struct trial *t, struct syn_error *error)
{
    const unsigned kinds = kinds_of(t->original);
    struct syn_error proof = {0};
    if (syn_plan_prove_latency(t->original, &proof) == SYN_EOOR) {
        *error = proof;
        return SYN_EOOR;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (!(kinds & steps[i].kinds))
            continue;
        int rc = try_without(t, steps[i].kinds, steps[i].objective);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        steps[i].blame(t, error);
        return SYN_EOOR;
    }
    return SYN_EOOR;
}

int syn_plan_explain_constraints(const struct syn_problem *problem,
                                 const struct syn_constraints *constraints,
                                 const struct syn_planner *planner,
                                 const struct syn_search_options *options, struct syn_error *error)
{
    if (!kinds_of(problem))
        return SYN_EOOR;
    struct trial *t = calloc(1, sizeof *t);
    if (!t)
        return SYN_EOOR;
    t->original = problem;
    t->planner = planner;
    t->options = options;
    t->constraints = constraints;
    int rc = explain(t, error);
    free(t);
    return rc == SYN_ECANCELED ? rc : SYN_EOOR;
}
