/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_progress.h"

#include "cli/output/text.h"
#include "core/plan/score.h"

#include <stdio.h>
#include <string.h>

/* Links are served this often while a search computes. */
static const int64_t turn_every_ns = 20000000;

#define NS_PER_S  1e9
#define FJ_PER_MJ 1e12

void syn_plan_progress_begin(struct syn_plan_progress *progress, struct syn_console *console,
                             const struct syn_workload *workload, const char *what)
{
    *progress = (struct syn_plan_progress){.console = console, .workload = workload};
    progress->turned_ns = progress->begun_ns = syn_loop_now();
    syn_console_progress(console, &progress->line, what, "rates");
}

void syn_plan_progress_end(struct syn_plan_progress *progress)
{
    syn_progress_end(&progress->line);
}

bool syn_plan_progress_cancelled(void *ctx)
{
    struct syn_plan_progress *progress = ctx;
    int64_t now = syn_loop_now();
    if (now - progress->turned_ns >= turn_every_ns) {
        progress->turned_ns = now;
        syn_console_turn(progress->console, 0);
    }
    return syn_console_stopped(progress->console) ||
           syn_workload_present(progress->workload, NULL) != 0;
}

/* ---- words ---- */

static double weights(const struct syn_problem *problem)
{
    double sum = 0;
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        sum += problem->pipelines[p].spec.weight;
    return sum;
}

const char *syn_plan_value_words(const struct syn_problem *problem, uint64_t value, char *text,
                                 size_t size)
{
    char time[32];
    const double v = (double)value;
    switch (problem->objective) {
    case SYN_OBJECTIVE_THROUGHPUT:
        (void)snprintf(text, size, "%.2f inferences/s", weights(problem) * NS_PER_S / v);
        break;
    case SYN_OBJECTIVE_LATENCY:
        (void)snprintf(text, size, "latency %s", syn_text_time(time, sizeof time, v / NS_PER_S));
        break;
    case SYN_OBJECTIVE_POWER: /* a femtojoule in a nanosecond is a microwatt */
        (void)snprintf(text, size, "%.2f mW",
                       problem->round_max_ns ? v / (double)problem->round_max_ns / 1e3 : 0);
        break;
    default:
        (void)snprintf(text, size, "%.3f mJ a round", v / FJ_PER_MJ);
        break;
    }
    return text;
}

static void describe(const struct syn_problem *problem, const struct syn_search_progress *report,
                     char *line, size_t size)
{
    char best[48], bound[48];
    if (!report->value) {
        (void)snprintf(line, size, "%s  no plan yet", report->stage);
        return;
    }
    (void)syn_plan_value_words(problem, report->value, best, sizeof best);
    if (!report->bound) {
        (void)snprintf(line, size, "%s  %s, no bound yet", report->stage, best);
        return;
    }
    (void)snprintf(line, size, "%s  %s, bound %s, gap %.2f %%", report->stage, best,
                   syn_plan_value_words(problem, report->bound, bound, sizeof bound),
                   100 * ((double)report->value / (double)report->bound - 1));
}

void syn_plan_progress_report(void *ctx, const struct syn_search_progress *report)
{
    struct syn_plan_progress *progress = ctx;
    char line[200];
    describe(&progress->workload->problem, report, line, sizeof line);
    syn_progress_say(&progress->line, line);
    if (report->value == 0 || report->value == progress->value)
        return;
    progress->value = report->value;
    syn_console_note(progress->console, "%.3f s: %s: %s",
                     (double)(syn_loop_now() - progress->begun_ns) / NS_PER_S, progress->line.what,
                     line);
}
