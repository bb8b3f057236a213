/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `run` and `stop`. */
#include "cli/commands/commands.h"
#include "cli/commands/plan_constraints.h"
#include "cli/commands/plan_search.h"
#include "cli/commands/plan_use.h"
#include "cli/commands/run_show.h"
#include "cli/commands/run_summary.h"
#include "cli/fleet/resume.h"
#include "cli/fleet/runner.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "cli/shell/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- run APP..: what is deployed must be these ---- */

static bool is_deployed(const struct syn_bench *bench, const struct syn_call *call)
{
    const struct syn_deployed *deployed = bench->deployed;
    size_t count = syn_call_count(call, "APP");
    if (!deployed || deployed->missing[0] || deployed->workload->app_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (unsigned a = 0; a < deployed->workload->app_count; a++)
            found |= strcasecmp(deployed->workload->apps[a], syn_call_at(call, "APP", i)) == 0;
        if (!found)
            return false;
    }
    return true;
}

static int search(struct syn_console *console, struct syn_plan_record *record,
                  struct syn_error *error)
{
    struct syn_plan_search search = {.planner = NULL};
    struct syn_constraints *constraints = malloc(sizeof *constraints);
    if (!constraints)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a search");
    syn_plan_constraints_of_settings(console, constraints);
    int rc = syn_plan_search_planner(syn_setting_text(console, SYN_SETTING_PLANNER),
                                     &search.planner, error);
    if (rc == 0)
        rc = syn_plan_search_objective(console, NULL, false, &record->workload->problem, error);
    if (rc == 0)
        rc = syn_workload_constrain(record->workload, constraints, error);
    free(constraints);
    if (rc == 0)
        rc = syn_plan_search_one(console, &search, record, NULL, error);
    if (rc == 0)
        rc = syn_plan_record_save(console, record, error);
    return rc;
}

static int deploy_apps(struct syn_bench *bench, const struct syn_call *call,
                       struct syn_error *error)
{
    struct syn_plan_record record = {.id = 0};
    const char *apps[SYN_PIPELINES_MAX];
    size_t count = syn_call_count(call, "APP");
    if (count > SYN_PIPELINES_MAX)
        return syn_error_set(error, SYN_EINVAL, "more than %d apps", SYN_PIPELINES_MAX);
    for (size_t i = 0; i < count; i++)
        apps[i] = syn_call_at(call, "APP", i);
    int rc = syn_workload_new(&record.workload, bench, apps, count, error);
    if (rc == 0)
        rc = search(bench->console, &record, error);
    if (rc == 0)
        rc = syn_plan_deploy(bench->console, &record, error);
    syn_plan_record_clear(&record);
    return rc;
}

/* ---- run ---- */

static int64_t number(const struct syn_call *call, const char *option)
{
    return syn_call_integer(call, option, 0);
}

static bool is_bounded(const struct syn_call *call)
{
    return syn_call_has(call, "--for") || syn_call_has(call, "--count");
}

static int check_options(const struct syn_call *call, struct syn_error *error)
{
    if (syn_call_has(call, "--show") && !is_bounded(call)) {
        syn_error_set(error, SYN_EINVAL, "--show needs --for or --count");
        syn_error_hint(error, "for example: run --for 5 --show 10");
        return SYN_EINVAL;
    }
    if (syn_call_has(call, "--of") && !syn_call_has(call, "--show"))
        return syn_error_set(error, SYN_EINVAL, "--of needs --show");
    if (syn_call_flag(call, "--sequential") + syn_call_flag(call, "--parallel") +
            syn_call_flag(call, "--work-conserving") >
        1)
        return syn_error_set(error, SYN_EINVAL,
                             "--sequential, --parallel and --work-conserving exclude each other");
    return 0;
}

/* As the options say, else as it was planned. */
static enum syn_execution execution_of(const struct syn_call *call,
                                       const struct syn_deployed *deployed)
{
    if (syn_call_flag(call, "--sequential"))
        return SYN_EXECUTION_SEQUENTIAL;
    if (syn_call_flag(call, "--work-conserving"))
        return SYN_EXECUTION_WORK_CONSERVING;
    return syn_call_flag(call, "--parallel") ? SYN_EXECUTION_PARALLEL : deployed->execution;
}

static int prepare(struct syn_bench *bench, const struct syn_call *call,
                   struct syn_runner_options *options, struct syn_error *error)
{
    struct syn_deployed *deployed = NULL;
    int rc = check_options(call, error);
    if (rc == 0 && syn_call_count(call, "APP") > 0 && !is_deployed(bench, call))
        rc = deploy_apps(bench, call, error);
    if (rc == 0)
        rc = syn_deployer_current(bench, &deployed, error);
    if (rc != 0)
        return rc;
    const enum syn_execution execution = execution_of(call, deployed);
    *options = (struct syn_runner_options){
        .sequential = execution == SYN_EXECUTION_SEQUENTIAL,
        .work_conserving = execution == SYN_EXECUTION_WORK_CONSERVING,
        .verify = syn_call_flag(call, "--verify"),
        .lasting = !is_bounded(call),
        .limit = (uint32_t)number(call, "--count"),
    };
    return 0;
}

/* Verifies where that was asked for, and sums up. The run has stopped. */
static int finish(struct syn_bench *bench, struct syn_error *error)
{
    size_t checked = 0;
    bool verify = bench->running->options.verify;
    int rc = verify ? syn_runner_verify(bench, &checked, error) : 0;
    if (rc == 0)
        syn_run_summary(bench, verify ? (long)checked : -1);
    return rc;
}

/* Until the end, or until something fails; the run has stopped then. */
static int run_shown(struct syn_bench *bench, const struct syn_runner_options *options,
                     double seconds, struct syn_run_show *show, struct syn_error *error)
{
    int rc = syn_runner_start(bench, options, error);
    if (rc != 0)
        return rc;
    bench->running->shown = syn_run_show_one;
    bench->running->shown_ctx = show;
    rc = syn_runner_wait(bench, seconds, error);
    bench->running->shown = NULL;
    int stopped = syn_runner_stop(bench, rc == 0 ? error : NULL);
    return rc != 0 ? rc : stopped;
}

static int run_bounded(struct syn_bench *bench, const struct syn_call *call,
                       const struct syn_runner_options *options, struct syn_error *error)
{
    struct syn_run_show show;
    syn_run_show_begin(&show, bench, number(call, "--show"), syn_call_text(call, "--of"));
    int rc = run_shown(bench, options, syn_call_number(call, "--for", 0), &show, error);
    syn_run_show_end(&show);
    if (rc == 0)
        rc = finish(bench, error);
    if (bench->console->silent && rc == 0)
        syn_console_emit(bench->console);
    return rc;
}

static void show_started(struct syn_bench *bench)
{
    const struct syn_running *running = bench->running;
    struct syn_console *console = bench->console;
    cJSON *json = syn_result_json(&console->result);
    char id[32];
    (void)snprintf(id, sizeof id, "%" PRId64, bench->deployed->id);
    syn_show_bool(json, "running", 1);
    syn_show_text(json, "plan", id);
    syn_show_text(json, "execution", syn_execution_name(running->prediction.execution));
    syn_show_number(json, "predicted_ips", running->prediction.throughput_ips);
    syn_result_print(&console->result, "plan %s runs; predicted: %.2f inferences/s, %.1f mW\n", id,
                     running->prediction.throughput_ips, running->prediction.power_mw);
}

static int run_run(struct syn_console *console, const struct syn_call *call,
                   struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_runner_options options;
    int rc = bench ? prepare(bench, call, &options, error) : SYN_ENOMEM;
    if (rc != 0)
        return rc;
    if (is_bounded(call))
        return run_bounded(bench, call, &options, error);
    rc = syn_runner_start(bench, &options, error);
    if (rc == 0)
        show_started(bench);
    return rc;
}

/* ---- stop ---- */

static int run_stop(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_running *running = NULL;
    struct syn_deployed *deployed = NULL;
    (void)call;
    int rc = bench ? syn_runner_current(bench, &running, error) : SYN_ENOMEM;
    if (rc == 0 && syn_resume_forget_run(bench)) /* it stands until a lost device is back */
        return finish(bench, error);
    if (rc == 0 && !running->active)
        rc = syn_deployer_current(bench, &deployed, error);
    if (rc == 0 && !running->active) {
        syn_error_set(error, SYN_ESTATE, "nothing runs");
        syn_error_hint(error, "start it: run");
        return SYN_ESTATE;
    }
    if (rc == 0) {
        running->options.lasting = false; /* nor does it go on where a device is lost meanwhile */
        rc = syn_runner_stop(bench, error);
    }
    return rc == 0 ? finish(bench, error) : rc;
}

static void pipelines(struct syn_console *console, struct syn_words *words)
{
    const struct syn_bench *bench = syn_bench_of(console);
    const struct syn_deployed *deployed = bench ? bench->deployed : NULL;
    for (unsigned p = 0; deployed && p < deployed->workload->problem.pipeline_count; p++)
        (void)syn_words_add(words, deployed->workload->problem.pipelines[p].spec.name);
}

static const struct syn_command commands[] = {
    {
        .noun = "run",
        .summary = "start inference on what is deployed",
        .details =
            "With APPs that are not what is deployed, searches for a plan with the settings "
            "'planner' and\n'objective' and deploys it first. With --for or --count it waits, "
            "stops and sums up; otherwise it\ngoes on until 'stop', which sums up. Times are "
            "device time: at speed 0.1, one second takes ten.\nWindows are numbered as in the "
            "sensor's file, from 0. ALONE MS is the latency of an inference that\nmeets no other, "
            "SIM "
            "P50 what the simulator makes of it where all sources go on as fast as they\nmay and "
            "inferences queue, which is what P50 MS is measured of.",
        .args = {{.name = "APP",
                  .kind = SYN_VALUE_APP,
                  .flags = SYN_OPTIONAL | SYN_MANY,
                  .help = "the apps to run; without it, what is deployed"}},
        .options = {{.name = "--for",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .min = 0.001,
                     .max = 86400,
                     .help = "measure for this long, then stop"},
                    {.name = "--count",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 1,
                     .max = 4294967295.0,
                     .help = "stop after N inferences of each pipeline"},
                    {.name = "--work-conserving",
                     .help = "pipelines that share nothing with the bottleneck may go faster"},
                    {.name = "--sequential", .help = "one task at a time, as the baselines run"},
                    {.name = "--parallel",
                     .help = "task parallelization also for plans of baselines"},
                    {.name = "--verify",
                     .help = "recompute every result in this process at the end"},
                    {.name = "--show",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 1,
                     .max = 1000000,
                     .help = "print the first N recognitions"},
                    {.name = "--of",
                     .value = "PIPELINE,..",
                     .help = "with --show: those of these pipelines only",
                     .complete = pipelines}},
        .run = run_run,
    },
    {
        .noun = "stop",
        .summary = "stop inference and sum up",
        .run = run_stop,
    },
};

const struct syn_command_table syn_commands_run = SYN_COMMAND_TABLE("Running", commands);
