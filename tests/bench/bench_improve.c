/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What neighbourhoods add to `synergy` on many devices, and what memory-first repair finds alone:
 * 16 devices and 32 random pipelines, a row for each problem, a summary for each use of memory.
 *
 * usage: bench_improve [USE[,USE]... [FIRST_SEED [COUNT [SECONDS[,SECONDS]...]]]]
 */
#include "core/plan/improve/improve.h"
#include "tests/core/plan/instances.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEVICES   16
#define PIPELINES 32
#define TIMES_MAX 8
#define COUNT_MAX 1000
#define NS_PER_S  1000000000

struct campaign {
    unsigned first, count, times;
    double seconds[TIMES_MAX];
    double gain[TIMES_MAX][COUNT_MAX]; /* T of synergy over T then */
    unsigned feasible, by_synergy, by_repair;
};

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static unsigned parse(const char *text, double *values)
{
    unsigned count = 0;
    char *end;
    for (; *text && count < TIMES_MAX; text = *end ? end + 1 : end) {
        values[count++] = strtod(text, &end);
        if (end == text)
            break;
    }
    return count;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Repair alone, whatever synergy does: the time it takes, and whether it finds a plan. */
static void repair_alone(struct campaign *c, const struct syn_problem *problem)
{
    const struct syn_improve_limits limits = {.deadline_ns = INT64_MAX, .seed = 1};
    struct syn_plan plan = {0};
    const int64_t start = now_ns();
    const bool found = !syn_repair(problem, &limits, &plan);
    printf("  repair %s %7.1f ms", found ? "ok " : "oor", (double)(now_ns() - start) / 1e6);
    c->by_repair += found;
}

static void improve(struct campaign *c, const struct syn_problem *problem,
                    const struct syn_search_result *result, unsigned row)
{
    struct syn_plan plan = result->plan;
    struct syn_prediction prediction;
    struct syn_score score;
    const int64_t start = now_ns();
    uint64_t looked = 0;
    if (syn_cost_predict(problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, NULL))
        return;
    syn_score_of(problem, &plan, &prediction, &score);
    const double begun = (double)score.round_ns;
    printf("  T %8.2f ms", begun / 1e6);
    for (unsigned i = 0; i < c->times; i++) {
        const struct syn_improve_limits limits = {
            .deadline_ns = start + (int64_t)(c->seconds[i] * NS_PER_S), .seed = i + 1};
        (void)syn_improve(problem, &limits, &plan, &score, &looked);
        c->gain[i][row] = begun / (double)score.round_ns;
        printf("  %gs %8.2f", c->seconds[i], (double)score.round_ns / 1e6);
    }
    printf("  %llu neighbourhoods\n", (unsigned long long)looked);
}

static void one(struct campaign *c, unsigned seed, double use)
{
    static struct rig rig;
    struct syn_search_result result;
    struct syn_error error = {0};
    instance_large(&rig, seed, DEVICES, PIPELINES, use);
    printf("%4u  use %.3f", seed, instance_use(&rig.problem));
    repair_alone(c, &rig.problem);
    const int64_t start = now_ns();
    const int rc = syn_planner_find("synergy")->search(&rig.problem, NULL, &result, &error);
    printf("  synergy %s %7.1f ms",
           rc                ? "oor "
           : result.repaired ? "rep "
                             : "ok  ",
           (double)(now_ns() - start) / 1e6);
    c->by_synergy += !rc && !result.repaired;
    if (rc)
        printf("  %s\n", error.message);
    else
        improve(c, &rig.problem, &result, c->feasible++);
    (void)fflush(stdout);
    rig_free(&rig);
}

static void all(struct campaign *c, double use)
{
    c->feasible = c->by_synergy = c->by_repair = 0;
    for (unsigned i = 0; i < c->count; i++)
        one(c, c->first + i, use);
    printf("use %.2f: %u problems, %u with a plan, synergy's own way %u, repair alone %u; T of "
           "synergy over T, median:",
           use, c->count, c->feasible, c->by_synergy, c->by_repair);
    for (unsigned i = 0; i < c->times && c->feasible; i++) {
        qsort(c->gain[i], c->feasible, sizeof c->gain[i][0], by_value);
        printf(" %.2f after %g s", c->gain[i][c->feasible / 2], c->seconds[i]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct campaign c;
    double uses[TIMES_MAX];
    const unsigned count = parse(argc > 1 ? argv[1] : "0.3,0.5,0.8,0.9,0.95", uses);
    c.first = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    c.count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 8;
    c.times = parse(argc > 4 ? argv[4] : "1,3,10", c.seconds);
    c.count = c.count < COUNT_MAX ? c.count : COUNT_MAX;
    for (unsigned i = 0; i < count; i++)
        all(&c, uses[i]);
    return 0;
}
