/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows for what all chunks of a device do together. A set of chunks that does not fit is forbidden;
 * one whose kernels' places make an inference slower forces `extra` up. Each row is first about
 * that very set and is then widened, to longer chunks and to whatever other pipelines may put
 * there, as far as asking core/cost about every single set so described confirms it: no assumption
 * about how memory grows goes in.
 */
#include "tests/oracle/milp_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECKS_MAX 400 /* sets that are asked about to widen a row by one pipeline */
#define NOTHING    0   /* choice 0: no chunk here; choice i + 1: span i */

/* What each pipeline has on one device, or may have. */
struct choices {
    unsigned count;
    unsigned *list; /* owned */
};

struct lesson {
    const struct milp *m;
    unsigned device;
    unsigned pipeline; /* whose inference is slower; pipeline_count: the set does not fit */
    uint64_t extra_ns;
    uint64_t extras[SYN_PIPELINES_MAX]; /* of the set judged last */
    struct choices group[SYN_PIPELINES_MAX];
};

/* ---- the set function ---- */

static void residents_of(const struct lesson *s, const unsigned *choice,
                         struct syn_residents *residents)
{
    residents->count = 0;
    for (unsigned p = 0; p < s->m->problem->pipeline_count; p++) {
        if (choice[p] == NOTHING)
            continue;
        const struct milp_span *span = &s->m->spans[p][s->device].list[choice[p] - 1];
        residents->list[residents->count++] =
            (struct syn_resident){.pipeline = (uint8_t)p, .first = span->first, .last = span->last};
    }
}

static uint64_t extra_of(const struct lesson *s, unsigned p, const struct milp_span *span,
                         const struct syn_place *places)
{
    struct syn_chunk_cost cost;
    if (syn_cost_chunk(&s->m->problem->fleet->devices[s->device], s->m->problem->pipelines[p].model,
                       span->first, span->last, places, &cost))
        return 0;
    if (cost.infer_ns < span->infer_ns)
        abort(); /* column 0 is no lower bound: the planners' bounds are wrong, too */
    return cost.infer_ns - span->infer_ns;
}

/* Does the set fit? Then extras[] says how much slower each inference is than in column 0. */
static bool judge(struct lesson *s, const unsigned *choice)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents;
    residents_of(s, choice, &residents);
    memset(s->extras, 0, sizeof s->extras);
    if (residents.count == 0)
        return true;
    if (syn_fit_kernels(s->m->problem, s->device, &residents, places, NULL))
        return false;
    const struct syn_place *at = places;
    for (unsigned i = 0; i < residents.count; i++) {
        const unsigned p = residents.list[i].pipeline;
        s->extras[p] = extra_of(s, p, &s->m->spans[p][s->device].list[choice[p] - 1], at);
        at += residents.list[i].last - residents.list[i].first;
    }
    return true;
}

/* Does the lesson hold for this set? */
static bool holds(struct lesson *s, const unsigned *choice)
{
    const bool fits = judge(s, choice);
    return !fits ||
           (s->pipeline < s->m->problem->pipeline_count && s->extras[s->pipeline] >= s->extra_ns);
}

/* ---- widening ---- */

/* For all sets of the groups, with `choice` of pipeline p fixed. */
static bool holds_for_all(struct lesson *s, unsigned p, unsigned fixed)
{
    const unsigned count = s->m->problem->pipeline_count;
    unsigned at[SYN_PIPELINES_MAX] = {0}, choice[SYN_PIPELINES_MAX] = {0};
    for (unsigned checks = 0; checks < CHECKS_MAX; checks++) {
        for (unsigned q = 0; q < count; q++)
            choice[q] = q == p ? fixed : s->group[q].list[at[q]];
        if (!holds(s, choice))
            return false;
        unsigned q = 0;
        for (; q < count; q++) {
            at[q] = q != p && at[q] + 1 < s->group[q].count ? at[q] + 1 : 0;
            if (at[q])
                break;
        }
        if (q == count)
            return true;
    }
    return false;
}

/* Another pipeline that has no chunk here may have any, or the row stays about its absence. */
static void widen_absent(struct lesson *s, unsigned p)
{
    const struct milp_spans *spans = &s->m->spans[p][s->device];
    unsigned possible = 0;
    for (unsigned i = 0; i < spans->count; i++) {
        possible += spans->list[i].column != 0;
        if (spans->list[i].column && !holds_for_all(s, p, i + 1))
            return;
    }
    unsigned *list = realloc(s->group[p].list, (possible + 1) * sizeof *list);
    if (!list)
        return;
    s->group[p].list = list;
    for (unsigned i = 0; i < spans->count; i++)
        if (spans->list[i].column)
            list[s->group[p].count++] = i + 1;
}

/* Longer chunks instead of the one that is here. */
static void widen_present(struct lesson *s, unsigned p)
{
    const struct milp_spans *spans = &s->m->spans[p][s->device];
    const struct milp_span own = spans->list[s->group[p].list[0] - 1];
    unsigned *list = realloc(s->group[p].list, spans->count * sizeof *list);
    if (!list)
        return;
    s->group[p].list = list;
    unsigned count = 1;
    for (unsigned i = 0; i < spans->count; i++) {
        const struct milp_span *span = &spans->list[i];
        if (span->column && i + 1 != list[0] && span->first <= own.first &&
            span->last >= own.last && holds_for_all(s, p, i + 1))
            list[count++] = i + 1;
    }
    s->group[p].count = count;
}

static void widen(struct lesson *s, const unsigned *choice)
{
    for (unsigned p = 0; p < s->m->problem->pipeline_count; p++)
        if (choice[p] == NOTHING)
            widen_absent(s, p);
    for (unsigned p = 0; p < s->m->problem->pipeline_count; p++)
        if (choice[p] != NOTHING)
            widen_present(s, p);
}

/* ---- rows ---- */

static struct milp_cut *new_cut(struct milp *m, unsigned device)
{
    size_t most = 2;
    if (m->cut_count == m->cut_room) {
        m->cut_room = m->cut_room ? 2 * m->cut_room : 64;
        struct milp_cut *cuts = realloc(m->cuts, m->cut_room * sizeof *cuts);
        if (!cuts)
            return NULL;
        m->cuts = cuts;
    }
    for (unsigned p = 0; p < m->problem->pipeline_count; p++)
        most += m->spans[p][device].count;
    struct milp_cut *cut = &m->cuts[m->cut_count];
    *cut = (struct milp_cut){.columns = calloc(most, sizeof *cut->columns),
                             .values = calloc(most, sizeof *cut->values)};
    if (cut->columns && cut->values) {
        m->cut_count++;
        return cut;
    }
    free(cut->columns);
    free(cut->values);
    return NULL;
}

static void put(struct milp_cut *cut, int column, double value)
{
    cut->columns[++cut->count] = column;
    cut->values[cut->count] = value;
}

/* Adds `value` x (the pipeline's choice is in its group), constants going to the other side.
 * Returns whether that is a condition at all. */
static bool put_condition(struct milp_cut *cut, const struct lesson *s, unsigned p, double value)
{
    const struct milp_spans *spans = &s->m->spans[p][s->device];
    const struct choices *group = &s->group[p];
    if (group->list[0] != NOTHING) {
        for (unsigned i = 0; i < group->count; i++)
            put(cut, spans->list[group->list[i] - 1].column, value);
        return true;
    }
    if (group->count > 1)
        return false; /* whatever it has */
    for (unsigned i = 0; i < spans->count; i++)
        if (spans->list[i].column)
            put(cut, spans->list[i].column, -value);
    cut->least -= value;
    return true;
}

/*
 * k conditions c: the set is forbidden: -sum c >= 1 - k. Or it is slow:
 * extra >= e (sum c - k + 1), which is extra - e sum c >= e (1 - k).
 */
static bool keep(struct milp *m, const struct lesson *s)
{
    const bool slow = s->pipeline < m->problem->pipeline_count;
    const double e = slow ? (double)s->extra_ns / m->unit_ns : 1;
    struct milp_cut *cut = new_cut(m, s->device);
    unsigned conditions = 0;
    if (!cut)
        return false;
    for (unsigned p = 0; p < m->problem->pipeline_count; p++)
        conditions += put_condition(cut, s, p, -e);
    if (slow)
        put(cut, m->extra[s->pipeline][s->device], 1);
    cut->least += e * (1 - (double)conditions);
    return true;
}

static bool begin(struct lesson *s, const unsigned *choice)
{
    bool ok = true;
    for (unsigned p = 0; p < s->m->problem->pipeline_count; p++) {
        s->group[p].list = calloc(1, sizeof *s->group[p].list);
        s->group[p].count = 1;
        ok = ok && s->group[p].list;
        if (s->group[p].list)
            s->group[p].list[0] = choice[p];
    }
    return ok;
}

static void end(struct lesson *s)
{
    for (unsigned p = 0; p < s->m->problem->pipeline_count; p++)
        free(s->group[p].list);
}

static unsigned teach(struct milp *m, unsigned device, unsigned pipeline, uint64_t extra_ns,
                      const unsigned *choice)
{
    struct lesson s = {.m = m, .device = device, .pipeline = pipeline, .extra_ns = extra_ns};
    const bool ready = begin(&s, choice);
    if (ready)
        widen(&s, choice);
    const bool kept = ready && keep(m, &s);
    m->failed |= !kept;
    end(&s);
    return kept;
}

static void choices_of(const struct milp *m, const struct syn_plan *plan, unsigned device,
                       unsigned *choice)
{
    struct syn_residents residents;
    memset(choice, 0, m->problem->pipeline_count * sizeof *choice);
    syn_residents_of(plan, device, &residents);
    for (unsigned i = 0; i < residents.count; i++) {
        const struct syn_resident *r = &residents.list[i];
        const struct milp_spans *spans = &m->spans[r->pipeline][device];
        for (unsigned k = 0; k < spans->count; k++)
            if (spans->list[k].first == r->first && spans->list[k].last == r->last)
                choice[r->pipeline] = k + 1;
    }
}

unsigned milp_learn(struct milp *m, glp_prob *lp, const struct syn_plan *plan)
{
    unsigned found = 0, choice[SYN_PIPELINES_MAX];
    for (unsigned d = 0; d < m->problem->fleet->count; d++) {
        struct lesson s = {.m = m, .device = d};
        choices_of(m, plan, d, choice);
        if (!judge(&s, choice)) {
            found += teach(m, d, m->problem->pipeline_count, 0, choice);
            continue;
        }
        for (unsigned p = 0; p < m->problem->pipeline_count; p++) {
            const double known = m->unit_ns * glp_get_col_prim(lp, m->extra[p][d]);
            if ((double)s.extras[p] > known + 0.4)
                found += teach(m, d, p, s.extras[p], choice);
        }
    }
    return found;
}
