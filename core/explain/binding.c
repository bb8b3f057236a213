/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds the round back, and who has which share in it. */
#include "core/explain/parts.h"

#include <stdlib.h>

uint32_t syn_binding_devices(const struct syn_binding *binding)
{
    switch (binding->kind) {
    case SYN_BINDS_CAP:
    case SYN_BINDS_HUB:
        return 0;
    case SYN_BINDS_RADIOS:
        return binding->set & ((1u << SYN_DEVICE_HUB) - 1);
    default:
        return 1u << binding->device;
    }
}

/* The pipeline whose cap is the round. */
static int capped(const struct syn_explain_task *task)
{
    const struct syn_problem *problem = task->problem;
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        if (syn_cost_pipeline_cap_ns(&problem->pipelines[p].spec) >= task->prediction.round_ns)
            return (int)p;
    return -1;
}

static void find_next(struct syn_explain_task *task)
{
    struct syn_binding *b = &task->out->binding;
    for (unsigned d = 0; d < task->problem->fleet->count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            const bool itself =
                (b->kind == SYN_BINDS_UNIT && b->device == d && b->unit == (enum syn_unit)u) ||
                (b->kind == SYN_BINDS_RADIOS && u == SYN_UNIT_RADIO && b->set >> d & 1);
            if (itself || task->prediction.busy_ns[d][u] <= b->next)
                continue;
            b->next = task->prediction.busy_ns[d][u];
            b->next_device = (uint8_t)d;
            b->next_unit = (enum syn_unit)u;
        }
}

static void find_kind(struct syn_explain_task *task)
{
    const struct syn_prediction *p = &task->prediction;
    struct syn_binding *b = &task->out->binding;
    const int cap = capped(task);
    b->device = (uint8_t)p->bottleneck_device;
    b->unit = p->bottleneck_unit;
    b->set = p->bottleneck_set;
    b->ns = p->round_ns;
    if (cap >= 0)
        b->kind = SYN_BINDS_CAP;
    else if (p->execution == SYN_EXECUTION_SEQUENTIAL)
        b->kind = SYN_BINDS_SEQUENCE;
    else if (b->set)
        b->kind = SYN_BINDS_RADIOS;
    else
        b->kind = b->device == SYN_DEVICE_HUB ? SYN_BINDS_HUB : SYN_BINDS_UNIT;
    b->pipeline = cap >= 0 ? (uint8_t)cap : 0;
}

/* Is the work in what binds? */
static bool takes_part(const struct syn_binding *b, const struct syn_work *work)
{
    switch (b->kind) {
    case SYN_BINDS_SEQUENCE:
        return true;
    case SYN_BINDS_RADIOS:
        return work->kind == SYN_WORK_TRANSFER && b->set >> work->device & 1 &&
               b->set >> work->peer & 1;
    case SYN_BINDS_HUB:
        return work->kind == SYN_WORK_TRANSFER &&
               (work->device == SYN_DEVICE_HUB || work->peer == SYN_DEVICE_HUB);
    case SYN_BINDS_UNIT:
        return syn_work_occupies(work, b->device, b->unit);
    default:
        return work->pipeline == b->pipeline;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct syn_work *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns > y->ns ? -1 : 1;
    return x->pipeline != y->pipeline ? x->pipeline - y->pipeline : x->kind - y->kind;
}

int syn_explain_binding(struct syn_explain_task *task)
{
    struct syn_explanation *out = task->out;
    int rc = 0;
    find_kind(task);
    find_next(task);
    /* A rate that was asked for caps all alike: no task has a share in it. */
    const bool asked =
        out->binding.kind == SYN_BINDS_CAP && task->problem->objective == SYN_OBJECTIVE_POWER;
    for (unsigned i = 0; !rc && !asked && i < task->works.count; i++)
        if (takes_part(&out->binding, &task->works.list[i]))
            rc = syn_works_add(&out->shares, task->works.list[i]);
    if (out->shares.count)
        qsort(out->shares.list, out->shares.count, sizeof *out->shares.list, by_time);
    return rc;
}

/* ---- links ---- */

static int by_load(const void *a, const void *b)
{
    const struct syn_link_load *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns > y->ns ? -1 : 1;
    return x->a != y->a ? x->a - y->a : x->b - y->b;
}

int syn_explain_links(struct syn_explain_task *task)
{
    struct syn_explanation *out = task->out;
    for (unsigned i = 0; i < task->works.count; i++) {
        const struct syn_work *w = &task->works.list[i];
        const uint8_t a = w->device < w->peer ? w->device : w->peer;
        const uint8_t b = w->device < w->peer ? w->peer : w->device;
        unsigned at = 0;
        if (w->kind != SYN_WORK_TRANSFER)
            continue;
        while (at < out->link_count && (out->links[at].a != a || out->links[at].b != b))
            at++;
        if (at == out->link_count)
            out->links[out->link_count++] = (struct syn_link_load){.a = a, .b = b};
        out->links[at].bytes += w->bytes;
        out->links[at].ns += w->ns;
    }
    if (out->link_count)
        qsort(out->links, out->link_count, sizeof out->links[0], by_load);
    return 0;
}
