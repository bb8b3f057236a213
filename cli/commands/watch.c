/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `watch` and `counters`. */
#include "cli/commands/commands.h"
#include "cli/commands/device_measure.h"
#include "cli/commands/run_summary.h"
#include "cli/commands/sample_show.h"
#include "cli/commands/watching.h"
#include "cli/output/show.h"
#include "cli/output/terminal.h"
#include "cli/shell/call.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

/* ---- on a terminal: the full screen ---- */

static const char screen_begin[] = "\033[?1049h\033[?25l";
static const char screen_end[] = "\033[?25h\033[?1049l";
static const char frame_begin[] = "\033[H\033[J";

static void to_screen(struct syn_console *console, const char *sequence)
{
    (void)fputs(sequence, console->out);
    (void)fflush(console->out);
}

static void draw_frame(struct syn_bench *bench, const struct syn_sample *sample)
{
    struct syn_console *console = bench->console;
    const struct syn_prediction *p = &bench->running->prediction;
    console->result.width = syn_terminal_width(STDOUT_FILENO); /* it may have been resized */
    syn_result_print(&console->result, "%splan %" PRId64 ", %.1f s%s\n\n", frame_begin,
                     bench->deployed->id, sample->t_s,
                     bench->console->editor ? "      Ctrl-C ends this view" : "");
    syn_run_pipelines(bench, sample);
    syn_result_print(&console->result,
                     "%.2f inferences/s (predicted %.2f), %.1f mW (predicted %.1f), %.3f mJ an "
                     "inference\n\n",
                     sample->throughput_ips, p->throughput_ips, sample->power_mw, p->power_mw,
                     sample->energy_mj);
    syn_run_units(bench, sample);
    syn_run_paces(bench);
    syn_run_late(bench, sample);
}

/* ---- elsewhere: one line a sample ---- */

static void print_line(struct syn_bench *bench, const struct syn_sample *sample)
{
    const struct syn_problem *problem = &bench->deployed->workload->problem;
    struct syn_result *result = &bench->console->result;
    syn_result_print(result, "%.1f s: %.2f/s (predicted %.2f), %.1f mW", sample->t_s,
                     sample->throughput_ips, bench->running->prediction.throughput_ips,
                     sample->power_mw);
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_pipeline_sample *s = &sample->pipelines[p];
        syn_result_print(result, "; %s %.2f/s", problem->pipelines[p].spec.name, s->measured_ips);
        if (isfinite(s->latency_ms[1]))
            syn_result_print(result, " p95 %.1f ms", s->latency_ms[1]);
    }
    syn_result_print(result, "%s\n", syn_sample_is_late(sample) ? "; host too slow" : "");
    syn_run_paces(bench);
}

/* ---- watch ---- */

static void show_sample(struct syn_bench *bench, const struct syn_sample *sample, bool screen)
{
    if (syn_console_json(bench->console))
        syn_sample_show(syn_result_json(&bench->console->result), bench, sample);
    else if (screen)
        draw_frame(bench, sample);
    else
        print_line(bench, sample);
    syn_console_emit(bench->console);
}

static int watch(struct syn_bench *bench, const struct syn_call *call, bool screen,
                 struct syn_error *error)
{
    double interval_s = syn_call_number(call, "--interval", 1);
    int64_t count = syn_call_integer(call, "--count", 0);
    struct syn_sample sample;
    /* The first window starts now, however long it has been running. */
    int rc = syn_watching_next(bench, 0, &sample, error);
    for (int64_t i = 0; rc == 0 && (count == 0 || i < count); i++) {
        rc = syn_watching_next(bench, interval_s, &sample, error);
        if (rc == 0)
            show_sample(bench, &sample, screen);
    }
    return rc;
}

static int run_watch(struct syn_console *console, const struct syn_call *call,
                     struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    bool screen = console->out_terminal && !syn_console_json(console);
    int rc = bench ? syn_watching_begin(bench, error) : SYN_ENOMEM;
    if (rc != 0)
        return rc;
    syn_console_hold(console, screen);
    if (screen) {
        to_screen(console, screen_begin);
        to_screen(console, "waiting for the first figures ...\r\n");
    }
    rc = watch(bench, call, screen, error);
    if (screen)
        to_screen(console, screen_end);
    syn_console_hold(console, false);
    console->silent = true;
    /* At the prompt Ctrl-C is how one leaves this view. */
    if (rc == SYN_ECANCELED && console->editor && console->stop == SYN_STOP_INTERRUPT)
        rc = 0;
    return rc;
}

/* ---- counters ---- */

static int find_device(const struct syn_fleet *fleet, const char *name, struct syn_error *error)
{
    for (unsigned d = 0; d < fleet->count; d++)
        if (strcasecmp(fleet->devices[d].name, name) == 0)
            return (int)d;
    syn_error_set(error, SYN_ENOENT, "%s takes no part in what runs", name);
    syn_error_device(error, name);
    return SYN_ENOENT;
}

static void show_counters(struct syn_bench *bench, const struct syn_sample *sample, int only)
{
    static const struct syn_column columns[] = {
        {.title = "DEVICE"},
        {.title = "UNIT"},
        {.title = "BUSY", .right = true},
        {.title = "WAITING", .right = true},
    };
    const struct syn_fleet *fleet = &bench->deployed->workload->fleet;
    struct syn_table *table = syn_table_new(columns, 4);
    for (unsigned d = 0; d < fleet->count; d++)
        for (int u = 0; u < SYN_UNIT_COUNT && (only < 0 || (unsigned)only == d); u++) {
            syn_table_text(table, fleet->devices[d].name);
            syn_table_text(table, syn_unit_name((enum syn_unit)u));
            syn_table_format(table, "%.1f %%", 100 * fmin(sample->devices[d].utilisation[u], 1));
            syn_table_format(table, "%u", sample->devices[d].waiting[u]);
        }
    syn_result_table(&bench->console->result, table);
    syn_table_free(table);
}

/* With a name the other devices are left out. */
static void keep_only(cJSON *json, int only)
{
    cJSON *devices = cJSON_GetObjectItemCaseSensitive(json, "devices");
    cJSON *one = only >= 0 ? cJSON_DetachItemFromArray(devices, only) : NULL;
    if (!one)
        return;
    cJSON *list = cJSON_CreateArray();
    (void)cJSON_AddItemToArray(list, one);
    (void)cJSON_ReplaceItemInObjectCaseSensitive(json, "devices", list);
}

static int run_counters(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_running *running = NULL;
    struct syn_sample sample;
    const char *name = syn_call_text(call, "NAME");
    int only = -1;
    int rc = bench ? syn_runner_current(bench, &running, error) : SYN_ENOMEM;
    if (rc == 0 && name)
        rc = only = find_device(&bench->deployed->workload->fleet, name, error);
    if (rc < 0)
        return rc;
    cJSON *json = syn_result_json(&console->result);
    syn_measure_total(running->measure, &sample);
    syn_sample_show(json, bench, &sample);
    syn_show_bool(json, "running", running->active);
    syn_show_integer(json, "relayed", (int64_t)running->relayed);
    syn_show_integer(json, "relayed_data", (int64_t)running->relayed_data);
    syn_show_integer(json, "relay_lost", (int64_t)running->relay_lost);
    keep_only(json, only);
    if (!name)
        syn_run_pipelines(bench, &sample);
    if (!name)
        syn_result_print(&console->result, "\n");
    show_counters(bench, &sample, only);
    syn_result_print(&console->result,
                     "relayed by the console: %" PRIu64 " messages, %" PRIu64 " lost\n",
                     running->relayed, running->relay_lost);
    syn_run_paces(bench);
    syn_run_late(bench, &sample);
    return 0;
}

/* ---- table ---- */

static const struct syn_command commands[] = {
    {
        .noun = "watch",
        .summary = "show throughput, latency, load and power while it runs",
        .details = "Measured stands beside predicted. On a terminal it takes the whole screen "
                   "until Ctrl-C; elsewhere\nit prints one line a sample.",
        .options = {{.name = "--interval",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .standard = "1",
                     .min = 0.01,
                     .max = 86400,
                     .help = "device time of one sample"},
                    {.name = "--count",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 1,
                     .max = 4294967295.0,
                     .help = "end after N samples"}},
        .run = run_watch,
    },
    {
        .noun = "counters",
        .summary = "show what has been counted since the run began",
        .args = {{.name = "NAME",
                  .kind = SYN_VALUE_DEVICE,
                  .flags = SYN_OPTIONAL,
                  .help = "this device only"}},
        .run = run_counters,
    },
};

const struct syn_command_table syn_commands_watch = SYN_COMMAND_TABLE("Running", commands);
