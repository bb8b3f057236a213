/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_show.h"

#include "cli/commands/plan_constraints.h"
#include "cli/commands/units_table.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "core/plan/score.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

struct words {
    char *text;
    size_t size, used;
};

static void add(struct words *words, const char *fmt, ...) SYN_PRINTF(2, 3);

static void add(struct words *words, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(words->text + words->used, words->size - words->used, fmt, args);
    va_end(args);
    words->used += n > 0 ? (size_t)n : 0;
    if (words->used >= words->size)
        words->used = words->size - 1;
}

const char *syn_plan_path(const struct syn_fleet *fleet, const struct syn_execution_plan *plan,
                          char *text, size_t size)
{
    struct words words = {text, size, 0};
    add(&words, "%s", fleet->devices[plan->source].name);
    for (unsigned i = 0; i < plan->chunk_count; i++)
        add(&words, " -> %s[%u,%u)", fleet->devices[plan->chunks[i].device].name,
            plan->chunks[i].first, plan->chunks[i].last);
    add(&words, " -> %s", fleet->devices[plan->target].name);
    return text;
}

static const char *node_name(const struct syn_fleet *fleet, unsigned node)
{
    return node < fleet->count ? fleet->devices[node].name : "the console";
}

static void add_set(struct words *words, const struct syn_fleet *fleet, uint32_t set)
{
    const char *between = "transfers among ";
    for (unsigned i = 0; i <= SYN_DEVICE_HUB; i++)
        if (set >> i & 1) {
            add(words, "%s%s", between, node_name(fleet, i));
            between = ", ";
        }
}

/* Work-conserving: no pipeline can go faster. */
static bool all_capped(const struct syn_problem *problem, const struct syn_prediction *prediction)
{
    bool all = true;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const double cap = problem->pipelines[p].spec.rate_cap_ips;
        all &= cap > 0 && prediction->pipelines[p].throughput_ips >= 0.9999 * cap;
    }
    return all;
}

static bool capped(const struct syn_plan_record *record)
{
    const struct syn_prediction *prediction = &record->prediction;
    uint64_t busiest = prediction->radio.node_ns[SYN_DEVICE_HUB];
    for (unsigned d = 0; d < SYN_DEVICES_MAX; d++)
        for (int u = 0; u < SYN_UNIT_COUNT; u++)
            if (prediction->busy_ns[d][u] > busiest)
                busiest = prediction->busy_ns[d][u];
    if (prediction->execution == SYN_EXECUTION_WORK_CONSERVING)
        return all_capped(&record->workload->problem, prediction);
    return prediction->execution == SYN_EXECUTION_PARALLEL && !prediction->bottleneck_set &&
           busiest < prediction->round_ns;
}

static void add_cap(struct words *words, const struct syn_plan_record *record)
{
    const struct syn_problem *problem = &record->workload->problem;
    const struct syn_pipeline *lowest = &problem->pipelines[0].spec;
    if (problem->objective == SYN_OBJECTIVE_POWER) {
        add(words, "the rate that was asked for");
        return;
    }
    if (record->execution == SYN_EXECUTION_WORK_CONSERVING && problem->pipeline_count > 1) {
        add(words, "the rate caps of all pipelines");
        return;
    }
    for (unsigned p = 1; p < problem->pipeline_count; p++) {
        const struct syn_pipeline *spec = &problem->pipelines[p].spec;
        if (syn_cost_pipeline_cap_ns(spec) > syn_cost_pipeline_cap_ns(lowest))
            lowest = spec;
    }
    add(words, "the rate cap of %s (%g inferences/s)", lowest->name, lowest->rate_cap_ips);
}

const char *syn_plan_bottleneck(const struct syn_plan_record *record, char *text, size_t size)
{
    const struct syn_fleet *fleet = &record->workload->fleet;
    const struct syn_prediction *prediction = &record->prediction;
    struct words words = {text, size, 0};
    if (capped(record))
        add_cap(&words, record);
    else if (prediction->bottleneck_set)
        add_set(&words, fleet, prediction->bottleneck_set);
    else if (prediction->bottleneck_device == SYN_DEVICE_HUB)
        add(&words, "relay of the console");
    else
        add(&words, "%s of %s", syn_unit_name(prediction->bottleneck_unit),
            node_name(fleet, prediction->bottleneck_device));
    return text;
}

const char *syn_plan_proof_words(const struct syn_plan_facts *facts, char *text, size_t size)
{
    if (facts->proven)
        (void)snprintf(text, size, "proven optimal");
    else if (isfinite(facts->gap))
        (void)snprintf(text, size, "gap %.2f %% to the proven bound", 100 * facts->gap);
    else
        (void)snprintf(text, size, "no bound");
    return text;
}

/* ---- for people ---- */

static void headline(struct syn_console *console, const struct syn_plan_record *record)
{
    const struct syn_prediction *p = &record->prediction;
    const enum syn_objective objective = record->workload->problem.objective;
    char latency[32], search[32], proof[64], what[256];
    syn_result_print(&console->result, "plan %s by %s, %s%s%s%s",
                     record->facts.id[0] ? record->facts.id : "(not kept)",
                     record->facts.planner[0] ? record->facts.planner : "hand",
                     syn_execution_name(record->execution),
                     objective != SYN_OBJECTIVE_THROUGHPUT ? ", least " : "",
                     objective != SYN_OBJECTIVE_THROUGHPUT ? syn_objective_name(objective) : "",
                     isfinite(record->facts.search_ms) ? "" : "\n");
    if (isfinite(record->facts.search_ms))
        syn_result_print(&console->result, ", found in %s\n",
                         syn_text_time(search, sizeof search, record->facts.search_ms / 1e3));
    syn_result_print(&console->result,
                     "predicted: %.2f inferences/s, latency %s (sum), %.1f mW, %.2f mJ a round\n",
                     p->throughput_ips,
                     syn_text_time(latency, sizeof latency, (double)p->latency_sum_ns / 1e9),
                     p->power_mw, (double)p->energy_nj / 1e6);
    syn_result_print(&console->result, "bottleneck: %s",
                     syn_plan_bottleneck(record, what, sizeof what));
    if (p->execution == SYN_EXECUTION_SEQUENTIAL)
        syn_result_print(&console->result, " (the busiest; one task runs at a time)");
    syn_result_print(
        &console->result, "; %s%s\n", syn_plan_proof_words(&record->facts, proof, sizeof proof),
        record->facts.repaired ? "; repaired: its planner's own way finds no plan" : "");
    if (syn_constraints_any(&record->workload->constraints))
        syn_result_print(&console->result, "constraints: %s\n",
                         syn_constraints_words(&record->workload->constraints, what, sizeof what));
}

void syn_plan_show(struct syn_console *console, const struct syn_plan_record *record)
{
    static const struct syn_column columns[] = {
        {.title = "PIPELINE", .shrinks = true}, {.title = "MODEL"},
        {.title = "PATH", .wraps = true},       {.title = "INF/S", .right = true},
        {.title = "LATENCY", .right = true},    {.title = "MJ", .right = true}};
    const struct syn_problem *problem = &record->workload->problem;
    struct syn_table *table = syn_table_new(columns, 6);
    headline(console, record);
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_pipeline_prediction *predicted = &record->prediction.pipelines[p];
        char path[512], latency[32];
        syn_table_text(table, problem->pipelines[p].spec.name);
        syn_table_text(table, problem->pipelines[p].model->name);
        syn_table_text(table, syn_plan_path(&record->workload->fleet, &record->plan.pipelines[p],
                                            path, sizeof path));
        syn_table_format(table, "%.2f", predicted->throughput_ips);
        syn_table_text(table,
                       syn_text_time(latency, sizeof latency, (double)predicted->latency_ns / 1e9));
        syn_table_format(table, "%.3f", (double)predicted->energy_nj / 1e6);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

void syn_plan_show_units(struct syn_console *console, const struct syn_plan_record *record)
{
    const struct syn_prediction *p = &record->prediction;
    const struct syn_fleet *fleet = &record->workload->fleet;
    const double round_ns = p->round_ns ? (double)p->round_ns : 1;
    struct syn_table *table = syn_units_table_new(false);
    for (unsigned d = 0; d < fleet->count; d++) {
        double busy[SYN_UNIT_COUNT];
        for (int u = 0; u < SYN_UNIT_COUNT; u++)
            busy[u] = (double)p->busy_ns[d][u] / round_ns;
        syn_units_table_row(table, fleet->devices[d].name, busy, p->device_power_mw[d]);
    }
    if (p->radio.node_ns[SYN_DEVICE_HUB] > 0) {
        syn_table_text(table, "(console)");
        for (int u = 0; u < SYN_UNIT_RADIO; u++)
            syn_table_text(table, NULL);
        syn_table_format(table, "%.1f %%",
                         100 * (double)p->radio.node_ns[SYN_DEVICE_HUB] / round_ns);
        syn_table_text(table, NULL);
    }
    syn_result_print(&console->result, "\nload in a round of %.3f ms\n", (double)p->round_ns / 1e6);
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

/* ---- for programs ---- */

static void show_bottleneck(cJSON *json, const struct syn_plan_record *record)
{
    const struct syn_prediction *p = &record->prediction;
    const struct syn_fleet *fleet = &record->workload->fleet;
    bool unit = !capped(record) && !p->bottleneck_set && p->bottleneck_device < fleet->count;
    cJSON *object = syn_show_object(json, "bottleneck");
    char text[256];
    syn_show_text(object, "text", syn_plan_bottleneck(record, text, sizeof text));
    syn_show_text(object, "device", unit ? fleet->devices[p->bottleneck_device].name : NULL);
    syn_show_text(object, "unit", unit ? syn_unit_name(p->bottleneck_unit) : NULL);
}

cJSON *syn_plan_show_json(const struct syn_plan_record *record)
{
    cJSON *json = syn_plan_to_json(&record->workload->problem, &record->plan, &record->facts);
    if (!json)
        return NULL;
    syn_show_text(json, "execution", syn_execution_name(record->execution));
    syn_plan_constraints_show(json, &record->workload->constraints);
    show_bottleneck(json, record);
    return json;
}

void syn_plan_show_predicted(cJSON *object, const struct syn_plan_record *record)
{
    const struct syn_problem *problem = &record->workload->problem;
    const struct syn_prediction *p = &record->prediction;
    cJSON *list = syn_show_array(object, "pipelines");
    syn_show_number(object, "round_ms", (double)p->round_ns / 1e6);
    for (unsigned i = 0; i < problem->pipeline_count; i++) {
        cJSON *pipeline = syn_show_object(list, NULL);
        syn_show_text(pipeline, "name", problem->pipelines[i].spec.name);
        syn_show_number(pipeline, "throughput_ips", p->pipelines[i].throughput_ips);
        syn_show_number(pipeline, "latency_ms", (double)p->pipelines[i].latency_ns / 1e6);
        syn_show_number(pipeline, "energy_mj", (double)p->pipelines[i].energy_nj / 1e6);
        syn_show_integer(pipeline, "bytes_sent", p->pipelines[i].bytes_sent);
    }
    list = syn_show_array(object, "devices");
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        cJSON *device = syn_show_object(list, NULL);
        syn_show_text(device, "name", problem->fleet->devices[d].name);
        syn_show_number(device, "power_mw", p->device_power_mw[d]);
        cJSON *units = syn_show_object(device, "units");
        for (int u = 0; u < SYN_UNIT_COUNT; u++)
            syn_show_number(units, syn_unit_name((enum syn_unit)u),
                            p->round_ns ? (double)p->busy_ns[d][u] / (double)p->round_ns : 0);
    }
}
