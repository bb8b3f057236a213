/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_compare.h"

#include "cli/commands/plan_show.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "devices/base/bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLANS_MAX 8
#define TITLE_MAX 48

struct comparison {
    struct syn_console *console;
    unsigned count;
    struct syn_plan_record records[PLANS_MAX];
    char titles[PLANS_MAX][TITLE_MAX];
};

/* ---- figures ---- */

static void planner_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", r->facts.planner[0] ? r->facts.planner : "hand");
}

static void execution_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", syn_execution_name(r->execution));
}

static void throughput_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%.2f inf/s", r->prediction.throughput_ips);
}

static void round_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)syn_text_time(text, size, (double)r->prediction.round_ns / 1e9);
}

static void latency_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)syn_text_time(text, size, (double)r->prediction.latency_sum_ns / 1e9);
}

static void power_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%.1f mW", r->prediction.power_mw);
}

static void energy_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%.2f mJ", (double)r->prediction.energy_nj / 1e6);
}

static void bytes_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)syn_text_bytes(text, size, r->prediction.bytes_sent);
}

static void devices_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%u", syn_bits_count(syn_plan_hosts(&r->plan)));
}

static void bottleneck_cell(const struct syn_plan_record *r, char *text, size_t size)
{
    (void)syn_plan_bottleneck(r, text, size);
}

static const struct {
    const char *name;
    void (*cell)(const struct syn_plan_record *record, char *text, size_t size);
} figures[] = {
    {"planner", planner_cell},
    {"execution", execution_cell},
    {"throughput", throughput_cell},
    {"round", round_cell},
    {"latency (sum)", latency_cell},
    {"power", power_cell},
    {"energy a round", energy_cell},
    {"sent a round", bytes_cell},
    {"devices with chunks", devices_cell},
    {"bottleneck", bottleneck_cell},
};

/* The pipeline of a plan, by app and name; -1: it has none like it. */
static int find_pipeline(const struct syn_plan_record *record,
                         const struct syn_problem_pipeline *like)
{
    const struct syn_problem *problem = &record->workload->problem;
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        if (!strcmp(problem->pipelines[p].app, like->app) &&
            !strcmp(problem->pipelines[p].spec.name, like->spec.name))
            return (int)p;
    return -1;
}

static void pipeline_row(const struct comparison *c, struct syn_table *table,
                         const struct syn_problem_pipeline *pipeline)
{
    syn_table_text(table, pipeline->spec.name);
    for (unsigned i = 0; i < c->count; i++) {
        const struct syn_plan_record *r = &c->records[i];
        const int p = find_pipeline(r, pipeline);
        char path[512];
        syn_table_text(table, p < 0 ? NULL
                                    : syn_plan_path(&r->workload->fleet, &r->plan.pipelines[p],
                                                    path, sizeof path));
    }
}

/* Has none of the plans before `record` this pipeline? Then it gets its row here. */
static bool is_new(const struct comparison *c, unsigned record,
                   const struct syn_problem_pipeline *pipeline)
{
    for (unsigned i = 0; i < record; i++)
        if (find_pipeline(&c->records[i], pipeline) >= 0)
            return false;
    return true;
}

static void show_table(const struct comparison *c)
{
    struct syn_column columns[PLANS_MAX + 1] = {{.title = ""}};
    for (unsigned i = 0; i < c->count; i++)
        columns[i + 1] = (struct syn_column){.title = c->titles[i], .wraps = true};
    struct syn_table *table = syn_table_new(columns, c->count + 1);
    for (size_t f = 0; f < sizeof figures / sizeof figures[0]; f++) {
        syn_table_text(table, figures[f].name);
        for (unsigned i = 0; i < c->count; i++) {
            char text[256];
            figures[f].cell(&c->records[i], text, sizeof text);
            syn_table_text(table, text);
        }
    }
    for (unsigned i = 0; i < c->count; i++) {
        const struct syn_problem *problem = &c->records[i].workload->problem;
        for (unsigned p = 0; p < problem->pipeline_count; p++)
            if (is_new(c, i, &problem->pipelines[p]))
                pipeline_row(c, table, &problem->pipelines[p]);
    }
    syn_result_table(&c->console->result, table);
    syn_table_free(table);
}

/* ---- what moves ---- */

struct move {
    const struct syn_problem_pipeline *pipeline;
    const struct syn_plan_chunk *chunk;
    size_t bytes; /* of its image */
};

/* Does the plan hold these layers of this model on this device already? */
static bool holds(const struct syn_plan_record *record, const struct syn_model *model,
                  const struct syn_plan_chunk *chunk)
{
    const struct syn_problem *problem = &record->workload->problem;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_execution_plan *e = &record->plan.pipelines[p];
        if (memcmp(problem->pipelines[p].model->hash, model->hash, sizeof model->hash) != 0)
            continue;
        for (unsigned k = 0; k < e->chunk_count; k++)
            if (e->chunks[k].device == chunk->device && e->chunks[k].first == chunk->first &&
                e->chunks[k].last == chunk->last)
                return true;
    }
    return false;
}

static int image_size(const struct syn_model *model, const struct syn_plan_chunk *chunk,
                      size_t *size, struct syn_error *error)
{
    uint8_t *bytes = NULL;
    int rc = syn_model_image(model, chunk->first, chunk->last, &bytes, size, error);
    free(bytes);
    return rc;
}

static void show_move(const struct comparison *c, const struct syn_plan_record *to,
                      const struct move *move, cJSON *list)
{
    const char *device = to->workload->fleet.devices[move->chunk->device].name;
    char bytes[32];
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "pipeline", move->pipeline->spec.name);
    syn_show_text(object, "model", move->pipeline->model->name);
    syn_show_integer(object, "first", move->chunk->first);
    syn_show_integer(object, "last", move->chunk->last);
    syn_show_text(object, "device", device);
    syn_show_integer(object, "bytes", (int64_t)move->bytes);
    syn_result_print(&c->console->result, "  %s[%u,%u) to %s, %s\n", move->pipeline->spec.name,
                     move->chunk->first, move->chunk->last, device,
                     syn_text_bytes(bytes, sizeof bytes, move->bytes));
}

/* From plan `a` to plan `b`: chunks that must be loaded where they are not yet. */
static int show_moves(const struct comparison *c, unsigned a, unsigned b, cJSON *object,
                      struct syn_error *error)
{
    const struct syn_plan_record *from = &c->records[a], *to = &c->records[b];
    const struct syn_problem *problem = &to->workload->problem;
    cJSON *list = syn_show_array(object, "chunks");
    size_t total = 0;
    unsigned count = 0;
    char bytes[32];
    syn_result_print(&c->console->result, "\nfrom plan %s to plan %s:\n", from->facts.id,
                     to->facts.id);
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        for (unsigned k = 0; k < to->plan.pipelines[p].chunk_count; k++) {
            struct move move = {&problem->pipelines[p], &to->plan.pipelines[p].chunks[k], 0};
            if (holds(from, move.pipeline->model, move.chunk))
                continue;
            int rc = image_size(move.pipeline->model, move.chunk, &move.bytes, error);
            if (rc != 0)
                return rc;
            total += move.bytes;
            count++;
            show_move(c, to, &move, list);
        }
    syn_show_text(object, "from", from->facts.id);
    syn_show_text(object, "to", to->facts.id);
    syn_show_integer(object, "bytes", (int64_t)total);
    if (count)
        syn_result_print(&c->console->result, "  %u chunk%s to load, %s\n", count,
                         count == 1 ? "" : "s", syn_text_bytes(bytes, sizeof bytes, total));
    else
        syn_result_print(&c->console->result, "  nothing to load\n");
    return 0;
}

/* ---- all of it ---- */

static void show_record(const struct syn_plan_record *record, cJSON *list)
{
    cJSON *json = syn_plan_show_json(record);
    if (!json)
        return;
    syn_show_number(json, "round_ms", (double)record->prediction.round_ns / 1e6);
    syn_show_integer(json, "bytes_sent", (int64_t)record->prediction.bytes_sent);
    syn_show_integer(json, "devices_used", syn_bits_count(syn_plan_hosts(&record->plan)));
    syn_show_text(json, "changed", record->changed.code ? record->changed.message : NULL);
    (void)cJSON_AddItemToArray(list, json);
}

static int show(const struct comparison *c, struct syn_error *error)
{
    cJSON *json = syn_result_json(&c->console->result);
    cJSON *list = syn_show_array(json, "plans");
    for (unsigned i = 0; i < c->count; i++)
        show_record(&c->records[i], list);
    show_table(c);
    for (unsigned i = 0; i < c->count; i++)
        if (c->records[i].changed.code)
            syn_result_print(&c->console->result, "plan %s is judged by what is there now: %s\n",
                             c->records[i].facts.id, c->records[i].changed.message);
    list = syn_show_array(json, "moves");
    int rc = 0;
    for (unsigned i = 1; rc == 0 && i < c->count; i++)
        rc = show_moves(c, i - 1, i, syn_show_object(list, NULL), error);
    return rc;
}

static void title(const struct syn_plan_record *record, char text[TITLE_MAX])
{
    char id[sizeof record->facts.id];
    memcpy(id, record->facts.id, sizeof id);
    (void)snprintf(text, TITLE_MAX, "PLAN %s", id);
}

static int load(struct comparison *c, const struct syn_call *call, struct syn_error *error)
{
    const size_t count = syn_call_count(call, "ID");
    int rc = 0;
    if (count < 2 || count > PLANS_MAX)
        return syn_error_set(error, SYN_EINVAL, "two to %d plans can be compared", PLANS_MAX);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct syn_plan_record *record = &c->records[c->count];
        rc = syn_plan_record_look(c->console, syn_call_at(call, "ID", i), record, error);
        if (rc == 0)
            title(record, c->titles[c->count++]);
    }
    return rc;
}

int syn_plan_compare_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error)
{
    struct comparison *c = calloc(1, sizeof *c);
    if (!c)
        return syn_error_set(error, SYN_ENOMEM, "no memory to compare plans");
    c->console = console;
    int rc = load(c, call, error);
    if (rc == 0)
        rc = show(c, error);
    for (unsigned i = 0; i < c->count; i++)
        syn_plan_record_clear(&c->records[i]);
    free(c);
    return rc;
}
