/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_table.h"

#include "cli/output/text.h"
#include "core/plan/score.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what they say of each other ---- */

static uint64_t best_bound(struct syn_plan_trial *const *trials, unsigned count)
{
    uint64_t best = 0;
    for (unsigned i = 0; i < count; i++)
        best = trials[i]->bound > best ? trials[i]->bound : best;
    return best;
}

static double synergy_ips(struct syn_plan_trial *const *trials, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(trials[i]->record.facts.planner, "synergy") == 0)
            return trials[i]->record.facts.throughput_ips; /* NaN where it is OOR */
    return NAN;
}

void syn_plan_trials_relate(struct syn_plan_trial *const *trials, unsigned count)
{
    const uint64_t bound = best_bound(trials, count);
    const double base_ips = synergy_ips(trials, count);
    for (unsigned i = 0; i < count; i++) {
        struct syn_plan_record *record = &trials[i]->record;
        struct syn_plan_facts *facts = &record->facts;
        if (!facts->feasible)
            continue;
        facts->ratio_to_synergy = facts->throughput_ips / base_ips;
        syn_plan_facts_bound(facts, &record->workload->problem, &record->prediction, bound);
        facts->proven |= isfinite(facts->gap) && facts->gap <= 0;
    }
}

static int compare(const struct syn_plan_record *a, const struct syn_plan_record *b)
{
    const struct syn_problem *problem = &a->workload->problem;
    struct syn_score x, y;
    syn_score_of(problem, &a->plan, &a->prediction, &x);
    syn_score_of(problem, &b->plan, &b->prediction, &y);
    const uint64_t u = syn_score_predicted(problem, &a->prediction);
    const uint64_t v = syn_score_predicted(problem, &b->prediction);
    if (u != v)
        return u < v ? -1 : 1;
    const int order = syn_score_compare(problem->objective, &x, &y);
    return order ? order : (int)b->facts.proven - (int)a->facts.proven;
}

struct syn_plan_trial *syn_plan_trials_best(struct syn_plan_trial *const *trials, unsigned count)
{
    struct syn_plan_trial *best = NULL;
    for (unsigned i = 0; i < count; i++)
        if (trials[i]->record.facts.feasible &&
            (!best || compare(&trials[i]->record, &best->record) < 0))
            best = trials[i];
    return best;
}

/* ---- the table ---- */

static void number_cell(struct syn_table *table, const char *fmt, double value)
{
    if (!isfinite(value)) {
        syn_table_text(table, NULL);
        return;
    }
    char text[32];
    /* Formats of the calls below. NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) */
    (void)snprintf(text, sizeof text, fmt, value);
    syn_table_text(table, text);
}

static const char *notes(const struct syn_plan_facts *facts, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%s%s", facts->proven ? ", proven" : "",
                   facts->repaired ? ", repaired" : "", facts->stopped ? ", stopped" : "");
    return text[0] ? text + 2 : text;
}

static void add_row(struct syn_table *table, const struct syn_plan_trial *trial)
{
    const struct syn_plan_facts *facts = &trial->record.facts;
    char text[64];
    const bool ok = facts->feasible;
    syn_table_text(table, facts->planner);
    syn_table_text(table, ok ? facts->id : trial->error.code == SYN_EOOR ? "OOR" : "late");
    number_cell(table, "%.2f", ok ? facts->throughput_ips : NAN);
    number_cell(table, "%.2f", ok ? facts->simulated_ips : NAN);
    number_cell(table, "%.2f", facts->latency_ms);
    number_cell(table, "%.1f", facts->power_mw);
    number_cell(table, "%.0f", facts->devices_used);
    syn_table_text(table, syn_text_time(text, sizeof text, facts->search_ms / 1e3));
    number_cell(table, "%.3f", facts->ratio_to_synergy);
    number_cell(table, "%.3f", facts->ratio_to_bound);
    syn_table_text(table, ok ? notes(facts, text, sizeof text) : NULL);
}

/* ---- below the table ---- */

/* Planners of whom the same is to be said stand together: "min-dev, max-dev: what". */
static void say(struct syn_result *result, const char *names, const char *what)
{
    char text[768];
    (void)snprintf(text, sizeof text, "%s: %s", names, what);
    syn_result_wrap(result, 2, text);
}

static void add_name(char *names, size_t size, const struct syn_plan_trial *trial)
{
    const size_t used = strlen(names);
    (void)snprintf(names + used, size - used, "%s%s", used ? ", " : "",
                   trial->record.facts.planner);
}

static void say_executions(struct syn_result *result, struct syn_plan_trial *const *trials,
                           unsigned count)
{
    for (int e = SYN_EXECUTION_PARALLEL + 1; e <= SYN_EXECUTION_WORK_CONSERVING; e++) {
        char names[256] = "";
        for (unsigned i = 0; i < count; i++)
            if (trials[i]->record.facts.feasible && (int)trials[i]->record.execution == e)
                add_name(names, sizeof names, trials[i]);
        if (names[0])
            say(result, names,
                e == SYN_EXECUTION_SEQUENTIAL ? "sequential, one task at a time"
                                              : "work-conserving");
    }
}

static bool same_reason(const struct syn_plan_trial *a, const struct syn_plan_trial *b)
{
    return !b->record.facts.feasible && strcmp(a->record.facts.reason, b->record.facts.reason) == 0;
}

static void say_reasons(struct syn_result *result, struct syn_plan_trial *const *trials,
                        unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char names[256] = "";
        bool said = trials[i]->record.facts.feasible;
        for (unsigned j = 0; j < i; j++)
            said |= same_reason(trials[i], trials[j]);
        for (unsigned j = i; !said && j < count; j++)
            if (same_reason(trials[i], trials[j]))
                add_name(names, sizeof names, trials[j]);
        if (!said)
            say(result, names, trials[i]->record.facts.reason);
    }
}

void syn_plan_trials_table(struct syn_console *console, struct syn_plan_trial *const *trials,
                           unsigned count)
{
    static const struct syn_column columns[] = {
        {.title = "PLANNER"},
        {.title = "PLAN", .right = true},
        {.title = "INF/S", .right = true},
        {.title = "SIMUL", .right = true},
        {.title = "LAT MS", .right = true},
        {.title = "MW", .right = true},
        {.title = "DEV", .right = true},
        {.title = "SEARCH", .right = true},
        {.title = "/SYNERGY", .right = true},
        {.title = "/BOUND", .right = true},
        {.title = "NOTES", .wraps = true},
    };
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < count; i++)
        add_row(table, trials[i]);
    syn_result_table(&console->result, table);
    syn_table_free(table);
    say_executions(&console->result, trials, count);
    say_reasons(&console->result, trials, count);
}
