/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/probe_parts.h"

#include "cli/fleet/links.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of each pipeline in a turn: every task of it is counted, so figures are means of so many. */
#define INFERENCES 12

static const uint16_t as_profiled = 1000; /* permille */
static const double least_change = 0.002;
static const double speed_min = 0.001, speed_max = 60;

/* Small enough for any part, with work for every unit: a message of 4 KiB, 1 ms of inference. */
static const char model_text[] =
    "{\"format\": \"synergy-model/1\", \"name\": \"probe\","
    " \"input\": {\"channels\": 16, \"height\": 16, \"width\": 16}, \"weights\": {\"seed\": 1},"
    " \"layers\": ["
    " {\"op\": \"conv2d\", \"channels\": 64, \"pad\": [1, 1]},"
    " {\"op\": \"conv2d\", \"channels\": 64, \"pad\": [1, 1]},"
    " {\"op\": \"conv2d\", \"channels\": 16, \"pad\": [1, 1]}]}";

/* ---- the workload of a turn --------------------------------------------------------------- */

/* In turn t of a round robin: whom device d meets; d itself where it sits out. */
unsigned syn_probe_partner(unsigned d, unsigned turn, unsigned count)
{
    const unsigned seats = count + count % 2, last = seats - 1;
    unsigned other;
    if (seats < 2)
        return d;
    if (d == last)
        other = turn;
    else if (d == turn)
        other = last;
    else
        other = (2 * turn + last - d) % last;
    return other < count ? other : d;
}

unsigned syn_probe_turns(unsigned count)
{
    const unsigned seats = count + count % 2;
    return seats > 1 ? seats - 1 : 1;
}

void syn_probe_pipeline(struct syn_workload *w, const struct syn_model *model, unsigned from,
                        unsigned to)
{
    const struct syn_profile *source = &w->fleet.devices[from].profile;
    const struct syn_profile *target = &w->fleet.devices[to].profile;
    struct syn_problem_pipeline *p = &w->problem.pipelines[w->problem.pipeline_count++];
    (void)snprintf(p->app, sizeof p->app, "probe");
    (void)snprintf(p->spec.name, sizeof p->spec.name, "probe-%u", w->problem.pipeline_count);
    (void)snprintf(p->spec.model, sizeof p->spec.model, "%s", model->name);
    (void)snprintf(p->spec.sense.kind, sizeof p->spec.sense.kind, "%s",
                   source->sensor_count ? source->sensors[0] : "none");
    (void)snprintf(p->spec.act.kind, sizeof p->spec.act.kind, "%s",
                   target->actuator_count ? target->actuators[0] : "none");
    p->spec.weight = 1;
    p->model = model;
    p->sources = (uint16_t)(1u << from);
    p->targets = (uint16_t)(1u << to);
    p->hosts = (uint16_t)((1u << w->fleet.count) - 1);
}

/* The devices by their profiles alone, whatever was measured before. */
static int new_workload(struct syn_bench *bench, struct syn_workload **workload,
                        struct syn_error *error)
{
    struct syn_workload *w = *workload = calloc(1, sizeof *w);
    if (!w)
        return syn_error_set(error, SYN_ENOMEM, "no memory to measure");
    syn_bench_fleet(bench, &w->fleet, w->members);
    w->problem.fleet = &w->fleet;
    int rc =
        syn_model_parse(&w->models[0], model_text, sizeof model_text - 1, "probe", NULL, error);
    w->model_count = rc == 0;
    for (unsigned d = 0; rc == 0 && d < w->fleet.count; d++) {
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            w->fleet.devices[d].profile.timing.skew_permille[u] = as_profiled;
        syn_probe_pipeline(w, w->models[0], d, d);
    }
    return rc;
}

static void plan_turn(const struct syn_workload *w, unsigned turn, struct syn_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    plan->pipeline_count = w->problem.pipeline_count;
    for (unsigned d = 0; d < w->fleet.count; d++)
        plan->pipelines[d] = (struct syn_execution_plan){
            .source = (uint8_t)d,
            .target = (uint8_t)d,
            .chunk_count = 1,
            .chunks = {{.device = (uint8_t)syn_probe_partner(d, turn, w->fleet.count),
                        .last = (uint16_t)w->models[0]->layer_count}}};
}

/* ---- running it --------------------------------------------------------------------------- */

static void take_paces(const struct syn_bench *bench, const struct syn_sample *sample,
                       struct syn_probe_result *results)
{
    const struct syn_deployed *d = bench->deployed;
    for (unsigned i = 0; i < d->workload->fleet.count; i++) {
        struct syn_pace pace;
        syn_pace_of(&d->workload->problem, &d->plan, sample, i, &pace);
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            results[i].pace.speed[u] = fmax(results[i].pace.speed[u], pace.speed[u]);
    }
}

static int run_limited(struct syn_bench *bench, uint32_t inferences, struct syn_error *error)
{
    const struct syn_runner_options options = {.limit = inferences, .count_all = true};
    int rc = syn_runner_start(bench, &options, error);
    return rc == 0 ? syn_runner_wait(bench, 0, error) : rc;
}

int syn_probe_sample(struct syn_bench *bench, uint32_t inferences, struct syn_sample *sample,
                     struct syn_error *error)
{
    int rc = run_limited(bench, 1, error);
    if (rc == 0)
        rc = syn_runner_stop(bench, error);
    if (rc == 0)
        rc = run_limited(bench, inferences, error);
    /* The reports that were under way may be of before the last task. */
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = syn_runner_sample(bench, 0, sample, error);
    if (rc == 0)
        syn_measure_total(bench->running->measure, sample);
    const int stopped = syn_runner_stop(bench, rc == 0 ? error : NULL);
    return rc != 0 ? rc : stopped;
}

int syn_probe_deploy(struct syn_bench *bench, struct syn_workload *workload,
                     const struct syn_plan *plan, struct syn_error *error)
{
    struct syn_deployed *what = calloc(1, sizeof *what);
    int rc = what ? 0 : SYN_ENOMEM;
    if (rc == 0) {
        what->plan = *plan;
        rc = syn_cost_predict(&workload->problem, plan, SYN_EXECUTION_PARALLEL, &what->prediction,
                              error);
    }
    if (rc != 0) {
        syn_workload_free(workload);
    } else {
        (void)snprintf(what->planner, sizeof what->planner, "probe");
        rc = syn_deployer_deploy(bench, workload, what, error); /* takes the workload over */
    }
    free(what);
    return rc;
}

static int turn(struct syn_bench *bench, unsigned number, struct syn_probe_result *results,
                unsigned *count, struct syn_error *error)
{
    struct syn_workload *workload = NULL;
    struct syn_sample sample;
    struct syn_plan plan;
    int rc = new_workload(bench, &workload, error);
    if (rc == 0 && workload->fleet.count != *count)
        rc = syn_error_set(error, SYN_ELINK, "a device left while it was measured");
    if (rc != 0) {
        syn_workload_free(workload);
        return rc;
    }
    plan_turn(workload, number, &plan);
    rc = syn_probe_deploy(bench, workload, &plan, error);
    if (rc == 0)
        rc = syn_probe_sample(bench, INFERENCES, &sample, error);
    if (rc == 0)
        take_paces(bench, &sample, results);
    return rc;
}

int syn_probe_run(struct syn_bench *bench, struct syn_probe_result results[SYN_DEVICES_MAX],
                  unsigned *count, struct syn_error *error)
{
    struct syn_progress progress;
    bool held = false;
    int rc = 0;
    *count = 0;
    for (unsigned i = 0; i < bench->count; i++) {
        if (!syn_member_plans(bench->members[i]))
            continue;
        results[*count] = (struct syn_probe_result){.member = bench->members[i]};
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            results[*count].pace.speed[u] = NAN;
        ++*count;
    }
    if (*count == 0)
        return syn_error_set(error, SYN_ENOENT, "no device is connected");
    syn_console_progress(bench->console, &progress, "measuring", "turns");
    const unsigned turns = syn_probe_turns(*count);
    for (unsigned t = 0; rc == 0 && t < turns; t++) {
        syn_progress_update(&progress, t, turns);
        bench->probed = SYN_WAY_CONSOLE; /* figures are of radios, not of wires */
        rc = turn(bench, t, results, count, error);
        bench->probed = SYN_WAY_COUNT;
    }
    syn_progress_end(&progress);
    const int cleared = syn_deployer_undeploy(bench, &held, rc == 0 ? error : NULL);
    return rc != 0 ? rc : cleared;
}

void syn_probe_apply(struct syn_member *member, const struct syn_pace *pace)
{
    uint16_t *skew = member->profile.timing.skew_permille;
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
        const double speed = pace->speed[u];
        if (!isfinite(speed))
            continue;
        const double bounded = fmin(fmax(speed, speed_min), speed_max);
        skew[u] = fabs(speed - 1) < least_change ? as_profiled : (uint16_t)lround(1000 * bounded);
    }
}
