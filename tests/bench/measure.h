/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One planner on one problem, timed in this process, and the row that says how it went. */
#ifndef SYN_TESTS_BENCH_MEASURE_H
#define SYN_TESTS_BENCH_MEASURE_H

#include "core/plan/plan_json.h"

#define BENCH_REPEAT_MAX 1000

struct bench_options {
    double time_limit_s; /* of a search; 0 = none */
    unsigned repeat; /* searches, 1 to BENCH_REPEAT_MAX; their times are compared, the last one's
                        plan is reported */
    unsigned threads;
    bool parallel; /* baselines, too, with task parallelization */
    bool sequential;
    bool simulate; /* fill facts.simulated_ips and what else the row has of it */
};

struct bench_row {
    char workload[32], lab[32];
    unsigned devices, pipelines;
    double use;     /* of memory, as tests/core/plan/instances.h has it */
    double idle_mw; /* of all devices */
    enum syn_execution execution;
    int rc;                      /* of the search: 0, SYN_EOOR, SYN_ETIMEOUT, ... */
    struct syn_plan_facts facts; /* search_ms: the median */
    double best_ms;
    uint64_t round_ns;                 /* T as it runs */
    double simulated_mw, simulated_ms; /* power; the median latency, sum over the pipelines */
    double simulation_ms;              /* wall clock */
    struct syn_search_result result;
};

/* Fills all but the names. */
void bench_measure(const struct syn_problem *problem, const struct syn_planner *planner,
                   const struct bench_options *options, struct bench_row *row);

/* GLPK behind the interface of a planner (tests/oracle/milp.h); NULL where it was not there. */
extern const struct syn_planner *const bench_glpk;

/* Aligned, for people. */
void bench_print_head(void);
void bench_print_row(const struct bench_row *row);

/* One JSON object on a line: the fields of a plan and those of the row. */
void bench_print_json(const struct syn_problem *problem, const struct bench_row *row);

#endif
