/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/oracle/milp.h"

#include "tests/oracle/milp_model.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INTEGRAL 1e-6
#define VIOLATED 1e-7

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* ---- from columns to a plan ---- */

static int chosen_device(const int *columns, unsigned count, double (*value)(glp_prob *, int),
                         glp_prob *lp)
{
    for (unsigned d = 0; d < count; d++)
        if (columns[d] && value(lp, columns[d]) > 0.5)
            return (int)d;
    return -1;
}

/* The chunk that begins at layer `first`. */
static bool next_chunk(const struct milp *m, unsigned p, unsigned first,
                       double (*value)(glp_prob *, int), glp_prob *lp, struct syn_plan_chunk *chunk)
{
    for (unsigned d = 0; d < m->problem->fleet->count; d++)
        for (unsigned i = 0; i < m->spans[p][d].count; i++) {
            const struct milp_span *s = &m->spans[p][d].list[i];
            if (s->first != first || !s->column || value(lp, s->column) <= 0.5)
                continue;
            *chunk = (struct syn_plan_chunk){(uint8_t)d, s->first, s->last};
            return true;
        }
    return false;
}

static bool read_pipeline(const struct milp *m, unsigned p, double (*value)(glp_prob *, int),
                          glp_prob *lp, struct syn_execution_plan *e)
{
    const unsigned devices = m->problem->fleet->count;
    const int source = chosen_device(m->source[p], devices, value, lp);
    const int target = chosen_device(m->target[p], devices, value, lp);
    memset(e, 0, sizeof *e);
    if (source < 0 || target < 0)
        return false;
    e->source = (uint8_t)source;
    e->target = (uint8_t)target;
    for (unsigned first = 0; first < m->problem->pipelines[p].model->layer_count;) {
        if (e->chunk_count == devices ||
            !next_chunk(m, p, first, value, lp, &e->chunks[e->chunk_count]))
            return false;
        first = e->chunks[e->chunk_count++].last;
    }
    return true;
}

static bool integral(glp_prob *lp, double (*value)(glp_prob *, int))
{
    for (int c = 1; c <= glp_get_num_cols(lp); c++)
        if (glp_get_col_kind(lp, c) == GLP_BV &&
            fabs(value(lp, c) - round(value(lp, c))) > INTEGRAL)
            return false;
    return true;
}

bool milp_read_plan(const struct milp *m, double (*value)(glp_prob *lp, int column), glp_prob *lp,
                    struct syn_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    plan->pipeline_count = m->problem->pipeline_count;
    bool ok = integral(lp, value);
    for (unsigned p = 0; ok && p < plan->pipeline_count; p++)
        ok = read_pipeline(m, p, value, lp, &plan->pipelines[p]);
    return ok;
}

/* ---- the search ---- */

static void add_row(glp_prob *lp, const struct milp_cut *cut)
{
    const int row = glp_add_rows(lp, 1);
    glp_set_row_bnds(lp, row, GLP_LO, cut->least, 0);
    glp_set_mat_row(lp, row, (int)cut->count, cut->columns, cut->values);
}

static bool violated(glp_prob *lp, const struct milp_cut *cut)
{
    double sum = 0;
    for (unsigned i = 1; i <= cut->count; i++)
        sum += cut->values[i] * glp_get_col_prim(lp, cut->columns[i]);
    return sum < cut->least - VIOLATED * (1 + fabs(cut->least));
}

/* Rows that were found elsewhere in the tree, then those that an integer solution teaches. */
static void generate_rows(struct milp *m, glp_tree *tree)
{
    glp_prob *lp = glp_ios_get_prob(tree);
    struct syn_plan plan;
    unsigned added = 0;
    for (size_t i = 0; i < m->cut_count; i++)
        if (violated(lp, &m->cuts[i])) {
            add_row(lp, &m->cuts[i]);
            added++;
        }
    const size_t known = m->cut_count;
    if (added || !milp_read_plan(m, glp_get_col_prim, lp, &plan))
        return;
    (void)milp_learn(m, lp, &plan);
    for (size_t i = known; i < m->cut_count; i++)
        add_row(lp, &m->cuts[i]);
}

static void callback(glp_tree *tree, void *info)
{
    struct milp *m = info;
    if (glp_ios_reason(tree) == GLP_IROWGEN)
        generate_rows(m, tree);
    if (m->failed)
        glp_ios_terminate(tree);
}

/* Only what is better by a nanosecond (of energy: that much of the smallest unit). */
static void demand_better(struct milp *m, uint64_t below)
{
    const double unit = m->energy_unit > 0 ? m->energy_unit : m->unit_ns;
    const int row = glp_add_rows(m->lp, 1);
    int columns = 0;
    const int count = glp_get_num_cols(m->lp);
    int *index = calloc((size_t)count + 1, sizeof *index);
    double *value = calloc((size_t)count + 1, sizeof *value);
    for (int c = 1; index && value && c <= count; c++) {
        if (glp_get_obj_coef(m->lp, c) == 0)
            continue;
        index[++columns] = c;
        value[columns] = glp_get_obj_coef(m->lp, c);
    }
    m->failed = !index || !value;
    glp_set_row_bnds(m->lp, row, GLP_UP, 0, ((double)below - 1) / unit);
    if (!m->failed)
        glp_set_mat_row(m->lp, row, columns, index, value);
    free(index);
    free(value);
}

/* The relaxation without what is learnt later; 0, SYN_EOOR, SYN_ETIMEOUT, SYN_ECORRUPT. */
static int relax(struct milp *m, int time_limit_ms, struct syn_error *error)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.tol_bnd = how.tol_dj = 1e-9;
    how.meth = GLP_DUALP;
    how.tm_lim = time_limit_ms;
    const int rc = glp_simplex(m->lp, &how);
    if (rc == GLP_ETMLIM)
        return SYN_ETIMEOUT;
    if (rc == 0 && glp_get_status(m->lp) == GLP_NOFEAS)
        return SYN_EOOR;
    if (rc == 0 && glp_get_status(m->lp) == GLP_OPT)
        return 0;
    return syn_error_set(error, SYN_ECORRUPT, "glp_simplex: %d, status %d", rc,
                         glp_get_status(m->lp));
}

static int branch(struct milp *m, int time_limit_ms, struct syn_error *error)
{
    glp_iocp how;
    glp_init_iocp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.sr_heur = GLP_OFF; /* it would take what the lazy rows forbid */
    how.tol_int = INTEGRAL;
    how.tol_obj = 1e-10;
    how.tm_lim = time_limit_ms;
    how.cb_func = callback;
    how.cb_info = m;
    const int rc = glp_intopt(m->lp, &how);
    if (m->failed)
        return SYN_ENOMEM;
    if (rc == GLP_ETMLIM)
        return SYN_ETIMEOUT;
    if (rc)
        return syn_error_set(error, SYN_ECORRUPT, "glp_intopt: %d", rc);
    return glp_mip_status(m->lp) == GLP_OPT ? 0 : SYN_EOOR;
}

static int run(struct milp *m, const struct milp_options *options, struct syn_error *error)
{
    const bool limited = options->time_limit_s > 0;
    const double limit_ms = 1e3 * options->time_limit_s, start = now_ms();
    const int rc = relax(m, limited ? (int)limit_ms + 1 : INT_MAX, error);
    const double left_ms = limit_ms - (now_ms() - start);
    if (!rc && limited && left_ms < 1)
        return SYN_ETIMEOUT;
    return rc ? rc : branch(m, limited ? (int)left_ms : INT_MAX, error);
}

/* The plan, judged by core/cost; what the program thought of it must be the same. */
static int conclude(struct milp *m, struct milp_result *result, struct syn_error *error)
{
    static struct syn_prediction prediction;
    if (!milp_read_plan(m, glp_mip_col_val, m->lp, &result->plan))
        return syn_error_set(error, SYN_ECORRUPT, "GLPK's solution is no plan");
    int rc =
        syn_cost_predict(m->problem, &result->plan, SYN_EXECUTION_PARALLEL, &prediction, error);
    if (rc)
        return SYN_ECORRUPT;
    syn_score_of(m->problem, &result->plan, &prediction, &result->score);
    const double unit = m->energy_unit > 0 ? m->energy_unit : m->unit_ns;
    const double thought = unit * glp_mip_obj_val(m->lp);
    const double is = (double)syn_score_first(m->problem->objective, &result->score);
    if (fabs(thought - is) > 1e-6 * is + 2)
        return syn_error_set(error, SYN_ECORRUPT, "the program has %.1f, core/cost %.1f", thought,
                             is);
    return 0;
}

int milp_solve(const struct syn_problem *problem, const struct milp_options *options,
               struct milp_result *result, struct syn_error *error)
{
    struct milp *m = calloc(1, sizeof *m);
    const double start = now_ms();
    memset(result, 0, sizeof *result);
    if (!m)
        return SYN_ENOMEM;
    (void)glp_term_out(GLP_OFF);
    int rc = milp_build(m, problem, error);
    result->columns = (unsigned)glp_get_num_cols(m->lp);
    result->rows = (unsigned)glp_get_num_rows(m->lp);
    if (!rc && options->below)
        demand_better(m, options->below);
    if (!rc)
        rc = m->failed ? SYN_ENOMEM : run(m, options, error);
    if (!rc)
        rc = conclude(m, result, error);
    result->lazy_rows = (unsigned)m->cut_count;
    milp_clear(m);
    free(m);
    result->ms = now_ms() - start;
    return rc;
}
