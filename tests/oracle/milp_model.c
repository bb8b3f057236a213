/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns and rows of everything but the hops. */
#include "tests/oracle/milp_model.h"

#include "core/plan/score.h"
#include "devices/part/demand.h"
#include "tests/oracle/milp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_COEFFICIENT 1024.0

/* ---- elements ---- */

static bool grow(struct milp *m)
{
    const size_t room = m->element_room ? 2 * m->element_room : 4096;
    int *rows = realloc(m->element_row, room * sizeof *rows);
    m->element_row = rows ? rows : m->element_row;
    int *columns = realloc(m->element_column, room * sizeof *columns);
    m->element_column = columns ? columns : m->element_column;
    double *values = realloc(m->element_value, room * sizeof *values);
    m->element_value = values ? values : m->element_value;
    if (!rows || !columns || !values)
        return false;
    m->element_room = room;
    return true;
}

void milp_put(struct milp *m, int row, int column, double value)
{
    if (value == 0)
        return;
    if (m->element_count + 1 >= m->element_room && !grow(m)) {
        m->failed = true;
        return;
    }
    const size_t at = ++m->element_count; /* GLPK counts from 1 */
    m->element_row[at] = row;
    m->element_column[at] = column;
    m->element_value[at] = value;
}

int milp_row(struct milp *m, double least, double most)
{
    const int row = glp_add_rows(m->lp, 1);
    const int kind = isinf(least)   ? (isinf(most) ? GLP_FR : GLP_UP)
                     : isinf(most)  ? GLP_LO
                     : least < most ? GLP_DB
                                    : GLP_FX;
    glp_set_row_bnds(m->lp, row, kind, least, most);
    return row;
}

int milp_column(struct milp *m, bool binary, double most)
{
    const int column = glp_add_cols(m->lp, 1);
    if (binary)
        glp_set_col_kind(m->lp, column, GLP_BV);
    else if (isinf(most))
        glp_set_col_bnds(m->lp, column, GLP_LO, 0, 0);
    else
        glp_set_col_bnds(m->lp, column, most > 0 ? GLP_DB : GLP_FX, 0, most);
    return column;
}

/* ---- what columns cost ---- */

static void add_objective(struct milp *m, int column, double value)
{
    glp_set_obj_coef(m->lp, column, glp_get_obj_coef(m->lp, column) + value);
}

void milp_charge(struct milp *m, unsigned p, int column, unsigned device, enum syn_unit unit,
                 uint64_t ns)
{
    const double weighted = (double)ns * m->problem->pipelines[p].spec.weight;
    const uint32_t uw = m->problem->fleet->devices[device].profile.timing.active_uw[unit];
    milp_put(m, m->unit_row[device][unit], column, weighted / m->unit_ns);
    if (m->energy_unit > 0)
        add_objective(m, column, weighted * uw / m->energy_unit);
}

void milp_delay(struct milp *m, unsigned p, int column, uint64_t ns)
{
    if (m->latency_row[p])
        milp_put(m, m->latency_row[p], column, (double)ns / m->unit_ns);
    if (m->problem->objective == SYN_OBJECTIVE_LATENCY)
        add_objective(m, column, (double)ns / m->unit_ns);
}

/* The same for a column that is itself a time: on the accelerator, and on the CPU if it says so. */
static void charge_time(struct milp *m, unsigned p, int column, unsigned device, bool on_cpu)
{
    const uint64_t unit = (uint64_t)m->unit_ns;
    milp_charge(m, p, column, device, SYN_UNIT_ACCEL, unit);
    if (on_cpu)
        milp_charge(m, p, column, device, SYN_UNIT_CPU, unit);
    milp_delay(m, p, column, unit);
}

/* ---- T and what it is at least ---- */

static uint64_t cap_of(const struct syn_problem *problem)
{
    uint64_t cap = 0;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const uint64_t ns = syn_cost_pipeline_cap_ns(&problem->pipelines[p].spec);
        cap = ns > cap ? ns : cap;
    }
    return cap;
}

static void build_round(struct milp *m)
{
    const struct syn_problem *problem = m->problem;
    const double least = (double)cap_of(problem) / m->unit_ns;
    const double most = (double)problem->round_max_ns / m->unit_ns;
    m->round = milp_column(m, false, INFINITY);
    if (!problem->round_max_ns)
        glp_set_col_bnds(m->lp, m->round, GLP_LO, least, 0);
    else
        glp_set_col_bnds(m->lp, m->round, least < most ? GLP_DB : GLP_FX, least, most);
    m->failed |= problem->round_max_ns && least > most;
    if (problem->objective == SYN_OBJECTIVE_THROUGHPUT)
        add_objective(m, m->round, 1);
    for (unsigned d = 0; m->energy_unit > 0 && d < problem->fleet->count; d++)
        add_objective(m, m->round,
                      problem->fleet->devices[d].profile.timing.idle_uw * m->unit_ns /
                          m->energy_unit);
}

/* sum - at_once T <= 0 */
static int round_row(struct milp *m, unsigned at_once)
{
    const int row = milp_row(m, -INFINITY, 0);
    milp_put(m, row, m->round, -(double)at_once);
    return row;
}

static unsigned bits(uint32_t set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

static bool relays_by_radio(const struct syn_fleet *fleet)
{
    for (unsigned a = 0; a < fleet->count; a++)
        for (unsigned b = 0; b < fleet->count; b++)
            if (a != b && syn_fleet_by_hub(fleet, a, b))
                return true;
    return false;
}

static int build_round_rows(struct milp *m, struct syn_error *error)
{
    const struct syn_fleet *fleet = m->problem->fleet;
    const bool hub = relays_by_radio(fleet);
    const unsigned nodes = fleet->count + hub;
    if (nodes > MILP_NODES_MAX)
        return syn_error_set(error, SYN_EINVAL, "%u radios are too many for the program", nodes);
    for (unsigned d = 0; d < fleet->count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            m->unit_row[d][u] = round_row(m, 1);
    m->hub_row = hub ? round_row(m, 1) : 0;
    for (uint32_t set = 0; set < 1u << nodes; set++)
        if (bits(set) >= 3 && bits(set) % 2 == 1) {
            m->sets[m->set_count] = set;
            m->set_row[m->set_count++] = round_row(m, (bits(set) - 1) / 2);
        }
    return 0;
}

static void build_other_rows(struct milp *m)
{
    for (unsigned p = 0; p < m->problem->pipeline_count; p++) {
        const double ms = m->problem->pipelines[p].spec.latency_bound_ms;
        m->latency_row[p] = ms > 0 ? milp_row(m, -INFINITY, floor(1e6 * ms) / m->unit_ns) : 0;
    }
    for (unsigned d = 0; d < m->problem->fleet->count; d++)
        m->arena_row[d] = milp_row(
            m, -INFINITY, m->problem->fleet->devices[d].profile.timing.arena_bytes / 1024.0);
}

/* ---- chunks ---- */

static int span_cost(const struct milp *m, unsigned p, unsigned d, unsigned first, unsigned last,
                     struct syn_chunk_cost *cost)
{
    static const struct syn_place column0[SYN_PART_PLACEMENTS_MAX];
    return syn_cost_chunk(&m->problem->fleet->devices[d], m->problem->pipelines[p].model, first,
                          last, column0, cost);
}

static bool possible(const struct milp *m, unsigned p, unsigned d, unsigned first, unsigned last)
{
    const struct syn_part *part = m->problem->fleet->devices[d].profile.timing.part;
    struct syn_misfit misfit;
    return m->problem->pipelines[p].hosts >> d & 1 && last - first <= SYN_PART_PLACEMENTS_MAX &&
           syn_fit_alone(part, m->problem->pipelines[p].model, first, last, &misfit) == 0;
}

static int build_span(struct milp *m, unsigned p, unsigned d, struct milp_span *span)
{
    struct syn_chunk_cost cost;
    int rc = span_cost(m, p, d, span->first, span->last, &cost);
    if (rc || !possible(m, p, d, span->first, span->last))
        return rc;
    const bool more = span->last < m->problem->pipelines[p].model->layer_count;
    span->column = milp_column(m, true, 1);
    span->infer_ns = cost.infer_ns;
    milp_charge(m, p, span->column, d, SYN_UNIT_ACCEL, syn_chunk_cost_sum(&cost, false));
    milp_charge(m, p, span->column, d, SYN_UNIT_CPU, cost.load_ns + cost.unload_ns);
    milp_delay(m, p, span->column, syn_chunk_cost_sum(&cost, false));
    /* One slot for what comes in (given back where it comes from the same device), one for what a
     * peer gets. */
    milp_put(m, m->arena_row[d], span->column,
             (cost.in_bytes + (more ? cost.out_bytes : 0)) / 1024.0);
    return 0;
}

static int build_spans(struct milp *m, unsigned p, unsigned d)
{
    const unsigned layers = m->problem->pipelines[p].model->layer_count;
    struct milp_spans *spans = &m->spans[p][d];
    spans->list = calloc((size_t)layers * (layers + 1) / 2, sizeof *spans->list);
    if (!spans->list)
        return SYN_ENOMEM;
    int rc = 0;
    for (unsigned first = 0; !rc && first < layers; first++)
        for (unsigned last = first + 1; !rc && last <= layers; last++) {
            struct milp_span *span = &spans->list[spans->count++];
            *span = (struct milp_span){.first = (uint16_t)first, .last = (uint16_t)last};
            rc = build_span(m, p, d, span);
        }
    return rc;
}

static double put_spans(struct milp *m, int row, unsigned p, unsigned d, double value)
{
    for (unsigned i = 0; i < m->spans[p][d].count; i++)
        if (m->spans[p][d].list[i].column)
            milp_put(m, row, m->spans[p][d].list[i].column, value);
    return value;
}

/* At most one chunk of a pipeline on a device. */
static void build_distinct(struct milp *m, unsigned p, unsigned d)
{
    (void)put_spans(m, milp_row(m, -INFINITY, 1), p, d, 1);
}

/* Changing the chunk takes time where pipeline q has one here, too:
 * change >= (sum of what p would need) - most + most x (q is here). */
static void build_change(struct milp *m, unsigned p, unsigned q, unsigned d)
{
    const struct syn_timing *t = &m->problem->fleet->devices[d].profile.timing;
    const unsigned layers = m->problem->pipelines[p].model->layer_count;
    const double most = (double)syn_timing_configure(t, layers) / m->unit_ns;
    const int row = milp_row(m, -most, INFINITY);
    milp_put(m, row, m->change[p][d], 1);
    (void)put_spans(m, row, q, d, -most);
    for (unsigned i = 0; i < m->spans[p][d].count; i++) {
        const struct milp_span *s = &m->spans[p][d].list[i];
        const uint64_t ns = syn_timing_configure(t, (unsigned)(s->last - s->first));
        if (s->column)
            milp_put(m, row, s->column, -(double)ns / m->unit_ns);
    }
}

static int build_chunks(struct milp *m)
{
    int rc = 0;
    const unsigned count = m->problem->pipeline_count;
    for (unsigned p = 0; p < count; p++)
        for (unsigned d = 0; !rc && d < m->problem->fleet->count; d++) {
            rc = build_spans(m, p, d);
            build_distinct(m, p, d);
            m->change[p][d] = milp_column(m, false, INFINITY);
            charge_time(m, p, m->change[p][d], d, true);
            m->extra[p][d] = milp_column(m, false, INFINITY);
            charge_time(m, p, m->extra[p][d], d, false);
        }
    for (unsigned d = 0; !rc && d < m->problem->fleet->count; d++)
        for (unsigned p = 0; p < count; p++)
            for (unsigned q = 0; q < count; q++)
                if (p != q)
                    build_change(m, p, q, d);
    return rc;
}

/* ---- memory, as far as it adds up ---- */

static uint32_t demand_of(const struct milp *m, unsigned p, unsigned d, unsigned layer, unsigned r)
{
    struct syn_demand demand;
    syn_demand_layer(m->problem->fleet->devices[d].profile.timing.part,
                     &m->problem->pipelines[p].model->layers[layer], &demand);
    return demand.of[r];
}

/* By resource and layer of all pipelines in a row. */
struct demands {
    unsigned layers;
    unsigned begin[SYN_PIPELINES_MAX];
    uint32_t *of[SYN_PART_RESOURCES];
};

static int list_demands(const struct milp *m, unsigned d, struct demands *all)
{
    memset(all, 0, sizeof *all);
    for (unsigned p = 0; p < m->problem->pipeline_count; p++) {
        all->begin[p] = all->layers;
        all->layers += m->problem->pipelines[p].model->layer_count;
    }
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++) {
        all->of[r] = calloc(all->layers, sizeof *all->of[r]);
        if (!all->of[r])
            return SYN_ENOMEM;
        for (unsigned p = 0; p < m->problem->pipeline_count; p++)
            for (unsigned l = 0; l < m->problem->pipelines[p].model->layer_count; l++)
                all->of[r][all->begin[p] + l] = demand_of(m, p, d, l, r);
    }
    return 0;
}

static bool same_as_earlier(const struct demands *all, const struct syn_demand *room, unsigned r)
{
    for (unsigned q = 0; q < r; q++)
        if (room->of[q] == room->of[r] &&
            memcmp(all->of[q], all->of[r], all->layers * sizeof *all->of[q]) == 0)
            return true;
    return false;
}

static void build_resource(struct milp *m, unsigned d, const struct demands *all, unsigned r,
                           uint32_t room)
{
    const int row = milp_row(m, -INFINITY, 1);
    for (unsigned p = 0; p < m->problem->pipeline_count; p++)
        for (unsigned i = 0; i < m->spans[p][d].count; i++) {
            const struct milp_span *s = &m->spans[p][d].list[i];
            uint64_t need = 0;
            for (unsigned l = s->first; l < s->last; l++)
                need += all->of[r][all->begin[p] + l];
            if (s->column)
                milp_put(m, row, s->column, (double)need / room);
        }
}

static int build_memory(struct milp *m)
{
    int rc = 0;
    for (unsigned d = 0; !rc && d < m->problem->fleet->count; d++) {
        struct demands all;
        struct syn_demand room;
        syn_demand_room(m->problem->fleet->devices[d].profile.timing.part, &room);
        rc = list_demands(m, d, &all);
        for (unsigned r = 0; !rc && r < SYN_PART_RESOURCES; r++)
            if (room.of[r] != SYN_DEMAND_FREE && room.of[r] && !same_as_earlier(&all, &room, r))
                build_resource(m, d, &all, r, room.of[r]);
        for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
            free(all.of[r]);
    }
    return rc;
}

/* ---- all ---- */

/* The largest time of any chunk becomes about LARGEST_COEFFICIENT. */
static double choose_unit(const struct milp *m)
{
    double largest = 1;
    for (unsigned p = 0; p < m->problem->pipeline_count; p++)
        for (unsigned d = 0; d < m->problem->fleet->count; d++) {
            const unsigned layers = m->problem->pipelines[p].model->layer_count;
            struct syn_chunk_cost cost;
            if (layers <= SYN_PART_PLACEMENTS_MAX && span_cost(m, p, d, 0, layers, &cost) == 0)
                largest = fmax(largest, (double)syn_chunk_cost_sum(&cost, true) *
                                            m->problem->pipelines[p].spec.weight);
        }
    return exp2(ceil(log2(fmax(largest / LARGEST_COEFFICIENT, 1))));
}

int milp_build(struct milp *m, const struct syn_problem *problem, struct syn_error *error)
{
    memset(m, 0, sizeof *m);
    m->problem = problem;
    m->lp = glp_create_prob();
    glp_set_obj_dir(m->lp, GLP_MIN);
    m->unit_ns = choose_unit(m);
    if (problem->objective == SYN_OBJECTIVE_ENERGY || problem->objective == SYN_OBJECTIVE_POWER)
        m->energy_unit = m->unit_ns * 65536;
    build_round(m);
    if (m->failed)
        return syn_error_set(error, SYN_EOOR, "a rate cap and the rate asked for contradict");
    int rc = build_round_rows(m, error);
    build_other_rows(m);
    if (!rc)
        rc = build_chunks(m);
    if (!rc)
        rc = build_memory(m);
    if (!rc)
        rc = milp_build_hops(m);
    if (!rc && m->failed)
        rc = SYN_ENOMEM;
    if (!rc)
        glp_load_matrix(m->lp, (int)m->element_count, m->element_row, m->element_column,
                        m->element_value);
    return rc;
}

void milp_clear(struct milp *m)
{
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        for (unsigned d = 0; d < SYN_DEVICES_MAX; d++)
            free(m->spans[p][d].list);
    for (size_t i = 0; i < m->cut_count; i++) {
        free(m->cuts[i].columns);
        free(m->cuts[i].values);
    }
    free(m->cuts);
    free(m->element_row);
    free(m->element_column);
    free(m->element_value);
    glp_delete_prob(m->lp);
    memset(m, 0, sizeof *m);
}
