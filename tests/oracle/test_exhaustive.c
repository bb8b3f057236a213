/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tiny problems whose plans can all be looked at: `exact` finds the optimum of every objective, and
 * no planner finds anything better.
 *
 * test_oracle_exhaustive [COUNT [SEED]]
 */
#include "tests/core/plan/instances.h"
#include "tests/oracle/exhaustive.h"

#include "core/plan/planner.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROBLEMS         (120 / SYN_FEWER)
#define COMBINATIONS_MAX 20000

static unsigned wanted = PROBLEMS;
static uint64_t first_seed = 1;

static void compare(const struct syn_problem *problem, const struct exhaustive *all, int all_rc,
                    const struct syn_planner *planner, uint64_t seed)
{
    static struct syn_search_result result;
    static struct syn_prediction prediction;
    struct syn_error error = {0};
    struct syn_score score;
    memset(&result, 0, sizeof result);
    const int rc = planner->search(problem, NULL, &result, &error);
    const bool exact = !strcmp(planner->name, "exact");
    if (rc) {
        if (exact && all_rc == 0)
            fail_msg("seed %" PRIu64 ", %s: no plan (%s), but there is one", seed,
                     syn_objective_name(problem->objective), error.message);
        return;
    }
    if (all_rc ||
        syn_cost_predict(problem, &result.plan, SYN_EXECUTION_PARALLEL, &prediction, &error))
        fail_msg("seed %" PRIu64 ": %s has a plan where there is none", seed, planner->name);
    syn_score_of(problem, &result.plan, &prediction, &score);
    const uint64_t first = syn_score_first(problem->objective, &score);
    const uint64_t best = syn_score_first(problem->objective, &all->score);
    if (first < best || ((exact || result.proven) && first != best) || result.bound > best)
        fail_msg(
            "seed %" PRIu64 ", %s: %s has %" PRIu64 " (bound %" PRIu64 "), the best is %" PRIu64,
            seed, syn_objective_name(problem->objective), planner->name, first, result.bound, best);
}

static void no_planner_beats_all_plans_and_exact_finds_the_best(void **state)
{
    static const enum syn_objective objectives[] = {SYN_OBJECTIVE_THROUGHPUT, SYN_OBJECTIVE_LATENCY,
                                                    SYN_OBJECTIVE_ENERGY};
    static struct exhaustive all;
    unsigned done = 0, oor = 0, links = 0;
    uint64_t seed = first_seed;
    (void)state;
    for (; done < wanted; seed++) {
        struct rig rig;
        instance_small(&rig, seed, &instance_limits_tiny);
        links += seed % 4 == 3 ? rig_links(&rig, seed) : 0;
        rig.problem.objective = objectives[seed % 3];
        const int rc = exhaustive_search(&rig.problem, COMBINATIONS_MAX, &all);
        for (const struct syn_planner *const *p = syn_planners; rc != SYN_ETIMEOUT && *p; p++)
            compare(&rig.problem, &all, rc, *p, seed);
        done += rc != SYN_ETIMEOUT;
        oor += rc == SYN_EOOR;
        rig_free(&rig);
    }
    print_message("seeds %" PRIu64 " to %" PRIu64 ": %u problems, %u of them without a plan, %u "
                  "measured links\n",
                  first_seed, seed - 1, done, oor, links);
    assert_true(oor < done / 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_planner_beats_all_plans_and_exact_finds_the_best)};
    wanted = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : wanted;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
