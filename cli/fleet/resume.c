/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/resume.h"

#include "cli/fleet/deployer.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/runner.h"
#include "core/plan/planner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A device that is plugged in elsewhere is back by then: no offer is needed. */
static const int64_t offer_delay_ns = 2000000000;
static const int64_t offer_search_ns = 300000000;

struct syn_resume {
    struct syn_loop_timer timer; /* until a plan without it is offered */
    char lost[SYN_DEVICE_NAME];
    bool offers; /* that is due */
    bool runs;   /* what ran is to go on */
    struct syn_runner_options options;
};

static struct syn_resume *resume_of(struct syn_bench *bench)
{
    if (!bench->resume)
        bench->resume = calloc(1, sizeof *bench->resume);
    return bench->resume;
}

/* ---- when one has left ---- */

static void offer_is_due(void *ctx)
{
    struct syn_bench *bench = ctx;
    bench->resume->offers = true;
    bench->console->chores = true;
}

void syn_resume_member_left(struct syn_bench *bench, const struct syn_member *member)
{
    struct syn_resume *resume = resume_of(bench);
    if (!resume || !member->reconnect)
        return;
    (void)snprintf(resume->lost, sizeof resume->lost, "%s", member->name);
    syn_loop_timer_start(bench->console->loop, &resume->timer, offer_delay_ns, 0, offer_is_due,
                         bench);
    if (!bench->running || !bench->running->active || !bench->running->options.lasting)
        return;
    resume->runs = true;
    resume->options = bench->running->options;
}

bool syn_resume_forget_run(struct syn_bench *bench)
{
    bool waited = bench->resume && bench->resume->runs;
    if (bench->resume) {
        bench->resume->runs = bench->resume->offers = false;
        syn_loop_timer_stop(&bench->resume->timer);
    }
    return waited;
}

bool syn_resume_waits(const struct syn_bench *bench)
{
    return bench->resume && bench->resume->runs;
}

void syn_resume_free(struct syn_bench *bench)
{
    (void)syn_resume_forget_run(bench);
    free(bench->resume);
    bench->resume = NULL;
}

/* ---- a plan without it ---- */

static int search(const struct syn_workload *workload, double *ips, struct syn_error *error)
{
    const struct syn_planner *planner = syn_planner_find("synergy");
    const struct syn_search_options options = {.time_limit_ns = offer_search_ns};
    struct syn_search_result *found = calloc(1, sizeof *found);
    struct syn_prediction *prediction = calloc(1, sizeof *prediction);
    int rc = found && prediction ? planner->search(&workload->problem, &options, found, error)
                                 : SYN_ENOMEM;
    if (rc == 0)
        rc = syn_cost_predict(&workload->problem, &found->plan, planner->execution, prediction,
                              error);
    *ips = rc == 0 ? prediction->throughput_ips : 0;
    free(found);
    free(prediction);
    return rc;
}

static int find_another(struct syn_bench *bench, double *ips, struct syn_error *error)
{
    const struct syn_workload *now = bench->deployed->workload;
    const char *apps[SYN_PIPELINES_MAX];
    struct syn_workload *workload = NULL;
    for (unsigned i = 0; i < now->app_count; i++)
        apps[i] = now->apps[i];
    int rc = syn_workload_new(&workload, bench, apps, now->app_count, error);
    if (rc != 0)
        return rc;
    workload->problem.objective = now->problem.objective;
    rc = search(workload, ips, error);
    syn_workload_free(workload);
    return rc;
}

static void offer(struct syn_bench *bench)
{
    struct syn_resume *resume = bench->resume;
    const struct syn_deployed *deployed = bench->deployed;
    struct syn_error error = {0};
    double ips = 0;
    if (!deployed || !deployed->missing[0])
        return;
    int rc = find_another(bench, &ips, &error);
    if (rc == 0)
        syn_console_event(bench->console, SYN_EVENT_FAIL, resume->lost,
                          "plan %" PRId64 " needs it; 'plan search' finds one without it: %.2f "
                          "inferences/s",
                          deployed->id, ips);
    else
        syn_console_event(bench->console, SYN_EVENT_FAIL, resume->lost,
                          "plan %" PRId64 " needs it, and there is none without it: %s",
                          deployed->id, error.message);
}

/* ---- when it is back ---- */

static bool all_are_there(struct syn_bench *bench)
{
    const struct syn_fleet *fleet = &bench->deployed->workload->fleet;
    for (unsigned i = 0; i < fleet->count; i++) {
        const struct syn_member *member = syn_bench_find(bench, fleet->devices[i].name);
        if (!member || member->state != SYN_MEMBER_ONLINE)
            return false;
    }
    return true;
}

static int deploy_again(struct syn_bench *bench, struct syn_error *error)
{
    char lost[SYN_DEVICE_NAME];
    (void)snprintf(lost, sizeof lost, "%s", bench->deployed->missing);
    int rc = syn_deployer_again(bench, error);
    if (rc == 0)
        syn_console_event(bench->console, SYN_EVENT_DEPLOY, lost,
                          "had lost plan %" PRId64 ": it is deployed again", bench->deployed->id);
    return rc;
}

static int go_on(struct syn_bench *bench, struct syn_error *error)
{
    struct syn_resume *resume = bench->resume;
    struct syn_runner_options options = resume ? resume->options : (struct syn_runner_options){0};
    bool runs = resume && resume->runs;
    int rc = bench->deployed->missing[0] ? deploy_again(bench, error) : 0;
    if (rc == 0 && runs)
        rc = syn_runner_start(bench, &options, error);
    if (rc == 0 && runs)
        syn_console_event(bench->console, SYN_EVENT_RUN, NULL, "inference goes on");
    if (rc == SYN_ELINK && runs) { /* another has left meanwhile */
        resume->runs = true;
        resume->options = options;
    }
    return rc;
}

/* It may run on, alone, since it could not be told that the others were stopped. */
static int halt(struct syn_member *member, struct syn_error *error)
{
    const struct syn_run_options stop = {.go = false};
    struct syn_operation op = {0};
    int rc = syn_operation_started(
        &op, member, syn_session_run(member->session, &stop, syn_operation_done, &op), error);
    return rc == 0 ? syn_operation_wait(&op, member->bench->console, error) : rc;
}

/* One that started anew senses what it senses by itself. */
static int feed(struct syn_member *member, struct syn_error *error)
{
    struct syn_operation op = {0};
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < member->feed_count; i++) {
        const struct syn_feed *f = &member->feeds[i];
        rc = syn_operation_started(&op, member,
                                   syn_session_feed(member->session, f->sensor, f->path, f->first,
                                                    syn_operation_done, &op),
                                   error);
    }
    int waited = syn_operation_wait(&op, member->bench->console, rc == 0 ? error : NULL);
    return rc != 0 ? rc : waited;
}

static int take_back_one(struct syn_bench *bench, struct syn_member *member,
                         struct syn_error *error)
{
    int rc = syn_deployer_member_back(bench, member, member->restarted, error);
    if (rc != 0)
        return rc;
    return member->txn != 0 ? halt(member, error) : feed(member, error);
}

static void take_back(struct syn_bench *bench)
{
    struct syn_error error = {0};
    for (unsigned i = 0; i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        if (!member->returned)
            continue;
        member->returned = false;
        if (member->state == SYN_MEMBER_ONLINE)
            (void)take_back_one(bench, member, &error);
    }
}

static bool somebody_returned(const struct syn_bench *bench)
{
    for (unsigned i = 0; i < bench->count; i++)
        if (bench->members[i]->returned)
            return true;
    return false;
}

static void resume(struct syn_bench *bench)
{
    struct syn_error error = {0};
    take_back(bench);
    if (!bench->deployed || !all_are_there(bench))
        return;
    int rc = go_on(bench, &error);
    if (rc == 0 || rc == SYN_ELINK) /* one has left again: that is said already */
        return;
    (void)syn_resume_forget_run(bench);
    syn_console_event(bench->console, SYN_EVENT_FAIL, error.device[0] ? error.device : NULL,
                      "plan %" PRId64 " does not go on: %s; 'plan search' looks for another",
                      bench->deployed->id, error.message);
}

void syn_resume_chores(void *ctx)
{
    struct syn_bench *bench = ctx;
    if (somebody_returned(bench))
        resume(bench);
    if (!bench->resume || !bench->resume->offers)
        return;
    bench->resume->offers = false;
    offer(bench);
}
