/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/bound.h"

#include "core/plan/exact/lp.h"
#include "core/plan/exact/pairs.h"
#include "core/plan/exact/whole.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PENALTY    8.0
#define ROUNDS_MAX 2000
#define PIVOTS_MAX 4000
#define SMOOTH     0.5
#define CLOSE      1e-6 /* of value and bound: good enough */
#define SET_ROUNDS 6
#define EPSILON    1e-7

/* The linear programme of one run. */
struct master {
    struct syn_bound *b;
    struct syn_lp *lp;
    unsigned rows;                  /* without those of the pipelines */
    int row_of[SYN_RELAX_ROWS_MAX]; /* in the programme; -1: not there */
    double factor[SYN_RELAX_ROWS_MAX];
    double round; /* nanoseconds that T is measured in */
    bool has_round;
    unsigned *path_of; /* column - 1 (or column) -> path */
    unsigned column_count, column_room;
    double proposal[SYN_RELAX_ROWS_MAX]; /* prices of the linear programme */
    double centre[SYN_RELAX_ROWS_MAX];   /* prices of the best bound */
    bool have_centre;
};

int syn_bound_new(struct syn_bound **bound, struct syn_relax *relax)
{
    struct syn_bound *b = calloc(1, sizeof *b);
    int rc = b ? 0 : SYN_ENOMEM;
    *bound = NULL;
    if (rc)
        return rc;
    b->relax = relax;
    for (unsigned p = 0; !rc && p < relax->pipelines; p++) {
        rc = syn_pricer_new(&b->pricer[p], relax, p);
        b->share[p] = calloc((size_t)relax->pipeline[p].layers * relax->devices + 1, sizeof(float));
        rc = b->share[p] ? rc : SYN_ENOMEM;
    }
    if (rc)
        syn_bound_free(b);
    else
        *bound = b;
    return rc;
}

void syn_bound_free(struct syn_bound *b)
{
    if (!b)
        return;
    for (unsigned p = 0; p < b->relax->pipelines; p++) {
        syn_pricer_free(&b->pricer[p]);
        free(b->share[p]);
    }
    free(b->paths);
    free(b);
}

/* ---- paths that are known -------------------------------------------------------------------- */

static bool same_path(const struct syn_bound_path *a, unsigned pipeline,
                      const struct syn_path *path)
{
    return a->pipeline == pipeline && a->path.source == path->source &&
           a->path.target == path->target && a->path.count == path->count &&
           !memcmp(a->path.device, path->device, path->count) &&
           !memcmp(a->path.last, path->last, path->count * sizeof path->last[0]);
}

/* The number of the path, or SYN_ENOMEM; known ones are not taken twice. */
static int know_path(struct syn_bound *b, unsigned pipeline, const struct syn_path *path)
{
    for (unsigned i = b->path_count; i-- > 0;)
        if (same_path(&b->paths[i], pipeline, path))
            return (int)i;
    if (b->path_count == b->path_room) {
        const unsigned room = 2 * b->path_room + 256;
        struct syn_bound_path *paths = realloc(b->paths, room * sizeof *paths);
        if (!paths)
            return SYN_ENOMEM;
        b->paths = paths;
        b->path_room = room;
    }
    b->paths[b->path_count] = (struct syn_bound_path){.pipeline = (uint8_t)pipeline, .path = *path};
    return (int)b->path_count++;
}

int syn_bound_know(struct syn_bound *b, const struct syn_plan *plan)
{
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const struct syn_execution_plan *e = &plan->pipelines[p];
        struct syn_path path = {.source = e->source, .target = e->target, .count = e->chunk_count};
        for (unsigned k = 0; k < e->chunk_count; k++) {
            path.device[k] = e->chunks[k].device;
            path.last[k] = e->chunks[k].last;
        }
        if (know_path(b, p, &path) < 0)
            return SYN_ENOMEM;
    }
    return 0;
}

/* ---- the linear programme -------------------------------------------------------------------- */

static bool row_counts(const struct master *m, unsigned u)
{
    const struct syn_relax *r = m->b->relax;
    return !r->times[u] || r->alpha || m->b->most_ns < SYN_RELAX_NEVER;
}

static void scale_rows(struct master *m)
{
    const struct syn_bound *b = m->b;
    const struct syn_relax *r = b->relax;
    m->has_round = r->alpha > 0;
    m->round = m->has_round ? (double)b->scale / (double)r->alpha : (double)b->most_ns;
    m->round = m->round < 1 ? 1 : m->round;
    for (unsigned u = 0; u < r->rows; u++) {
        m->row_of[u] = row_counts(m, u) ? (int)m->rows++ : -1;
        const double room = r->room[u] > 0 ? (double)r->room[u] : 1;
        m->factor[u] = r->times[u] ? 1 / ((double)r->times[u] * m->round) : 1 / room;
    }
}

static int begin_lp(struct master *m)
{
    const struct syn_bound *b = m->b;
    const struct syn_relax *r = b->relax;
    double rhs[SYN_RELAX_ROWS_MAX + SYN_PIPELINES_MAX + 1];
    const double cap = (double)r->cap_ns / m->round;
    const double most = ((double)b->most_ns - (double)r->cap_ns) / m->round;
    const bool limited = m->has_round && r->most_ns < SYN_RELAX_NEVER;
    for (unsigned u = 0; u < r->rows; u++)
        if (m->row_of[u] >= 0)
            rhs[m->row_of[u]] = !r->times[u] ? (r->room[u] > 0 ? 1 : 0) : m->has_round ? cap : 1;
    if (limited)
        rhs[m->rows++] = most > 0 ? most : 0;
    for (unsigned p = 0; p < r->pipelines; p++)
        rhs[m->rows + p] = 1;
    int rc = syn_lp_new(&m->lp, m->rows + r->pipelines, m->rows, rhs, PENALTY);
    if (rc || !m->has_round)
        return rc;
    uint16_t row[SYN_RELAX_ROWS_MAX + 1];
    double value[SYN_RELAX_ROWS_MAX + 1];
    unsigned count = 0;
    for (unsigned u = 0; u < r->rows; u++)
        if (r->times[u] && m->row_of[u] >= 0) {
            row[count] = (uint16_t)m->row_of[u];
            value[count++] = -1;
        }
    if (limited) {
        row[count] = (uint16_t)(m->rows - 1);
        value[count++] = 1;
    }
    return syn_lp_add(m->lp, (double)r->alpha * m->round / (double)b->scale, count, row, value);
}

struct scaled {
    double cost;
    unsigned count;
    uint16_t row[SYN_RELAX_ROWS_MAX];
    double value[SYN_RELAX_ROWS_MAX];
};

static void scale_column(const struct master *m, unsigned pipeline, const struct syn_column *column,
                         struct scaled *s)
{
    s->count = 0;
    s->cost = (double)column->cost / (double)m->b->scale;
    for (unsigned i = 0; i < column->count; i++) {
        const unsigned u = column->row[i];
        if (m->row_of[u] < 0)
            continue;
        s->row[s->count] = (uint16_t)m->row_of[u];
        s->value[s->count++] = (double)column->value[i] * m->factor[u];
    }
    s->row[s->count] = (uint16_t)(m->rows + pipeline);
    s->value[s->count++] = 1;
}

static int add_column(struct master *m, unsigned path, const struct scaled *s)
{
    if (m->column_count == m->column_room) {
        const unsigned room = 2 * m->column_room + 256;
        unsigned *path_of = realloc(m->path_of, room * sizeof *path_of);
        if (!path_of)
            return SYN_ENOMEM;
        m->path_of = path_of;
        m->column_room = room;
    }
    m->path_of[m->column_count++] = path;
    return syn_lp_add(m->lp, s->cost, s->count, s->row, s->value);
}

/* Is the path one that the pricer could find now? */
static bool within(const struct syn_bound *b, unsigned p, const struct syn_path *path,
                   const struct syn_column *column)
{
    unsigned l = 0;
    for (unsigned k = 0; k < path->count; k++)
        for (; l < path->last[k]; l++)
            if (!(b->pricer[p].allow[l] >> path->device[k] & 1))
                return false;
    for (unsigned i = 0; i < column->count; i++)
        if (column->value[i] > b->relax->pipeline[p].limit[column->row[i]])
            return false;
    return true;
}

static int known_columns(struct master *m)
{
    struct syn_bound *b = m->b;
    int rc = 0;
    for (unsigned i = 0; !rc && i < b->path_count; i++) {
        const unsigned p = b->paths[i].pipeline;
        struct syn_column column;
        struct scaled s;
        syn_relax_column(b->relax, p, &b->paths[i].path, b->relax->shared, &column);
        if (!within(b, p, &b->paths[i].path, &column))
            continue;
        scale_column(m, p, &column, &s);
        rc = add_column(m, i, &s);
    }
    return rc;
}

/* ---- prices ---------------------------------------------------------------------------------- */

static void propose(struct master *m)
{
    const struct syn_relax *r = m->b->relax;
    for (unsigned u = 0; u < r->rows; u++) {
        const double dual = m->row_of[u] < 0 ? 0 : -syn_lp_dual(m->lp, (unsigned)m->row_of[u]);
        m->proposal[u] = dual > 0 ? dual * m->factor[u] * (double)m->b->scale : 0;
    }
}

/* The bound of these prices, kept where it is the best; the paths that give it. */
static bool try_prices(struct master *m, const double *price, struct syn_path *paths)
{
    struct syn_bound *b = m->b;
    struct syn_prices prices = {0};
    int64_t least[SYN_PIPELINES_MAX];
    syn_whole_prices(b, price, m->round, &prices);
    int64_t total = syn_whole_constant(b, &prices);
    for (unsigned p = 0; p < b->relax->pipelines; p++) {
        least[p] = syn_pricer_run(&b->pricer[p], &prices, &paths[p]);
        if (least[p] >= SYN_RELAX_NEVER) {
            b->value = SYN_RELAX_NEVER;
            return true;
        }
        total += least[p];
    }
    if (m->have_centre && total <= b->total)
        return false;
    b->total = total;
    b->value = syn_whole_rounded(total, prices.shift);
    b->prices = prices;
    memcpy(b->least, least, sizeof least);
    memcpy(m->centre, price, sizeof m->centre);
    m->have_centre = true;
    return true;
}

/* Columns that the linear programme would want; how many, or SYN_ENOMEM. */
static int take_paths(struct master *m, const struct syn_path *paths)
{
    struct syn_bound *b = m->b;
    int taken = 0;
    for (unsigned p = 0; p < b->relax->pipelines; p++) {
        struct syn_column column;
        struct scaled s;
        if (!paths[p].count)
            continue;
        syn_relax_column(b->relax, p, &paths[p], b->relax->shared, &column);
        scale_column(m, p, &column, &s);
        if (syn_lp_reduced(m->lp, s.cost, s.count, s.row, s.value) > -EPSILON)
            continue;
        const int path = know_path(b, p, &paths[p]);
        if (path < 0 || add_column(m, (unsigned)path, &s))
            return SYN_ENOMEM;
        taken++;
    }
    return taken;
}

/* ---- the solution ------------------------------------------------------------------------------
 */

static double round_of(const struct master *m)
{
    if (!m->has_round)
        return (double)m->b->most_ns;
    return (double)m->b->relax->cap_ns + syn_lp_primal(m->lp, 0) * m->round;
}

static void add_share(struct syn_bound *b, const struct syn_bound_path *path, float share)
{
    unsigned l = 0;
    for (unsigned k = 0; k < path->path.count; k++)
        for (; l < path->path.last[k]; l++)
            b->share[path->pipeline][l * b->relax->devices + path->path.device[k]] += share;
}

/* How much of each layer lies where; the sets that its transfers overload. */
static bool read_solution(struct master *m)
{
    struct syn_bound *b = m->b;
    double pair[SYN_RADIO_NODES][SYN_RADIO_NODES] = {{0}};
    for (unsigned p = 0; p < b->relax->pipelines; p++)
        memset(b->share[p], 0,
               (size_t)b->relax->pipeline[p].layers * b->relax->devices * sizeof(float));
    for (unsigned i = 0; i < m->column_count; i++) {
        const struct syn_bound_path *path = &b->paths[m->path_of[i]];
        const double share = syn_lp_primal(m->lp, i + (m->has_round ? 1 : 0));
        if (share < EPSILON)
            continue;
        add_share(b, path, (float)share);
        syn_pairs_add(b->relax, path->pipeline, &path->path, share, pair);
    }
    if (!m->has_round && b->most_ns >= SYN_RELAX_NEVER)
        return false;
    return syn_pairs_separate(b->relax, pair, round_of(m));
}

/* ---- a run ----------------------------------------------------------------------------------- */

static bool settled(const struct master *m)
{
    const struct syn_bound *b = m->b;
    if (b->value > b->target || b->value >= SYN_RELAX_NEVER)
        return true;
    const double value =
        syn_lp_value(m->lp) * (double)b->scale + (double)b->relax->alpha * (double)b->relax->cap_ns;
    const double bound = ldexp((double)b->total, -(int)b->prices.shift);
    return m->have_centre && value - bound <= CLOSE * (fabs(value) + 1);
}

/* Proposal and centre in between: steps that are less wild, so fewer of them. */
static void smooth(const struct master *m, double *price)
{
    for (unsigned u = 0; u < m->b->relax->rows; u++)
        price[u] =
            m->have_centre ? SMOOTH * m->centre[u] + (1 - SMOOTH) * m->proposal[u] : m->proposal[u];
}

static int one_round(struct master *m, bool *done)
{
    struct syn_path paths[SYN_PIPELINES_MAX];
    double price[SYN_RELAX_ROWS_MAX];
    const bool smoothed = m->have_centre;
    (void)syn_lp_solve(m->lp, PIVOTS_MAX);
    propose(m);
    smooth(m, price);
    (void)try_prices(m, price, paths);
    int taken = settled(m) ? 0 : take_paths(m, paths);
    if (!taken && smoothed && !settled(m)) {
        (void)try_prices(m, m->proposal, paths);
        taken = settled(m) ? 0 : take_paths(m, paths);
    }
    *done = taken <= 0;
    return taken < 0 ? taken : 0;
}

static int generate(struct master *m, const struct syn_exact_ask *ask)
{
    bool done = false;
    int rc = 0;
    for (unsigned n = 0; !rc && !done && n < ROUNDS_MAX; n++) {
        rc = one_round(m, &done);
        m->b->rounds++;
        if (!rc && ask && ask->stop(ask->ctx, m->b->value))
            rc = SYN_ECANCELED;
    }
    return rc;
}

/* One linear programme from begin to end; `again` where its solution asks for more odd sets. */
static int run_once(struct master *m, const struct syn_exact_ask *ask, bool *again)
{
    struct syn_bound *b = m->b;
    *again = false;
    m->rows = m->column_count = 0;
    scale_rows(m);
    int rc = begin_lp(m);
    if (!rc)
        rc = known_columns(m);
    if (!rc)
        rc = generate(m, ask);
    if (!rc && b->value <= b->target)
        *again = read_solution(m);
    syn_lp_free(m->lp);
    m->lp = NULL;
    return rc;
}

/* Least c_p of each pipeline, whatever it takes of the rows; false where one has no path. */
static bool cheapest(struct syn_bound *b, int64_t *least)
{
    static const struct syn_prices free_prices = {0};
    for (unsigned p = 0; p < b->relax->pipelines; p++) {
        syn_pricer_filter(&b->pricer[p]);
        least[p] = syn_pricer_run(&b->pricer[p], &free_prices, NULL);
        if (least[p] >= SYN_RELAX_NEVER)
            return false;
    }
    return true;
}

/* Limits without a target, then with what follows from it. */
static bool set_limits(struct syn_bound *b)
{
    struct syn_relax *r = b->relax;
    int64_t least[SYN_PIPELINES_MAX] = {0};
    b->most_ns = syn_relax_limit(r, SYN_RELAX_NEVER, least);
    if (r->latency || r->energy || b->target >= SYN_RELAX_NEVER)
        if (!cheapest(b, least))
            return false;
    b->most_ns = syn_relax_limit(r, b->target, least);
    for (unsigned p = 0; p < r->pipelines; p++)
        syn_pricer_filter(&b->pricer[p]);
    return b->most_ns >= r->cap_ns;
}

/* What a plan may be worth, about, where none is known. */
static int64_t guess(const struct syn_relax *r)
{
    int64_t round = 1;
    for (unsigned p = 0; p < r->pipelines; p++) {
        const struct syn_relax_pipeline *pipe = &r->pipeline[p];
        int64_t longest = 0;
        for (unsigned d = 0; d < r->devices; d++) {
            const int64_t ns = pipe->infer_ns[d][syn_relax_range(0, pipe->layers)] +
                               2 * pipe->message_ns[d * (pipe->layers + 1)];
            longest = ns > longest ? ns : longest;
        }
        round += pipe->weight * longest;
    }
    round = round > r->cap_ns ? round : r->cap_ns + 1;
    return r->energy ? round * r->alpha * 2 : round;
}

int syn_bound_run(struct syn_bound *b, int64_t target, const struct syn_exact_ask *ask)
{
    struct master m = {.b = b};
    bool again = true;
    int rc = 0;
    b->target = target;
    b->value = 0;
    b->total = 0;
    b->rounds = 0;
    b->scale = target < SYN_RELAX_NEVER ? target : guess(b->relax);
    b->scale = b->scale < 1 ? 1 : b->scale;
    if (!set_limits(b)) {
        b->value = SYN_RELAX_NEVER;
        return 0;
    }
    for (unsigned n = 0; !rc && again && n < SET_ROUNDS; n++)
        rc = run_once(&m, ask, &again);
    free(m.path_of);
    return rc;
}
