/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One target: bound, lists, branch and bound, division. */
#include "core/plan/exact/branch.h"
#include "core/plan/exact/prove.h"

#define NODES_MOST  200000 /* of one branch and bound before the lists are divided */
#define NODES_FIRST 300    /* of the first one */

static void found(void *ctx, const struct syn_plan *plan, const struct syn_score *score)
{
    syn_exact_take_plan(ctx, plan, score);
}

static int64_t wanted(void *ctx)
{
    const struct syn_exact *s = ctx;
    return s->have ? s->value - 1 : INT64_MAX;
}

/* A layer that lies half here, half there: where to divide the plans. */
struct division {
    unsigned pipeline, layer, device;
};

static unsigned allowed(uint16_t mask)
{
    unsigned n = 0;
    for (; mask; mask = (uint16_t)(mask & (mask - 1)))
        n++;
    return n;
}

/* The more undecided the linear programme is about a layer, and the longer the rest of the model,
 * the better; false where every layer has its device. */
static bool divide(const struct syn_exact *s, struct division *best)
{
    float most = -1;
    for (unsigned p = 0; p < s->relax->pipelines; p++) {
        const unsigned layers = s->relax->pipeline[p].layers;
        for (unsigned l = 0; l < layers; l++) {
            const uint16_t mask = s->bound->pricer[p].allow[l];
            for (unsigned d = 0; allowed(mask) > 1 && d < s->relax->devices; d++) {
                const float share = s->bound->share[p][l * s->relax->devices + d];
                const float value =
                    ((share < 0.5f ? share : 1 - share) + 0.01f) * (float)s->bound->least[p];
                if (!(mask >> d & 1) || value <= most)
                    continue;
                most = value;
                *best = (struct division){p, l, d};
            }
        }
    }
    return most >= 0;
}

/* Plans with the layer on that device, then those without. */
static int solve_parts(struct syn_exact *s, const struct division *where)
{
    uint16_t *allow = &s->bound->pricer[where->pipeline].allow[where->layer];
    const uint16_t before = *allow, device = (uint16_t)(1u << where->device);
    int64_t target = s->bound->target;
    if (s->parts_left < 2)
        return SYN_ETIMEOUT;
    s->parts_left -= 2;
    *allow = device;
    int rc = syn_exact_solve(s, target, false);
    if (s->have && s->value <= target)
        target = s->value - 1;
    *allow = before & (uint16_t)~device;
    if (!rc)
        rc = syn_exact_solve(s, target, false);
    *allow = before;
    return rc;
}

static uint64_t nodes_most(const struct syn_exact *s)
{
    return s->parts_left ? NODES_MOST : NODES_FIRST;
}

int syn_exact_solve(struct syn_exact *s, int64_t target, bool root)
{
    struct syn_lists lists = {0};
    struct division where = {0};
    const struct syn_branch_found take = {found, wanted, s};
    const int64_t began = syn_exact_now_ns();
    s->at_root = root;
    int rc = syn_bound_run(s->bound, target, &s->ask);
    s->at_root = false;
    if (rc || s->bound->value > target)
        return rc;
    if (root)
        syn_exact_raise_bound(s, s->bound->value);
    if (s->plans_most == SYN_PLANS_FIRST && !s->quick && !syn_exact_near(s))
        return SYN_ETIMEOUT;
    const bool divisible = divide(s, &where);
    rc = syn_lists_find(&lists, s->bound, divisible ? s->plans_most : UINT32_MAX, &s->ask);
    const bool whole = lists.whole;
    if (!rc && whole) {
        s->result->candidates += lists.count;
        rc = syn_branch_run(s->bound, &lists, divisible ? nodes_most(s) : UINT64_MAX, &s->ask,
                            &take, &s->result->candidates);
    }
    syn_lists_free(&lists);
    if (rc == SYN_ETIMEOUT || (!rc && !whole)) {
        rc = s->parts_left < 2 ? SYN_ETIMEOUT : syn_exact_improve_more(s);
        if (!rc)
            rc = syn_exact_improve_instead(s, began);
        s->bound->target = s->have && s->value <= target ? s->value - 1 : target;
        if (!rc)
            rc = solve_parts(s, &where);
    }
    return rc;
}
