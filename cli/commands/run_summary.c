/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/run_summary.h"

#include "cli/commands/plan_record.h"
#include "cli/commands/sample_show.h"
#include "cli/commands/units_table.h"
#include "cli/output/show.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void number_cell(struct syn_table *table, int digits, double value)
{
    if (isfinite(value))
        syn_table_format(table, "%.*f", digits, value);
    else
        syn_table_text(table, NULL);
}

static void deviation_cell(struct syn_table *table, double measured, double predicted)
{
    if (isfinite(measured) && predicted > 0)
        syn_table_format(table, "%+.1f", 100 * (measured / predicted - 1));
    else
        syn_table_text(table, NULL);
}

void syn_run_pipelines(struct syn_bench *bench, const struct syn_sample *sample)
{
    static const struct syn_column columns[] = {
        {.title = "PIPELINE", .shrinks = true}, {.title = "PRED/S", .right = true},
        {.title = "MEAS/S", .right = true},     {.title = "DEV %", .right = true},
        {.title = "ALONE MS", .right = true},   {.title = "SIM P50", .right = true},
        {.title = "P50 MS", .right = true},     {.title = "P95 MS", .right = true},
        {.title = "P99 MS", .right = true},     {.title = "PRED MJ", .right = true},
        {.title = "MJ", .right = true},         {.title = "DONE", .right = true},
        {.title = "DROPPED", .right = true},
    };
    const struct syn_problem *problem = &bench->deployed->workload->problem;
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_pipeline_sample *s = &sample->pipelines[p];
        const struct syn_pipeline_prediction *predicted = &bench->running->prediction.pipelines[p];
        double ips = sample->span_s > 0 ? s->measured_ips : NAN;
        syn_table_text(table, problem->pipelines[p].spec.name);
        number_cell(table, 2, predicted->throughput_ips);
        number_cell(table, 2, ips);
        deviation_cell(table, ips, predicted->throughput_ips);
        number_cell(table, 2, (double)predicted->latency_ns / 1e6);
        number_cell(table, 2, bench->running->simulated_ms[p][0]);
        for (int i = 0; i < 3; i++)
            number_cell(table, 2, s->latency_ms[i]);
        number_cell(table, 3, (double)predicted->energy_nj / 1e6);
        number_cell(table, 3, s->energy_mj);
        syn_table_format(table, "%" PRIu64, s->done);
        syn_table_format(table, "%" PRIu64, s->dropped);
    }
    syn_result_table(&bench->console->result, table);
    syn_table_free(table);
}

void syn_run_units(struct syn_bench *bench, const struct syn_sample *sample)
{
    const struct syn_fleet *fleet = &bench->deployed->workload->fleet;
    struct syn_table *table = syn_units_table_new(true);
    for (unsigned d = 0; d < fleet->count; d++) {
        const struct syn_device_sample *s = &sample->devices[d];
        double busy[SYN_UNIT_COUNT];
        unsigned waiting = 0;
        for (int u = 0; u < SYN_UNIT_COUNT; u++) {
            busy[u] = fmin(s->utilisation[u], 1);
            waiting += s->waiting[u];
        }
        syn_units_table_row(table, fleet->devices[d].name, busy, s->power_mw);
        syn_table_format(table, "%u", waiting);
    }
    syn_result_table(&bench->console->result, table);
    syn_table_free(table);
}

void syn_run_late(struct syn_bench *bench, const struct syn_sample *sample)
{
    if (syn_sample_is_late(sample))
        syn_result_print(&bench->console->result,
                         "host too slow, use a lower speed: %.1f %% of the work was late, so the "
                         "figures are no evidence\n",
                         100 * sample->late);
}

static void show_totals(struct syn_bench *bench, const struct syn_sample *sample)
{
    const struct syn_prediction *p = &bench->running->prediction;
    struct syn_result *result = &bench->console->result;
    if (sample->span_s <= 0) {
        syn_result_print(result, "the run was too short to measure\n");
        return;
    }
    syn_result_print(result,
                     "in all: %.2f inferences/s (predicted %.2f, %+.1f %%), %.1f mW (predicted "
                     "%.1f), %.3f mJ an inference (predicted %.3f)\n",
                     sample->throughput_ips, p->throughput_ips,
                     100 * (sample->throughput_ips / p->throughput_ips - 1), sample->power_mw,
                     p->power_mw, sample->energy_mj, p->power_mw / p->throughput_ips);
    syn_result_print(result, "measured over %.2f s of device time, %s; %.2f %% of the work late\n",
                     sample->span_s, syn_execution_name(p->execution), 100 * sample->late);
}

/* Inferences that ended, by the devices' counters, where results of some did not arrive; else 0. */
static uint64_t ended_of(const struct syn_running *running, uint64_t *results)
{
    uint64_t ended = 0;
    *results = 0;
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++) {
        *results += running->done[p];
        ended += running->ended[p];
    }
    return ended > *results ? ended : 0;
}

static void show_json(struct syn_bench *bench, const struct syn_sample *sample, long verified)
{
    const struct syn_running *running = bench->running;
    cJSON *json = syn_result_json(&bench->console->result);
    uint64_t results;
    uint64_t ended = ended_of(running, &results);
    char id[32];
    (void)snprintf(id, sizeof id, "%" PRId64, bench->deployed->id);
    syn_show_text(json, "plan", id);
    syn_show_text(json, "planner", bench->deployed->planner);
    syn_show_text(json, "execution", syn_execution_name(running->prediction.execution));
    syn_show_integer(json, "results", (int64_t)results);
    syn_show_integer(json, "ended", (int64_t)(ended ? ended : results));
    if (verified >= 0)
        syn_show_integer(json, "verified", verified);
    else
        syn_show_text(json, "verified", NULL);
    syn_sample_show(json, bench, sample);
}

void syn_run_summary(struct syn_bench *bench, long verified)
{
    struct syn_sample sample;
    syn_measure_total(bench->running->measure, &sample);
    show_json(bench, &sample, verified);
    syn_run_pipelines(bench, &sample);
    show_totals(bench, &sample);
    syn_run_late(bench, &sample);
    uint64_t results, ended = ended_of(bench->running, &results);
    if (ended > 0)
        syn_result_print(&bench->console->result,
                         "%" PRIu64 " inferences have ended, and results of %" PRIu64
                         " have arrived; the others were dropped, or lost on a bad link\n",
                         ended, results);
    if (verified >= 0)
        syn_result_print(&bench->console->result,
                         "verified: %ld results are what the models give\n", verified);
}
