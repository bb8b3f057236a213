/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/accel_time.h"

#include <time.h>

static double now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static double time_calls(const struct bench_way *way, unsigned calls)
{
    const double start = now_ns();
    for (unsigned i = 0; i < calls; i++)
        way->run(way->ctx);
    return (now_ns() - start) / calls;
}

/* Also the warming up. */
static unsigned calls_in(const struct bench_way *way, double slice_ns)
{
    unsigned calls = 1;
    while (time_calls(way, calls) * calls < slice_ns / 2)
        calls *= 2;
    return calls;
}

void bench_time(struct bench_way *ways, unsigned count, unsigned rounds, double slice_ns)
{
    unsigned calls[BENCH_WAYS_MAX] = {0};
    for (unsigned i = 0; i < count; i++) {
        ways[i].best_ns = 0;
        if (ways[i].run)
            calls[i] = calls_in(&ways[i], slice_ns);
    }
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned i = 0; i < count; i++) {
            const double ns = calls[i] ? time_calls(&ways[i], calls[i]) : 0;
            if (ways[i].best_ns == 0 || ns < ways[i].best_ns)
                ways[i].best_ns = ns;
        }
}
