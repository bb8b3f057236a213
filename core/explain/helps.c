/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would help: every change is searched, and the present plan judged under it. */
#include "core/explain/change.h"
#include "core/explain/parts.h"
#include "core/plan/enumerate.h"

#include <stdlib.h>

/* Of all time, for the search of the unchanged problem: every other change is compared with it. */
#define SHARE_OF_AGAIN 0.25

/* Where planners may work: too large for a stack. */
struct bench {
    struct syn_changed changed;
    struct syn_search_result found;
    struct syn_plan again; /* what a search of the unchanged problem finds */
    bool has_again;
    struct syn_help_change changes[SYN_HELPS_MAX];
};

/* Takes the plan where it is better; false where it is none of this problem. */
static bool offer(const struct syn_explain_task *task, const struct syn_problem *problem,
                  enum syn_execution execution, const struct syn_plan *plan, struct syn_help *help)
{
    struct syn_prediction prediction;
    if (syn_cost_predict(problem, plan, execution, &prediction, NULL))
        return false;
    const struct syn_figures figures = syn_figures_of(&prediction);
    if (!help->reached ||
        syn_figures_compare(task->problem->objective, &figures, &help->figures) < 0)
        help->figures = figures;
    help->reached = true;
    return true;
}

static int try_change(const struct syn_explain_task *task, struct bench *bench, double share,
                      struct syn_help *help)
{
    const struct syn_problem *problem = &bench->changed.problem;
    const enum syn_objective objective = task->problem->objective;
    const enum syn_execution execution =
        help->change.kind == SYN_HELP_PARALLEL ? SYN_EXECUTION_PARALLEL : task->execution;
    syn_change_apply(task->problem, &help->change, &bench->changed);
    if (!offer(task, problem, execution, task->plan, help))
        return 0;
    help->kept = syn_explain_gain(objective, &task->out->figures, &help->figures);
    if (bench->has_again)
        (void)offer(task, problem, execution, &bench->again, help);
    int rc = syn_explain_search(task, problem, share, &bench->found);
    if (rc == SYN_ECANCELED || rc == SYN_ENOMEM)
        return rc;
    if (rc == 0)
        (void)offer(task, problem, execution, &bench->found.plan, help);
    help->proven = rc == 0 && bench->found.proven && execution == SYN_EXECUTION_PARALLEL;
    help->gain = syn_explain_gain(objective, &task->out->figures, &help->figures);
    if (rc == 0 && help->change.kind == SYN_HELP_SEARCH) {
        bench->again = bench->found.plan;
        bench->has_again = true;
    }
    return 0;
}

static int by_gain(const void *a, const void *b)
{
    const struct syn_help *x = a, *y = b;
    if (x->reached != y->reached)
        return x->reached ? -1 : 1;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    if (x->change.kind != y->change.kind)
        return x->change.kind < y->change.kind ? -1 : 1;
    if (x->change.device != y->change.device)
        return x->change.device - y->change.device;
    return x->change.other != y->change.other ? x->change.other - y->change.other
                                              : x->change.pipeline - y->change.pipeline;
}

static double share_of(const struct syn_help_change *change, unsigned to_come)
{
    return change->kind == SYN_HELP_SEARCH ? SHARE_OF_AGAIN : 1.0 / (to_come + 1);
}

int syn_explain_helps(struct syn_explain_task *task)
{
    struct syn_explanation *out = task->out;
    struct bench *bench = calloc(1, sizeof *bench);
    int rc = bench ? 0 : SYN_ENOMEM;
    if (bench)
        out->help_count = syn_changes_list(task->problem, task->execution, out->links,
                                           out->link_count, bench->changes);
    for (unsigned i = 0; !rc && i < out->help_count; i++) {
        out->helps[i] = (struct syn_help){.change = bench->changes[i]};
        if (!syn_search_interrupted(NULL, task->deadline_ns))
            rc = try_change(task, bench, share_of(&bench->changes[i], out->help_count - i),
                            &out->helps[i]);
    }
    free(bench);
    if (!rc && out->help_count)
        qsort(out->helps, out->help_count, sizeof out->helps[0], by_gain);
    return rc;
}
