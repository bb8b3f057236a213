/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `plan search`. */
#include "cli/commands/plan_constraints.h"
#include "cli/commands/plan_pareto.h"
#include "cli/commands/plan_search.h"
#include "cli/commands/plan_show.h"
#include "cli/commands/plan_table.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "core/plan/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS_MAX 16

/* Of `--planner all`, where a proof may take for ever. */
static const double all_limit_s = 10;

struct trials {
    struct syn_console *console;
    const struct syn_call *call;
    struct syn_workload *workload;
    struct syn_plan_search search; /* but for the planner */
    unsigned count;
    struct syn_plan_trial *list[TRIALS_MAX];
    struct syn_plan_trial *best;
};

/* ---- what is asked for ---- */

static int read_apps(const struct syn_call *call, struct syn_workload **workload,
                     struct syn_bench *bench, struct syn_error *error)
{
    static const size_t max = SYN_PIPELINES_MAX;
    char(*names)[SYN_APP_NAME_MAX] = calloc(max, sizeof *names);
    const char *list[SYN_PIPELINES_MAX];
    size_t count = 0;
    if (!names)
        return SYN_ENOMEM;
    while (count < max && syn_call_list(call, "--apps", count, names[count], sizeof names[count])) {
        list[count] = names[count];
        count++;
    }
    int rc = syn_workload_new(workload, bench, list, count, error);
    free(names);
    return rc;
}

static int read_mode(const struct syn_call *call, struct syn_plan_search *search,
                     struct syn_error *error)
{
    static const struct {
        const char *option;
        enum syn_execution execution;
    } modes[] = {{"--parallel", SYN_EXECUTION_PARALLEL},
                 {"--sequential", SYN_EXECUTION_SEQUENTIAL},
                 {"--work-conserving", SYN_EXECUTION_WORK_CONSERVING}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (!syn_call_flag(call, modes[i].option))
            continue;
        if (search->forced)
            return syn_error_set(error, SYN_EINVAL,
                                 "--parallel, --sequential and "
                                 "--work-conserving exclude each other");
        search->forced = true;
        search->execution = modes[i].execution;
    }
    return 0;
}

static int narrow(struct trials *trials, struct syn_error *error)
{
    struct syn_workload *workload = trials->workload;
    struct syn_constraints *constraints = malloc(sizeof *constraints);
    if (!constraints)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a search");
    int rc = syn_plan_constraints_of_call(trials->console, trials->call, &workload->problem,
                                          constraints, error);
    if (rc == 0)
        rc = syn_plan_search_objective(trials->console, syn_call_text(trials->call, "--objective"),
                                       constraints->rate_rps > 0, &workload->problem, error);
    if (rc == 0)
        rc = syn_workload_constrain(workload, constraints, error);
    free(constraints);
    return rc;
}

/* ---- searching ---- */

static int try_planner(struct trials *trials, const struct syn_planner *planner,
                       struct syn_error *error)
{
    struct syn_plan_trial *trial = trials->count < TRIALS_MAX ? calloc(1, sizeof *trial) : NULL;
    struct syn_plan_search search = trials->search;
    if (!trial)
        return SYN_ENOMEM;
    trials->list[trials->count++] = trial;
    trial->record.workload = trials->workload;
    search.planner = planner;
    int rc =
        syn_plan_search_one(trials->console, &search, &trial->record, &trial->bound, &trial->error);
    if (rc == 0 || rc == SYN_EOOR || (rc == SYN_ETIMEOUT && !syn_console_stopped(trials->console)))
        return 0;
    *error = trial->error;
    return rc;
}

static int try_all(struct trials *trials, struct syn_error *error)
{
    int rc = 0;
    if (trials->search.time_limit_s <= 0)
        trials->search.time_limit_s = all_limit_s;
    for (const struct syn_planner *const *p = syn_planners; rc == 0 && *p; p++)
        if (strcmp((*p)->name, "auto") != 0) /* others of the list, one after the other */
            rc = try_planner(trials, *p, error);
    return rc;
}

static const char *planner_name(const struct trials *trials)
{
    const char *name = syn_call_text(trials->call, "--planner");
    return name ? name : syn_setting_text(trials->console, SYN_SETTING_PLANNER);
}

static int search_all(struct trials *trials, struct syn_error *error)
{
    const struct syn_planner *planner = NULL;
    const char *name = planner_name(trials);
    if (strcmp(name, "all") == 0)
        return try_all(trials, error);
    int rc = syn_plan_search_planner(name, &planner, error);
    return rc != 0 ? rc : try_planner(trials, planner, error);
}

/* The best comes last, so that it is the newest, which `deploy` takes. */
static int save(struct trials *trials, struct syn_error *error)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < trials->count; i++)
        if (trials->list[i]->record.facts.feasible && trials->list[i] != trials->best)
            rc = syn_plan_record_save(trials->console, &trials->list[i]->record, error);
    return rc != 0 || !trials->best
               ? rc
               : syn_plan_record_save(trials->console, &trials->best->record, error);
}

/* ---- what is shown ---- */

/* What the exact search made of the plan that it began with. */
static void show_gain(const struct trials *trials)
{
    const struct syn_plan_facts *facts = &trials->best->record.facts;
    struct syn_result *result = &trials->console->result;
    char time[32];
    if (trials->count == 1 && isfinite(facts->gain)) {
        (void)syn_text_time(time, sizeof time, facts->search_ms / 1e3);
        if (facts->gain > 0 && facts->objective == SYN_OBJECTIVE_THROUGHPUT)
            syn_result_print(result, "exact found %+.1f %% throughput over synergy in %s, %s\n",
                             100 * facts->gain, time, facts->proven ? "proven" : "not proven");
        else if (facts->gain > 0)
            syn_result_print(result, "exact found %.1f %% less %s than synergy in %s, %s\n",
                             100 * facts->gain / (1 + facts->gain),
                             syn_objective_name(facts->objective), time,
                             facts->proven ? "proven" : "not proven");
        else
            syn_result_print(result, "exact found nothing better than synergy in %s, %s\n", time,
                             facts->proven ? "as nothing is" : "which proves nothing");
    }
    if (facts->stopped)
        syn_result_print(result, "the search ended before it was done (time limit, or Ctrl-C): "
                                 "this is the best plan until then\n");
}

static cJSON *trial_json(const struct trials *trials, const struct syn_plan_trial *trial)
{
    return trial->record.facts.feasible
               ? syn_plan_show_json(&trial->record)
               : syn_plan_to_json(&trials->workload->problem, NULL, &trial->record.facts);
}

static void show(const struct trials *trials)
{
    struct syn_console *console = trials->console;
    cJSON *json = syn_result_json(&console->result);
    cJSON *list = syn_show_array(json, "plans");
    for (unsigned i = 0; i < trials->count; i++)
        (void)cJSON_AddItemToArray(list, trial_json(trials, trials->list[i]));
    syn_show_text(json, "chosen", trials->best ? trials->best->record.facts.id : NULL);
    if (trials->count > 1)
        syn_plan_trials_table(console, trials->list, trials->count);
    if (!trials->best)
        return;
    if (trials->count > 1)
        syn_result_print(&console->result, "\n");
    syn_plan_show(console, &trials->best->record);
    show_gain(trials);
}

/* With --json, plans that are none stand beside the error, each with its own reason. */
static int infeasible(const struct trials *trials, struct syn_error *error)
{
    trials->console->partial = true;
    *error = trials->list[0]->error;
    if (trials->count > 1)
        syn_error_hint(error, "no planner finds a plan");
    return error->code;
}

static int search_and_show(struct trials *trials, struct syn_error *error)
{
    int rc = search_all(trials, error);
    if (rc != 0)
        return rc;
    syn_plan_trials_relate(trials->list, trials->count);
    trials->best = syn_plan_trials_best(trials->list, trials->count);
    rc = save(trials, error);
    if (rc != 0)
        return rc;
    show(trials);
    return trials->best ? 0 : infeasible(trials, error);
}

int syn_plan_search_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct trials trials = {.console = console, .call = call};
    struct syn_bench *bench = syn_bench_of(console);
    trials.search.time_limit_s = syn_call_number(call, "--time-limit", 0);
    trials.search.threads = (unsigned)syn_call_integer(call, "--threads", 0);
    trials.search.simulate = true;
    int rc = bench ? read_mode(call, &trials.search, error) : SYN_ENOMEM;
    if (rc == 0)
        rc = syn_plan_pareto_check(call, error);
    if (rc == 0)
        rc = read_apps(call, &trials.workload, bench, error);
    if (rc == 0 && syn_call_flag(call, "--pareto"))
        rc = syn_plan_pareto_run(console, call, trials.workload, &trials.search, error);
    else if (rc == 0) {
        rc = narrow(&trials, error);
        if (rc == 0)
            rc = search_and_show(&trials, error);
    }
    for (unsigned i = 0; i < trials.count; i++)
        free(trials.list[i]);
    syn_workload_free(trials.workload);
    return rc;
}
