/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/plan_json.h"

#include "core/plan/score.h"
#include "devices/base/bits.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char status_ok[] = "ok", status_oor[] = "oor";

/* ---- figures ------------------------------------------------------------------------------ */

/* Fields of the object that are numbers, in the order in which they are printed. */
static const struct {
    const char *name;
    size_t offset;
} figures[] = {
#define FIGURE(field)                                                                              \
    {                                                                                              \
#field, offsetof(struct syn_plan_facts, field)                                             \
    }
    FIGURE(throughput_ips), FIGURE(bound_ips),        FIGURE(gap),
    FIGURE(simulated_ips),  FIGURE(latency_ms),       FIGURE(power_mw),
    FIGURE(energy_mj),      FIGURE(search_ms),        FIGURE(devices_used),
    FIGURE(gain),           FIGURE(ratio_to_synergy), FIGURE(ratio_to_bound),
};
#define FIGURES (sizeof figures / sizeof figures[0])

static double *figure(struct syn_plan_facts *facts, size_t i)
{
    return (double *)(void *)((char *)facts + figures[i].offset);
}

void syn_plan_facts_init(struct syn_plan_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    for (size_t i = 0; i < FIGURES; i++)
        *figure(facts, i) = NAN;
}

void syn_plan_facts_predicted(struct syn_plan_facts *facts, const struct syn_problem *problem,
                              const struct syn_plan *plan, const struct syn_prediction *prediction)
{
    facts->feasible = true;
    facts->objective = problem->objective;
    facts->throughput_ips = prediction->throughput_ips;
    facts->latency_ms = 1e-6 * (double)prediction->latency_sum_ns;
    facts->power_mw = prediction->power_mw;
    facts->energy_mj = 1e-6 * (double)prediction->energy_nj;
    facts->devices_used = syn_bits_count(syn_plan_hosts(plan));
    facts->bound_ips = facts->gap = facts->ratio_to_bound = NAN;
}

void syn_plan_facts_bound(struct syn_plan_facts *facts, const struct syn_problem *problem,
                          const struct syn_prediction *prediction, uint64_t bound)
{
    const double value = (double)syn_score_predicted(problem, prediction);
    if (!bound || !(value > 0))
        return;
    facts->ratio_to_bound = (double)bound / value;
    if (problem->objective == SYN_OBJECTIVE_THROUGHPUT)
        facts->bound_ips = facts->throughput_ips / facts->ratio_to_bound;
    if (prediction->execution == SYN_EXECUTION_PARALLEL)
        facts->gap = 1 / facts->ratio_to_bound - 1;
}

/* ---- writing ------------------------------------------------------------------------------ */

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool add_number(cJSON *object, const char *name, double value)
{
    return (isfinite(value) ? cJSON_AddNumberToObject(object, name, value)
                            : cJSON_AddNullToObject(object, name)) != NULL;
}

static bool add_bool(cJSON *object, const char *name, bool value)
{
    return cJSON_AddBoolToObject(object, name, value) != NULL;
}

/* Appends an empty object; NULL without memory. */
static cJSON *append_object(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    if (object && cJSON_AddItemToArray(array, object))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool add_chunk(cJSON *array, const struct syn_problem *problem,
                      const struct syn_plan_chunk *chunk)
{
    cJSON *object = append_object(array);
    return object && add_text(object, "device", problem->fleet->devices[chunk->device].name) &&
           add_number(object, "first", chunk->first) && add_number(object, "last", chunk->last);
}

static bool add_pipeline(cJSON *array, const struct syn_problem *problem, unsigned p,
                         const struct syn_execution_plan *e)
{
    const struct syn_fleet_device *devices = problem->fleet->devices;
    cJSON *object = append_object(array);
    bool ok = object && add_text(object, "name", problem->pipelines[p].spec.name) &&
              add_text(object, "model", problem->pipelines[p].model->name) &&
              add_text(object, "source", devices[e->source].name) &&
              add_text(object, "target", devices[e->target].name);
    cJSON *chunks = ok ? cJSON_AddArrayToObject(object, "chunks") : NULL;
    ok = chunks != NULL;
    for (unsigned k = 0; ok && k < e->chunk_count; k++)
        ok = add_chunk(chunks, problem, &e->chunks[k]);
    return ok;
}

static bool fill(cJSON *object, const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_plan_facts *facts)
{
    struct syn_plan_facts copy = *facts;
    bool ok = add_text(object, "id", facts->id) && add_text(object, "planner", facts->planner) &&
              add_text(object, "status", facts->feasible ? status_ok : status_oor) &&
              add_text(object, "reason", facts->reason) &&
              add_text(object, "objective", syn_objective_name(facts->objective));
    for (size_t i = 0; ok && i < FIGURES; i++)
        ok = add_number(object, figures[i].name, *figure(&copy, i));
    ok = ok && add_bool(object, "proven", facts->proven) &&
         add_bool(object, "repaired", facts->repaired) &&
         add_bool(object, "stopped", facts->stopped);
    cJSON *pipelines = ok ? cJSON_AddArrayToObject(object, "pipelines") : NULL;
    ok = pipelines != NULL;
    for (unsigned p = 0; ok && plan && p < plan->pipeline_count; p++)
        ok = add_pipeline(pipelines, problem, p, &plan->pipelines[p]);
    return ok;
}

cJSON *syn_plan_to_json(const struct syn_problem *problem, const struct syn_plan *plan,
                        const struct syn_plan_facts *facts)
{
    cJSON *object = cJSON_CreateObject();
    if (object && fill(object, problem, plan, facts))
        return object;
    cJSON_Delete(object);
    return NULL;
}

char *syn_plan_print(const struct syn_problem *problem, const struct syn_plan *plan,
                     const struct syn_plan_facts *facts)
{
    cJSON *object = syn_plan_to_json(problem, plan, facts);
    char *text = object ? cJSON_Print(object) : NULL;
    cJSON_Delete(object);
    return text;
}
