/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_simulated.h"

#include "core/schedule/simulate.h"

#include <math.h>

double syn_plan_simulated_ips(const struct syn_problem *problem, const struct syn_plan *plan,
                              enum syn_execution execution,
                              const struct syn_search_options *options)
{
    const struct syn_simulation_options how = {
        .execution = execution, .cancelled = options->cancelled, .ctx = options->ctx};
    struct syn_simulation simulation = {0};
    double ips = NAN;
    if (syn_simulate(problem, plan, &how, &simulation, NULL) == 0)
        ips = simulation.throughput_ips;
    syn_simulation_clear(&simulation);
    return ips;
}
