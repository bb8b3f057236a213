/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/plan.h"

uint32_t syn_plan_hosts(const struct syn_plan *plan)
{
    uint32_t hosts = 0;
    for (unsigned p = 0; p < plan->pipeline_count; p++)
        for (unsigned k = 0; k < plan->pipelines[p].chunk_count; k++)
            hosts |= 1u << plan->pipelines[p].chunks[k].device;
    return hosts;
}

static const char *device_name(const struct syn_problem *problem, unsigned device)
{
    return problem->fleet->devices[device].name;
}

static int check_ends(const struct syn_problem *problem, const struct syn_problem_pipeline *p,
                      const struct syn_execution_plan *plan, struct syn_error *error)
{
    const unsigned count = problem->fleet->count;
    if (plan->source >= count || plan->target >= count)
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: no such device", p->spec.name);
    if (!(p->sources >> plan->source & 1))
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: %s cannot be its source (%s)",
                             p->spec.name, device_name(problem, plan->source), p->spec.sense.kind);
    if (!(p->targets >> plan->target & 1))
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: %s cannot be its target (%s)",
                             p->spec.name, device_name(problem, plan->target), p->spec.act.kind);
    if (plan->chunk_count == 0 || plan->chunk_count > SYN_PLAN_CHUNKS_MAX)
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: no chunks", p->spec.name);
    return 0;
}

static int check_chunk(const struct syn_problem *problem, const struct syn_problem_pipeline *p,
                       const struct syn_plan_chunk *chunk, unsigned expected, uint32_t *used,
                       struct syn_error *error)
{
    if (chunk->device >= problem->fleet->count)
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: no such device", p->spec.name);
    const char *name = device_name(problem, chunk->device);
    if (!(p->hosts >> chunk->device & 1))
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: %s may not hold its chunks",
                             p->spec.name, name);
    if (*used >> chunk->device & 1)
        return syn_error_set(error, SYN_EINVAL, "pipeline %s: two chunks on %s", p->spec.name,
                             name);
    if (chunk->first != expected)
        return syn_error_set(error, SYN_EINVAL,
                             "pipeline %s: the chunk on %s begins at layer %u, layer %u is next",
                             p->spec.name, name, chunk->first, expected);
    if (chunk->last <= chunk->first || chunk->last > p->model->layer_count)
        return syn_error_set(error, SYN_EINVAL,
                             "pipeline %s: the chunk on %s ends at layer %u; %u to %u are possible",
                             p->spec.name, name, chunk->last, chunk->first + 1u,
                             p->model->layer_count);
    *used |= 1u << chunk->device;
    return 0;
}

static int check_pipeline(const struct syn_problem *problem, const struct syn_problem_pipeline *p,
                          const struct syn_execution_plan *plan, struct syn_error *error)
{
    uint32_t used = 0;
    unsigned next = 0;
    int rc = check_ends(problem, p, plan, error);
    for (unsigned k = 0; !rc && k < plan->chunk_count; k++) {
        rc = check_chunk(problem, p, &plan->chunks[k], next, &used, error);
        next = plan->chunks[k].last;
    }
    if (!rc && next != p->model->layer_count)
        rc = syn_error_set(error, SYN_EINVAL, "pipeline %s: the chunks end at layer %u, %s has %u",
                           p->spec.name, next, p->model->name, p->model->layer_count);
    return rc;
}

int syn_plan_check(const struct syn_problem *problem, const struct syn_plan *plan,
                   struct syn_error *error)
{
    if (plan->pipeline_count != problem->pipeline_count)
        return syn_error_set(error, SYN_EINVAL, "the plan has %u pipelines, the problem %u",
                             plan->pipeline_count, problem->pipeline_count);
    int rc = 0;
    for (unsigned p = 0; !rc && p < plan->pipeline_count; p++)
        rc = check_pipeline(problem, &problem->pipelines[p], &plan->pipelines[p], error);
    return rc;
}

static int order(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

int syn_execution_plan_compare(const struct syn_execution_plan *a,
                               const struct syn_execution_plan *b)
{
    int c = order(a->source, b->source);
    c = c ? c : order(a->target, b->target);
    c = c ? c : order(a->chunk_count, b->chunk_count);
    for (unsigned k = 0; !c && k < a->chunk_count; k++)
        c = order(a->chunks[k].device, b->chunks[k].device);
    for (unsigned k = 0; !c && k < a->chunk_count; k++)
        c = order(a->chunks[k].last, b->chunks[k].last);
    return c;
}
