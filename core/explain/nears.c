/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plans that come next. */
#include "core/explain/change.h"
#include "core/explain/parts.h"
#include "core/plan/enumerate.h"

#include <stdlib.h>

/* The best execution plan of a pipeline but the one that it has. */
struct choice {
    enum syn_objective objective;
    const struct syn_execution_plan *taken;
    bool have;
    struct syn_execution_plan plan;
    struct syn_score score;
};

static bool promising(void *ctx, const struct syn_candidate *candidate)
{
    const struct choice *c = ctx;
    if (candidate->complete && !syn_execution_plan_compare(candidate->plan, c->taken))
        return false;
    return !c->have || syn_score_compare(c->objective, &candidate->score, &c->score) <= 0;
}

static void found(void *ctx, const struct syn_candidate *candidate)
{
    struct choice *c = ctx;
    int order = c->have ? syn_score_compare(c->objective, &candidate->score, &c->score) : -1;
    if (order == 0)
        order = syn_execution_plan_compare(candidate->plan, &c->plan);
    if (order >= 0)
        return;
    c->have = true;
    c->plan = *candidate->plan;
    c->score = candidate->score;
}

static int before(void *ctx, const struct syn_candidate *a, const struct syn_candidate *b)
{
    const struct choice *c = ctx;
    return syn_score_compare(c->objective, &a->score, &b->score);
}

static void keep(struct syn_explain_task *task, const struct syn_near *near)
{
    struct syn_near *to = &task->out->nears[task->out->near_count];
    struct syn_prediction prediction;
    *to = *near;
    if (syn_cost_predict(task->problem, &near->plan, task->execution, &prediction, NULL))
        return;
    to->figures = syn_figures_of(&prediction);
    to->gain = syn_explain_gain(task->problem->objective, &task->out->figures, &to->figures);
    task->out->near_count++;
}

static int other_way(struct syn_explain_task *task, unsigned p)
{
    struct syn_near near = {.kind = SYN_NEAR_PIPELINE, .pipeline = (uint8_t)p, .plan = *task->plan};
    struct choice choice = {.objective = task->problem->objective,
                            .taken = &task->plan->pipelines[p]};
    const struct syn_visitor visitor = {&choice, promising, found, before};
    const struct syn_search_options options = {.cancelled = task->options->cancelled,
                                               .ctx = task->options->ctx};
    uint64_t looked = 0;
    near.plan.pipelines[p].chunk_count = 0;
    int rc = syn_enumerate(task->problem, &near.plan, p, &options, task->deadline_ns, &visitor,
                           &looked, task->error);
    if (rc == SYN_ETIMEOUT)
        task->out->nears_stopped = true;
    else if (rc)
        return rc;
    near.plan.pipelines[p] = choice.plan;
    if (choice.have)
        keep(task, &near);
    return 0;
}

/* The device that is to be avoided: of a set, the one that transfers most; -1: none. */
static int culprit(const struct syn_explain_task *task)
{
    const uint32_t devices = syn_binding_devices(&task->out->binding);
    int worst = -1;
    for (unsigned d = 0; d < task->problem->fleet->count; d++)
        if (devices >> d & 1 && (worst < 0 || task->prediction.radio.node_ns[d] >
                                                  task->prediction.radio.node_ns[worst]))
            worst = (int)d;
    return worst;
}

static void forbid(struct syn_problem *problem, unsigned device)
{
    const uint16_t others = (uint16_t) ~(1u << device);
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        struct syn_problem_pipeline *pipeline = &problem->pipelines[p];
        pipeline->hosts &= others;
        if (pipeline->sources & others)
            pipeline->sources &= others;
        if (pipeline->targets & others)
            pipeline->targets &= others;
    }
}

static int avoid(struct syn_explain_task *task, unsigned device)
{
    struct syn_near near = {.kind = SYN_NEAR_AVOID, .device = (uint8_t)device};
    struct syn_changed *without = calloc(1, sizeof *without);
    struct syn_search_result *result = calloc(1, sizeof *result);
    int rc = without && result ? 0 : SYN_ENOMEM;
    if (!rc) {
        static const struct syn_help_change same = {.kind = SYN_HELP_SEARCH};
        syn_change_apply(task->problem, &same, without);
        forbid(&without->problem, device);
        rc = syn_explain_search(task, &without->problem, 1, result);
        task->out->avoidable = rc == 0;
    }
    if (!rc) {
        near.plan = result->plan;
        keep(task, &near);
    }
    free(without);
    free(result);
    return rc == SYN_ENOMEM || rc == SYN_ECANCELED ? rc : 0;
}

static int compare(enum syn_objective objective, const struct syn_near *a, const struct syn_near *b)
{
    const int order = syn_figures_compare(objective, &a->figures, &b->figures);
    return order ? order : (int)a->pipeline - (int)b->pipeline;
}

/* By insertion: there are few, and an objective to compare by. */
static void sort(struct syn_explain_task *task)
{
    struct syn_near *list = task->out->nears;
    for (unsigned i = 1; i < task->out->near_count; i++) {
        const struct syn_near near = list[i];
        unsigned at = i;
        for (; at > 0 && compare(task->problem->objective, &near, &list[at - 1]) < 0; at--)
            list[at] = list[at - 1];
        list[at] = near;
    }
}

int syn_explain_nears(struct syn_explain_task *task)
{
    const int device = culprit(task);
    int rc = 0;
    for (unsigned p = 0; !rc && p < task->plan->pipeline_count; p++)
        rc = other_way(task, p);
    if (!rc && device >= 0)
        rc = avoid(task, (unsigned)device);
    if (!rc)
        sort(task);
    return rc;
}
