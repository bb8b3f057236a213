/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Competing ways to do the same, timed by turns, so that a busy machine slows all of them. */
#ifndef SYN_TESTS_BENCH_ACCEL_TIME_H
#define SYN_TESTS_BENCH_ACCEL_TIME_H

#define BENCH_WAYS_MAX 3

struct bench_way {
    void (*run)(void *ctx); /* NULL: there is none */
    void *ctx;
    double best_ns; /* of one call, the best of all rounds; 0 where there is none */
};

/* In every round each way works for about `slice_ns`. */
void bench_time(struct bench_way *ways, unsigned count, unsigned rounds, double slice_ns);

#endif
