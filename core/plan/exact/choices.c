/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/choices.h"

#include <stdlib.h>
#include <string.h>

void syn_branch_find_rows(struct syn_branch *x, const struct syn_lists *lists)
{
    const struct syn_relax *r = x->r;
    int64_t most[SYN_RELAX_ROWS_MAX] = {0};
    for (unsigned p = 0; p < r->pipelines; p++) {
        const struct syn_list *list = &lists->of[p];
        int64_t own[SYN_RELAX_ROWS_MAX] = {0};
        for (size_t i = 0; i < list->entry_count; i++)
            if (list->value[i] > own[list->row[i]])
                own[list->row[i]] = list->value[i];
        for (unsigned u = 0; u < r->rows; u++)
            most[u] += own[u];
    }
    memset(x->accel, -1, sizeof x->accel);
    memset(x->cpu, -1, sizeof x->cpu);
    for (unsigned u = 0; u < r->rows; u++) {
        const unsigned d = u / SYN_UNIT_COUNT, unit = u % SYN_UNIT_COUNT;
        const bool configured =
            u < syn_relax_hub(r) && (unit == SYN_UNIT_ACCEL || unit == SYN_UNIT_CPU);
        const bool counts = r->times[u] && (r->alpha || x->b->most_ns < SYN_RELAX_NEVER);
        const int64_t room = r->times[u] ? r->times[u] * (x->b->most_ns < SYN_RELAX_NEVER / 64
                                                              ? x->b->most_ns
                                                              : SYN_RELAX_NEVER / 64)
                                         : r->room[u];
        if ((r->times[u] && !counts) || (!configured && most[u] <= room))
            continue;
        if (configured)
            *(unit == SYN_UNIT_ACCEL ? &x->accel[d] : &x->cpu[d]) = (int)x->rows;
        x->row[x->rows++] = u;
    }
}

static void set_config(struct syn_branch *x, unsigned p, struct syn_choice *c)
{
    const struct syn_path *path = &c->plan->path;
    const int64_t *price = x->b->prices.row;
    unsigned first = 0;
    for (unsigned k = 0; k < path->count; k++) {
        const unsigned d = path->device[k];
        struct syn_relax_config more = {0};
        if (!(x->r->shared >> d & 1))
            more = syn_relax_config(x->r, p, d, path->last[k] - first);
        c->config[k] = (struct syn_choice_config){
            .device = (uint8_t)d,
            .load_ns = more.load_ns,
            .cost = more.cost,
            .price = more.load_ns * (price[syn_relax_unit(d, SYN_UNIT_ACCEL)] +
                                     price[syn_relax_unit(d, SYN_UNIT_CPU)]) +
                     (more.cost << x->b->prices.shift)};
        first = path->last[k];
    }
}

static void fill_choice(struct syn_branch *x, unsigned p, const struct syn_list *list,
                        const struct syn_listed *plan, int64_t *row,
                        struct syn_choice_config *config, struct syn_choice *c)
{
    unsigned at = 0;
    *c = (struct syn_choice){
        .plan = plan, .row = row, .reduced = plan->reduced, .cost = plan->cost, .config = config};
    for (unsigned i = 0; i < x->rows; i++) {
        while (at < plan->entries && list->row[plan->entry + at] < x->row[i])
            at++;
        const bool here = at < plan->entries && list->row[plan->entry + at] == x->row[i];
        row[i] = here ? list->value[plan->entry + at] : 0;
    }
    set_config(x, p, c);
}

static size_t count_chunks(const struct syn_branch *x, const struct syn_lists *lists)
{
    size_t chunks = 0;
    for (unsigned p = 0; p < x->r->pipelines; p++)
        for (unsigned i = 0; i < lists->of[p].count; i++)
            chunks += lists->of[p].plans[i].path.count;
    return chunks;
}

int syn_branch_make_choices(struct syn_branch *x, const struct syn_lists *lists)
{
    int64_t *row = x->values = malloc((size_t)(lists->count * x->rows + 1) * sizeof *row);
    struct syn_choice_config *config = x->configs =
        malloc((count_chunks(x, lists) + 1) * sizeof *config);
    if (!row || !config)
        return SYN_ENOMEM;
    for (unsigned p = 0; p < x->r->pipelines; p++) {
        const struct syn_list *list = &lists->of[p];
        x->choices[p] = malloc((list->count + 1u) * sizeof *x->choices[p]);
        if (!x->choices[p])
            return SYN_ENOMEM;
        for (unsigned i = 0; i < list->count; i++, row += x->rows) {
            fill_choice(x, p, list, &list->plans[i], row, config, &x->choices[p][i]);
            config += list->plans[i].path.count;
        }
    }
    return 0;
}

int syn_branch_make_level(struct syn_branch *x, struct syn_branch_level *level, size_t choices)
{
    if (!level->memory || choices > level->room) {
        free(level->memory);
        level->memory = malloc((choices + 1) * sizeof *level->memory);
        level->room = choices;
    }
    if (!level->state.row)
        level->state.row = malloc((x->rows + 1) * sizeof *level->state.row);
    if (!level->least)
        level->least = malloc(((size_t)(x->rows + 1) * x->r->pipelines + 1) * sizeof *level->least);
    return level->memory && level->state.row && level->least ? 0 : SYN_ENOMEM;
}

int syn_branch_copy_level(struct syn_branch *x, const struct syn_branch_level *from,
                          struct syn_branch_level *to)
{
    size_t count = 0;
    for (unsigned p = 0; p < x->r->pipelines; p++)
        count += from->domain[p].count;
    if (syn_branch_make_level(x, to, count))
        return SYN_ENOMEM;
    uint32_t *at = to->memory;
    for (unsigned p = 0; p < x->r->pipelines; p++) {
        to->domain[p] = (struct syn_domain){at, from->domain[p].count};
        memcpy(at, from->domain[p].of, from->domain[p].count * sizeof *at);
        at += from->domain[p].count;
    }
    int64_t *row = to->state.row;
    memcpy(row, from->state.row, x->rows * sizeof *row);
    to->state = from->state;
    to->state.row = row;
    return 0;
}

void syn_branch_clear(struct syn_branch *x)
{
    for (unsigned i = 0; x->levels && i < x->r->pipelines + 2u; i++) {
        free(x->levels[i].memory);
        free(x->levels[i].state.row);
        free(x->levels[i].least);
    }
    free(x->levels);
    for (unsigned p = 0; p < x->r->pipelines; p++)
        free(x->choices[p]);
    free(x->values);
    free(x->configs);
}
