/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_explain.h"

#include "cli/commands/plan_explain_show.h"
#include "cli/commands/plan_search.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/plan/score.h"

#include <stdlib.h>

/* Links are served this often while searches compute. */
static const int64_t turn_every_ns = 20000000;

struct watch {
    struct syn_console *console;
    int64_t turned_ns;
};

static bool is_cancelled(void *ctx)
{
    struct watch *watch = ctx;
    const int64_t now = syn_loop_now();
    if (now - watch->turned_ns >= turn_every_ns) {
        watch->turned_ns = now;
        syn_console_turn(watch->console, 0);
    }
    return syn_console_stopped(watch->console);
}

static void show_all(const struct syn_explained *explained)
{
    const struct syn_figures *figures = &explained->explanation->figures;
    struct syn_result *result = &explained->console->result;
    cJSON *json = syn_result_json(result);
    syn_show_text(json, "id", explained->record->facts.id);
    syn_show_text(json, "execution", syn_execution_name(explained->record->execution));
    syn_show_text(json, "planner", explained->planner);
    syn_show_text(json, "objective",
                  syn_objective_name(explained->record->workload->problem.objective));
    syn_show_number(json, "throughput_ips", figures->throughput_ips);
    syn_show_number(json, "round_ms", (double)figures->round_ns / 1e6);
    syn_result_print(result, "plan %s, %s: %.2f inferences/s, a round of %.3f ms\n",
                     explained->record->facts.id, syn_execution_name(explained->record->execution),
                     figures->throughput_ips, (double)figures->round_ns / 1e6);
    syn_explain_show_binding(explained);
    syn_explain_show_memory(explained);
    syn_explain_show_links(explained);
    syn_explain_show_helps(explained);
    syn_explain_show_nears(explained);
}

static int explain(struct syn_console *console, const struct syn_call *call,
                   const struct syn_plan_record *record, struct syn_explanation *explanation,
                   struct syn_error *error)
{
    const char *name = syn_call_text(call, "--planner");
    struct watch watch = {console, syn_loop_now()};
    struct syn_explain_options options = {
        .time_limit_ns = (int64_t)(syn_call_number(call, "--time-limit", 2) * 1e9),
        .cancelled = is_cancelled,
        .ctx = &watch,
    };
    int rc = syn_plan_search_planner(name ? name : "auto", &options.planner, error);
    if (rc != 0)
        return rc;
    rc = syn_explain(&record->workload->problem, &record->plan, record->execution, &options,
                     explanation, error);
    if (rc == SYN_ECANCELED && syn_console_stopped(console))
        return syn_console_stop_error(console, error);
    if (rc != 0)
        return rc;
    const struct syn_explained explained = {
        .console = console,
        .record = record,
        .explanation = explanation,
        .planner = options.planner->name,
        .nearest = (unsigned)syn_call_integer(call, "--nearest", 5),
    };
    show_all(&explained);
    return 0;
}

int syn_plan_explain_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error)
{
    struct syn_plan_record record;
    struct syn_explanation *explanation = calloc(1, sizeof *explanation);
    if (!explanation)
        return syn_error_set(error, SYN_ENOMEM, "no memory to explain a plan");
    int rc = syn_plan_record_load(console, syn_call_text(call, "ID"), &record, error);
    if (rc == 0) {
        rc = explain(console, call, &record, explanation, error);
        syn_plan_record_clear(&record);
    }
    syn_explanation_clear(explanation);
    free(explanation);
    return rc;
}
