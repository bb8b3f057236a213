/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/runner_parts.h"

#include "cli/fleet/operation.h"
#include "cli/fleet/resume.h"
#include "core/schedule/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double default_counters_s = 0.1;
static const int64_t leave_ns = 2000000000; /* for devices to hear that the console leaves */
/* What each_member's function returns when there is nothing to do for a member. */
enum { SKIPPED = 1 };

/* ---- starting and stopping ---- */

double syn_runner_speed(const struct syn_bench *bench)
{
    double speed = 0;
    for (unsigned i = 0; i < bench->count; i++) {
        double own = bench->members[i]->hello.speed_permille / 1000.0;
        if (bench->members[i]->state == SYN_MEMBER_ONLINE && own > 0 && (speed == 0 || own < speed))
            speed = own;
    }
    return speed > 0 ? speed : 1;
}

static void end(struct syn_bench *bench)
{
    struct syn_running *running = bench->running;
    bench->running = NULL;
    if (!running)
        return;
    syn_measure_free(running->measure);
    free(running->claims);
    free(running);
}

/* Every device tells what it counts as a target, and 0 for the pipelines of others. */
static void keep_base(void *ctx, const struct syn_answer *answer)
{
    struct syn_bench *bench = ctx;
    const struct syn_run_state *run = &answer->run;
    for (unsigned p = 0; bench->running && p < run->count && p < SYN_PIPELINES_MAX; p++)
        if (run->base[p] > bench->running->base[p])
            bench->running->base[p] = run->base[p];
    if (bench->running && run->count == 0)
        bench->running->base_missing = true;
}

static int each_member(struct syn_bench *bench,
                       int (*start)(struct syn_member *, void *, struct syn_operation *),
                       void *what, void (*answer)(void *, const struct syn_answer *),
                       struct syn_error *error)
{
    const struct syn_workload *workload = bench->deployed->workload;
    struct syn_operation op = {.answer = answer, .ctx = bench};
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < workload->fleet.count; i++) {
        struct syn_member *member = workload->members[i];
        int started = member ? start(member, what, &op) : SKIPPED;
        if (started != SKIPPED)
            rc = syn_operation_started(&op, member, started, error);
    }
    int waited = syn_operation_wait(&op, bench->console, rc == 0 ? error : NULL);
    return rc != 0 ? rc : waited;
}

static int subscribe(struct syn_member *member, void *what, struct syn_operation *op)
{
    return syn_session_subscribe(member->session, what, syn_operation_done, op);
}

/* A device that takes no part has nothing to run; its counters tell what idling costs. */
static int run(struct syn_member *member, void *what, struct syn_operation *op)
{
    if (member->txn == 0)
        return SKIPPED;
    return syn_session_run(member->session, what, syn_operation_done, op);
}

static int tell_all(struct syn_bench *bench, const struct syn_runner_options *options, bool go,
                    struct syn_error *error)
{
    double counters_s = options->counters_s > 0 ? options->counters_s : default_counters_s;
    struct syn_subscription reports = {
        .log = true, .results = go, .counters_ms = go ? (uint32_t)ceil(counters_s * 1e3) : 0};
    struct syn_run_options mode = {.go = go,
                                   .sequential = options->sequential,
                                   .work_conserving = options->work_conserving,
                                   .limit = options->limit};
    int rc = go ? each_member(bench, subscribe, &reports, NULL, error) : 0;
    if (rc == 0)
        rc = each_member(bench, run, &mode, go ? keep_base : NULL, error);
    if (rc == 0 && !go)
        rc = each_member(bench, subscribe, &reports, NULL, error);
    return rc;
}

static struct syn_running *new_running(struct syn_bench *bench,
                                       const struct syn_runner_options *options,
                                       const struct syn_deployed *deployed)
{
    struct syn_running *running = calloc(1, sizeof *running);
    if (!running)
        return NULL;
    running->bench = bench;
    running->options = *options;
    running->measure = syn_measure_new(deployed->workload->fleet.count,
                                       deployed->workload->problem.pipeline_count);
    running->started_ns = syn_loop_now();
    if (running->measure)
        return running;
    free(running);
    return NULL;
}

/* Every task of the run lies in the window that begins before the first. */
static void count_from_the_start(struct syn_running *running, unsigned devices)
{
    const struct syn_device_counters nothing = {.now_ns = 0};
    running->warm = true;
    for (unsigned d = 0; d < devices; d++)
        syn_measure_counters(running->measure, d, &nothing);
}

/* Nothing runs, and nobody has to hear that it should stop. */
static int make_ready(struct syn_bench *bench, struct syn_deployed **deployed,
                      struct syn_error *error)
{
    int rc = syn_deployer_current(bench, deployed, error);
    if (rc == 0)
        rc = syn_runner_stop(bench, error);
    if (rc == 0 && bench->farewell)
        (void)syn_operation_wait(bench->farewell, bench->console, NULL);
    return rc;
}

/* Where sources go on as fast as they are let, inferences wait for each other: a prediction, which
 * is of one alone, says nothing of that. */
static void simulate(struct syn_running *running, const struct syn_deployed *deployed)
{
    const struct syn_simulation_options how = {
        .execution = running->prediction.execution,
        .depth = syn_deploy_depth(deployed->deploy),
    };
    struct syn_simulation simulation = {0};
    const bool known =
        !running->options.count_all &&
        syn_simulate(&deployed->workload->problem, &deployed->plan, &how, &simulation, NULL) == 0;
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        for (unsigned i = 0; i < 3; i++)
            running->simulated_ms[p][i] = known ? simulation.pipelines[p].latency_ms[i] : NAN;
    syn_simulation_clear(&simulation);
}

int syn_runner_start(struct syn_bench *bench, const struct syn_runner_options *options,
                     struct syn_error *error)
{
    struct syn_deployed *deployed = NULL;
    int rc = make_ready(bench, &deployed, error);
    if (rc != 0)
        return rc;
    (void)syn_resume_forget_run(bench);
    end(bench);
    bench->running = new_running(bench, options, deployed);
    if (!bench->running)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a run");
    if (options->count_all)
        count_from_the_start(bench->running, deployed->workload->fleet.count);
    enum syn_execution execution = options->sequential        ? SYN_EXECUTION_SEQUENTIAL
                                   : options->work_conserving ? SYN_EXECUTION_WORK_CONSERVING
                                                              : SYN_EXECUTION_PARALLEL;
    rc = syn_cost_predict(&deployed->workload->problem, &deployed->plan, execution,
                          &bench->running->prediction, error);
    if (rc == 0)
        simulate(bench->running, deployed);
    bench->running->active = rc == 0; /* the first results may come before the last answer */
    if (rc == 0)
        rc = tell_all(bench, options, true, error);
    bench->running->base_known = rc == 0 && !bench->running->base_missing;
    if (rc == 0 || rc == SYN_ELINK) { /* a device that has left meanwhile ended the run */
        int present = syn_deployer_current(bench, &deployed, error);
        rc = present != 0 ? present : rc;
    }
    if (rc != 0) {
        (void)tell_all(bench, options, false, NULL);
        (void)syn_resume_forget_run(bench);
        end(bench);
        return rc;
    }
    syn_console_status(bench->console, "running");
    syn_event_add(&bench->console->events, SYN_EVENT_RUN, NULL, "inference has started");
    return 0;
}

static void ended(struct syn_bench *bench)
{
    bench->running->active = false;
    syn_console_status(bench->console, NULL);
}

int syn_runner_stop(struct syn_bench *bench, struct syn_error *error)
{
    if (!bench->running || !bench->running->active)
        return 0;
    int rc = tell_all(bench, &bench->running->options, false, error);
    ended(bench);
    syn_event_add(&bench->console->events, SYN_EVENT_STOP, NULL, "inference has stopped");
    return rc;
}

int syn_runner_current(struct syn_bench *bench, struct syn_running **running,
                       struct syn_error *error)
{
    *running = bench->running;
    if (*running)
        return 0;
    syn_error_set(error, SYN_ESTATE, "nothing runs");
    syn_error_hint(error, bench->deployed ? "start it: run" : "deploy a plan, then run");
    return SYN_ESTATE;
}

int syn_runner_device(const struct syn_bench *bench, const struct syn_member *member)
{
    const struct syn_deployed *deployed = bench->deployed;
    for (unsigned i = 0; deployed && i < deployed->workload->fleet.count; i++)
        if (deployed->workload->members[i] == member)
            return (int)i;
    return -1;
}

/* Those that are left stop, too; this is said from a callback, where nobody can wait: what is told
 * them next waits, so that none of it is undone when this has to be sent again. */
static void stop_the_others(struct syn_bench *bench)
{
    const struct syn_workload *workload = bench->deployed->workload;
    const struct syn_run_options halt = {.go = false};
    const struct syn_subscription logs = {.log = true};
    struct syn_operation *op = bench->farewell ? bench->farewell : calloc(1, sizeof *op);
    bench->farewell = op;
    for (unsigned i = 0; op && i < workload->fleet.count; i++) {
        struct syn_member *member = workload->members[i];
        if (!member || !member->session)
            continue;
        (void)syn_operation_started(
            op, member, syn_session_run(member->session, &halt, syn_operation_done, op), NULL);
        (void)syn_operation_started(
            op, member, syn_session_subscribe(member->session, &logs, syn_operation_done, op),
            NULL);
    }
}

void syn_runner_member_left(struct syn_bench *bench, unsigned device)
{
    if (!bench->running || !bench->running->active)
        return;
    stop_the_others(bench);
    ended(bench);
    syn_console_event(bench->console, SYN_EVENT_STOP, NULL, "inference has stopped: %s has left%s",
                      bench->deployed->workload->fleet.devices[device].name,
                      syn_resume_waits(bench) ? "; it goes on once it is back" : "");
}

static void give_up(struct syn_member *member)
{
    struct syn_error why = {0};
    struct syn_client *client = member->session ? syn_session_client(member->session) : NULL;
    syn_error_set(&why, SYN_ELINK, "it does not hear that it should stop");
    if (client && syn_client_outstanding(client) > 0)
        syn_client_give_up(client, &why);
}

void syn_runner_leave(struct syn_bench *bench, const struct syn_member *leaving)
{
    const struct syn_run_options halt = {.go = false};
    struct syn_operation op = {0};
    if (!bench->running || !bench->running->active ||
        (leaving && syn_runner_device(bench, leaving) < 0))
        return;
    for (unsigned i = 0; i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        if (member->spawn || member->state != SYN_MEMBER_ONLINE || member->txn == 0)
            continue;
        (void)syn_operation_started(
            &op, member, syn_session_run(member->session, &halt, syn_operation_done, &op), NULL);
    }
    bool all = syn_operation_wait_until(&op, bench->console, syn_loop_now() + leave_ns);
    for (unsigned i = 0; !all && i < bench->count; i++)
        give_up(bench->members[i]);
    (void)syn_operation_wait(&op, bench->console, NULL);
}

void syn_runner_free(struct syn_bench *bench)
{
    end(bench);
}
