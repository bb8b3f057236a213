/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/lp.h"

#include "core/base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-9
#define PIVOT_MIN 1e-8
#define REFACTOR  400 /* pivots between two inverses from scratch */
#define PERTURB   1e-7

struct column {
    double cost;
    unsigned begin, count;
};

/* Columns: 0 .. rows - 1 are slacks and, of equalities, what is left open; then those added. */
struct syn_lp {
    unsigned rows, equalities;
    double penalty;
    double *rhs, *inverse, *x, *dual, *alpha, *work;
    unsigned *basis;
    struct column *columns;
    unsigned column_count, column_room;
    uint16_t *entry_row;
    double *entry;
    size_t entry_count, entry_room;
    unsigned since; /* pivots since the inverse was made from scratch */
};

static double unit_cost(const struct syn_lp *lp, unsigned row)
{
    return row >= lp->equalities ? lp->penalty : 0;
}

static double cost_of(const struct syn_lp *lp, unsigned variable)
{
    return variable < lp->rows ? unit_cost(lp, variable) : lp->columns[variable - lp->rows].cost;
}

static void begin(struct syn_lp *lp, const double *rhs)
{
    const unsigned m = lp->rows;
    uint32_t noise = 12345;
    for (unsigned i = 0; i < m; i++) {
        noise = noise * 1664525u + 1013904223u;
        /* Unequal right-hand sides keep the simplex from going in circles. */
        lp->rhs[i] = rhs[i] + (i < lp->equalities ? PERTURB * (1 + noise / 4294967296.0) : 0);
        lp->inverse[(size_t)i * m + i] = 1;
        lp->basis[i] = i;
        lp->x[i] = lp->rhs[i];
        lp->dual[i] = unit_cost(lp, i);
    }
}

int syn_lp_new(struct syn_lp **out, unsigned rows, unsigned equalities, const double *rhs,
               double penalty)
{
    struct syn_lp *lp = calloc(1, sizeof *lp);
    *out = NULL;
    if (!lp)
        return SYN_ENOMEM;
    *lp = (struct syn_lp){.rows = rows, .equalities = equalities, .penalty = penalty};
    const size_t m = rows;
    lp->rhs = calloc(m + 1, sizeof *lp->rhs);
    lp->inverse = calloc(m * m + 1, sizeof *lp->inverse);
    lp->x = calloc(m + 1, sizeof *lp->x);
    lp->dual = calloc(m + 1, sizeof *lp->dual);
    lp->alpha = calloc(m + 1, sizeof *lp->alpha);
    lp->work = calloc(m * m + 1, sizeof *lp->work);
    lp->basis = calloc(m + 1, sizeof *lp->basis);
    if (!lp->rhs || !lp->inverse || !lp->x || !lp->dual || !lp->alpha || !lp->work || !lp->basis) {
        syn_lp_free(lp);
        return SYN_ENOMEM;
    }
    begin(lp, rhs);
    *out = lp;
    return 0;
}

void syn_lp_free(struct syn_lp *lp)
{
    if (!lp)
        return;
    free(lp->rhs);
    free(lp->inverse);
    free(lp->x);
    free(lp->dual);
    free(lp->alpha);
    free(lp->work);
    free(lp->basis);
    free(lp->columns);
    free(lp->entry_row);
    free(lp->entry);
    free(lp);
}

static int make_room(struct syn_lp *lp, unsigned count)
{
    if (lp->column_count == lp->column_room) {
        const unsigned room = 2 * lp->column_room + 64;
        struct column *columns = realloc(lp->columns, room * sizeof *columns);
        if (!columns)
            return SYN_ENOMEM;
        lp->columns = columns;
        lp->column_room = room;
    }
    if (lp->entry_count + count > lp->entry_room) {
        const size_t room = 2 * lp->entry_room + count + 1024;
        uint16_t *row = realloc(lp->entry_row, room * sizeof *row);
        double *entry;
        if (!row)
            return SYN_ENOMEM;
        lp->entry_row = row;
        entry = realloc(lp->entry, room * sizeof *entry);
        if (!entry)
            return SYN_ENOMEM;
        lp->entry = entry;
        lp->entry_room = room;
    }
    return 0;
}

int syn_lp_add(struct syn_lp *lp, double cost, unsigned count, const uint16_t *row,
               const double *value)
{
    if (make_room(lp, count))
        return SYN_ENOMEM;
    lp->columns[lp->column_count++] =
        (struct column){.cost = cost, .begin = (unsigned)lp->entry_count, .count = count};
    memcpy(&lp->entry_row[lp->entry_count], row, count * sizeof *row);
    memcpy(&lp->entry[lp->entry_count], value, count * sizeof *value);
    lp->entry_count += count;
    return 0;
}

double syn_lp_reduced(const struct syn_lp *lp, double cost, unsigned count, const uint16_t *row,
                      const double *value)
{
    for (unsigned i = 0; i < count; i++)
        cost -= lp->dual[row[i]] * value[i];
    return cost;
}

static double reduced(const struct syn_lp *lp, unsigned variable)
{
    if (variable < lp->rows)
        return unit_cost(lp, variable) - lp->dual[variable];
    const struct column *c = &lp->columns[variable - lp->rows];
    return syn_lp_reduced(lp, c->cost, c->count, &lp->entry_row[c->begin], &lp->entry[c->begin]);
}

static int entering(const struct syn_lp *lp, double *price)
{
    int best = -1;
    *price = -TOLERANCE;
    for (unsigned v = 0; v < lp->rows + lp->column_count; v++) {
        const double d = reduced(lp, v);
        if (d >= *price)
            continue;
        *price = d;
        best = (int)v;
    }
    return best;
}

static void direction(struct syn_lp *lp, unsigned variable)
{
    const unsigned m = lp->rows;
    if (variable < m) {
        for (unsigned i = 0; i < m; i++)
            lp->alpha[i] = lp->inverse[(size_t)i * m + variable];
        return;
    }
    const struct column *c = &lp->columns[variable - m];
    for (unsigned i = 0; i < m; i++) {
        const double *row = &lp->inverse[(size_t)i * m];
        double sum = 0;
        for (unsigned k = 0; k < c->count; k++)
            sum += row[lp->entry_row[c->begin + k]] * lp->entry[c->begin + k];
        lp->alpha[i] = sum;
    }
}

static int leaving(const struct syn_lp *lp)
{
    double least = INFINITY;
    int best = -1;
    for (unsigned i = 0; i < lp->rows; i++) {
        if (lp->alpha[i] <= PIVOT_MIN)
            continue;
        const double ratio = (lp->x[i] > 0 ? lp->x[i] : 0) / lp->alpha[i];
        if (ratio < least - 1e-12 ||
            (ratio <= least + 1e-12 && best >= 0 && lp->alpha[i] > lp->alpha[best])) {
            least = ratio < least ? ratio : least;
            best = (int)i;
        }
    }
    return best;
}

/* Row r of the inverse becomes that of the entering variable. */
static void eliminate(struct syn_lp *lp, double *matrix, unsigned r)
{
    const unsigned m = lp->rows;
    double *restrict pivot = &matrix[(size_t)r * m];
    const double scale = 1 / lp->alpha[r];
    for (unsigned j = 0; j < m; j++)
        pivot[j] *= scale;
    for (unsigned i = 0; i < m; i++) {
        double *restrict row = &matrix[(size_t)i * m];
        const double factor = lp->alpha[i];
        if (i == r || fabs(factor) < 1e-13)
            continue;
        for (unsigned j = 0; j < m; j++)
            row[j] -= factor * pivot[j];
    }
}

static void pivot(struct syn_lp *lp, unsigned variable, unsigned r, double price)
{
    const unsigned m = lp->rows;
    const double step = (lp->x[r] > 0 ? lp->x[r] : 0) / lp->alpha[r];
    for (unsigned i = 0; i < m; i++)
        lp->x[i] -= step * lp->alpha[i];
    lp->x[r] = step;
    eliminate(lp, lp->inverse, r);
    lp->basis[r] = variable;
    for (unsigned j = 0; j < m; j++)
        lp->dual[j] += price * lp->inverse[(size_t)r * m + j];
    lp->since++;
}

/* The inverse of the columns in `basis`, row by row; false where they depend on each other. */
static bool invert(struct syn_lp *lp, const unsigned *basis)
{
    const unsigned m = lp->rows;
    memset(lp->inverse, 0, (size_t)m * m * sizeof *lp->inverse);
    for (unsigned i = 0; i < m; i++) {
        lp->inverse[(size_t)i * m + i] = 1;
        lp->basis[i] = UINT32_MAX;
    }
    for (unsigned k = 0; k < m; k++) {
        unsigned r = m;
        direction(lp, basis[k]);
        for (unsigned i = 0; i < m; i++)
            if (lp->basis[i] == UINT32_MAX && (r == m || fabs(lp->alpha[i]) > fabs(lp->alpha[r])))
                r = i;
        if (fabs(lp->alpha[r]) <= PIVOT_MIN)
            return false;
        eliminate(lp, lp->inverse, r);
        lp->basis[r] = basis[k];
    }
    return true;
}

/* x and duals from the inverse. */
static void restate(struct syn_lp *lp)
{
    const unsigned m = lp->rows;
    memset(lp->dual, 0, m * sizeof *lp->dual);
    for (unsigned i = 0; i < m; i++) {
        const double *row = &lp->inverse[(size_t)i * m];
        const double cost = cost_of(lp, lp->basis[i]);
        lp->x[i] = 0;
        for (unsigned j = 0; j < m; j++) {
            lp->x[i] += row[j] * lp->rhs[j];
            lp->dual[j] += cost * row[j];
        }
    }
}

/* The inverse once more from the basis: errors of many pivots go. */
static void refactor(struct syn_lp *lp)
{
    const size_t m = lp->rows;
    unsigned *basis = malloc(m * sizeof *basis);
    lp->since = 0;
    if (!basis)
        return;
    memcpy(basis, lp->basis, m * sizeof *basis);
    memcpy(lp->work, lp->inverse, m * m * sizeof *lp->work);
    if (!invert(lp, basis)) {
        memcpy(lp->basis, basis, m * sizeof *basis);
        memcpy(lp->inverse, lp->work, m * m * sizeof *lp->work);
    }
    free(basis);
    restate(lp);
}

int syn_lp_solve(struct syn_lp *lp, unsigned pivots)
{
    for (unsigned n = 0; n < pivots; n++) {
        double price;
        const int variable = entering(lp, &price);
        if (variable < 0)
            return 0;
        direction(lp, (unsigned)variable);
        const int r = leaving(lp);
        if (r < 0)
            return 1;
        pivot(lp, (unsigned)variable, (unsigned)r, price);
        if (lp->since >= REFACTOR)
            refactor(lp);
    }
    return 1;
}

double syn_lp_value(const struct syn_lp *lp)
{
    double sum = 0;
    for (unsigned i = 0; i < lp->rows; i++)
        sum += cost_of(lp, lp->basis[i]) * lp->x[i];
    return sum;
}

double syn_lp_dual(const struct syn_lp *lp, unsigned row)
{
    return lp->dual[row];
}

double syn_lp_primal(const struct syn_lp *lp, unsigned column)
{
    for (unsigned i = 0; i < lp->rows; i++)
        if (lp->basis[i] == lp->rows + column)
            return lp->x[i];
    return 0;
}
