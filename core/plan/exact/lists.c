/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/lists.h"

#include <stdlib.h>
#include <string.h>

#define ASK_INTERVAL 4096 /* steps between two looks at the clock */
#define STEPS_A_PLAN 64   /* steps that one plan may cost on average before it is too much */

struct walk {
    struct syn_lists *lists;
    struct syn_bound *b;
    const struct syn_pricer *x;
    unsigned pipeline;
    uint64_t most, steps, steps_most;
    int64_t price_most; /* of a plan */
    const struct syn_exact_ask *ask;
    int status;
    bool counting; /* instead of keeping */
    struct syn_path path;
    uint32_t used;
    int64_t radio_ns[SYN_DEVICES_MAX]; /* of the path so far, of a round */
};

static const struct syn_relax_pipeline *pipe_of(const struct walk *w)
{
    return &w->b->relax->pipeline[w->pipeline];
}

/* ---- keeping --------------------------------------------------------------------------------- */

static int make_room(struct syn_list *list, unsigned entries)
{
    if (list->count == list->room) {
        const unsigned room = 2 * list->room + 64;
        struct syn_listed *plans = realloc(list->plans, room * sizeof *plans);
        if (!plans)
            return SYN_ENOMEM;
        list->plans = plans;
        list->room = room;
    }
    if (list->entry_count + entries > list->entry_room) {
        const size_t room = 2 * list->entry_room + entries + 1024;
        uint16_t *row = realloc(list->row, room * sizeof *row);
        if (!row)
            return SYN_ENOMEM;
        list->row = row;
        int64_t *value = realloc(list->value, room * sizeof *value);
        if (!value)
            return SYN_ENOMEM;
        list->value = value;
        list->entry_room = room;
    }
    return 0;
}

static bool within(const struct walk *w, const struct syn_column *column)
{
    const struct syn_pipeline *spec = &w->b->relax->problem->pipelines[w->pipeline].spec;
    if (spec->latency_bound_ms > 0 && (double)column->latency_ns / 1e6 > spec->latency_bound_ms)
        return false;
    for (unsigned i = 0; i < column->count; i++)
        if (column->value[i] > pipe_of(w)->limit[column->row[i]])
            return false;
    return true;
}

static void keep(struct walk *w, int64_t price)
{
    struct syn_list *list = &w->lists->of[w->pipeline];
    struct syn_column column;
    if (w->counting) {
        w->lists->whole = ++w->lists->count <= w->most;
        return;
    }
    syn_relax_column(w->b->relax, w->pipeline, &w->path, w->b->relax->shared, &column);
    if (!within(w, &column))
        return;
    if (make_room(list, column.count)) {
        w->status = SYN_ENOMEM;
        return;
    }
    list->plans[list->count++] = (struct syn_listed){.path = w->path,
                                                     .reduced = price,
                                                     .cost = column.cost,
                                                     .latency_ns = column.latency_ns,
                                                     .devices = w->used,
                                                     .entry = (uint32_t)list->entry_count,
                                                     .entries = (uint16_t)column.count};
    memcpy(&list->row[list->entry_count], column.row, column.count * sizeof column.row[0]);
    memcpy(&list->value[list->entry_count], column.value, column.count * sizeof column.value[0]);
    list->entry_count += column.count;
    w->lists->count++;
}

/* ---- walking --------------------------------------------------------------------------------- */

static bool over(struct walk *w)
{
    if (++w->steps > w->steps_most)
        w->lists->whole = false;
    if (w->steps % ASK_INTERVAL == 0 && w->ask && w->ask->stop(w->ask->ctx, w->b->value))
        w->status = SYN_ECANCELED;
    return w->status || !w->lists->whole;
}

/* Both radios with the hop; false beyond the limits. */
static bool take_hop(struct walk *w, unsigned a, unsigned b, unsigned cut, int64_t sign)
{
    const struct syn_relax_hop h = syn_relax_hop(w->b->relax, w->pipeline, a, b, cut);
    const int64_t *limit = pipe_of(w)->limit;
    w->radio_ns[a] += sign * pipe_of(w)->weight * h.from_ns;
    w->radio_ns[b] += sign * pipe_of(w)->weight * h.to_ns;
    return w->radio_ns[a] <= limit[syn_relax_unit(a, SYN_UNIT_RADIO)] &&
           w->radio_ns[b] <= limit[syn_relax_unit(b, SYN_UNIT_RADIO)];
}

static void finish(struct walk *w, unsigned holder, int64_t price)
{
    const unsigned layers = pipe_of(w)->layers;
    for (unsigned t = 0; t < w->b->relax->devices; t++) {
        if (!(pipe_of(w)->targets >> t & 1))
            continue;
        const int64_t hop = t == holder ? 0 : syn_pricer_hop(w->x, holder, t, layers);
        const int64_t all = price + hop + syn_pricer_act(w->x, &w->b->prices, t);
        if (hop >= SYN_RELAX_NEVER || all > w->price_most)
            continue;
        w->path.target = (uint8_t)t;
        keep(w, all);
    }
}

static void hold(struct walk *w, unsigned holder, unsigned first, int64_t price);

static void try_arc(struct walk *w, unsigned d, unsigned first, const struct syn_arc *arc,
                    int64_t price)
{
    const struct syn_relax *r = w->b->relax;
    const int64_t rest = w->x->rest[arc->last * r->devices + d];
    if (over(w) || rest >= SYN_RELAX_NEVER || w->path.count >= SYN_PLAN_CHUNKS_MAX)
        return;
    const int64_t all = price + syn_pricer_chunk(w->x, &w->b->prices, d, first, arc);
    if (all + rest > w->price_most ||
        !syn_relax_alone(w->b->relax, w->pipeline, d, first, arc->last))
        return;
    w->path.device[w->path.count] = (uint8_t)d;
    w->path.last[w->path.count++] = arc->last;
    w->used |= UINT32_C(1) << d;
    if (arc->last == pipe_of(w)->layers)
        finish(w, d, all);
    else
        hold(w, d, arc->last, all);
    w->used &= ~(UINT32_C(1) << d);
    w->path.count--;
}

static void try_device(struct walk *w, unsigned d, unsigned first, int64_t price)
{
    const unsigned layers = pipe_of(w)->layers;
    const uint32_t end = w->x->start[d * layers + first + 1];
    if (price + w->x->chunk[first * w->b->relax->devices + d] > w->price_most)
        return;
    for (uint32_t i = w->x->start[d * layers + first]; i < end; i++)
        if (!w->x->arcs[i].never)
            try_arc(w, d, first, &w->x->arcs[i], price);
}

/* The data of the boundary lie on `holder`; the next chunk is elsewhere. */
static void hold(struct walk *w, unsigned holder, unsigned first, int64_t price)
{
    for (unsigned d = 0; d < w->b->relax->devices; d++) {
        if (d == holder || w->used >> d & 1 ||
            w->x->chunk[first * w->b->relax->devices + d] >= SYN_RELAX_NEVER)
            continue;
        const int64_t hop = syn_pricer_hop(w->x, holder, d, first);
        if (hop >= SYN_RELAX_NEVER)
            continue;
        if (take_hop(w, holder, d, first, 1))
            try_device(w, d, first, price + hop);
        (void)take_hop(w, holder, d, first, -1);
    }
}

static int by_price(const void *a, const void *b)
{
    const struct syn_listed *x = a, *y = b;
    if (x->reduced != y->reduced)
        return x->reduced < y->reduced ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static int list_pipeline(struct walk *w)
{
    struct syn_bound *b = w->b;
    struct syn_list *list = &w->lists->of[w->pipeline];
    const int64_t least = syn_pricer_run(&b->pricer[w->pipeline], &b->prices, NULL);
    w->x = &b->pricer[w->pipeline];
    w->price_most = least + (b->target << b->prices.shift) - b->total;
    for (unsigned s = 0; s < b->relax->devices && least < SYN_RELAX_NEVER; s++) {
        if (!(pipe_of(w)->sources >> s & 1))
            continue;
        const int64_t price = syn_pricer_sense(w->x, &b->prices, s);
        w->path.source = (uint8_t)s;
        if (w->x->chunk[s] < SYN_RELAX_NEVER)
            try_device(w, s, 0, price);
        hold(w, s, 0, price);
    }
    if (list->count)
        qsort(list->plans, list->count, sizeof *list->plans, by_price);
    return w->status;
}

static int list_all(struct syn_lists *lists, struct syn_bound *bound, uint64_t most, bool counting,
                    const struct syn_exact_ask *ask)
{
    int rc = 0;
    lists->count = 0;
    for (unsigned p = 0; !rc && lists->whole && p < bound->relax->pipelines; p++) {
        struct walk w = {.lists = lists,
                         .b = bound,
                         .pipeline = p,
                         .most = most,
                         .steps_most = most * STEPS_A_PLAN,
                         .ask = ask,
                         .counting = counting};
        rc = list_pipeline(&w);
    }
    return rc;
}

int syn_lists_find(struct syn_lists *lists, struct syn_bound *bound, uint64_t most,
                   const struct syn_exact_ask *ask)
{
    memset(lists, 0, sizeof *lists);
    lists->whole = true;
    int rc = most < UINT32_MAX ? list_all(lists, bound, most, true, ask) : 0;
    if (!rc)
        rc = list_all(lists, bound, most, false, ask);
    if (rc)
        syn_lists_free(lists);
    return rc;
}

void syn_lists_free(struct syn_lists *lists)
{
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++) {
        free(lists->of[p].plans);
        free(lists->of[p].row);
        free(lists->of[p].value);
    }
    memset(lists, 0, sizeof *lists);
}
