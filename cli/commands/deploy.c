/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `deploy` and `undeploy`. */
#include "cli/commands/commands.h"
#include "cli/commands/plan_show.h"
#include "cli/commands/plan_use.h"
#include "cli/fleet/runner.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- carrying a plan out ---- */

int syn_plan_deploy(struct syn_console *console, struct syn_plan_record *record,
                    struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_workload *workload = record->workload;
    struct syn_deployed *what = calloc(1, sizeof *what);
    record->workload = NULL;
    if (!bench || !what) {
        syn_workload_free(workload);
        free(what);
        return SYN_ENOMEM;
    }
    what->id = record->id;
    (void)snprintf(what->planner, sizeof what->planner, "%s", record->facts.planner);
    what->execution = record->execution;
    what->plan = record->plan;
    what->prediction = record->prediction;
    int rc = syn_deployer_deploy(bench, workload, what, error);
    free(what);
    return rc;
}

/* ---- what goes where ---- */

static void chunk_words(struct syn_table *table, const struct syn_workload *workload,
                        const struct syn_plan *plan, unsigned device, cJSON *list)
{
    char text[512] = "";
    size_t used = 0;
    for (unsigned p = 0; p < plan->pipeline_count; p++)
        for (unsigned k = 0; k < plan->pipelines[p].chunk_count; k++) {
            const struct syn_plan_chunk *chunk = &plan->pipelines[p].chunks[k];
            const char *name = workload->problem.pipelines[p].spec.name;
            if (chunk->device != device)
                continue;
            if (used < sizeof text)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%s[%u,%u)",
                                         used ? ", " : "", name, chunk->first, chunk->last);
            cJSON *object = syn_show_object(list, NULL);
            syn_show_text(object, "pipeline", name);
            syn_show_integer(object, "first", chunk->first);
            syn_show_integer(object, "last", chunk->last);
        }
    syn_table_text(table, text);
}

static void show_devices(struct syn_console *console, const struct syn_workload *workload,
                         const struct syn_plan *plan)
{
    static const struct syn_column columns[] = {{.title = "DEVICE"},
                                                {.title = "CHUNKS", .wraps = true}};
    struct syn_table *table = syn_table_new(columns, 2);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "devices");
    for (unsigned d = 0; d < workload->fleet.count; d++) {
        cJSON *device = syn_show_object(list, NULL);
        syn_show_text(device, "name", workload->fleet.devices[d].name);
        syn_table_text(table, workload->fleet.devices[d].name);
        chunk_words(table, workload, plan, d, syn_show_array(device, "chunks"));
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

/* What an upload would take; nothing is sent. */
static int dry_run(struct syn_console *console, const struct syn_plan_record *record,
                   struct syn_error *error)
{
    struct syn_deploy *deploy = NULL;
    uint64_t done = 0, total = 0;
    char bytes[32];
    int rc = syn_deploy_new(&deploy, &record->workload->problem, &record->plan, 1, 0, NULL, error);
    if (rc != 0)
        return rc;
    syn_deploy_progress(deploy, &done, &total);
    syn_deploy_free(deploy);
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "plan", record->facts.id);
    syn_show_bool(json, "dry_run", 1);
    syn_show_integer(json, "bytes", (int64_t)total);
    syn_result_print(&console->result, "plan %s fits; uploads at most %s:\n", record->facts.id,
                     syn_text_bytes(bytes, sizeof bytes, total));
    show_devices(console, record->workload, &record->plan);
    return 0;
}

/* ---- commands ---- */

static void show_deployed(struct syn_console *console, const struct syn_deployed *deployed,
                          double seconds)
{
    uint64_t done = 0, total = 0;
    char id[32], bytes[32], time[32];
    cJSON *json = syn_result_json(&console->result);
    syn_deploy_progress(deployed->deploy, &done, &total);
    (void)snprintf(id, sizeof id, "%" PRId64, deployed->id);
    syn_show_text(json, "plan", id);
    syn_show_text(json, "planner", deployed->planner);
    syn_show_text(json, "execution", syn_execution_name(deployed->execution));
    syn_show_integer(json, "bytes", (int64_t)total);
    syn_show_number(json, "seconds", seconds);
    syn_result_print(&console->result, "plan %s is deployed: %s in %s\n", id,
                     syn_text_bytes(bytes, sizeof bytes, total),
                     syn_text_time(time, sizeof time, seconds));
    show_devices(console, deployed->workload, &deployed->plan);
}

static int run_deploy(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_plan_record record;
    int rc = syn_plan_record_load(console, syn_call_text(call, "ID"), &record, error);
    if (rc != 0)
        return rc;
    if (syn_call_flag(call, "--dry-run")) {
        rc = dry_run(console, &record, error);
        syn_plan_record_clear(&record);
        return rc;
    }
    int64_t start = syn_loop_now();
    rc = syn_plan_deploy(console, &record, error);
    if (rc == 0)
        show_deployed(console, syn_bench_of(console)->deployed,
                      (double)(syn_loop_now() - start) / 1e9);
    return rc;
}

static int run_undeploy(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    (void)call;
    if (!bench)
        return SYN_ENOMEM;
    bool was = false;
    int rc = syn_deployer_undeploy(bench, &was, error);
    if (rc != 0)
        return rc;
    syn_show_bool(syn_result_json(&console->result), "undeployed", was);
    syn_result_print(&console->result,
                     was ? "all devices are cleared\n" : "nothing was deployed\n");
    return 0;
}

static const struct syn_command commands[] = {
    {
        .noun = "deploy",
        .summary = "put a plan on the devices: all of them switch, or none does",
        .args = {{.name = "ID",
                  .kind = SYN_VALUE_PLAN,
                  .flags = SYN_OPTIONAL,
                  .help = "number of the plan; without it, the newest"}},
        .options = {{.name = "--dry-run", .help = "check it and say what would go where"}},
        .run = run_deploy,
    },
    {
        .noun = "undeploy",
        .summary = "stop, and clear all devices",
        .run = run_undeploy,
    },
};

const struct syn_command_table syn_commands_deploy = SYN_COMMAND_TABLE("Running", commands);
