/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bench_planner measures on: reference workloads and random problems, one after the other. */
#ifndef SYN_TESTS_BENCH_CASES_H
#define SYN_TESTS_BENCH_CASES_H

#include "tests/core/plan/instances.h"

enum case_kind { CASE_WORKLOAD, CASE_SMALL, CASE_LARGE, CASE_CHAINS };

struct bench_case {
    enum case_kind kind;
    unsigned workload; /* CASE_WORKLOAD: 1..5 */
    enum rig_set set;
    unsigned devices, pipelines, layers; /* not of CASE_SMALL; layers of CASE_CHAINS only */
    double use;                          /* CASE_LARGE */
    uint64_t seed;
};

#define BENCH_CASES_MAX 4096

struct bench_cases {
    unsigned count;
    struct bench_case list[BENCH_CASES_MAX];
};

/* "1", "W1,w3" or "all"; sets likewise; devices "4,8". Each adds all combinations. Return false
 * where the text is none of these. */
bool bench_cases_workloads(struct bench_cases *cases, const char *workloads, const char *sets,
                           const char *devices);

/* "SEED,COUNT,DEVICES,PIPELINES,USE": instance_large(). */
bool bench_cases_large(struct bench_cases *cases, const char *text);

/* "SEED,COUNT": instance_small(). */
bool bench_cases_small(struct bench_cases *cases, const char *text);

/* "SEED,COUNT,DEVICES,PIPELINES,LAYERS": instance_chains(). */
bool bench_cases_chains(struct bench_cases *cases, const char *text);

void bench_case_make(const struct bench_case *one, struct rig *rig);

/* "W4" and "max78000"; "p32-u0.50-s7" and "random". */
void bench_case_names(const struct bench_case *one, char workload[32], char lab[32]);

#endif
