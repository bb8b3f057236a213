/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_record.h"

#include "cli/commands/plan_constraints.h"
#include "cli/output/show.h"
#include "core/plan/inputs.h"
#include "core/plan/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char plan_format[] = "synergy-plan/1";
static const char *const execution_names[] = {[SYN_EXECUTION_PARALLEL] = "parallel",
                                              [SYN_EXECUTION_SEQUENTIAL] = "sequential",
                                              [SYN_EXECUTION_WORK_CONSERVING] = "work-conserving",
                                              NULL};

const char *syn_execution_name(enum syn_execution execution)
{
    return execution_names[execution];
}

void syn_plan_record_clear(struct syn_plan_record *record)
{
    syn_workload_free(record->workload);
    record->workload = NULL;
}

/* ---- writing ---- */

static void move_members(cJSON *to, cJSON *from)
{
    while (from->child) {
        cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
        (void)cJSON_AddItemToObject(to, member->string, member);
    }
}

cJSON *syn_plan_record_json(const struct syn_plan_record *record)
{
    const struct syn_workload *workload = record->workload;
    cJSON *plan = syn_plan_to_json(&workload->problem, &record->plan, &record->facts);
    cJSON *json = plan ? cJSON_CreateObject() : NULL;
    if (json) {
        syn_show_text(json, "format", plan_format);
        cJSON *apps = syn_show_array(json, "apps");
        for (unsigned i = 0; i < workload->app_count; i++)
            (void)cJSON_AddItemToArray(apps, cJSON_CreateString(workload->apps[i]));
        syn_show_text(json, "execution", syn_execution_name(record->execution));
        cJSON_DeleteItemFromObjectCaseSensitive(plan, "id");
        syn_plan_constraints_show(json, &workload->constraints);
        /* AddItemToObject copies the name before it frees the old one. */
        move_members(json, plan);
        cJSON *inputs = syn_plan_inputs(&workload->problem, json);
        if (!inputs || !cJSON_AddItemToObject(json, "inputs", inputs)) {
            cJSON_Delete(json);
            json = NULL;
        }
    }
    cJSON_Delete(plan);
    return json;
}

int syn_plan_record_save(struct syn_console *console, struct syn_plan_record *record,
                         struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    int rc = syn_console_registry(console, &registry, error);
    if (rc != 0)
        return rc;
    cJSON *json = syn_plan_record_json(record);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    rc = text ? syn_registry_put(registry, SYN_KIND_PLAN, NULL, text, NULL, 0, &record->id, error)
              : syn_error_set(error, SYN_ENOMEM, "no memory for a plan");
    cJSON_free(text);
    cJSON_Delete(json);
    if (rc == 0)
        (void)snprintf(record->facts.id, sizeof record->facts.id, "%" PRId64, record->id);
    return rc;
}

/* ---- reading ---- */

static int check_format(const struct syn_json *doc, struct syn_error *error)
{
    const cJSON *root = syn_json_root(doc);
    const cJSON *node = cJSON_IsObject(root) ? syn_json_get(root, "format") : NULL;
    const char *format = cJSON_GetStringValue(node);
    if (format && strcmp(format, plan_format) == 0)
        return 0;
    int rc = syn_json_error(doc, node ? node : root, SYN_EINVAL, error,
                            "an object with \"format\": \"%s\" is expected", plan_format);
    syn_error_hint(error, "'plan export ID FILE' writes one");
    return rc;
}

struct names {
    char text[SYN_PIPELINES_MAX][SYN_APP_NAME_MAX];
    const char *list[SYN_PIPELINES_MAX];
    size_t count;
};

/* None where the plan does not say: all apps. */
static int read_apps(const struct syn_json *doc, struct names *names, struct syn_error *error)
{
    static const struct syn_json_field name = {.type = SYN_JSON_STRING, .size = SYN_APP_NAME_MAX};
    const cJSON *node, *apps = syn_json_get(syn_json_root(doc), "apps");
    names->count = 0;
    if (!apps)
        return 0;
    int rc = syn_json_array(doc, apps, 1, SYN_PIPELINES_MAX, error);
    cJSON_ArrayForEach(node, apps)
    {
        if (rc != 0)
            return rc;
        rc = syn_json_value(doc, node, &name, names->text[names->count], error);
        names->list[names->count] = names->text[names->count];
        names->count++;
    }
    return rc;
}

/* A plan says how it runs, else its planner, else in parallel. */
static int read_execution(const struct syn_json *doc, enum syn_execution *execution,
                          struct syn_error *error)
{
    static const struct syn_json_field field = {
        .type = SYN_JSON_ENUM, .names = execution_names, .size = sizeof(uint8_t)};
    const cJSON *root = syn_json_root(doc);
    const cJSON *node = syn_json_get(root, "execution");
    const char *name = cJSON_GetStringValue(syn_json_get(root, "planner"));
    const struct syn_planner *planner = name ? syn_planner_find(name) : NULL;
    uint8_t index = planner ? (uint8_t)planner->execution : SYN_EXECUTION_PARALLEL;
    int rc = node ? syn_json_value(doc, node, &field, &index, error) : 0;
    *execution = (enum syn_execution)index;
    return rc;
}

static int check_device(struct syn_bench *bench, const cJSON *node, struct syn_error *error)
{
    struct syn_member *member = NULL;
    return cJSON_IsString(node) ? syn_bench_ours(bench, node->valuestring,
                                                 "it takes no part in plans", &member, error)
                                : 0;
}

/* A device that is not there is another matter than a plan that is wrong. */
static int check_devices(struct syn_bench *bench, const cJSON *root, struct syn_error *error)
{
    const cJSON *pipeline, *chunk;
    int rc = 0;
    cJSON_ArrayForEach(pipeline, syn_json_get(root, "pipelines"))
    {
        if (!cJSON_IsObject(pipeline))
            return 0;
        if (rc == 0)
            rc = check_device(bench, syn_json_get(pipeline, "source"), error);
        if (rc == 0)
            rc = check_device(bench, syn_json_get(pipeline, "target"), error);
        cJSON_ArrayForEach(chunk, syn_json_get(pipeline, "chunks"))
        {
            if (rc == 0 && cJSON_IsObject(chunk))
                rc = check_device(bench, syn_json_get(chunk, "device"), error);
        }
    }
    return rc;
}

/* A plan that its own constraints no longer allow is no plan: a battery may have run low. */
static int narrow(struct syn_plan_record *record, const struct syn_constraints *constraints,
                  struct syn_error *error)
{
    struct syn_workload *workload = record->workload;
    struct syn_error why = {0};
    char words[256];
    workload->problem.objective = record->facts.objective;
    int rc = syn_workload_constrain(workload, constraints, error);
    if (rc != 0 || syn_plan_check(&workload->problem, &record->plan, &why) == 0)
        return rc;
    return syn_error_set(error, SYN_EOOR, "%s (%s)", why.message,
                         syn_constraints_words(constraints, words, sizeof words));
}

static bool same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

/* Can what the record says of its search be true of this plan? Of an edited one it is not. */
static bool is_of_search(const struct syn_plan_facts *said, const struct syn_plan_facts *now)
{
    if (!same(said->throughput_ips, now->throughput_ips) ||
        !same(said->latency_ms, now->latency_ms) || !same(said->energy_mj, now->energy_mj))
        return false;
    if (said->bound_ips < now->throughput_ips * (1 - 1e-9))
        return false;
    return !said->proven || !(said->gap > 1e-9);
}

static void forget_search(struct syn_plan_facts *facts)
{
    facts->planner[0] = '\0';
    facts->proven = facts->repaired = facts->stopped = false;
    facts->simulated_ips = facts->search_ms = facts->gain = facts->ratio_to_synergy = NAN;
}

/* Figures are those of now; what only a search knows stays. */
static int judge(struct syn_plan_record *record, const struct syn_constraints *constraints,
                 struct syn_error *error)
{
    struct syn_plan_facts *facts = &record->facts;
    const struct syn_plan_facts said = *facts;
    int rc = narrow(record, constraints, error);
    if (rc == 0)
        rc = syn_cost_predict(&record->workload->problem, &record->plan, record->execution,
                              &record->prediction, error);
    if (rc != 0)
        return rc;
    syn_plan_facts_predicted(facts, &record->workload->problem, &record->plan, &record->prediction);
    if (record->changed.code) { /* a search of another problem said so */
        facts->proven = facts->stopped = false;
        facts->simulated_ips = NAN;
        return 0;
    }
    if (!is_of_search(&said, facts)) {
        forget_search(facts);
        return 0;
    }
    facts->bound_ips = said.bound_ips;
    facts->gap = said.gap;
    facts->ratio_to_bound = said.ratio_to_bound;
    return 0;
}

/* Changed inputs are kept in the record; the plan may be good all the same. */
static int check_inputs(const struct syn_json *doc, struct syn_plan_record *record,
                        struct syn_error *error)
{
    const char *objective = cJSON_GetStringValue(syn_json_get(syn_json_root(doc), "objective"));
    const int index = objective ? syn_objective_find(objective) : 0;
    record->workload->problem.objective = index > 0 ? (enum syn_objective)index : 0;
    int rc = syn_plan_inputs_check(doc, syn_json_root(doc), &record->workload->problem, error);
    if (rc != SYN_ESTATE)
        return rc;
    record->changed = *error;
    syn_error_clear(error);
    return 0;
}

/* Where the plan is none of what is there now, that its inputs have changed says why. */
static int read_plan(const struct syn_json *doc, struct syn_plan_record *record,
                     const struct syn_constraints *constraints, struct syn_error *error)
{
    int rc = syn_plan_from_json(doc, syn_json_root(doc), &record->workload->problem, &record->plan,
                                &record->facts, error);
    if (rc == 0)
        rc = judge(record, constraints, error);
    if (rc == 0 || rc == SYN_ENOMEM || !record->changed.code)
        return rc;
    *error = record->changed;
    return error->code;
}

static int read_record(struct syn_console *console, const struct syn_json *doc,
                       struct syn_plan_record *record, struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct names *names = malloc(sizeof *names);
    struct syn_constraints *constraints = malloc(sizeof *constraints);
    int rc = bench && names && constraints ? check_format(doc, error) : SYN_ENOMEM;
    if (rc == 0)
        rc = read_apps(doc, names, error);
    if (rc == 0)
        rc = read_execution(doc, &record->execution, error);
    if (rc == 0)
        rc = syn_plan_constraints_parse(doc, syn_json_root(doc), constraints, error);
    if (rc == 0)
        rc = check_devices(bench, syn_json_root(doc), error);
    if (rc == 0)
        rc = syn_workload_new(&record->workload, bench, names->list, names->count, error);
    if (rc == 0)
        rc = check_inputs(doc, record, error);
    if (rc == 0)
        rc = read_plan(doc, record, constraints, error);
    free(constraints);
    free(names);
    return rc;
}

int syn_plan_record_parse(struct syn_console *console, const char *text, size_t size,
                          const char *path, struct syn_plan_record *record, struct syn_error *error)
{
    struct syn_json *doc = NULL;
    memset(record, 0, sizeof *record);
    int rc = syn_json_parse(&doc, text, size, path, error);
    if (rc == 0)
        rc = read_record(console, doc, record, error);
    syn_json_free(doc);
    if (rc != 0)
        syn_plan_record_clear(record);
    return rc;
}

/* ---- the registry ---- */

static int keep_id(void *ctx, const struct syn_record *record)
{
    *(int64_t *)ctx = record->id;
    return 0;
}

int syn_plan_newest(struct syn_console *console, int64_t *id, struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    *id = 0;
    int rc = syn_console_registry(console, &registry, error);
    return rc != 0 ? rc : syn_registry_each(registry, SYN_KIND_PLAN, keep_id, id, error);
}

static int name_newest(struct syn_console *console, char name[32], struct syn_error *error)
{
    int64_t id = 0;
    int rc = syn_plan_newest(console, &id, error);
    (void)snprintf(name, 32, "%" PRId64, id);
    if (rc != 0 || id > 0)
        return rc;
    syn_error_set(error, SYN_ENOENT, "there is no plan");
    syn_error_hint(error, "search for one: plan search");
    return SYN_ENOENT;
}

int syn_plan_record_look(struct syn_console *console, const char *id,
                         struct syn_plan_record *record, struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    struct syn_record stored = {.text = NULL};
    char newest[32], path[48];
    memset(record, 0, sizeof *record);
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0 && !id)
        rc = name_newest(console, newest, error);
    if (rc == 0)
        rc = syn_registry_get(registry, SYN_KIND_PLAN, id ? id : newest, &stored, error);
    if (rc == SYN_ENOENT && !error->hint[0])
        syn_error_hint(error, "'plan list' shows what there is");
    if (rc == 0) {
        (void)snprintf(path, sizeof path, "plan %" PRId64, stored.id);
        rc = syn_plan_record_parse(console, stored.text, strlen(stored.text), path, record, error);
    }
    if (rc == 0) {
        record->id = stored.id;
        (void)snprintf(record->facts.id, sizeof record->facts.id, "%" PRId64, stored.id);
    }
    syn_record_clear(&stored);
    return rc;
}

int syn_plan_record_load(struct syn_console *console, const char *id,
                         struct syn_plan_record *record, struct syn_error *error)
{
    int rc = syn_plan_record_look(console, id, record, error);
    if (rc != 0 || !record->changed.code)
        return rc;
    *error = record->changed;
    syn_plan_record_clear(record);
    return error->code;
}
