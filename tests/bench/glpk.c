/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/measure.h"

#ifdef BENCH_GLPK
#include "tests/oracle/milp.h"

static int search(const struct syn_problem *problem, const struct syn_search_options *options,
                  struct syn_search_result *result, struct syn_error *error)
{
    const struct milp_options how = {.time_limit_s = 1e-9 * (double)options->time_limit_ns};
    struct milp_result found;
    const int rc = milp_solve(problem, &how, &found, error);
    if (rc == SYN_ETIMEOUT)
        return syn_error_set(error, rc, "not finished after %.0f s (%u columns, %u rows)",
                             how.time_limit_s, found.columns, found.rows);
    if (rc)
        return rc;
    result->plan = found.plan;
    result->proven = true;
    result->bound = syn_score_first(problem->objective, &found.score);
    return 0;
}

static const struct syn_planner planner = {.name = "glpk",
                                           .summary = "the whole problem as a MILP",
                                           .execution = SYN_EXECUTION_PARALLEL,
                                           .search = search};

const struct syn_planner *const bench_glpk = &planner;
#else
const struct syn_planner *const bench_glpk;
#endif
