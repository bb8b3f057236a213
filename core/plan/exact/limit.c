/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one pipeline may take of a row when the others take the least that they can. */
#include "core/plan/exact/relax.h"

static bool only(uint16_t mask, unsigned *device)
{
    for (*device = 0; mask && !(mask >> *device & 1);)
        ++*device;
    return mask && !(mask & (mask - 1));
}

static int64_t shortest_message(const struct syn_relax_pipeline *pipe, unsigned device)
{
    const int64_t *ns = &pipe->least_ns[device * (pipe->layers + 1)];
    int64_t least = ns[0];
    for (unsigned c = 1; c <= pipe->layers; c++)
        least = ns[c] < least ? ns[c] : least;
    return least;
}

/* Adds what every plan of a pipeline takes of a row, `sign` times. */
static void add_least(const struct syn_relax *r, unsigned p, int64_t *row, int64_t sign)
{
    const struct syn_relax_pipeline *pipe = &r->pipeline[p];
    const int64_t times = sign * pipe->weight;
    unsigned source, target;
    const bool one_source = only(pipe->sources, &source), one_target = only(pipe->targets, &target);
    if (one_source)
        row[syn_relax_unit(source, SYN_UNIT_SENSOR)] +=
            times * (int64_t)syn_timing_sense(syn_relax_timing(r, source));
    if (one_target)
        row[syn_relax_unit(target, SYN_UNIT_CPU)] +=
            times * (int64_t)syn_timing_act(syn_relax_timing(r, target));
    if (!(pipe->sources & pipe->targets)) {
        if (one_source)
            row[syn_relax_unit(source, SYN_UNIT_RADIO)] += times * shortest_message(pipe, source);
        if (one_target)
            row[syn_relax_unit(target, SYN_UNIT_RADIO)] += times * shortest_message(pipe, target);
    }
}

static int64_t round_limit(const struct syn_relax *r, int64_t target, const int64_t *least)
{
    int64_t rest = target;
    for (unsigned p = 0; p < r->pipelines; p++)
        rest -= least[p];
    if (!r->alpha || target >= SYN_RELAX_NEVER)
        return r->most_ns;
    const int64_t most = rest < 0 ? -1 : rest / r->alpha;
    return most < r->most_ns ? most : r->most_ns;
}

int64_t syn_relax_limit(struct syn_relax *r, int64_t target, const int64_t *least)
{
    const int64_t most = round_limit(r, target, least);
    int64_t taken[SYN_RELAX_ROWS_MAX] = {0};
    for (unsigned p = 0; p < r->pipelines; p++)
        add_least(r, p, taken, 1);
    for (unsigned p = 0; p < r->pipelines; p++) {
        add_least(r, p, taken, -1);
        for (unsigned u = 0; u < r->rows; u++) {
            const int64_t all = !r->times[u]                  ? r->room[u]
                                : most > SYN_RELAX_NEVER / 64 ? SYN_RELAX_NEVER
                                                              : most * r->times[u];
            r->pipeline[p].limit[u] = all - taken[u];
        }
        add_least(r, p, taken, 1);
    }
    return most;
}

void syn_relax_taken(struct syn_relax *r, unsigned pipeline, const int64_t *least)
{
    int64_t known[SYN_RELAX_ROWS_MAX] = {0};
    add_least(r, pipeline, known, 1);
    for (unsigned p = 0; p < r->pipelines; p++)
        for (unsigned u = 0; p != pipeline && u < r->rows; u++)
            r->pipeline[p].limit[u] -= least[u] > known[u] ? least[u] - known[u] : 0;
}
