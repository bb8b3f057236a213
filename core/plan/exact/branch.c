/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/branch.h"

#include "core/cost/fit.h"
#include "core/plan/exact/choices.h"

#include <stdlib.h>
#include <string.h>

#define ASK_INTERVAL 64    /* nodes between two looks at the clock, */
#define ASK_CHOICES  20000 /* or choices that were looked at */
#define PASSES_MAX   4     /* of shrinking domains at one node */

/* ---- deciding -------------------------------------------------------------------------------- */

static void add_config(const struct syn_branch *x, int64_t *row, const struct syn_choice_config *c)
{
    if (x->accel[c->device] >= 0)
        row[x->accel[c->device]] += c->load_ns;
    if (x->cpu[c->device] >= 0)
        row[x->cpu[c->device]] += c->load_ns;
}

static void take(const struct syn_branch *x, struct syn_branch_state *s, const struct syn_choice *c)
{
    for (unsigned i = 0; i < x->rows; i++)
        s->row[i] += c->row[i];
    s->cost += c->cost;
    s->reduced += c->reduced;
    for (unsigned k = 0; k < c->plan->path.count; k++) {
        const struct syn_choice_config *own = &c->config[k];
        struct syn_choice_config *alone = &s->alone[own->device];
        const uint8_t held = s->held[own->device]++;
        if (held == 0)
            *alone = *own;
        for (unsigned i = 0; held && i < (held == 1 ? 2u : 1u); i++) {
            const struct syn_choice_config *more = i ? alone : own;
            add_config(x, s->row, more);
            s->cost += more->cost;
            s->reduced += more->price;
        }
    }
}

static void set_plan(struct syn_branch *x, unsigned p, const struct syn_choice *c)
{
    const struct syn_path *path = &c->plan->path;
    struct syn_execution_plan *e = &x->plan.pipelines[p];
    uint16_t first = 0;
    *e = (struct syn_execution_plan){
        .source = path->source, .target = path->target, .chunk_count = path->count};
    for (unsigned k = 0; k < path->count; k++) {
        e->chunks[k] = (struct syn_plan_chunk){
            .device = path->device[k], .first = first, .last = path->last[k]};
        first = path->last[k];
    }
}

/* ---- judging --------------------------------------------------------------------------------- */

/* Which devices will hold two chunks whatever comes; who is sure to put one there. */
struct sure {
    uint8_t chunks[SYN_DEVICES_MAX];
    uint32_t of[SYN_PIPELINES_MAX];
};

static void find_sure(const struct syn_branch *x, const struct syn_branch_level *level,
                      struct sure *sure)
{
    memcpy(sure->chunks, level->state.held, sizeof sure->chunks);
    for (unsigned p = 0; p < x->r->pipelines; p++) {
        sure->of[p] = 0;
        if (x->plan.pipelines[p].chunk_count)
            continue;
        sure->of[p] = UINT32_MAX;
        for (unsigned i = 0; i < level->domain[p].count; i++)
            sure->of[p] &= x->choices[p][level->domain[p].of[i]].plan->devices;
        for (unsigned d = 0; d < x->r->devices; d++)
            sure->chunks[d] = (uint8_t)(sure->chunks[d] + (sure->of[p] >> d & 1));
    }
}

/* What a choice takes at least, beside all that is sure: into row; its cost and price. */
static void at_least(const struct syn_branch *x, const struct syn_branch_level *level,
                     const struct sure *sure, unsigned p, const struct syn_choice *c,
                     bool one_alone, int64_t *row, int64_t *cost, int64_t *price)
{
    memcpy(row, c->row, x->rows * sizeof *row);
    *cost = c->cost;
    *price = c->reduced;
    for (unsigned k = 0; k < c->plan->path.count; k++) {
        const struct syn_choice_config *own = &c->config[k];
        const unsigned d = own->device;
        const unsigned others = sure->chunks[d] - (sure->of[p] >> d & 1);
        /* The one that is alone is counted in the state where others are sure to come. Else it
         * counts for whoever joins it, but not for several at a time. */
        const bool joins = one_alone && level->state.held[d] == 1 && sure->chunks[d] == 1;
        for (unsigned i = 0; others && i < (joins ? 2u : 1u); i++) {
            const struct syn_choice_config *more = i ? &level->state.alone[d] : own;
            add_config(x, row, more);
            *cost += more->cost;
            *price += more->price;
        }
    }
}

/* Sums over all pipelines of the least that each takes. */
struct totals {
    int64_t row[SYN_RELAX_ROWS_MAX];
    int64_t cost, price;
    int64_t least_cost[SYN_PIPELINES_MAX], least_price[SYN_PIPELINES_MAX];
};

static void decided_totals(const struct syn_branch *x, const struct syn_branch_level *level,
                           const struct sure *sure, struct totals *t)
{
    memcpy(t->row, level->state.row, x->rows * sizeof t->row[0]);
    t->cost = level->state.cost;
    t->price = level->state.reduced;
    for (unsigned d = 0; d < x->r->devices; d++) {
        if (level->state.held[d] != 1 || sure->chunks[d] < 2)
            continue;
        add_config(x, t->row, &level->state.alone[d]);
        t->cost += level->state.alone[d].cost;
        t->price += level->state.alone[d].price;
    }
}

static void add_least(const struct syn_branch *x, struct syn_branch_level *level,
                      const struct sure *sure, unsigned p, struct totals *t)
{
    int64_t *least = &level->least[p * x->rows];
    int64_t row[SYN_RELAX_ROWS_MAX], cost, price;
    for (unsigned i = 0; i < level->domain[p].count; i++) {
        at_least(x, level, sure, p, &x->choices[p][level->domain[p].of[i]], false, row, &cost,
                 &price);
        if (i == 0) {
            memcpy(least, row, x->rows * sizeof *least);
            t->least_cost[p] = cost;
            t->least_price[p] = price;
            continue;
        }
        for (unsigned u = 0; u < x->rows; u++)
            least[u] = row[u] < least[u] ? row[u] : least[u];
        t->least_cost[p] = cost < t->least_cost[p] ? cost : t->least_cost[p];
        t->least_price[p] = price < t->least_price[p] ? price : t->least_price[p];
    }
    for (unsigned u = 0; u < x->rows; u++)
        t->row[u] += least[u];
    t->cost += t->least_cost[p];
    t->price += t->least_price[p];
}

/* T that the target leaves where plans cost `cost` at least; -1: none. */
static int64_t round_most(const struct syn_branch *x, int64_t cost)
{
    if (cost > x->target)
        return -1;
    if (!x->r->alpha)
        return x->r->most_ns;
    const int64_t most = (x->target - cost) / x->r->alpha;
    return most < x->r->most_ns ? most : x->r->most_ns;
}

static int64_t room_of(const struct syn_branch *x, unsigned i, int64_t round)
{
    const unsigned u = x->row[i];
    return x->r->times[u]
               ? (round < SYN_RELAX_NEVER / 64 ? round * x->r->times[u] : SYN_RELAX_NEVER)
               : x->r->room[u];
}

static int64_t price_most(const struct syn_branch *x)
{
    return (x->target << x->b->prices.shift) - x->fixed;
}

/* Shrinks one domain; false where nothing is left of it. */
static bool shrink(const struct syn_branch *x, struct syn_branch_level *level,
                   const struct sure *sure, unsigned p, const struct totals *t, bool *changed)
{
    const int64_t *least = &level->least[p * x->rows];
    const int64_t most = round_most(x, t->cost);
    const int64_t price_left = price_most(x) - t->price + t->least_price[p];
    const int64_t cost_left = x->target - t->cost + t->least_cost[p];
    int64_t slack[SYN_RELAX_ROWS_MAX], row[SYN_RELAX_ROWS_MAX], cost, price;
    struct syn_domain *domain = &level->domain[p];
    unsigned kept = 0;
    for (unsigned u = 0; u < x->rows; u++)
        slack[u] = room_of(x, u, most) - t->row[u] + least[u];
    for (unsigned i = 0; i < domain->count; i++) {
        const struct syn_choice *c = &x->choices[p][domain->of[i]];
        int over = 0;
        if (c->reduced > price_left)
            break;
        at_least(x, level, sure, p, c, true, row, &cost, &price);
        for (unsigned u = 0; u < x->rows; u++)
            over |= row[u] > slack[u];
        if (!over && price <= price_left && cost <= cost_left)
            domain->of[kept++] = domain->of[i];
    }
    *changed |= kept < domain->count;
    domain->count = kept;
    return kept > 0;
}

/* Takes out what cannot be; false where no plan is left. */
static bool filter(struct syn_branch *x, struct syn_branch_level *level)
{
    bool changed = true;
    for (unsigned pass = 0; changed && pass < PASSES_MAX; pass++) {
        struct sure sure;
        struct totals t;
        changed = false;
        find_sure(x, level, &sure);
        decided_totals(x, level, &sure, &t);
        for (unsigned p = 0; p < x->r->pipelines; p++) {
            if (x->plan.pipelines[p].chunk_count)
                continue;
            if (!level->domain[p].count)
                return false;
            x->looked += level->domain[p].count;
            add_least(x, level, &sure, p, &t);
        }
        const int64_t most = round_most(x, t.cost);
        if (most < x->r->cap_ns || t.price > price_most(x))
            return false;
        for (unsigned u = 0; u < x->rows; u++)
            if (t.row[u] > room_of(x, u, most))
                return false;
        for (unsigned p = 0; p < x->r->pipelines; p++)
            if (!x->plan.pipelines[p].chunk_count && !shrink(x, level, &sure, p, &t, &changed))
                return false;
    }
    return true;
}

/* ---- devices of which all is decided --------------------------------------------------------- */

static uint32_t still_open(const struct syn_branch *x, const struct syn_branch_level *level)
{
    uint32_t open = 0;
    for (unsigned p = 0; p < x->r->pipelines; p++)
        for (unsigned i = 0; !x->plan.pipelines[p].chunk_count && i < level->domain[p].count; i++)
            open |= x->choices[p][level->domain[p].of[i]].plan->devices;
    return open;
}

/* Places what the device holds; false where it does not fit. Else what it takes above the floor. */
static bool place_device(struct syn_branch *x, unsigned device, struct syn_branch_level *level)
{
    struct syn_residents residents;
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_place *at = places;
    const struct syn_fleet_device *d = &x->r->problem->fleet->devices[device];
    syn_residents_of(&x->plan, device, &residents);
    if (syn_fit_kernels(x->r->problem, device, &residents, places, NULL))
        return false;
    for (unsigned i = 0; i < residents.count; i++) {
        const struct syn_resident *c = &residents.list[i];
        const struct syn_relax_pipeline *pipe = &x->r->pipeline[c->pipeline];
        struct syn_chunk_cost cost;
        if (syn_cost_chunk(d, x->r->problem->pipelines[c->pipeline].model, c->first, c->last, at,
                           &cost))
            return false;
        const int64_t more =
            (int64_t)cost.infer_ns - pipe->infer_ns[device][syn_relax_range(c->first, c->last)];
        if (x->accel[device] >= 0)
            level->state.row[x->accel[device]] += pipe->weight * more;
        level->state.cost += x->r->latency ? more
                             : x->r->energy
                                 ? pipe->weight * more * d->profile.timing.active_uw[SYN_UNIT_ACCEL]
                                 : 0;
        at += c->last - c->first;
    }
    return true;
}

static bool place_devices(struct syn_branch *x, struct syn_branch_level *level, uint32_t *placed)
{
    const uint32_t open = still_open(x, level);
    for (unsigned d = 0; d < x->r->devices; d++) {
        if (!level->state.held[d] || open >> d & 1 || *placed >> d & 1)
            continue;
        if (!place_device(x, d, level))
            return false;
        *placed |= UINT32_C(1) << d;
    }
    return true;
}

static void judge(struct syn_branch *x)
{
    struct syn_prediction prediction;
    struct syn_score score;
    if (syn_cost_predict(x->r->problem, &x->plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(x->r->problem, &x->plan, &prediction, &score);
    const int64_t value = (int64_t)syn_score_first(x->r->problem->objective, &score);
    if (value > x->target)
        return;
    x->found->found(x->found->ctx, &x->plan, &score);
    x->target = value - 1;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static bool over(struct syn_branch *x)
{
    ++*x->nodes;
    if (*x->nodes % ASK_INTERVAL == 0 || x->looked >= ASK_CHOICES) {
        x->looked = 0;
        if (x->ask->stop(x->ask->ctx, x->b->value))
            x->status = SYN_ECANCELED;
        const int64_t target = x->found->target(x->found->ctx);
        x->target = target < x->target ? target : x->target;
    }
    if (!x->nodes_most--)
        x->status = SYN_ETIMEOUT;
    return x->status != 0;
}

static unsigned smallest(const struct syn_branch *x, const struct syn_branch_level *level)
{
    unsigned best = SYN_PIPELINES_MAX;
    for (unsigned p = 0; p < x->r->pipelines; p++)
        if (!x->plan.pipelines[p].chunk_count &&
            (best == SYN_PIPELINES_MAX || level->domain[p].count < level->domain[best].count))
            best = p;
    return best;
}

static void descend(struct syn_branch *x, unsigned depth, uint32_t placed)
{
    struct syn_branch_level *level = &x->levels[depth];
    if (over(x) || !filter(x, level))
        return;
    if (!place_devices(x, level, &placed) || !filter(x, level))
        return;
    const unsigned p = smallest(x, level);
    if (p == SYN_PIPELINES_MAX) {
        judge(x);
        return;
    }
    const struct syn_domain domain = level->domain[p];
    struct syn_branch_level *next = &x->levels[depth + 1];
    for (unsigned i = 0; i < domain.count && !x->status; i++) {
        const struct syn_choice *c = &x->choices[p][domain.of[i]];
        if (c->reduced > price_most(x))
            break;
        x->status = syn_branch_copy_level(x, level, next);
        if (x->status)
            return;
        next->domain[p].count = 0;
        take(x, &next->state, c);
        set_plan(x, p, c);
        descend(x, depth + 1, placed);
        x->plan.pipelines[p].chunk_count = 0;
    }
}

static int begin(struct syn_branch *x, const struct syn_lists *lists)
{
    struct syn_branch_level *top;
    syn_branch_find_rows(x, lists);
    x->levels = calloc(x->r->pipelines + 2u, sizeof *x->levels);
    if (!x->levels || syn_branch_make_choices(x, lists) ||
        syn_branch_make_level(x, &x->levels[0], lists->count))
        return SYN_ENOMEM;
    top = &x->levels[0];
    memset(top->state.row, 0, x->rows * sizeof *top->state.row);
    uint32_t *at = top->memory;
    for (unsigned p = 0; p < x->r->pipelines; p++) {
        top->domain[p] = (struct syn_domain){at, lists->of[p].count};
        for (unsigned i = 0; i < lists->of[p].count; i++)
            *at++ = i;
    }
    return 0;
}

int syn_branch_run(const struct syn_bound *bound, const struct syn_lists *lists,
                   uint64_t nodes_most, const struct syn_exact_ask *ask,
                   const struct syn_branch_found *found, uint64_t *nodes)
{
    struct syn_branch x = {.b = bound,
                           .r = bound->relax,
                           .ask = ask,
                           .found = found,
                           .target = bound->target,
                           .nodes = nodes,
                           .nodes_most = nodes_most};
    x.plan.pipeline_count = bound->relax->pipelines;
    x.fixed = bound->total;
    for (unsigned p = 0; p < bound->relax->pipelines; p++)
        x.fixed -= bound->least[p];
    x.status = begin(&x, lists);
    if (!x.status)
        descend(&x, 0, 0);
    syn_branch_clear(&x);
    return x.status;
}
