/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One planner on one problem, timed in this process, and the row that says how it went. */
#ifndef SYN_TESTS_BENCH_MEASURE_H
#define SYN_TESTS_BENCH_MEASURE_H

#include "core/plan/plan_json.h"

struct bench_options {
    double time_limit_s; /* of a search; 0 = none */
    unsigned repeat;     /* searches; their times are compared, the last one's plan is reported */
    unsigned threads;
    bool parallel; /* baselines, too, with task parallelization */
    bool sequential;
};

struct bench_row {
    char workload[32], lab[32];
    unsigned devices, pipelines;
    double use; /* of memory, as tests/core/plan/instances.h has it */
    enum syn_execution execution;
    int rc;                      /* of the search: 0, SYN_EOOR, SYN_ETIMEOUT, ... */
    struct syn_plan_facts facts; /* search_ms: the median */
    double best_ms;
    uint64_t round_ns; /* T as it runs */
    struct syn_search_result result;
};

/* Fills all but the names. */
void bench_measure(const struct syn_problem *problem, const struct syn_planner *planner,
                   const struct bench_options *options, struct bench_row *row);

/* Aligned, for people. */
void bench_print_head(void);
void bench_print_row(const struct bench_row *row);

/* One JSON object on a line: the fields of a plan and those of the row. */
void bench_print_json(const struct syn_problem *problem, const struct bench_row *row);

#endif
