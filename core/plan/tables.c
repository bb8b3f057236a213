/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/tables.h"

#include <stdlib.h>

static const struct syn_timing *timing_of(const struct syn_tables *t, unsigned device)
{
    return &t->problem->fleet->devices[device].profile.timing;
}

void syn_tables_init(struct syn_tables *tables, const struct syn_problem *problem)
{
    *tables = (struct syn_tables){.problem = problem};
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        unsigned like = 0;
        while (like < d && !syn_timing_same(timing_of(tables, like), timing_of(tables, d)))
            like++;
        tables->kind[d] = (uint8_t)like;
    }
}

static void free_model(struct syn_model_table *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < SYN_DEVICES_MAX; i++) {
        free(m->parts[i].demand);
        free(m->parts[i].alone);
        free(m->kinds[i]);
    }
    free(m->bytes);
    free(m);
}

void syn_tables_clear(struct syn_tables *tables)
{
    for (unsigned i = 0; i < tables->count; i++)
        free_model(tables->models[i]);
    tables->count = 0;
}

static int read_cuts(struct syn_model_table *m, struct syn_error *error)
{
    for (unsigned i = 0; i <= m->layers; i++) {
        struct syn_cut cut;
        if (syn_model_cut(m->model, i, &cut))
            return syn_error_set(error, SYN_EOOR, "%s: more than %d tensors cross the cut at %u",
                                 m->model->name, SYN_LIVE_MAX, i);
        m->bytes[i] = i < m->layers ? cut.bytes : syn_cost_result_bytes(cut.bytes);
        m->words[i] = cut.words;
    }
    return 0;
}

static int no_memory(struct syn_error *error)
{
    syn_error_set(error, SYN_ENOMEM, "no memory for the search");
    return SYN_ENOMEM;
}

static int new_model(struct syn_model_table **table, const struct syn_model *model,
                     struct syn_error *error)
{
    struct syn_model_table *m = calloc(1, sizeof *m);
    const size_t cuts = model->layer_count + 1u;
    *table = NULL;
    if (!m)
        return no_memory(error);
    m->model = model;
    m->layers = model->layer_count;
    m->bytes = calloc(2 * cuts, sizeof *m->bytes);
    m->words = m->bytes + cuts;
    int rc = m->bytes ? read_cuts(m, error) : no_memory(error);
    if (rc)
        free_model(m);
    else
        *table = m;
    return rc;
}

static int own_model(struct syn_tables *tables, const struct syn_model *model,
                     struct syn_model_table **table, struct syn_error *error)
{
    for (unsigned i = 0; i < tables->count; i++)
        if (tables->models[i]->model == model) {
            *table = tables->models[i];
            return 0;
        }
    int rc = new_model(&tables->models[tables->count], model, error);
    *table = tables->models[tables->count];
    tables->count += !rc;
    return rc;
}

int syn_tables_model(struct syn_tables *tables, const struct syn_model *model,
                     const struct syn_model_table **table, struct syn_error *error)
{
    struct syn_model_table *own = NULL;
    int rc = own_model(tables, model, &own, error);
    *table = own;
    return rc;
}

static void add_demand(struct syn_demand *sum, const struct syn_demand *more)
{
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
        sum->of[r] += more->of[r];
}

static struct syn_part_table *part_table(struct syn_model_table *m, const struct syn_part *part)
{
    unsigned i = 0;
    while (m->parts[i].part && m->parts[i].part != part)
        i++;
    struct syn_part_table *p = &m->parts[i];
    if (p->part)
        return p;
    p->demand = calloc(m->layers + 1u, sizeof *p->demand);
    p->alone = calloc(syn_table_rows(m->layers) + 1, sizeof *p->alone);
    if (!p->demand || !p->alone)
        return NULL;
    p->part = part;
    for (unsigned l = 0; l < m->layers; l++) {
        syn_demand_layer(part, &m->model->layers[l], &p->demand[l + 1]);
        add_demand(&p->demand[l + 1], &p->demand[l]);
    }
    return p;
}

static void fill_infer(struct syn_kind_table *k, const struct syn_model_table *m,
                       const struct syn_timing *t)
{
    uint64_t cycles[SYN_MODEL_LAYERS_MAX + 1];
    size_t row = 0;
    cycles[0] = 1;
    for (unsigned l = 0; l < m->layers; l++)
        cycles[l + 1] = cycles[l] + syn_demand_cycles(t->part, &m->model->layers[l], t->accel_hz);
    for (unsigned first = 0; first < m->layers; first++)
        for (unsigned last = first + 1; last <= m->layers; last++)
            k->infer_ns[row++] = (int64_t)syn_timing_infer(t, 1 + cycles[last] - cycles[first]);
}

/* One block of memory: the table and its arrays. */
static struct syn_kind_table *new_kind(struct syn_model_table *m, const struct syn_timing *t)
{
    const size_t cuts = m->layers + 1u;
    const struct syn_part_table *on = part_table(m, t->part);
    struct syn_kind_table *k =
        on ? malloc(sizeof *k + (3 * cuts + syn_table_rows(m->layers)) * sizeof(int64_t)) : NULL;
    if (!k)
        return NULL;
    k->on = on;
    k->words_ns = (int64_t *)(k + 1);
    k->message_ns = k->words_ns + cuts;
    k->configure_ns = k->message_ns + cuts;
    k->infer_ns = k->configure_ns + cuts;
    for (unsigned i = 0; i < cuts; i++) {
        k->words_ns[i] = (int64_t)syn_timing_words(t, m->words[i]);
        k->message_ns[i] = (int64_t)syn_timing_message(t, m->bytes[i]);
        k->configure_ns[i] = (int64_t)syn_timing_configure(t, i);
    }
    fill_infer(k, m, t);
    return k;
}

int syn_tables_full(struct syn_tables *tables, const struct syn_model *model,
                    const struct syn_model_table **table, struct syn_error *error)
{
    struct syn_model_table *m = NULL;
    int rc = own_model(tables, model, &m, error);
    *table = m;
    for (unsigned d = 0; !rc && d < tables->problem->fleet->count; d++) {
        if (!m->kinds[tables->kind[d]])
            m->kinds[tables->kind[d]] = new_kind(m, timing_of(tables, d));
        if (!m->kinds[tables->kind[d]])
            rc = no_memory(error);
    }
    return rc;
}
