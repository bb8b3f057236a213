/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/schedule/simulation.h"

#include <stdlib.h>
#include <string.h>

#define ASK_EVERY    1024 /* happenings between two looks at `cancelled` */
#define STUCK_ROUNDS 100  /* without one more, and STUCK_NS */
#define STUCK_NS     5000000000

void syn_sim_at(struct syn_sim *sim, int64_t at_ns, const struct syn_happening *happening)
{
    const int rc = syn_agenda_add(&sim->agenda, at_ns, happening);
    sim->rc = sim->rc ? sim->rc : rc;
}

void syn_sim_now(struct syn_sim *sim, const struct syn_happening *happening)
{
    const int rc = syn_agenda_add_now(&sim->agenda, happening);
    sim->rc = sim->rc ? sim->rc : rc;
}

/* ---- the clock ---- */

static void handle(struct syn_sim *sim, const struct syn_happening *h, int64_t at_ns)
{
    switch ((enum syn_event_kind)h->kind) {
    case SYN_HAPPENS_END:
        syn_sim_end(sim, h, at_ns);
        break;
    case SYN_HAPPENS_SENT:
        syn_sim_sent(sim, h);
        break;
    case SYN_HAPPENS_RECEIVED:
        syn_sim_received(sim, h);
        break;
    case SYN_HAPPENS_AT_HUB:
        syn_sim_at_hub(sim, h);
        break;
    case SYN_HAPPENS_WAKE:
        syn_sim_wake(sim, h, at_ns);
        break;
    case SYN_HAPPENS_CAP_ENDS:
        syn_rt_woken(&sim->devices[h->device].rt, sim->now_ns);
        break;
    case SYN_HAPPENS_BEACON:
        syn_sim_beacon(sim, h);
        break;
    case SYN_HAPPENS_DATA:
        syn_sim_data(sim, h);
        break;
    case SYN_HAPPENS_TELL:
        syn_radio_told(&sim->devices[h->device].radio, h->peer, &h->message, sim->now_ns);
        break;
    case SYN_HAPPENS_CREDIT:
        syn_sim_credit(sim, h);
        break;
    case SYN_HAPPENS_COUNTS:
        syn_sim_counts(sim, h);
        break;
    }
}

static bool is_stuck(const struct syn_sim *sim)
{
    const int64_t since = sim->now_ns - sim->figures.round_ns;
    return since > STUCK_NS && since / STUCK_ROUNDS > (int64_t)sim->prediction.round_ns;
}

static int stuck(const struct syn_sim *sim, struct syn_error *error)
{
    unsigned last = 0;
    uint64_t least = UINT64_MAX;
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++) {
        const uint64_t rounds = sim->figures.done[p] / sim->problem->pipelines[p].spec.weight;
        last = rounds < least ? p : last;
        least = rounds < least ? rounds : least;
    }
    return syn_error_set(error, SYN_ESTATE,
                         "the simulated plan gets stuck: pipeline %s after %u inference%s",
                         sim->problem->pipelines[last].spec.name, sim->figures.done[last],
                         sim->figures.done[last] == 1 ? "" : "s");
}

static bool is_cancelled(const struct syn_sim *sim)
{
    const struct syn_simulation_options *o = sim->options;
    return sim->out->events % ASK_EVERY == 0 && o->cancelled && o->cancelled(o->ctx);
}

static int run(struct syn_sim *sim, struct syn_error *error)
{
    struct syn_happening h;
    int64_t at_ns = 0;
    while (!sim->figures.over) {
        if (!syn_agenda_next(&sim->agenda, &at_ns, &h) || is_stuck(sim))
            return stuck(sim, error);
        syn_sim_pass(sim, at_ns);
        sim->now_ns = at_ns > sim->now_ns ? at_ns : sim->now_ns;
        handle(sim, &h, at_ns);
        sim->out->events++;
        if (sim->rc)
            return syn_error_set(error, sim->rc, "%s",
                                 sim->rc == SYN_ENOMEM ? "no memory for a simulation"
                                                       : "a message without a slot");
        if (is_cancelled(sim))
            return syn_error_set(error, SYN_ECANCELED, "the simulation was stopped");
    }
    return 0;
}

/* ---- the whole ---- */

static int simulate(struct syn_sim *sim, struct syn_error *error)
{
    int rc =
        syn_cost_predict(sim->problem, sim->plan, SYN_EXECUTION_PARALLEL, &sim->prediction, error);
    if (rc)
        return rc;
    sim->depth = sim->options->depth ? sim->options->depth
                                     : syn_routes_depth(sim->plan, sim->prediction.round_ns);
    rc = syn_sim_devices_init(sim, error);
    if (rc)
        return rc;
    syn_sim_air_init(sim);
    syn_sim_devices_start(sim);
    rc = run(sim, error);
    return rc ? rc : syn_sim_figures_take(sim);
}

int syn_simulate(const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_simulation_options *options, struct syn_simulation *simulation,
                 struct syn_error *error)
{
    static const struct syn_simulation_options standard = {.execution = SYN_EXECUTION_PARALLEL};
    struct syn_sim *sim = calloc(1, sizeof *sim);
    memset(simulation, 0, sizeof *simulation);
    if (!sim)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a simulation");
    sim->problem = problem;
    sim->plan = plan;
    sim->options = options ? options : &standard;
    sim->out = simulation;
    const int rc = simulate(sim, error);
    syn_agenda_clear(&sim->agenda);
    syn_sim_figures_clear(sim);
    free(sim);
    if (rc)
        syn_simulation_clear(simulation);
    return rc;
}

void syn_simulation_clear(struct syn_simulation *simulation)
{
    free(simulation->spans);
    memset(simulation, 0, sizeof *simulation);
}
