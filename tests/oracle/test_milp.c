/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random problems, solved as a MILP by GLPK, by the planner `exact`, and where there are few plans
 * by looking at all of them: the same optimum every time.
 *
 * test_oracle_milp [COUNT [SEED [SECONDS]]]: problems that must be compared, the first seed, and
 * how long GLPK may take for each. What it does not finish is reported and does not count.
 */
#include "tests/core/plan/instances.h"
#include "tests/oracle/exhaustive.h"
#include "tests/oracle/milp.h"

#include "core/plan/planner.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROBLEMS         (300 / SYN_FEWER)
#define COMBINATIONS_MAX 3000
#define UNFINISHED_MAX   0.2 /* of the problems: more, and the test proves too little */

static unsigned wanted = PROBLEMS;
static uint64_t first_seed = 1;
static double seconds = 0.5;

struct tally {
    unsigned other; /* have a part of another kind */
    unsigned links; /* that were measured */
    unsigned compared, oor, tight, exhaustive, unfinished, resolved, lazy;
    double milp_ms, exact_ms, slowest_ms;
};

/* What one way says: 0 and the first term of the objective, or SYN_EOOR. */
struct answer {
    int rc;
    uint64_t first;
    struct syn_plan plan;
    struct syn_error error;
};

static struct answer ask_exact(const struct syn_planner *exact, const struct syn_problem *problem)
{
    static struct syn_search_result result;
    static struct syn_prediction prediction;
    struct answer answer = {.rc = 0};
    struct syn_score score;
    memset(&result, 0, sizeof result);
    answer.rc = exact->search(problem, NULL, &result, &answer.error);
    if (answer.rc)
        return answer;
    answer.rc =
        syn_cost_predict(problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, &answer.error);
    if (answer.rc)
        fail_msg("exact's plan is none: %s", answer.error.message);
    if (!result.proven || result.stopped)
        fail_msg("exact has all the time and does not prove its plan");
    syn_score_of(problem, &result.plan, &prediction, &score);
    answer.first = syn_score_first(problem->objective, &score);
    answer.plan = result.plan;
    return answer;
}

static struct answer ask_milp(const struct syn_problem *problem, uint64_t below,
                              struct milp_result *result)
{
    const struct milp_options options = {.time_limit_s = seconds, .below = below};
    struct answer answer = {.rc = 0};
    answer.rc = milp_solve(problem, &options, result, &answer.error);
    answer.first = syn_score_first(problem->objective, &result->score);
    answer.plan = result->plan;
    return answer;
}

static struct answer ask_exhaustive(const struct syn_problem *problem)
{
    static struct exhaustive result;
    struct answer answer = {.rc = exhaustive_search(problem, COMBINATIONS_MAX, &result)};
    answer.first = syn_score_first(problem->objective, &result.score);
    answer.plan = result.plan;
    return answer;
}

static bool same(const struct answer *a, const struct answer *b)
{
    return a->rc == b->rc && (a->rc || a->first == b->first);
}

/* "p0 a: a[0,2) b[2,5) > c" */
static void print_plan(const struct syn_plan *plan)
{
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const struct syn_execution_plan *e = &plan->pipelines[p];
        print_message("  p%u %c:", p, 'a' + e->source);
        for (unsigned k = 0; k < e->chunk_count; k++)
            print_message(" %c[%u,%u)", 'a' + e->chunks[k].device, e->chunks[k].first,
                          e->chunks[k].last);
        print_message(" > %c\n", 'a' + e->target);
    }
}

static void print_answer(const char *name, const struct answer *answer)
{
    print_message("%s: %s, %" PRIu64 " %s\n", name, answer->rc ? syn_errno_text(answer->rc) : "ok",
                  answer->first, answer->error.message);
    if (!answer->rc)
        print_plan(&answer->plan);
}

/* For whoever has to find out who is wrong. */
static void report(uint64_t seed, const char *name, const struct answer *other,
                   const struct answer *milp)
{
    print_answer("GLPK", milp);
    print_answer(name, other);
    fail_msg("seed %" PRIu64 ": GLPK and %s do not agree", seed, name);
}

/* Floating point lets GLPK stop a few nanoseconds early; asked for something better still it must
 * come to the same. */
static void settle(const struct syn_problem *problem, const struct answer *other,
                   struct answer *milp, struct tally *tally)
{
    struct milp_result result;
    if (milp->rc || other->rc || other->first >= milp->first)
        return;
    for (;;) {
        const struct answer again = ask_milp(problem, milp->first, &result);
        if (again.rc)
            break;
        *milp = again;
    }
    tally->resolved += milp->first == other->first;
}

static void compare(const struct syn_planner *exact, uint64_t seed, struct tally *tally)
{
    struct rig rig;
    struct milp_result result;
    const bool other = seed % 5 == 4;
    instance_small(&rig, seed,
                   other      ? &instance_limits_tiny
                   : seed % 3 ? &instance_limits_small
                              : &instance_limits_packed);
    if (other) {
        rig_other_part(&rig, (unsigned)(seed / 5) % rig.fleet.count, seed);
        tally->other++;
    }
    tally->links += seed % 4 == 3 ? rig_links(&rig, seed) : 0;
    struct answer milp = ask_milp(&rig.problem, 0, &result);
    const struct answer all = ask_exhaustive(&rig.problem);
    const bool finished = milp.rc != SYN_ETIMEOUT;
    tally->unfinished += !finished;
    tally->lazy += result.lazy_rows;
    tally->milp_ms += result.ms;
    if (exact && finished) {
        const struct answer found = ask_exact(exact, &rig.problem);
        settle(&rig.problem, &found, &milp, tally);
        if (!same(&milp, &found))
            report(seed, "exact", &found, &milp);
    }
    if (all.rc != SYN_ETIMEOUT && finished) {
        settle(&rig.problem, &all, &milp, tally);
        tally->exhaustive++;
        if (!same(&milp, &all))
            report(seed, "looking at all plans", &all, &milp);
    }
    if (finished && (exact || all.rc != SYN_ETIMEOUT)) {
        tally->compared++;
        tally->oor += milp.rc == SYN_EOOR;
        tally->tight += instance_use(&rig.problem) >= 0.7;
    }
    rig_free(&rig);
}

static void optimum_is_the_same_by_milp_by_exact_and_by_looking_at_all_plans(void **state)
{
    const struct syn_planner *exact = syn_planner_find("exact");
    struct tally t = {0};
    uint64_t seed = first_seed;
    (void)state;
    for (; t.compared < wanted && t.unfinished <= UNFINISHED_MAX * wanted + 5; seed++)
        compare(exact, seed, &t);
    print_message("seeds %" PRIu64 " to %" PRIu64 ": %u compared (%u with all plans, %u out of "
                  "resource, %u ask for 70 %% of memory or more), %u have a part of another kind, "
                  "%u measured links, %u not "
                  "finished by GLPK in %g s, "
                  "%u settled below its tolerance, %u lazy rows, GLPK %.0f ms\n",
                  first_seed, seed - 1, t.compared, t.exhaustive, t.oor, t.tight, t.other, t.links,
                  t.unfinished, seconds, t.resolved, t.lazy, t.milp_ms);
    if (!exact)
        print_message("there is no planner `exact`: compared with all plans only\n");
    assert_true(t.compared >= wanted);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimum_is_the_same_by_milp_by_exact_and_by_looking_at_all_plans)};
    wanted = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : wanted;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    seconds = argc > 3 ? strtod(argv[3], NULL) : seconds;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
