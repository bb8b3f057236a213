/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading half of plan_json.h. */
#include "core/plan/plan_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const status_names[] = {"oor", "ok", NULL};
static const char *const objective_names[] = {"throughput", "latency", "energy", "power", NULL};

/* ---- the objects as they stand ------------------------------------------------------------ */

struct raw_plan {
    struct syn_plan_facts facts;
    uint8_t status, objective;
    const cJSON *pipelines;
};

struct raw_pipeline {
    char name[SYN_APP_NAME_MAX], model[SYN_MODEL_NAME_MAX];
    char source[SYN_DEVICE_NAME], target[SYN_DEVICE_NAME];
    const cJSON *chunks;
};

struct raw_chunk {
    char device[SYN_DEVICE_NAME];
    uint16_t first, last;
};

/* Keeps the node; it is read later, when more is known. */
static int read_node(const struct syn_json *doc, const cJSON *value, void *member,
                     struct syn_error *error)
{
    (void)doc;
    (void)error;
    *(const cJSON **)member = value;
    return 0;
}

static int read_figure(const struct syn_json *doc, const cJSON *value, void *member,
                       struct syn_error *error)
{
    if (!cJSON_IsNumber(value) && !cJSON_IsNull(value))
        return syn_json_error(doc, value, SYN_EINVAL, error, "a number or null is expected");
    *(double *)member = cJSON_IsNull(value) ? NAN : value->valuedouble;
    return 0;
}

#define FIGURE(field)                                                                              \
    {                                                                                              \
        .name = #field, .type = SYN_JSON_CUSTOM, .read = read_figure,                              \
        SYN_JSON_AT(struct raw_plan, facts.field)                                                  \
    }

#define MARK(field)                                                                                \
    {                                                                                              \
        .name = #field, .type = SYN_JSON_BOOL, SYN_JSON_AT(struct raw_plan, facts.field)           \
    }

static const struct syn_json_field plan_fields[] = {
    /* Of files and of the registry; whoever keeps plans reads them. */
    {.name = "license", .type = SYN_JSON_IGNORED},
    {.name = "format", .type = SYN_JSON_IGNORED},
    {.name = "apps", .type = SYN_JSON_IGNORED},
    {.name = "execution", .type = SYN_JSON_IGNORED},
    {.name = "constraints", .type = SYN_JSON_IGNORED},
    {.name = "inputs", .type = SYN_JSON_IGNORED},
    {.name = "bottleneck", .type = SYN_JSON_IGNORED},
    {.name = "id", .type = SYN_JSON_STRING, SYN_JSON_AT(struct raw_plan, facts.id)},
    {.name = "planner", .type = SYN_JSON_STRING, SYN_JSON_AT(struct raw_plan, facts.planner)},
    {.name = "status",
     .type = SYN_JSON_ENUM,
     .names = status_names,
     SYN_JSON_AT(struct raw_plan, status)},
    {.name = "reason", .type = SYN_JSON_STRING, SYN_JSON_AT(struct raw_plan, facts.reason)},
    {.name = "objective",
     .type = SYN_JSON_ENUM,
     .names = objective_names,
     SYN_JSON_AT(struct raw_plan, objective)},
    FIGURE(throughput_ips),
    FIGURE(bound_ips),
    FIGURE(gap),
    FIGURE(simulated_ips),
    FIGURE(latency_ms),
    FIGURE(power_mw),
    FIGURE(energy_mj),
    FIGURE(search_ms),
    FIGURE(devices_used),
    FIGURE(gain),
    FIGURE(ratio_to_synergy),
    FIGURE(ratio_to_bound),
    MARK(proven),
    MARK(repaired),
    MARK(stopped),
    {.name = "pipelines",
     .type = SYN_JSON_CUSTOM,
     .required = true,
     .read = read_node,
     SYN_JSON_AT(struct raw_plan, pipelines)},
};

static const struct syn_json_field pipeline_fields[] = {
    {.name = "name",
     .type = SYN_JSON_STRING,
     .required = true,
     SYN_JSON_AT(struct raw_pipeline, name)},
    {.name = "model", .type = SYN_JSON_STRING, SYN_JSON_AT(struct raw_pipeline, model)},
    {.name = "source", .type = SYN_JSON_STRING, SYN_JSON_AT(struct raw_pipeline, source)},
    {.name = "target", .type = SYN_JSON_STRING, SYN_JSON_AT(struct raw_pipeline, target)},
    {.name = "chunks",
     .type = SYN_JSON_CUSTOM,
     .required = true,
     .read = read_node,
     SYN_JSON_AT(struct raw_pipeline, chunks)},
};

static const struct syn_json_field chunk_fields[] = {
    {.name = "device",
     .type = SYN_JSON_STRING,
     .required = true,
     SYN_JSON_AT(struct raw_chunk, device)},
    {.name = "first",
     .type = SYN_JSON_INT,
     .required = true,
     .max = SYN_MODEL_LAYERS_MAX,
     SYN_JSON_AT(struct raw_chunk, first)},
    {.name = "last",
     .type = SYN_JSON_INT,
     .required = true,
     .max = SYN_MODEL_LAYERS_MAX,
     SYN_JSON_AT(struct raw_chunk, last)},
};

/* ---- against the problem ------------------------------------------------------------------- */

struct reader {
    const struct syn_json *doc;
    const struct syn_problem *problem;
    struct syn_plan *plan;
    struct syn_error *error;
};

static int find_device(const struct reader *r, const cJSON *node, const char *name, uint8_t *index)
{
    for (unsigned d = 0; d < r->problem->fleet->count; d++)
        if (!strcmp(r->problem->fleet->devices[d].name, name)) {
            *index = (uint8_t)d;
            return 0;
        }
    return syn_json_error(r->doc, node, SYN_EINVAL, r->error, "there is no device \"%s\"", name);
}

/* The device of a mask with one bit, else an error that asks for a name. */
static int only_device(const struct reader *r, const cJSON *node, const char *field, uint16_t mask,
                       uint8_t *index)
{
    if (!mask || mask & (mask - 1))
        return syn_json_error(r->doc, node, SYN_EINVAL, r->error,
                              "\"%s\" is needed: several devices meet the requirement", field);
    for (*index = 0; !(mask >> *index & 1);)
        ++*index;
    return 0;
}

static int read_end(const struct reader *r, const cJSON *pipeline, const char *field,
                    const char *name, uint16_t mask, uint8_t *index)
{
    const cJSON *node = syn_json_get(pipeline, field);
    if (!node)
        return only_device(r, pipeline, field, mask, index);
    int rc = find_device(r, node, name, index);
    if (!rc && !(mask >> *index & 1))
        rc = syn_json_error(r->doc, node, SYN_EINVAL, r->error, "%s does not meet the requirement",
                            name);
    return rc;
}

static int read_chunk(const struct reader *r, const cJSON *node, unsigned expected, unsigned layers,
                      struct syn_plan_chunk *chunk)
{
    struct raw_chunk raw = {.first = 0};
    int rc =
        syn_json_fill(r->doc, node, chunk_fields, SYN_JSON_COUNT(chunk_fields), &raw, r->error);
    if (!rc)
        rc = find_device(r, syn_json_get(node, "device"), raw.device, &chunk->device);
    if (rc)
        return rc;
    chunk->first = raw.first;
    chunk->last = raw.last;
    if (raw.first != expected)
        return syn_json_error(r->doc, syn_json_get(node, "first"), SYN_EINVAL, r->error,
                              "layer %u is next", expected);
    if (raw.last <= raw.first || raw.last > layers)
        return syn_json_error(r->doc, syn_json_get(node, "last"), SYN_EINVAL, r->error,
                              "%u to %u are possible", raw.first + 1u, layers);
    return 0;
}

static int read_chunks(const struct reader *r, const cJSON *array, unsigned layers,
                       struct syn_execution_plan *e)
{
    unsigned next = 0;
    const cJSON *node;
    int rc = syn_json_array(r->doc, array, 1, SYN_PLAN_CHUNKS_MAX, r->error);
    if (rc)
        return rc;
    cJSON_ArrayForEach(node, array)
    {
        rc = read_chunk(r, node, next, layers, &e->chunks[e->chunk_count]);
        if (rc)
            return rc;
        next = e->chunks[e->chunk_count++].last;
    }
    if (next != layers)
        return syn_json_error(r->doc, array, SYN_EINVAL, r->error,
                              "the chunks end at layer %u, the model has %u", next, layers);
    return 0;
}

/* The pipeline of the problem that the object is about. */
static int find_pipeline(const struct reader *r, const cJSON *node, const struct raw_pipeline *raw,
                         unsigned *index)
{
    for (unsigned p = 0; p < r->problem->pipeline_count; p++) {
        const struct syn_problem_pipeline *pipeline = &r->problem->pipelines[p];
        if (strcmp(pipeline->spec.name, raw->name))
            continue;
        *index = p;
        /* Apps may name their pipelines alike: the first that is not planned yet. */
        if (r->plan->pipelines[p].chunk_count)
            continue;
        if (raw->model[0] && strcmp(raw->model, pipeline->model->name))
            return syn_json_error(r->doc, syn_json_get(node, "model"), SYN_EINVAL, r->error,
                                  "pipeline \"%s\" runs %s", raw->name, pipeline->model->name);
        return 0;
    }
    return syn_json_error(r->doc, syn_json_get(node, "name"), SYN_EINVAL, r->error,
                          "there is no pipeline \"%s\" to plan for, or it stands here twice",
                          raw->name);
}

static int read_pipeline(const struct reader *r, const cJSON *node)
{
    struct raw_pipeline raw = {.chunks = NULL};
    unsigned index = 0;
    int rc = syn_json_fill(r->doc, node, pipeline_fields, SYN_JSON_COUNT(pipeline_fields), &raw,
                           r->error);
    if (!rc)
        rc = find_pipeline(r, node, &raw, &index);
    if (rc)
        return rc;
    const struct syn_problem_pipeline *p = &r->problem->pipelines[index];
    struct syn_execution_plan *e = &r->plan->pipelines[index];
    rc = read_end(r, node, "source", raw.source, p->sources, &e->source);
    if (!rc)
        rc = read_end(r, node, "target", raw.target, p->targets, &e->target);
    return rc ? rc : read_chunks(r, raw.chunks, p->model->layer_count, e);
}

static int read_pipelines(const struct reader *r, const cJSON *array)
{
    const cJSON *node;
    int rc = syn_json_array(r->doc, array, 1, SYN_PIPELINES_MAX, r->error);
    if (rc)
        return rc;
    r->plan->pipeline_count = r->problem->pipeline_count;
    cJSON_ArrayForEach(node, array)
    {
        rc = read_pipeline(r, node);
        if (rc)
            return rc;
    }
    for (unsigned p = 0; p < r->problem->pipeline_count; p++)
        if (!r->plan->pipelines[p].chunk_count)
            return syn_json_error(r->doc, array, SYN_EINVAL, r->error, "pipeline \"%s\" is missing",
                                  r->problem->pipelines[p].spec.name);
    return 0;
}

/* What is left, such as two chunks on one device. */
static int check_whole(const struct reader *r, const cJSON *array)
{
    struct syn_error why = {0};
    if (!syn_plan_check(r->problem, r->plan, &why))
        return 0;
    return syn_json_error(r->doc, array, SYN_EINVAL, r->error, "%s", why.message);
}

static int read_plan(const struct syn_json *doc, const cJSON *node, struct raw_plan *raw,
                     struct syn_error *error)
{
    memset(raw, 0, sizeof *raw);
    syn_plan_facts_init(&raw->facts);
    raw->status = 1;
    int rc = syn_json_fill(doc, node, plan_fields, SYN_JSON_COUNT(plan_fields), raw, error);
    raw->facts.feasible = raw->status == 1;
    raw->facts.objective = (enum syn_objective)raw->objective;
    return rc;
}

int syn_plan_from_json(const struct syn_json *doc, const cJSON *node,
                       const struct syn_problem *problem, struct syn_plan *plan,
                       struct syn_plan_facts *facts, struct syn_error *error)
{
    const struct reader r = {doc, problem, plan, error};
    struct raw_plan raw;
    memset(plan, 0, sizeof *plan);
    int rc = read_plan(doc, node, &raw, error);
    if (!rc && !raw.facts.feasible)
        rc = syn_json_error(doc, syn_json_get(node, "status"), SYN_EINVAL, error,
                            "this plan is out of resource");
    if (!rc)
        rc = read_pipelines(&r, raw.pipelines);
    if (!rc)
        rc = check_whole(&r, raw.pipelines);
    if (facts && !rc)
        *facts = raw.facts;
    return rc;
}

/* The only plan of an answer of `plan search` that is ok. */
static int pick(const struct syn_json *doc, const cJSON *plans, const cJSON **picked,
                struct syn_error *error)
{
    const cJSON *node;
    unsigned count = 0;
    cJSON_ArrayForEach(node, plans)
    {
        const cJSON *status = syn_json_get(node, "status");
        if (status && (!cJSON_IsString(status) || strcmp(status->valuestring, "ok")))
            continue;
        *picked = node;
        count++;
    }
    if (count != 1)
        return syn_json_error(doc, plans, SYN_EINVAL, error,
                              "one plan with status \"ok\" is expected, %u are here", count);
    return 0;
}

int syn_plan_parse(const char *text, size_t size, const char *path,
                   const struct syn_problem *problem, struct syn_plan *plan,
                   struct syn_plan_facts *facts, struct syn_error *error)
{
    struct syn_json *doc;
    int rc = syn_json_parse(&doc, text, size, path, error);
    if (rc)
        return rc;
    const cJSON *node = syn_json_root(doc);
    const cJSON *plans = cJSON_IsObject(node) ? syn_json_get(node, "plans") : NULL;
    if (plans)
        rc = pick(doc, plans, &node, error);
    if (!rc)
        rc = syn_plan_from_json(doc, node, problem, plan, facts, error);
    syn_json_free(doc);
    return rc;
}
