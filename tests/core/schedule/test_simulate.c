/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/planner.h"
#include "core/schedule/simulate.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void reach(void **state)
{
    (void)state;
    for (unsigned w = 1; w <= 5; w++)
        for (unsigned s = 0; s < RIG_SET_COUNT; s++) {
            struct rig rig;
            struct syn_search_result r;
            struct syn_error e = {0};
            rig_workload(&rig, w, (enum rig_set)s);
            if (!syn_planner_find("synergy")->search(&rig.problem, NULL, &r, &e)) {
                struct syn_prediction p;
                struct syn_simulation sim;
                syn_cost_predict(&rig.problem, &r.plan, SYN_EXECUTION_PARALLEL, &p, &e);
                double t = now();
                if (syn_simulate(&rig.problem, &r.plan, NULL, &sim, &e))
                    fail_msg("%s", e.message);
                t = now() - t;
                print_message("W%u %s: bound %.3f simulated %.3f share %.4f  %.1f ms, %lu events, "
                              "span %.2f s\n",
                              w, rig_set_names[s], p.throughput_ips, sim.throughput_ips,
                              sim.throughput_ips / p.throughput_ips, t, (unsigned long)sim.events,
                              sim.span_s);
                syn_simulation_clear(&sim);
            } else
                print_message("W%u %s: %s\n", w, rig_set_names[s], e.message);
            rig_free(&rig);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reach)};
    return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
