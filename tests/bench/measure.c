/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/measure.h"

#include "core/schedule/simulate.h"
#include "tests/core/plan/instances.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum syn_execution execution_of(const struct syn_planner *planner,
                                       const struct bench_options *options)
{
    if (options->parallel)
        return SYN_EXECUTION_PARALLEL;
    return options->sequential ? SYN_EXECUTION_SEQUENTIAL : planner->execution;
}

static void simulate(const struct syn_problem *problem, struct bench_row *row)
{
    const struct syn_simulation_options options = {.execution = row->execution};
    struct syn_simulation *simulation = calloc(1, sizeof *simulation);
    struct syn_error error = {0};
    const double start = now_ms();
    if (!simulation)
        abort();
    const int rc = syn_simulate(problem, &row->result.plan, &options, simulation, &error);
    row->simulation_ms = now_ms() - start;
    if (rc == 0) {
        row->facts.simulated_ips = simulation->throughput_ips;
        row->simulated_mw = simulation->power_mw;
        row->simulated_ms = 0;
        for (unsigned p = 0; p < problem->pipeline_count; p++)
            row->simulated_ms += simulation->pipelines[p].latency_ms[0];
    } else {
        (void)snprintf(row->facts.reason, sizeof row->facts.reason, "NOT SIMULATED: %s",
                       error.message);
    }
    syn_simulation_clear(simulation);
    free(simulation);
}

static void predict(const struct syn_problem *problem, struct bench_row *row)
{
    struct syn_prediction *prediction = calloc(1, sizeof *prediction);
    struct syn_error error = {0};
    if (!prediction)
        abort();
    row->rc = syn_cost_predict(problem, &row->result.plan, row->execution, prediction, &error);
    if (row->rc) {
        (void)snprintf(row->facts.reason, sizeof row->facts.reason, "WRONG PLAN: %s",
                       error.message);
    } else {
        syn_plan_facts_predicted(&row->facts, problem, &row->result.plan, prediction);
        syn_plan_facts_bound(&row->facts, problem, prediction, row->result.bound);
        row->round_ns = prediction->round_ns;
    }
    free(prediction);
}

static void begin_row(const struct syn_problem *problem, const struct syn_planner *planner,
                      const struct bench_options *options, struct bench_row *row)
{
    row->devices = problem->fleet->count;
    row->pipelines = problem->pipeline_count;
    row->use = instance_use(problem);
    row->idle_mw = 0;
    for (unsigned d = 0; d < problem->fleet->count; d++)
        row->idle_mw += 1e-3 * problem->fleet->devices[d].profile.timing.idle_uw;
    row->execution = execution_of(planner, options);
    row->round_ns = 0;
    row->simulated_mw = row->simulated_ms = row->simulation_ms = NAN;
    syn_plan_facts_init(&row->facts);
    row->facts.objective = problem->objective;
    (void)snprintf(row->facts.planner, sizeof row->facts.planner, "%s", planner->name);
}

/* `repeat` searches, of which *row keeps the last; their times in ascending order into took[]. */
static void search(const struct syn_problem *problem, const struct syn_planner *planner,
                   const struct bench_options *options, struct bench_row *row, double *took)
{
    const struct syn_search_options how = {.time_limit_ns = (int64_t)(1e9 * options->time_limit_s),
                                           .threads = options->threads};
    struct syn_error error = {0};
    for (unsigned i = 0; i < options->repeat; i++) {
        memset(&row->result, 0, sizeof row->result);
        syn_error_clear(&error);
        const double start = now_ms();
        row->rc = planner->search(problem, &how, &row->result, &error);
        took[i] = now_ms() - start;
    }
    qsort(took, options->repeat, sizeof took[0], by_size);
    if (row->rc)
        (void)snprintf(row->facts.reason, sizeof row->facts.reason, "%s", error.message);
}

void bench_measure(const struct syn_problem *problem, const struct syn_planner *planner,
                   const struct bench_options *options, struct bench_row *row)
{
    double took[BENCH_REPEAT_MAX];
    begin_row(problem, planner, options, row);
    search(problem, planner, options, row, took);
    row->facts.search_ms = took[options->repeat / 2];
    row->best_ms = took[0];
    row->facts.proven = row->result.proven;
    row->facts.repaired = row->result.repaired;
    row->facts.stopped = row->result.stopped;
    if (row->rc == 0)
        predict(problem, row);
    if (row->rc == 0 && options->simulate)
        simulate(problem, row);
}

/* ---- for people ---- */

void bench_print_head(void)
{
    printf("%-16s %-8s %2s %2s %4s %-13s %12s %9s %9s %10s %8s %9s %9s %9s %9s %7s %s\n",
           "workload", "lab", "D", "P", "use", "planner", "T us", "inf/s", "simulated",
           "latency ms", "mW", "mJ/round", "best ms", "median ms", "looked at", "gap %", "");
}

static void print_figure(const char *format, double value)
{
    char text[32];
    const int width = abs(snprintf(text, sizeof text, format, 0.0));
    if (isfinite(value))
        printf(format, value);
    else
        printf("%*s", width, "-");
}

void bench_print_row(const struct bench_row *row)
{
    const struct syn_plan_facts *f = &row->facts;
    printf("%-16s %-8s %2u %2u %4.2f %-13s", row->workload, row->lab, row->devices, row->pipelines,
           row->use, f->planner);
    print_figure(" %12.3f", row->rc ? NAN : 1e-3 * (double)row->round_ns);
    print_figure(" %9.3f", f->throughput_ips);
    print_figure(" %9.3f", f->simulated_ips);
    print_figure(" %10.3f", f->latency_ms);
    print_figure(" %8.2f", f->power_mw);
    print_figure(" %9.3f", f->energy_mj);
    printf(" %9.3f %9.3f %9llu", row->best_ms, f->search_ms,
           (unsigned long long)row->result.candidates);
    print_figure(" %7.2f", 100 * f->gap);
    printf(" %s%s%s%s%s\n", row->result.proven ? " proven" : "",
           row->result.stopped ? " stopped" : "", row->result.repaired ? " repaired" : "",
           row->rc ? (row->rc == SYN_EOOR ? " OOR: " : " failed: ") : "", f->reason);
}

/* ---- for programs ---- */

static void add_figures(cJSON *object, const struct bench_row *row)
{
    static const char *const executions[] = {"parallel", "sequential", "work-conserving"};
    cJSON_AddStringToObject(object, "workload", row->workload);
    cJSON_AddStringToObject(object, "lab", row->lab);
    cJSON_AddNumberToObject(object, "device_count", row->devices);
    cJSON_AddNumberToObject(object, "pipeline_count", row->pipelines);
    cJSON_AddNumberToObject(object, "memory_use", row->use);
    cJSON_AddStringToObject(object, "execution", executions[row->execution]);
    cJSON_AddNumberToObject(object, "idle_mw", row->idle_mw);
    cJSON_AddNumberToObject(object, "round_ns", (double)row->round_ns);
    cJSON_AddNumberToObject(object, "bound_ns", (double)row->result.bound);
    cJSON_AddNumberToObject(object, "begun_ns", (double)row->result.begun);
    cJSON_AddNumberToObject(object, "candidates", (double)row->result.candidates);
    cJSON_AddNumberToObject(object, "search_best_ms", row->best_ms);
    if (!isfinite(row->simulation_ms))
        return;
    cJSON_AddNumberToObject(object, "simulated_mw", row->simulated_mw);
    cJSON_AddNumberToObject(object, "simulated_latency_ms", row->simulated_ms);
    cJSON_AddNumberToObject(object, "simulation_ms", row->simulation_ms);
}

void bench_print_json(const struct syn_problem *problem, const struct bench_row *row)
{
    cJSON *object = syn_plan_to_json(problem, row->rc ? NULL : &row->result.plan, &row->facts);
    if (!object)
        abort();
    if (row->rc && row->rc != SYN_EOOR)
        cJSON_ReplaceItemInObject(object, "status", cJSON_CreateString("failed"));
    add_figures(object, row);
    char *text = cJSON_PrintUnformatted(object);
    printf("%s\n", text ? text : "");
    free(text);
    cJSON_Delete(object);
}
