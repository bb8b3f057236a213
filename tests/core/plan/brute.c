/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/plan/brute.h"

struct brute {
    const struct syn_problem *problem;
    unsigned pipeline;
    struct syn_plan plan;
    void (*each)(void *ctx, const struct syn_plan *plan);
    void *ctx;
};

static void extend(struct brute *b, unsigned first, unsigned used)
{
    struct syn_execution_plan *e = &b->plan.pipelines[b->pipeline];
    const struct syn_problem_pipeline *p = &b->problem->pipelines[b->pipeline];
    if (first == p->model->layer_count) {
        b->each(b->ctx, &b->plan);
        return;
    }
    for (unsigned d = 0; d < b->problem->fleet->count; d++)
        for (unsigned last = first + 1; last <= p->model->layer_count; last++) {
            if (used >> d & 1 || !(p->hosts >> d & 1))
                continue;
            e->chunks[e->chunk_count++] = (struct syn_plan_chunk){
                .device = (uint8_t)d, .first = (uint16_t)first, .last = (uint16_t)last};
            extend(b, last, used | 1u << d);
            e->chunks[--e->chunk_count] = (struct syn_plan_chunk){0};
        }
}

void brute_each(const struct syn_problem *problem, const struct syn_plan *base, unsigned pipeline,
                void (*each)(void *ctx, const struct syn_plan *plan), void *ctx)
{
    struct brute b = {problem, pipeline, *base, each, ctx};
    for (unsigned s = 0; s < problem->fleet->count; s++)
        for (unsigned t = 0; t < problem->fleet->count; t++) {
            if (!(problem->pipelines[pipeline].sources >> s & 1) ||
                !(problem->pipelines[pipeline].targets >> t & 1))
                continue;
            b.plan.pipelines[pipeline] =
                (struct syn_execution_plan){.source = (uint8_t)s, .target = (uint8_t)t};
            extend(&b, 0, 0);
        }
}
