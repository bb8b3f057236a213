/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_search.h"

#include "cli/commands/plan_progress.h"
#include "cli/commands/plan_simulated.h"
#include "core/base/suggest.h"
#include "core/plan/relax.h"
#include "core/plan/score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 2

/* Of each search that asks why there is no plan. */
static const int64_t explain_limit_ns = 1000000000;

int syn_plan_search_planner(const char *name, const struct syn_planner **planner,
                            struct syn_error *error)
{
    struct syn_suggest near = {.word = name};
    char names[160] = "";
    size_t used = 0;
    *planner = syn_planner_find(name);
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

int syn_plan_search_objective(struct syn_console *console, const char *name, bool has_rate,
                              struct syn_problem *problem, struct syn_error *error)
{
    if (!name)
        name = syn_setting_text(console, SYN_SETTING_OBJECTIVE);
    int objective = syn_objective_find(name);
    if (objective < 0)
        return syn_error_set(error, SYN_EINVAL, "no objective '%s'", name);
    if (objective == SYN_OBJECTIVE_POWER && !has_rate) {
        syn_error_set(error, SYN_EINVAL, "the objective power needs a rate");
        syn_error_hint(error, "for example: plan search --objective power --rate 10 (rounds a "
                              "second)");
        return SYN_EINVAL;
    }
    problem->objective = (enum syn_objective)objective;
    return 0;
}

/* ---- one search ---- */

unsigned syn_plan_search_threads(const struct syn_plan_search *search)
{
    long machine = sysconf(_SC_NPROCESSORS_ONLN);
    if (search->threads > 0)
        return search->threads;
    return machine < 1 ? 1 : machine > THREADS_MAX ? THREADS_MAX : (unsigned)machine;
}

/* What a search found, predicted in the mode in which it will run. */
static int take_found(const struct syn_plan_search *search, const struct syn_search_result *found,
                      struct syn_plan_record *record, struct syn_error *error)
{
    const struct syn_problem *problem = &record->workload->problem;
    struct syn_plan_facts *facts = &record->facts;
    record->plan = found->plan;
    record->execution = search->forced ? search->execution : search->planner->execution;
    int rc =
        syn_cost_predict(problem, &record->plan, record->execution, &record->prediction, error);
    if (rc != 0)
        return rc;
    syn_plan_facts_predicted(facts, problem, &record->plan, &record->prediction);
    syn_plan_facts_bound(facts, problem, &record->prediction, found->bound);
    facts->proven = found->proven;
    facts->repaired = found->repaired;
    facts->stopped = found->stopped;
    const uint64_t value = syn_score_predicted(problem, &record->prediction);
    if (found->begun && value && record->execution == SYN_EXECUTION_PARALLEL)
        facts->gain = (double)found->begun / (double)value - 1;
    return 0;
}

static int search_with(struct syn_console *console, const struct syn_plan_search *search,
                       const struct syn_search_options *options, struct syn_plan_record *record,
                       uint64_t *bound, struct syn_error *error)
{
    struct syn_search_result *found = calloc(1, sizeof *found);
    if (!found)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a search");
    int64_t start = syn_loop_now();
    int rc = search->planner->search(&record->workload->problem, options, found, error);
    record->facts.search_ms = (double)(syn_loop_now() - start) / 1e6;
    if (rc == 0 && found->stopped)
        syn_console_resume(console); /* the user has what there is */
    if (rc == 0)
        rc = take_found(search, found, record, error);
    if (rc == 0 && search->simulate)
        record->facts.simulated_ips = syn_plan_simulated_ips(
            &record->workload->problem, &record->plan, record->execution, options);
    *bound = rc == 0 ? found->bound : 0;
    free(found);
    return rc;
}

static int left(const struct syn_error *who, struct syn_error *error)
{
    syn_error_set(error, SYN_ENOENT, "%s has left during the search", who->device);
    syn_error_device(error, who->device);
    syn_error_hint(error, "connect it, or search without it");
    return SYN_ENOENT;
}

/* A search that ended at its limit without a plan: that the quick one finds none either is a better
 * answer than that time was short. */
static int ask_again(const struct syn_workload *workload, const struct syn_planner *quick,
                     const struct syn_search_options *options, struct syn_error *error)
{
    struct syn_error why = {0};
    struct syn_search_result *found = calloc(1, sizeof *found);
    int rc = found ? quick->search(&workload->problem, options, found, &why) : SYN_ENOMEM;
    free(found);
    if (rc == SYN_EOOR) {
        *error = why;
        syn_error_hint(error, "not proven: the search ended at its time limit");
    }
    return rc == SYN_EOOR || rc == SYN_ECANCELED ? rc : SYN_ETIMEOUT;
}

/* Why there is no plan. What is possible is judged by the planner itself only where it plans for
 * another execution than the quick one. */
static int explain(struct syn_console *console, const struct syn_workload *workload,
                   const struct syn_planner *planner, int rc, struct syn_error *error)
{
    const struct syn_planner *quick = syn_planner_find("synergy");
    struct syn_plan_progress progress;
    const struct syn_search_options options = {.time_limit_ns = explain_limit_ns,
                                               .cancelled = syn_plan_progress_cancelled,
                                               .ctx = &progress};
    if (quick && planner->execution == quick->execution)
        planner = quick;
    syn_plan_progress_begin(&progress, console, workload, planner->name);
    if (rc == SYN_ETIMEOUT)
        rc = ask_again(workload, planner, &options, error);
    if (rc == SYN_EOOR)
        rc = syn_plan_explain_constraints(&workload->problem, &workload->constraints, planner,
                                          &options, error);
    syn_plan_progress_end(&progress);
    return rc;
}

int syn_plan_search_end(struct syn_console *console, const struct syn_workload *workload,
                        const struct syn_planner *planner, int rc, struct syn_error *error)
{
    struct syn_error who = {0};
    if (rc == SYN_EOOR || (rc == SYN_ETIMEOUT && !syn_console_stopped(console)))
        rc = explain(console, workload, planner, rc, error);
    if (syn_workload_present(workload, &who) != 0)
        return left(&who, error);
    if (rc == SYN_ECANCELED && syn_console_stopped(console))
        return syn_console_stop_error(console, error);
    return rc;
}

int syn_plan_search_one(struct syn_console *console, const struct syn_plan_search *search,
                        struct syn_plan_record *record, uint64_t *bound, struct syn_error *error)
{
    struct syn_plan_progress progress;
    uint64_t own_bound = 0;
    const struct syn_search_options options = {
        .time_limit_ns = (int64_t)(search->time_limit_s * 1e9),
        .threads = syn_plan_search_threads(search),
        .cancelled = syn_plan_progress_cancelled,
        .progress = syn_plan_progress_report,
        .ctx = &progress,
    };
    syn_plan_facts_init(&record->facts);
    record->facts.objective = record->workload->problem.objective;
    (void)snprintf(record->facts.planner, sizeof record->facts.planner, "%s",
                   search->planner->name);
    syn_plan_progress_begin(&progress, console, record->workload, search->planner->name);
    int rc = search_with(console, search, &options, record, &own_bound, error);
    syn_plan_progress_end(&progress);
    rc = syn_plan_search_end(console, record->workload, search->planner, rc, error);
    if (rc != 0) {
        record->facts.feasible = false;
        (void)snprintf(record->facts.reason, sizeof record->facts.reason, "%s", error->message);
    }
    if (bound)
        *bound = own_bound;
    return rc;
}
