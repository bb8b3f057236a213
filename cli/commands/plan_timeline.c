/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_timeline.h"

#include "cli/commands/plan_record.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/base/file.h"
#include "core/schedule/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_SHOWN  2   /* unless --for says otherwise */
#define COLUMNS_USUAL 100 /* where the output is no terminal */

static bool is_stopped(void *ctx)
{
    return syn_console_stopped(ctx);
}

static int simulate(struct syn_console *console, const struct syn_plan_record *record,
                    double seconds, struct syn_simulation *simulation, struct syn_error *error)
{
    const struct syn_simulation_options options = {
        .execution = record->execution,
        .trace_s = seconds,
        .cancelled = is_stopped,
        .ctx = console,
    };
    int rc = syn_simulate(&record->workload->problem, &record->plan, &options, simulation, error);
    if (rc == SYN_ECANCELED && syn_console_stopped(console))
        return syn_console_stop_error(console, error);
    return rc;
}

/* Writes one picture into the file that the option names, if it does. */
static int write_file(struct syn_console *console, const struct syn_call *call, const char *option,
                      const struct syn_timeline *timeline,
                      int (*draw)(const struct syn_timeline *timeline, char **text,
                                  struct syn_error *error),
                      struct syn_error *error)
{
    const char *path = syn_call_text(call, option);
    char *text = NULL;
    if (!path)
        return 0;
    int rc = draw(timeline, &text, error);
    if (rc == 0)
        rc = syn_file_write(path, text, strlen(text), error);
    free(text);
    if (rc != 0)
        return rc;
    syn_show_text(syn_result_json(&console->result), option + 2, path);
    syn_result_print(&console->result, "%s is in %s\n", option + 2, path);
    return 0;
}

static void show_spans(cJSON *list, const struct syn_timeline *timeline)
{
    static const char *const tasks[] = {"sense", "load",    "infer", "unload",
                                        "send",  "receive", "act"};
    const struct syn_fleet *fleet = timeline->problem->fleet;
    for (size_t i = 0; i < timeline->span_count; i++) {
        const struct syn_task_span *span = &timeline->spans[i];
        const bool transfer = span->kind == SYN_TASK_SEND || span->kind == SYN_TASK_RECEIVE;
        cJSON *object = syn_show_object(list, NULL);
        syn_show_text(object, "device",
                      span->device < fleet->count ? fleet->devices[span->device].name : NULL);
        syn_show_text(object, "task", tasks[span->kind]);
        syn_show_text(object, "pipeline", timeline->problem->pipelines[span->pipeline].spec.name);
        syn_show_integer(object, "inference", span->inference);
        syn_show_number(object, "start_ms", (double)span->start_ns / 1e6);
        syn_show_number(object, "end_ms", (double)span->end_ns / 1e6);
        if (transfer)
            syn_show_text(object, "peer",
                          span->peer < fleet->count ? fleet->devices[span->peer].name : NULL);
    }
}

static int show(struct syn_console *console, const struct syn_plan_record *record,
                const struct syn_simulation *simulation, const struct syn_timeline *timeline,
                struct syn_error *error)
{
    cJSON *json = syn_result_json(&console->result);
    char *text = NULL;
    int rc = syn_timeline_text(
        timeline, console->result.width > 0 ? (unsigned)console->result.width : COLUMNS_USUAL,
        &text, error);
    if (rc != 0)
        return rc;
    syn_show_text(json, "id", record->facts.id);
    syn_show_text(json, "execution", syn_execution_name(record->execution));
    syn_show_number(json, "for_s", (double)timeline->to_ns / 1e9);
    syn_show_number(json, "round_ms", (double)timeline->round_ns / 1e6);
    syn_show_number(json, "throughput_ips", record->prediction.throughput_ips);
    syn_show_number(json, "simulated_ips", simulation->throughput_ips);
    if (syn_console_json(console))
        show_spans(syn_show_array(json, "spans"), timeline);
    syn_result_print(&console->result, "%s\n\n%s", timeline->title, text);
    free(text);
    return 0;
}

static int draw(struct syn_console *console, const struct syn_call *call,
                const struct syn_plan_record *record, const struct syn_simulation *simulation,
                double seconds, struct syn_error *error)
{
    char title[160];
    const struct syn_timeline timeline = {
        .problem = &record->workload->problem,
        .title = title,
        .spans = simulation->spans,
        .span_count = simulation->span_count,
        .to_ns = (int64_t)(seconds * 1e9),
        .round_ns = record->prediction.round_ns,
    };
    (void)snprintf(title, sizeof title,
                   "plan %s, %s, simulated: %.2f inferences/s (%.2f predicted)", record->facts.id,
                   syn_execution_name(record->execution), simulation->throughput_ips,
                   record->prediction.throughput_ips);
    int rc = show(console, record, simulation, &timeline, error);
    if (rc == 0)
        rc = write_file(console, call, "--svg", &timeline, syn_timeline_svg, error);
    if (rc == 0)
        rc = write_file(console, call, "--trace", &timeline, syn_timeline_trace, error);
    return rc;
}

int syn_plan_timeline_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error)
{
    struct syn_plan_record record;
    struct syn_simulation *simulation = calloc(1, sizeof *simulation);
    if (!simulation)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a simulation");
    int rc = syn_plan_record_load(console, syn_call_text(call, "ID"), &record, error);
    if (rc == 0) {
        const double seconds =
            syn_call_number(call, "--for", ROUNDS_SHOWN * (double)record.prediction.round_ns / 1e9);
        rc = simulate(console, &record, seconds, simulation, error);
        if (rc == 0)
            rc = draw(console, call, &record, simulation, seconds, error);
        syn_plan_record_clear(&record);
    }
    syn_simulation_clear(simulation);
    free(simulation);
    return rc;
}
