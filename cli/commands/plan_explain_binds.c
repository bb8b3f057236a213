/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What binds: units, radios, caps; memory; links. */
#include "cli/commands/plan_explain_show.h"
#include "cli/commands/plan_show.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "core/cost/fit.h"

#include <stdio.h>
#include <string.h>

static const char *const binding_names[] = {
    [SYN_BINDS_UNIT] = "unit",    [SYN_BINDS_RADIOS] = "radios",     [SYN_BINDS_HUB] = "console",
    [SYN_BINDS_CAP] = "rate cap", [SYN_BINDS_SEQUENCE] = "sequence",
};

static const struct {
    const char *key, *unit;
} memories[] = {
    [SYN_MEMORY_KERNELS] = {"kernels", "kernel words"},
    [SYN_MEMORY_WEIGHTS] = {"weights", "bytes of weights"},
    [SYN_MEMORY_BIAS] = {"bias", "bytes of bias"},
    [SYN_MEMORY_LAYERS] = {"layers", "layers"},
    [SYN_MEMORY_ARENA] = {"arena", "bytes of arena"},
};

const char *syn_explain_node(const struct syn_explained *explained, unsigned node)
{
    const struct syn_fleet *fleet = &explained->record->workload->fleet;
    return node < fleet->count ? fleet->devices[node].name : "the console";
}

static const char *pipeline_name(const struct syn_explained *explained, unsigned pipeline)
{
    return explained->record->workload->problem.pipelines[pipeline].spec.name;
}

/* ---- what binds ---- */

static void where_words(const struct syn_explained *explained, const struct syn_work *work,
                        char *text, size_t size)
{
    if (work->kind == SYN_WORK_TRANSFER)
        (void)snprintf(text, size, "%s to %s", syn_explain_node(explained, work->device),
                       syn_explain_node(explained, work->peer));
    else
        (void)snprintf(text, size, "%s", syn_explain_node(explained, work->device));
}

static void show_share(const struct syn_explained *explained, const struct syn_work *work,
                       struct syn_table *table, cJSON *list)
{
    const double share = (double)work->ns / (double)explained->explanation->figures.round_ns;
    char where[96];
    cJSON *object = syn_show_object(list, NULL);
    where_words(explained, work, where, sizeof where);
    syn_show_text(object, "pipeline", pipeline_name(explained, work->pipeline));
    syn_show_text(object, "task", syn_work_name((enum syn_work_kind)work->kind));
    syn_show_text(object, "device", syn_explain_node(explained, work->device));
    if (work->kind == SYN_WORK_TRANSFER)
        syn_show_text(object, "peer", syn_explain_node(explained, work->peer));
    syn_show_number(object, "ms", (double)work->ns / 1e6);
    syn_show_number(object, "share", share);
    syn_table_text(table, pipeline_name(explained, work->pipeline));
    syn_table_text(table, syn_work_name((enum syn_work_kind)work->kind));
    syn_table_text(table, where);
    syn_table_format(table, "%.3f", (double)work->ns / 1e6);
    syn_table_format(table, "%.1f %%", 100 * share);
}

static void binding_words(const struct syn_explained *explained, char *text, size_t size)
{
    const struct syn_binding *b = &explained->explanation->binding;
    const struct syn_plan_record *record = explained->record;
    if (b->kind == SYN_BINDS_SEQUENCE)
        (void)snprintf(text, size, "one task runs at a time");
    else
        (void)syn_plan_bottleneck(record, text, size);
}

static void show_bounds(const struct syn_explained *explained, cJSON *json)
{
    const struct syn_problem *problem = &explained->record->workload->problem;
    cJSON *list = syn_show_array(json, "latency_bounds");
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const double bound_ms = problem->pipelines[p].spec.latency_bound_ms;
        const double ms = (double)explained->record->prediction.pipelines[p].latency_ns / 1e6;
        if (!(bound_ms > 0))
            continue;
        cJSON *object = syn_show_object(list, NULL);
        syn_show_text(object, "pipeline", pipeline_name(explained, p));
        syn_show_number(object, "latency_ms", ms);
        syn_show_number(object, "bound_ms", bound_ms);
        syn_result_print(&explained->console->result,
                         "latency of %s: %.3f ms of the %.3f ms that its bound allows\n",
                         pipeline_name(explained, p), ms, bound_ms);
    }
}

void syn_explain_show_binding(const struct syn_explained *explained)
{
    static const struct syn_column columns[] = {{.title = "PIPELINE", .shrinks = true},
                                                {.title = "TASK"},
                                                {.title = "WHERE"},
                                                {.title = "MS", .right = true},
                                                {.title = "OF A ROUND", .right = true}};
    const struct syn_explanation *e = explained->explanation;
    struct syn_result *result = &explained->console->result;
    cJSON *json = syn_show_object(syn_result_json(result), "binds");
    cJSON *shares = syn_show_array(json, "shares");
    struct syn_table *table = syn_table_new(columns, 5);
    char text[256];
    binding_words(explained, text, sizeof text);
    syn_show_text(json, "kind", binding_names[e->binding.kind]);
    syn_show_text(json, "text", text);
    syn_result_print(result, "\nwhat binds: %s\n", text);
    if (e->binding.next > 0) {
        cJSON *next = syn_show_object(json, "next");
        const char *device = syn_explain_node(explained, e->binding.next_device);
        syn_show_text(next, "device", device);
        syn_show_text(next, "unit", syn_unit_name(e->binding.next_unit));
        syn_show_number(next, "ms", (double)e->binding.next / 1e6);
        syn_result_print(result, "%s: %s of %s, busy for %.3f ms (%.1f %%)\n",
                         e->binding.kind >= SYN_BINDS_CAP ? "busiest" : "next busiest",
                         syn_unit_name(e->binding.next_unit), device, (double)e->binding.next / 1e6,
                         100.0 * (double)e->binding.next / (double)e->figures.round_ns);
    }
    for (unsigned i = 0; i < e->shares.count; i++)
        show_share(explained, &e->shares.list[i], table, shares);
    if (e->shares.count)
        syn_result_table(result, table);
    syn_table_free(table);
    show_bounds(explained, json);
}

/* ---- memory ---- */

/* "WideNet[0,14): KWS does not fit on earbud: ..." */
static void show_kept_away(const struct syn_explained *explained, const struct syn_device_memory *m,
                           cJSON *object, char *why, size_t size)
{
    const struct syn_plan_chunk *chunk =
        &explained->record->plan.pipelines[m->pipeline].chunks[m->chunk];
    cJSON *away = m->why[0] ? syn_show_object(object, "keeps_away") : NULL;
    if (!away) {
        syn_show_text(object, "keeps_away", NULL);
        return;
    }
    syn_show_text(away, "pipeline", pipeline_name(explained, m->pipeline));
    syn_show_integer(away, "first", chunk->first);
    syn_show_integer(away, "last", chunk->last);
    syn_show_text(away, "device", syn_explain_node(explained, chunk->device));
    syn_show_text(away, "reason", m->why);
    const char *model = explained->record->workload->problem.pipelines[m->pipeline].model->name;
    const char *words = m->why, *fits = strstr(words, " does not fit on ");
    if (fits && strncmp(words, model, strlen(model)) == 0 && words + strlen(model) == fits &&
        strstr(fits, ": "))
        words = strstr(fits, ": ") + 2; /* model and device stand beside it */
    (void)snprintf(why, size, "%s[%u,%u): %s", pipeline_name(explained, m->pipeline), chunk->first,
                   chunk->last, words);
}

static void show_device(const struct syn_explained *explained, unsigned d, struct syn_table *table,
                        cJSON *list)
{
    const struct syn_device_memory *m = &explained->explanation->memory[d];
    const unsigned f = m->fullest;
    char used[32], have[32], what[96], why[384] = "";
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "device", syn_explain_node(explained, d));
    syn_show_text(object, "fullest", memories[f].key);
    for (unsigned i = 0; i < SYN_MEMORY_COUNT; i++) {
        if (!m->of[i].have)
            continue;
        cJSON *memory = syn_show_object(object, memories[i].key);
        syn_show_integer(memory, "used", m->of[i].used);
        syn_show_integer(memory, "have", m->of[i].have);
    }
    show_kept_away(explained, m, object, why, sizeof why);
    (void)snprintf(what, sizeof what, "%s of %s %s", syn_grouped(m->of[f].used, used),
                   syn_grouped(m->of[f].have, have), memories[f].unit);
    syn_table_text(table, syn_explain_node(explained, d));
    syn_table_text(table, what);
    syn_table_format(table, "%.0f %%", m->of[f].have ? 100.0 * m->of[f].used / m->of[f].have : 0.0);
    syn_table_text(table, why);
}

void syn_explain_show_memory(const struct syn_explained *explained)
{
    static const struct syn_column columns[] = {{.title = "DEVICE"},
                                                {.title = "FULLEST"},
                                                {.title = "USED", .right = true},
                                                {.title = "KEEPS AWAY", .wraps = true}};
    struct syn_result *result = &explained->console->result;
    cJSON *list = syn_show_array(syn_result_json(result), "memory");
    struct syn_table *table = syn_table_new(columns, 4);
    syn_result_print(result, "\nmemory\n");
    for (unsigned d = 0; d < explained->explanation->device_count; d++)
        show_device(explained, d, table, list);
    syn_result_table(result, table);
    syn_table_free(table);
}

/* ---- links ---- */

void syn_explain_show_links(const struct syn_explained *explained)
{
    static const struct syn_column columns[] = {{.title = "LINK"},
                                                {.title = "BYTES A ROUND", .right = true},
                                                {.title = "MS", .right = true},
                                                {.title = "OF A ROUND", .right = true}};
    const struct syn_explanation *e = explained->explanation;
    struct syn_result *result = &explained->console->result;
    cJSON *list = syn_show_array(syn_result_json(result), "links");
    struct syn_table *table = syn_table_new(columns, 4);
    for (unsigned i = 0; i < e->link_count; i++) {
        const struct syn_link_load *link = &e->links[i];
        const double share = (double)link->ns / (double)e->figures.round_ns;
        char bytes[32];
        cJSON *object = syn_show_object(list, NULL);
        syn_show_text(object, "a", syn_explain_node(explained, link->a));
        syn_show_text(object, "b", syn_explain_node(explained, link->b));
        syn_show_integer(object, "bytes", (int64_t)link->bytes);
        syn_show_number(object, "ms", (double)link->ns / 1e6);
        syn_table_format(table, "%s - %s", syn_explain_node(explained, link->a),
                         syn_explain_node(explained, link->b));
        syn_table_text(table, syn_grouped(link->bytes, bytes));
        syn_table_format(table, "%.3f", (double)link->ns / 1e6);
        syn_table_format(table, "%.1f %%", 100 * share);
    }
    syn_result_print(result, e->link_count ? "\nlinks\n" : "\nno link is used\n");
    if (e->link_count)
        syn_result_table(result, table);
    syn_table_free(table);
}
