/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_pareto.h"

#include "cli/commands/plan_constraints.h"
#include "cli/commands/plan_progress.h"
#include "cli/commands/plan_show.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "core/plan/pareto.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS       10
#define PLOT_ROWS    12
#define PLOT_COLUMNS 56

/* Of the whole sweep, where the user names none. */
static const double limit_s = 5;

struct sweep {
    struct syn_console *console;
    struct syn_workload *workload;
    const struct syn_planner *planner;
    struct syn_constraints *constraints;
    struct syn_pareto *front;
    double search_ms;
    struct syn_plan_record *record; /* of one point at a time */
    char ids[SYN_PARETO_POINTS_MAX][32];
};

/* ---- searching ---- */

int syn_plan_pareto_check(const struct syn_call *call, struct syn_error *error)
{
    static const char *const others[] = {"--rate", "--objective", "--sequential",
                                         "--work-conserving"};
    const bool wanted = syn_call_flag(call, "--pareto");
    if (!wanted && syn_call_has(call, "--points"))
        return syn_error_set(error, SYN_EINVAL, "--points needs --pareto");
    for (size_t i = 0; wanted && i < sizeof others / sizeof others[0]; i++)
        if (syn_call_has(call, others[i]))
            return syn_error_set(error, SYN_EINVAL,
                                 "--pareto sweeps the rate with the objective power in parallel "
                                 "execution; %s does not go with it",
                                 others[i]);
    return 0;
}

static int read_call(struct sweep *sweep, const struct syn_call *call, struct syn_error *error)
{
    struct syn_problem *problem = &sweep->workload->problem;
    const char *name = syn_call_text(call, "--planner");
    if (!name)
        name = syn_setting_text(sweep->console, SYN_SETTING_PLANNER);
    if (strcmp(name, "all") == 0) {
        syn_error_set(error, SYN_EINVAL, "--pareto needs one planner, not all");
        return SYN_EINVAL;
    }
    int rc = syn_plan_search_planner(name, &sweep->planner, error);
    if (rc == 0)
        rc = syn_plan_constraints_of_call(sweep->console, call, problem, sweep->constraints, error);
    problem->objective = SYN_OBJECTIVE_THROUGHPUT;
    return rc != 0 ? rc : syn_workload_constrain(sweep->workload, sweep->constraints, error);
}

static void report(void *ctx, const struct syn_search_progress *report)
{
    struct syn_plan_progress *progress = ctx;
    syn_progress_update(&progress->line, report->value, report->bound);
}

static int search(struct sweep *sweep, const struct syn_plan_search *how, unsigned points,
                  struct syn_error *error)
{
    struct syn_plan_progress progress;
    const struct syn_search_options options = {
        .time_limit_ns = (int64_t)((how->time_limit_s > 0 ? how->time_limit_s : limit_s) * 1e9),
        .threads = syn_plan_search_threads(how),
        .cancelled = syn_plan_progress_cancelled,
        .progress = report,
        .ctx = &progress,
    };
    int64_t start = syn_loop_now();
    syn_plan_progress_begin(&progress, sweep->console, sweep->workload, sweep->planner->name);
    int rc = syn_pareto_search(&sweep->workload->problem, sweep->planner, &options, points,
                               sweep->front, error);
    syn_plan_progress_end(&progress);
    sweep->search_ms = (double)(syn_loop_now() - start) / 1e6;
    if (rc == 0 && sweep->front->stopped)
        syn_console_resume(sweep->console);
    return syn_plan_search_end(sweep->console, sweep->workload, sweep->planner, rc, error);
}

/* ---- keeping ---- */

static void fill_record(struct sweep *sweep, const struct syn_pareto_point *point)
{
    struct syn_plan_record *record = sweep->record;
    struct syn_problem *problem = &sweep->workload->problem;
    memset(record, 0, sizeof *record);
    record->workload = sweep->workload;
    record->execution = SYN_EXECUTION_PARALLEL;
    record->plan = point->plan;
    record->prediction = point->prediction;
    problem->objective = SYN_OBJECTIVE_POWER;
    sweep->workload->constraints.rate_rps = point->rate_rps;
    syn_plan_facts_init(&record->facts);
    syn_plan_facts_predicted(&record->facts, problem, &point->plan, &point->prediction);
    (void)snprintf(record->facts.planner, sizeof record->facts.planner, "%s", sweep->planner->name);
    record->facts.search_ms = sweep->search_ms / sweep->front->count;
    record->facts.stopped = sweep->front->stopped;
    record->facts.proven = point->proven;
    syn_plan_facts_bound(&record->facts, problem, &point->prediction, point->bound);
}

static cJSON *point_json(const struct sweep *sweep)
{
    const struct syn_plan_record *record = sweep->record;
    cJSON *json = syn_plan_show_json(record);
    if (json) {
        syn_show_number(json, "rate_rps", sweep->workload->constraints.rate_rps);
        syn_show_number(json, "energy_inference_mj",
                        record->facts.power_mw / record->facts.throughput_ips);
    }
    return json;
}

/* The fastest last, so that it is the newest, which `deploy` takes. */
static int keep(struct sweep *sweep, struct syn_error *error)
{
    cJSON *list = syn_show_array(syn_result_json(&sweep->console->result), "plans");
    int rc = 0;
    for (unsigned i = sweep->front->count; rc == 0 && i-- > 0;) {
        fill_record(sweep, &sweep->front->points[i]);
        rc = syn_plan_record_save(sweep->console, sweep->record, error);
        (void)snprintf(sweep->ids[i], sizeof sweep->ids[i], "%s", sweep->record->facts.id);
        (void)cJSON_InsertItemInArray(list, 0, point_json(sweep));
    }
    return rc;
}

/* ---- what is shown ---- */

static void show_table(struct sweep *sweep)
{
    static const struct syn_column columns[] = {
        {.title = "PLAN", .right = true},   {.title = "ROUNDS/S", .right = true},
        {.title = "INF/S", .right = true},  {.title = "MW", .right = true},
        {.title = "MJ/INF", .right = true}, {.title = "LATENCY MS", .right = true},
        {.title = "DEVICES", .right = true}};
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < sweep->front->count; i++) {
        const struct syn_pareto_point *point = &sweep->front->points[i];
        const struct syn_prediction *p = &point->prediction;
        struct syn_plan_facts facts;
        syn_plan_facts_init(&facts);
        syn_plan_facts_predicted(&facts, &sweep->workload->problem, &point->plan, p);
        syn_table_text(table, sweep->ids[i]);
        syn_table_format(table, "%.3f", point->rate_rps);
        syn_table_format(table, "%.2f", p->throughput_ips);
        syn_table_format(table, "%.2f", p->power_mw);
        syn_table_format(table, "%.3f", p->power_mw / p->throughput_ips);
        syn_table_format(table, "%.2f", facts.latency_ms);
        syn_table_format(table, "%.0f", facts.devices_used);
    }
    syn_result_table(&sweep->console->result, table);
    syn_table_free(table);
}

/* 0 to cells - 1. */
static unsigned cell(double value, double least, double most, unsigned cells)
{
    return most > least ? (unsigned)lround((value - least) / (most - least) * (cells - 1)) : 0;
}

/* Throughput upwards, power to the right. */
static void show_plot(struct sweep *sweep)
{
    const struct syn_pareto *front = sweep->front;
    const struct syn_prediction *most = &front->points[0].prediction;
    const struct syn_prediction *least = &front->points[front->count - 1].prediction;
    struct syn_result *result = &sweep->console->result;
    char rows[PLOT_ROWS][PLOT_COLUMNS + 1];
    memset(rows, ' ', sizeof rows);
    for (unsigned i = 0; i < front->count; i++) {
        const struct syn_prediction *p = &front->points[i].prediction;
        rows[cell(p->throughput_ips, 0, most->throughput_ips, PLOT_ROWS)]
            [cell(p->power_mw, least->power_mw, most->power_mw, PLOT_COLUMNS)] = '*';
    }
    syn_result_print(result, "\n%10s\n", "inf/s");
    for (unsigned r = PLOT_ROWS; r-- > 0;) {
        rows[r][PLOT_COLUMNS] = '\0';
        if (r == 0 || r == PLOT_ROWS - 1)
            syn_result_print(result, "%10.2f |%s\n", r ? most->throughput_ips : 0, rows[r]);
        else
            syn_result_print(result, "%10s |%s\n", "", rows[r]);
    }
    syn_result_print(result, "%10s +", "");
    for (unsigned c = 0; c < PLOT_COLUMNS; c++)
        syn_result_print(result, "-");
    syn_result_print(result, " mW\n%12s%-*.2f%.2f\n", "", PLOT_COLUMNS - 6, least->power_mw,
                     most->power_mw);
}

static void show(struct sweep *sweep)
{
    struct syn_result *result = &sweep->console->result;
    const struct syn_constraints *constraints = sweep->constraints;
    char time[32], words[256];
    syn_show_text(syn_result_json(result), "chosen", sweep->ids[0]);
    syn_result_print(result, "throughput against power: %u plans by %s in %s%s\n",
                     sweep->front->count, sweep->planner->name,
                     syn_text_time(time, sizeof time, sweep->search_ms / 1e3),
                     sweep->front->stopped ? ", stopped" : "");
    if (syn_constraints_any(constraints))
        syn_result_print(result, "constraints: %s\n",
                         syn_constraints_words(constraints, words, sizeof words));
    show_table(sweep);
    show_plot(sweep);
    syn_result_print(result, "each is kept; deploy PLAN runs it at its rate\n");
}

static int run(struct sweep *sweep, const struct syn_call *call, const struct syn_plan_search *how,
               struct syn_error *error)
{
    int rc = read_call(sweep, call, error);
    if (rc == 0)
        rc = search(sweep, how, (unsigned)syn_call_integer(call, "--points", POINTS), error);
    if (rc == 0)
        rc = keep(sweep, error);
    if (rc == 0)
        show(sweep);
    return rc;
}

int syn_plan_pareto_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_workload *workload, const struct syn_plan_search *search,
                        struct syn_error *error)
{
    struct sweep *sweep = calloc(1, sizeof *sweep);
    int rc = SYN_ENOMEM;
    if (sweep) {
        sweep->console = console;
        sweep->workload = workload;
        sweep->constraints = calloc(1, sizeof *sweep->constraints);
        sweep->front = calloc(1, sizeof *sweep->front);
        sweep->record = calloc(1, sizeof *sweep->record);
    }
    if (sweep && sweep->constraints && sweep->front && sweep->record)
        rc = run(sweep, call, search, error);
    else
        syn_error_set(error, rc, "no memory for a search");
    if (sweep) {
        free(sweep->constraints);
        free(sweep->front);
        free(sweep->record);
    }
    free(sweep);
    return rc;
}
