/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/score.h"

#include <stddef.h>
#include <string.h>

#define TERMS 5

/* The terms of each objective, most important first, as offsets into the score. */
static const size_t terms[SYN_OBJECTIVE_COUNT][TERMS] = {
#define TERM(name) offsetof(struct syn_score, name)
    [SYN_OBJECTIVE_THROUGHPUT] = {TERM(round_ns), TERM(latency_ns), TERM(energy_fj), TERM(bytes),
                                  TERM(away)},
    [SYN_OBJECTIVE_LATENCY] = {TERM(latency_ns), TERM(round_ns), TERM(energy_fj), TERM(bytes),
                               TERM(away)},
    [SYN_OBJECTIVE_ENERGY] = {TERM(energy_fj), TERM(round_ns), TERM(latency_ns), TERM(bytes),
                              TERM(away)},
    [SYN_OBJECTIVE_POWER] = {TERM(energy_fj), TERM(round_ns), TERM(latency_ns), TERM(bytes),
                             TERM(away)},
};

static const size_t tail[] = {TERM(energy_fj), TERM(bytes), TERM(away)};

static uint64_t term(const struct syn_score *score, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)score + offset, sizeof value);
    return value;
}

static int compare(const size_t *order, size_t count, const struct syn_score *a,
                   const struct syn_score *b)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t x = term(a, order[i]), y = term(b, order[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

int syn_score_compare(enum syn_objective objective, const struct syn_score *a,
                      const struct syn_score *b)
{
    return compare(terms[objective], TERMS, a, b);
}

int syn_score_compare_tail(const struct syn_score *a, const struct syn_score *b)
{
    return compare(tail, sizeof tail / sizeof tail[0], a, b);
}

int syn_plan_compare(enum syn_objective objective, const struct syn_score *a,
                     const struct syn_plan *plan_a, const struct syn_score *b,
                     const struct syn_plan *plan_b)
{
    int c = syn_score_compare(objective, a, b);
    for (unsigned p = 0; !c && p < plan_a->pipeline_count; p++)
        c = syn_execution_plan_compare(&plan_a->pipelines[p], &plan_b->pipelines[p]);
    return c;
}

static uint64_t energy_fj(const struct syn_problem *problem, const struct syn_prediction *p,
                          uint64_t round_ns)
{
    uint64_t fj = 0;
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        const struct syn_timing *t = &problem->fleet->devices[d].profile.timing;
        fj += round_ns * t->idle_uw;
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            fj += p->busy_ns[d][u] * t->active_uw[u];
    }
    return fj;
}

void syn_score_of(const struct syn_problem *problem, const struct syn_plan *plan,
                  const struct syn_prediction *prediction, struct syn_score *score)
{
    *score = (struct syn_score){.round_ns = prediction->bound_ns,
                                .latency_ns = prediction->latency_sum_ns,
                                .energy_fj = energy_fj(problem, prediction, prediction->bound_ns),
                                .bytes = prediction->bytes_sent};
    for (unsigned p = 0; p < plan->pipeline_count; p++)
        for (unsigned k = 0; k < plan->pipelines[p].chunk_count; k++)
            score->away += plan->pipelines[p].chunks[k].device != plan->pipelines[p].source;
}

uint64_t syn_score_first(enum syn_objective objective, const struct syn_score *score)
{
    return term(score, terms[objective][0]);
}

uint64_t syn_score_predicted(const struct syn_problem *problem,
                             const struct syn_prediction *prediction)
{
    const struct syn_score score = {.round_ns = prediction->round_ns,
                                    .latency_ns = prediction->latency_sum_ns,
                                    .energy_fj =
                                        energy_fj(problem, prediction, prediction->round_ns)};
    return syn_score_first(problem->objective, &score);
}

static const char *const names[SYN_OBJECTIVE_COUNT] = {"throughput", "latency", "energy", "power"};

const char *syn_objective_name(enum syn_objective objective)
{
    return objective < SYN_OBJECTIVE_COUNT ? names[objective] : "unknown";
}

int syn_objective_find(const char *name)
{
    for (int i = 0; i < SYN_OBJECTIVE_COUNT; i++)
        if (!strcmp(name, names[i]))
            return i;
    return SYN_ENOENT;
}
