/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns and rows of the program, shared by those who build, cut and solve it. */
#ifndef SYN_TESTS_ORACLE_MILP_MODEL_H
#define SYN_TESTS_ORACLE_MILP_MODEL_H

#include "core/cost/cost.h"
#include "core/cost/fit.h"

#include <glpk.h>

#define MILP_NODES_MAX 12 /* radios, that of the console included */
#define MILP_SETS_MAX  2048

/* What pipeline p may put on device d: nothing, or the layers of a span. */
struct milp_span {
    uint16_t first, last;
    int column;        /* 0: never possible */
    uint64_t infer_ns; /* with all kernels in column 0 */
};

struct milp_spans {
    unsigned count;
    struct milp_span *list; /* owned */
};

struct milp_cut {
    unsigned count;
    int *columns;   /* [1..count], owned */
    double *values; /* [1..count], owned */
    double least;   /* sum of values x columns >= least */
};

struct milp {
    const struct syn_problem *problem;
    glp_prob *lp;
    double unit_ns;     /* of every time in the program: a power of two */
    double energy_unit; /* fJ of the objective */
    int round;          /* column of T */
    struct milp_spans spans[SYN_PIPELINES_MAX][SYN_DEVICES_MAX];
    int source[SYN_PIPELINES_MAX][SYN_DEVICES_MAX]; /* columns; 0: not a candidate */
    int target[SYN_PIPELINES_MAX][SYN_DEVICES_MAX];
    int change[SYN_PIPELINES_MAX][SYN_DEVICES_MAX]; /* time for changing chunks */
    int extra[SYN_PIPELINES_MAX][SYN_DEVICES_MAX];  /* inference slower than in column 0 */
    /* rows */
    int unit_row[SYN_DEVICES_MAX][SYN_UNIT_COUNT];
    int hub_row; /* 0: none */
    unsigned set_count;
    uint32_t sets[MILP_SETS_MAX]; /* of nodes; the hub is node fleet->count */
    int set_row[MILP_SETS_MAX];
    int latency_row[SYN_PIPELINES_MAX]; /* 0: no bound */
    int arena_row[SYN_DEVICES_MAX];
    /* elements that wait to be loaded */
    size_t element_count, element_room;
    int *element_row, *element_column;
    double *element_value;
    /* rows that were found on the way */
    size_t cut_count, cut_room;
    struct milp_cut *cuts;
    bool failed; /* out of memory */
};

/* Makes columns and rows. Returns 0, SYN_ENOMEM, SYN_EINVAL, SYN_EOOR (too many tensors cross a
 * cut). milp_clear() in any case. */
int milp_build(struct milp *m, const struct syn_problem *problem, struct syn_error *error);
void milp_clear(struct milp *m);

/* Elements; a row and a column meet at most once. */
void milp_put(struct milp *m, int row, int column, double value);
int milp_row(struct milp *m, double least, double most); /* -INFINITY, INFINITY: unbounded */
int milp_column(struct milp *m, bool binary, double most);

/* Column `column` stands for `ns` of one inference of pipeline p on that unit. */
void milp_charge(struct milp *m, unsigned p, int column, unsigned device, enum syn_unit unit,
                 uint64_t ns);
/* ... on the path of its latency. */
void milp_delay(struct milp *m, unsigned p, int column, uint64_t ns);

/* The hops of all pipelines, with what they ask of radios and arenas (milp_hops.c). */
int milp_build_hops(struct milp *m);

/* Is the point of `lp` integral? Then *plan is what it says. */
bool milp_read_plan(const struct milp *m, double (*value)(glp_prob *lp, int column), glp_prob *lp,
                    struct syn_plan *plan);

/*
 * Asks core/cost about what each device holds in `plan`, and keeps a row for everything that the
 * program at its point of `lp` has not known. Returns how many (milp_lazy.c).
 */
unsigned milp_learn(struct milp *m, glp_prob *lp, const struct syn_plan *plan);

#endif
