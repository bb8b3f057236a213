/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan as JSON: the object that `plan search --json` prints, that the registry keeps and that a
 * person may write by hand for `plan import` (PLANNER.md). Devices and pipelines stand by name.
 */
#ifndef SYN_CORE_PLAN_PLAN_JSON_H
#define SYN_CORE_PLAN_PLAN_JSON_H

#include "core/base/json.h"
#include "core/plan/planner.h"

/* What is known of a plan beside itself. Figures that are not known are NAN and print as null. */
struct syn_plan_facts {
    char id[32];
    char planner[32];
    bool feasible;    /* status: "ok" or "oor" */
    char reason[512]; /* why not */
    enum syn_objective objective;
    double throughput_ips;
    double bound_ips; /* no plan can be faster, where that is proven */
    double gap;       /* how far the bound is away: bound_ips / throughput_ips - 1; of other
                         objectives: latency or energy over its bound - 1 */
    double simulated_ips;
    double latency_ms; /* unloaded, sum over the pipelines */
    double power_mw;
    double energy_mj; /* of one round */
    double search_ms;
    double devices_used;     /* that hold chunks */
    double gain;             /* over the plan that the search started from, by its first term */
    double ratio_to_synergy; /* of throughputs; known where `synergy` searched, too */
    double ratio_to_bound;   /* of the objective to the best bound of all searches: at most 1 */
    bool proven;             /* no plan is better in the first term of the objective */
    bool repaired;           /* the planner's own way found no plan */
    bool stopped;            /* the search was stopped: the best until then */
};

/* All unknown. */
void syn_plan_facts_init(struct syn_plan_facts *facts);

/* What a plan and its prediction say. Bound and gap are unknown until syn_plan_facts_bound(). */
void syn_plan_facts_predicted(struct syn_plan_facts *facts, const struct syn_problem *problem,
                              const struct syn_plan *plan, const struct syn_prediction *prediction);

/* A proven bound on the first term of the objective (score.h), 0 for none: bound_ips, where the
 * objective is throughput, and ratio_to_bound; the gap in parallel execution alone, since others
 * are slower than what was searched for. */
void syn_plan_facts_bound(struct syn_plan_facts *facts, const struct syn_problem *problem,
                          const struct syn_prediction *prediction, uint64_t bound);

/* The object, or NULL without memory. `plan` is NULL for one that is OOR: pipelines is empty. */
cJSON *syn_plan_to_json(const struct syn_problem *problem, const struct syn_plan *plan,
                        const struct syn_plan_facts *facts);

/* The same as text; malloc'ed, NULL without memory. */
char *syn_plan_print(const struct syn_problem *problem, const struct syn_plan *plan,
                     const struct syn_plan_facts *facts);

/*
 * Reads the object `node` against a problem: every pipeline of the problem must be there once;
 * `source` and `target` may be absent where only one device meets the requirement. Figures are
 * taken as they stand; the caller predicts anew where it matters. facts may be NULL. Returns 0 or
 * SYN_EINVAL with file, line, column and field; memory is not judged.
 */
int syn_plan_from_json(const struct syn_json *doc, const cJSON *node,
                       const struct syn_problem *problem, struct syn_plan *plan,
                       struct syn_plan_facts *facts, struct syn_error *error);

/* From text: the object, or the answer of `plan search --json` with exactly one plan that is ok. */
int syn_plan_parse(const char *text, size_t size, const char *path,
                   const struct syn_problem *problem, struct syn_plan *plan,
                   struct syn_plan_facts *facts, struct syn_error *error);

#endif
