/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_search.h"

#include "cli/commands/plan_show.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "core/base/suggest.h"
#include "core/plan/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Links are served this often while a search computes. */
static const int64_t turn_every_ns = 20000000;

int syn_plan_search_planner(const char *name, const struct syn_planner **planner,
                            struct syn_error *error)
{
    struct syn_suggest near = {.word = name};
    char names[160] = "";
    size_t used = 0;
    *planner = syn_planner_find(name);
    if (!*planner && strcmp(name, "auto") == 0)
        *planner = syn_planner_find("synergy");
    if (*planner)
        return 0;
    for (const struct syn_planner *const *p = syn_planners; *p; p++) {
        syn_suggest_offer(&near, (*p)->name);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                 (*p)->name);
    }
    syn_error_set(error, SYN_ENOENT, "no planner '%s'", name);
    syn_error_hint(error, "%s%s%sthere are: %s", near.best ? "did you mean '" : "",
                   near.best ? near.best : "", near.best ? "'? " : "", names);
    return SYN_ENOENT;
}

/* ---- one search ---- */

struct watch {
    struct syn_console *console;
    int64_t turned_ns;
};

static bool is_cancelled(void *ctx)
{
    struct watch *watch = ctx;
    int64_t now = syn_loop_now();
    if (now - watch->turned_ns >= turn_every_ns) {
        watch->turned_ns = now;
        syn_console_turn(watch->console, 0);
    }
    return syn_console_stopped(watch->console);
}

/* What a search found, predicted in the mode in which it will run. */
static int take_found(const struct syn_plan_search *search, const struct syn_search_result *found,
                      struct syn_plan_record *record, struct syn_error *error)
{
    record->plan = found->plan;
    record->execution = search->parallel ? SYN_EXECUTION_PARALLEL : search->planner->execution;
    int rc = syn_cost_predict(&record->workload->problem, &record->plan, record->execution,
                              &record->prediction, error);
    if (rc != 0)
        return rc;
    syn_plan_facts_predicted(&record->facts, &record->workload->problem, &record->plan,
                             &record->prediction);
    syn_plan_facts_bound(&record->facts, &record->workload->problem, &record->prediction,
                         found->bound);
    return 0;
}

int syn_plan_search_one(struct syn_console *console, const struct syn_plan_search *search,
                        struct syn_plan_record *record, struct syn_error *error)
{
    struct watch watch = {console, syn_loop_now()};
    const struct syn_search_options options = {
        .time_limit_ns = (int64_t)(search->time_limit_s * 1e9),
        .cancelled = is_cancelled,
        .ctx = &watch,
    };
    struct syn_search_result *found = calloc(1, sizeof *found);
    if (!found)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a search");
    int64_t start = syn_loop_now();
    syn_plan_facts_init(&record->facts);
    record->facts.objective = record->workload->problem.objective;
    (void)snprintf(record->facts.planner, sizeof record->facts.planner, "%s",
                   search->planner->name);
    int rc = search->planner->search(&record->workload->problem, &options, found, error);
    record->facts.search_ms = (double)(syn_loop_now() - start) / 1e6;
    if (rc == SYN_ECANCELED && syn_console_stopped(console))
        rc = syn_console_stop_error(console, error);
    if (rc == 0)
        rc = take_found(search, found, record, error);
    free(found);
    if (rc != 0)
        (void)snprintf(record->facts.reason, sizeof record->facts.reason, "%s", error->message);
    return rc;
}

/* ---- plan search ---- */

#define TRIALS_MAX 16

struct trial {
    struct syn_plan_record record;
    struct syn_error error;
};

struct trials {
    struct syn_console *console;
    const struct syn_call *call;
    struct syn_workload *workload;
    unsigned count;
    struct trial *list[TRIALS_MAX];
    struct trial *best;
};

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

static int try_planner(struct trials *trials, const struct syn_planner *planner,
                       struct syn_error *error)
{
    const struct syn_plan_search search = {
        .planner = planner,
        .time_limit_s = syn_call_number(trials->call, "--time-limit", 0),
        .parallel = syn_call_flag(trials->call, "--parallel"),
    };
    struct trial *trial = trials->count < TRIALS_MAX ? calloc(1, sizeof *trial) : NULL;
    if (!trial)
        return SYN_ENOMEM;
    trials->list[trials->count++] = trial;
    trial->record.workload = trials->workload;
    int rc = syn_plan_search_one(trials->console, &search, &trial->record, &trial->error);
    if (rc == 0 || rc == SYN_EOOR || (rc == SYN_ETIMEOUT && !syn_console_stopped(trials->console)))
        return 0;
    *error = trial->error;
    return rc;
}

/* The less, the better: by the objective, as it is predicted for the mode that would run. */
static double rank(const struct trial *trial)
{
    const struct syn_plan_facts *facts = &trial->record.facts;
    switch (facts->objective) {
    case SYN_OBJECTIVE_LATENCY:
        return facts->latency_ms;
    case SYN_OBJECTIVE_ENERGY:
        return facts->energy_mj;
    default:
        return -facts->throughput_ips;
    }
}

static void choose(struct trials *trials)
{
    for (unsigned i = 0; i < trials->count; i++) {
        struct trial *trial = trials->list[i];
        if (!trial->record.facts.feasible)
            continue;
        if (!trials->best || rank(trial) < rank(trials->best))
            trials->best = trial;
    }
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

static void compare_table(const struct trials *trials)
{
    static const struct syn_column columns[] = {
        {.title = "PLANNER"},
        {.title = "PLAN", .right = true},
        {.title = "INF/S", .right = true},
        {.title = "LATENCY", .right = true},
        {.title = "POWER", .right = true},
        {.title = "SEARCH", .right = true},
        {.title = "REASON", .shrinks = true},
    };
    struct syn_table *table = syn_table_new(columns, 7);
    for (unsigned i = 0; i < trials->count; i++) {
        const struct syn_plan_facts *facts = &trials->list[i]->record.facts;
        char text[32];
        syn_table_text(table, facts->planner);
        syn_table_text(table, facts->feasible ? facts->id : "OOR");
        if (facts->feasible) {
            syn_table_format(table, "%.2f", facts->throughput_ips);
            syn_table_text(table, syn_text_time(text, sizeof text, facts->latency_ms / 1e3));
            syn_table_format(table, "%.1f mW", facts->power_mw);
        } else {
            for (int c = 0; c < 3; c++)
                syn_table_text(table, NULL);
        }
        syn_table_text(table, syn_text_time(text, sizeof text, facts->search_ms / 1e3));
        syn_table_text(table, facts->reason);
    }
    syn_result_table(&trials->console->result, table);
    syn_table_free(table);
}

static void show(const struct trials *trials)
{
    struct syn_result *result = &trials->console->result;
    cJSON *json = syn_result_json(result);
    cJSON *list = syn_show_array(json, "plans");
    for (unsigned i = 0; i < trials->count; i++) {
        const struct syn_plan_record *record = &trials->list[i]->record;
        (void)cJSON_AddItemToArray(
            list, record->facts.feasible
                      ? syn_plan_show_json(record)
                      : syn_plan_to_json(&trials->workload->problem, NULL, &record->facts));
    }
    syn_show_text(json, "chosen", trials->best ? trials->best->record.facts.id : NULL);
    if (trials->count > 1)
        compare_table(trials);
    if (trials->count > 1 && trials->best)
        syn_result_print(result, "\n");
    if (trials->best)
        syn_plan_show(trials->console, &trials->best->record);
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

static int search_all(struct trials *trials, struct syn_error *error)
{
    const struct syn_planner *planner = NULL;
    const char *name = syn_call_text(trials->call, "--planner");
    int rc = 0;
    if (!name)
        name = syn_setting_text(trials->console, SYN_SETTING_PLANNER);
    if (strcmp(name, "all") != 0) {
        rc = syn_plan_search_planner(name, &planner, error);
        return rc != 0 ? rc : try_planner(trials, planner, error);
    }
    for (const struct syn_planner *const *p = syn_planners; rc == 0 && *p; p++)
        rc = try_planner(trials, *p, error);
    return rc;
}

static int set_objective(const struct trials *trials, struct syn_error *error)
{
    const char *name = syn_call_text(trials->call, "--objective");
    if (!name)
        name = syn_setting_text(trials->console, SYN_SETTING_OBJECTIVE);
    int objective = syn_objective_find(name);
    if (objective < 0)
        return syn_error_set(error, SYN_EINVAL, "no objective '%s'", name);
    trials->workload->problem.objective = (enum syn_objective)objective;
    return 0;
}

int syn_plan_search_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct trials trials = {.console = console, .call = call};
    struct syn_bench *bench = syn_bench_of(console);
    int rc = bench ? read_apps(call, &trials.workload, bench, error) : SYN_ENOMEM;
    if (rc == 0)
        rc = set_objective(&trials, error);
    if (rc == 0)
        rc = search_all(&trials, error);
    if (rc == 0) {
        choose(&trials);
        rc = save(&trials, error);
    }
    if (rc == 0) {
        show(&trials);
        rc = trials.best ? 0 : infeasible(&trials, error);
    }
    for (unsigned i = 0; i < trials.count; i++)
        free(trials.list[i]);
    syn_workload_free(trials.workload);
    return rc;
}
