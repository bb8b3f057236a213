/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/lists.h"

#include <stdlib.h>
#include <string.h>

#define ASK_INTERVAL 4096 /* steps between two looks at the clock */
#define STEPS_A_PLAN 16   /* steps that one plan may cost on average before it is too much */
#define FEW          32   /* plans of a pipeline that is listed in the first round */
#define MORE         4    /* times as many in the next */

struct walk {
    struct syn_lists *lists;
    struct syn_bound *b;
    const struct syn_pricer *x;
    unsigned pipeline;
    bool counting; /* instead of keeping: that takes many times as long */
    uint64_t most, counted, steps;
    uint64_t *steps_left; /* for all pipelines */
    bool full;            /* there are more plans than `most`, or they are hard to find */
    int64_t price_most;   /* of a plan */
    const struct syn_exact_ask *ask;
    int status;
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
        w->full = w->counted++ >= w->most;
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
}

/* ---- walking --------------------------------------------------------------------------------- */

static bool over(struct walk *w)
{
    w->steps++;
    w->full |= !*w->steps_left || !--*w->steps_left;
    if (w->steps % ASK_INTERVAL == 0 && w->ask && w->ask->stop(w->ask->ctx, w->b->value))
        w->status = SYN_ECANCELED;
    return w->status || w->full;
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

/* What is known of all plans while one pipeline after the other is listed. */
struct listing {
    struct syn_lists *lists;
    struct syn_bound *b;
    uint64_t steps_left;
    const struct syn_exact_ask *ask;
    int64_t total;                    /* price of all, at least */
    int64_t least[SYN_PIPELINES_MAX]; /* of each: share in it */
    bool listed[SYN_PIPELINES_MAX];
    unsigned done, seen[SYN_PIPELINES_MAX]; /* listed pipelines; when it was last tried */
    bool impossible;                        /* one has no plan */
};

static void raise_least(struct listing *l, unsigned p, int64_t least)
{
    l->total += least - l->least[p];
    l->least[p] = least;
}

static void walk_sources(struct walk *w)
{
    for (unsigned s = 0; s < w->b->relax->devices; s++) {
        if (!(pipe_of(w)->sources >> s & 1))
            continue;
        const int64_t price = syn_pricer_sense(w->x, &w->b->prices, s);
        w->path.source = (uint8_t)s;
        if (w->x->chunk[s] < SYN_RELAX_NEVER)
            try_device(w, s, 0, price);
        hold(w, s, 0, price);
    }
}

/* The plans of one pipeline, if they are at most `most`. */
static int walk_pipeline(struct listing *l, unsigned p, uint64_t most, bool *full)
{
    struct syn_bound *b = l->b;
    struct walk w = {.lists = l->lists,
                     .b = b,
                     .x = &b->pricer[p],
                     .pipeline = p,
                     .counting = true,
                     .most = most,
                     .steps_left = &l->steps_left,
                     .ask = l->ask};
    syn_pricer_filter(&b->pricer[p]);
    const int64_t least = syn_pricer_run(&b->pricer[p], &b->prices, NULL);
    l->impossible = least >= SYN_RELAX_NEVER;
    if (l->impossible)
        return 0;
    raise_least(l, p, least);
    w.price_most = least + (b->target << b->prices.shift) - l->total;
    walk_sources(&w);
    w.counting = false;
    if (!w.status && !w.full)
        walk_sources(&w);
    *full = w.full; /* steps can run out in the second walk, too */
    return w.status;
}

/* Every plan takes at least what the least of them takes: less is left for the others. */
static void tighten(struct listing *l, unsigned p)
{
    const struct syn_list *list = &l->lists->of[p];
    const unsigned rows = l->b->relax->rows;
    unsigned times[SYN_RELAX_ROWS_MAX] = {0};
    int64_t least[SYN_RELAX_ROWS_MAX] = {0};
    for (size_t i = 0; i < list->entry_count; i++) {
        const unsigned u = list->row[i];
        least[u] = times[u]++ && least[u] < list->value[i] ? least[u] : list->value[i];
    }
    for (unsigned u = 0; u < rows; u++)
        least[u] = times[u] < list->count ? 0 : least[u];
    syn_relax_taken(l->b->relax, p, least);
}

static int list_pipeline(struct listing *l, unsigned p, uint64_t most)
{
    struct syn_list *list = &l->lists->of[p];
    bool full = false;
    list->count = 0;
    list->entry_count = 0;
    l->seen[p] = l->done;
    const int rc = walk_pipeline(l, p, most, &full);
    if (rc || full)
        return rc;
    l->listed[p] = true;
    l->done++;
    l->lists->count += list->count;
    l->impossible |= !list->count;
    if (l->impossible)
        return 0;
    qsort(list->plans, list->count, sizeof *list->plans, by_price);
    raise_least(l, p, list->plans[0].reduced);
    tighten(l, p);
    return 0;
}

/* One round over those that are not listed yet; again those for whom something has changed. */
static int list_round(struct listing *l, uint64_t most, bool first)
{
    int rc = 0;
    for (bool again = true; !rc && again; first = false) {
        again = false;
        for (unsigned p = 0; !rc && !l->impossible && p < l->b->relax->pipelines; p++) {
            if (l->listed[p] || (!first && l->seen[p] == l->done))
                continue;
            rc = list_pipeline(l, p, most);
            again |= l->listed[p];
        }
    }
    return rc;
}

static void empty(struct syn_lists *lists)
{
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        lists->of[p].count = 0;
}

int syn_lists_find(struct syn_lists *lists, struct syn_bound *bound, uint64_t most,
                   const struct syn_exact_ask *ask)
{
    struct listing l = {.lists = lists,
                        .b = bound,
                        .steps_left = most * STEPS_A_PLAN,
                        .ask = ask,
                        .total = bound->total};
    const unsigned pipelines = bound->relax->pipelines;
    int rc = 0;
    memset(lists, 0, sizeof *lists);
    memcpy(l.least, bound->least, sizeof l.least);
    for (uint64_t n = FEW; !rc && !l.impossible && l.done < pipelines && l.steps_left; n *= MORE) {
        /* After a round every pipeline that is left has more than n. */
        const uint64_t all = lists->count + (pipelines - l.done) * (n / MORE);
        if (all > most)
            break;
        const uint64_t left = most - lists->count;
        rc = list_round(&l, n < left ? n : left, true);
    }
    lists->whole = l.impossible || l.done == pipelines;
    if (l.impossible)
        empty(lists);
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
