/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_simulate.h"

#include "cli/commands/units_table.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/schedule/timeline.h"

#include <math.h>
#include <stdlib.h>

#define EXCERPT_ROUNDS  2 /* of --explain */
#define EXCERPT_COLUMNS 100
#define HIDDEN_LOSS     0.03 /* of the predicted throughput: more is explained unasked */
#define WAITS_SHOWN     8
#define WAIT_LEAST      0.001 /* of the time */
#define DRIFT_LEAST     0.003
#define WORDS_MAX       256

/* What one call is about. */
struct simulating {
    struct syn_console *console;
    const struct syn_plan_record *record;
    struct syn_prediction prediction; /* for the mode that is simulated */
    struct syn_simulation simulation;
    bool explain;
};

static bool stopped(void *ctx)
{
    return syn_console_stopped(ctx);
}

/* ---- for programs ---- */

static void show_pipeline(cJSON *object, const struct simulating *s, unsigned p)
{
    static const char *const names[] = {"p50", "p95", "p99"};
    const struct syn_simulated_pipeline *simulated = &s->simulation.pipelines[p];
    const double predicted_ips = s->prediction.pipelines[p].throughput_ips;
    syn_show_text(object, "name", s->record->workload->problem.pipelines[p].spec.name);
    syn_show_number(object, "predicted_ips", predicted_ips);
    syn_show_number(object, "simulated_ips", simulated->throughput_ips);
    syn_show_number(object, "share", simulated->throughput_ips / predicted_ips);
    syn_show_number(object, "predicted_latency_ms",
                    (double)s->prediction.pipelines[p].latency_ns / 1e6);
    cJSON *latency = syn_show_object(object, "latency_ms");
    for (int i = 0; i < 3; i++)
        syn_show_number(latency, names[i], simulated->latency_ms[i]);
    syn_show_number(latency, "max", simulated->latency_max_ms);
    syn_show_integer(object, "done", (int64_t)simulated->done);
}

static void show_device(cJSON *object, const struct simulating *s, unsigned d)
{
    syn_show_text(object, "name", s->record->workload->fleet.devices[d].name);
    syn_show_number(object, "power_mw", s->simulation.device_power_mw[d]);
    cJSON *units = syn_show_object(object, "units");
    for (int u = 0; u < SYN_UNIT_COUNT; u++)
        syn_show_number(units, syn_unit_name((enum syn_unit)u), s->simulation.utilisation[d][u]);
}

static double wait_share(const struct simulating *s, const struct syn_wait *wait)
{
    return (double)wait->ns / 1e9 / s->simulation.span_s;
}

static const char *wait_device(const struct simulating *s, const struct syn_wait *wait)
{
    const struct syn_fleet *fleet = &s->record->workload->fleet;
    return wait->device == SYN_DEVICE_HUB ? "console" : fleet->devices[wait->device].name;
}

static void show_wait(cJSON *object, const struct simulating *s, const struct syn_wait *wait)
{
    const struct syn_problem *problem = &s->record->workload->problem;
    char words[WORDS_MAX];
    syn_wait_words(problem, wait, words, sizeof words);
    syn_show_text(object, "device", wait_device(s, wait));
    syn_show_text(object, "unit", syn_unit_name((enum syn_unit)wait->unit));
    syn_show_text(object, "cause", syn_wait_name((enum syn_wait_cause)wait->cause));
    syn_show_text(object, "pipeline", problem->pipelines[wait->pipeline].spec.name);
    syn_show_number(object, "share", wait_share(s, wait));
    syn_show_text(object, "words", words);
}

static void show_json(cJSON *json, const struct simulating *s)
{
    const struct syn_simulation *sim = &s->simulation;
    syn_show_text(json, "id", s->record->facts.id);
    syn_show_text(json, "execution", syn_execution_name(sim->execution));
    syn_show_number(json, "span_s", sim->span_s);
    syn_show_number(json, "round_ms", sim->round_ns / 1e6);
    syn_show_number(json, "predicted_ips", s->prediction.throughput_ips);
    syn_show_number(json, "simulated_ips", sim->throughput_ips);
    syn_show_number(json, "share", sim->throughput_ips / s->prediction.throughput_ips);
    syn_show_number(json, "power_mw", sim->power_mw);
    syn_show_number(json, "energy_mj", sim->energy_mj);
    syn_show_integer(json, "events", (int64_t)sim->events);
    cJSON *list = syn_show_array(json, "pipelines");
    for (unsigned p = 0; p < s->record->plan.pipeline_count; p++)
        show_pipeline(syn_show_object(list, NULL), s, p);
    list = syn_show_array(json, "devices");
    for (unsigned d = 0; d < s->record->workload->fleet.count; d++)
        show_device(syn_show_object(list, NULL), s, d);
    list = syn_show_array(json, "waits");
    for (unsigned i = 0; i < sim->waits.count; i++)
        show_wait(syn_show_object(list, NULL), s, &sim->waits.list[i]);
}

/* ---- for people ---- */

static void print_headline(const struct simulating *s)
{
    const struct syn_simulation *sim = &s->simulation;
    syn_result_print(&s->console->result,
                     "plan %s, %s: %.2f inferences/s simulated over %.2f s, %.1f %% of %.2f "
                     "predicted; %.1f mW\n",
                     s->record->facts.id, syn_execution_name(sim->execution), sim->throughput_ips,
                     sim->span_s, 100 * sim->throughput_ips / s->prediction.throughput_ips,
                     s->prediction.throughput_ips, sim->power_mw);
}

static void print_pipelines(const struct simulating *s)
{
    static const struct syn_column columns[] = {
        {.title = "PIPELINE", .shrinks = true},  {.title = "PREDICTED", .right = true},
        {.title = "SIMULATED", .right = true},   {.title = "SHARE", .right = true},
        {.title = "LATENCY P50", .right = true}, {.title = "P95", .right = true},
        {.title = "P99", .right = true}};
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    for (unsigned p = 0; p < s->record->plan.pipeline_count; p++) {
        const struct syn_simulated_pipeline *simulated = &s->simulation.pipelines[p];
        const double predicted_ips = s->prediction.pipelines[p].throughput_ips;
        syn_table_text(table, s->record->workload->problem.pipelines[p].spec.name);
        syn_table_format(table, "%.2f/s", predicted_ips);
        syn_table_format(table, "%.2f/s", simulated->throughput_ips);
        syn_table_format(table, "%.1f %%", 100 * simulated->throughput_ips / predicted_ips);
        for (int i = 0; i < 3; i++)
            syn_table_format(table, "%.2f ms", simulated->latency_ms[i]);
    }
    syn_result_table(&s->console->result, table);
    syn_table_free(table);
}

static void print_devices(const struct simulating *s)
{
    const struct syn_fleet *fleet = &s->record->workload->fleet;
    struct syn_table *table = syn_units_table_new(false);
    for (unsigned d = 0; d < fleet->count; d++)
        syn_units_table_row(table, fleet->devices[d].name, s->simulation.utilisation[d],
                            s->simulation.device_power_mw[d]);
    syn_result_print(&s->console->result, "\n");
    syn_result_table(&s->console->result, table);
    syn_table_free(table);
}

/* "radio of glasses", "radios of glasses watch ring" */
static void bottleneck_words(const struct simulating *s, char *text, size_t size)
{
    const struct syn_waits *waits = &s->simulation.waits;
    const struct syn_fleet *fleet = &s->record->workload->fleet;
    if (waits->set == 0) {
        (void)snprintf(text, size, "%s of %s", syn_unit_name((enum syn_unit)waits->unit),
                       waits->device == SYN_DEVICE_HUB ? "the console"
                                                       : fleet->devices[waits->device].name);
        return;
    }
    size_t used = (size_t)snprintf(text, size, "radios of");
    for (unsigned d = 0; d < fleet->count && used < size; d++)
        if (waits->set >> d & 1)
            used += (size_t)snprintf(text + used, size - used, " %s", fleet->devices[d].name);
}

/* What no rest explains: work for pipelines that are further ahead at the end than at first. */
static void print_drift(const struct simulating *s)
{
    const double missing = 1 - s->simulation.throughput_ips / s->prediction.throughput_ips -
                           (double)s->simulation.waits.rest_ns / 1e9 / s->simulation.span_s;
    if (missing > DRIFT_LEAST && s->simulation.execution == SYN_EXECUTION_PARALLEL)
        syn_result_print(&s->console->result,
                         "  %5.1f %%  work for pipelines that got ahead of others meanwhile; --for "
                         "%.0f measures longer\n",
                         100 * missing, ceil(10 * s->simulation.span_s));
}

/* Why the plan is behind its bound: what the unit that limits it waited for. */
static void print_waits(const struct simulating *s)
{
    const struct syn_waits *waits = &s->simulation.waits;
    const double rests = (double)waits->rest_ns / 1e9 / s->simulation.span_s;
    struct syn_result *result = &s->console->result;
    char words[WORDS_MAX];
    bottleneck_words(s, words, sizeof words);
    if (rests < WAIT_LEAST)
        syn_result_print(result, "\nbottleneck: %s; never at rest\n", words);
    else
        syn_result_print(result, "\nbottleneck: %s; %s %.1f %% of the time\n", words,
                         waits->set ? "more than one of them rest" : "it rests", 100 * rests);
    for (unsigned i = 0; i < waits->count && i < WAITS_SHOWN; i++) {
        const struct syn_wait *wait = &waits->list[i];
        if (wait_share(s, wait) < WAIT_LEAST)
            break;
        syn_wait_words(&s->record->workload->problem, wait, words, sizeof words);
        syn_result_print(result, "  %5.1f %%  %s\n", 100 * wait_share(s, wait), words);
    }
    print_drift(s);
}

/* What the units did in two rounds: where they rest although work is left. */
static int print_excerpt(const struct simulating *s, struct syn_error *error)
{
    const struct syn_timeline timeline = {
        .problem = &s->record->workload->problem,
        .title = "two rounds",
        .spans = s->simulation.spans,
        .span_count = s->simulation.span_count,
        .from_ns = 0,
        .to_ns = (int64_t)(EXCERPT_ROUNDS * s->simulation.round_ns),
        .round_ns = (uint64_t)s->simulation.round_ns,
    };
    char *text = NULL;
    if (!s->explain &&
        s->simulation.throughput_ips >= (1 - HIDDEN_LOSS) * s->prediction.throughput_ips)
        return 0;
    print_waits(s);
    int rc = syn_timeline_text(&timeline, EXCERPT_COLUMNS, &text, error);
    if (rc == 0)
        syn_result_print(&s->console->result, "\n%s", text);
    free(text);
    return rc;
}

static int show(const struct simulating *s, struct syn_error *error)
{
    show_json(syn_result_json(&s->console->result), s);
    print_headline(s);
    print_pipelines(s);
    print_devices(s);
    return print_excerpt(s, error);
}

/* ---- simulating ---- */

static int simulate(struct simulating *s, enum syn_execution execution, double seconds,
                    struct syn_error *error)
{
    const struct syn_problem *problem = &s->record->workload->problem;
    struct syn_simulation_options options = {.execution = execution,
                                             .seconds = seconds,
                                             .waits = true,
                                             .cancelled = stopped,
                                             .ctx = s->console};
    int rc = syn_cost_predict(problem, &s->record->plan, execution, &s->prediction, error);
    if (rc != 0)
        return rc;
    options.trace_s = EXCERPT_ROUNDS * 1.5 * (double)s->prediction.round_ns / 1e9;
    rc = syn_simulate(problem, &s->record->plan, &options, &s->simulation, error);
    return rc == SYN_ECANCELED ? syn_console_stop_error(s->console, error) : rc;
}

static enum syn_execution mode_of(const struct syn_call *call, enum syn_execution standard)
{
    if (syn_call_flag(call, "--sequential"))
        return SYN_EXECUTION_SEQUENTIAL;
    if (syn_call_flag(call, "--work-conserving"))
        return SYN_EXECUTION_WORK_CONSERVING;
    return syn_call_flag(call, "--parallel") ? SYN_EXECUTION_PARALLEL : standard;
}

static int run(struct simulating *s, const struct syn_call *call, struct syn_error *error)
{
    const enum syn_execution execution = mode_of(call, s->record->execution);
    int rc = simulate(s, execution, syn_call_number(call, "--for", 0), error);
    if (rc == 0)
        rc = show(s, error);
    syn_simulation_clear(&s->simulation);
    return rc;
}

int syn_plan_simulate_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error)
{
    struct syn_plan_record record;
    if (syn_call_flag(call, "--parallel") + syn_call_flag(call, "--sequential") +
            syn_call_flag(call, "--work-conserving") >
        1)
        return syn_error_set(error, SYN_EINVAL,
                             "--parallel, --sequential and --work-conserving exclude "
                             "each other");
    int rc = syn_plan_record_load(console, syn_call_text(call, "ID"), &record, error);
    if (rc != 0)
        return rc;
    struct simulating *s = calloc(1, sizeof *s);
    if (s) {
        s->console = console;
        s->record = &record;
        s->explain = syn_call_flag(call, "--explain");
        rc = run(s, call, error);
    } else {
        rc = syn_error_set(error, SYN_ENOMEM, "no memory for a simulation");
    }
    free(s);
    syn_plan_record_clear(&record);
    return rc;
}
