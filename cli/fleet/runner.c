/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/runner.h"

#include "cli/fleet/operation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Results kept for verification; a run beyond that verifies the first ones. */
#define CLAIMS_MAX 100000
/* Wall seconds without any result before a run counts as stuck, and rounds of the same. */
static const double stuck_s = 15, stuck_rounds = 30;
static const double report_grace_s = 10;
static const double default_counters_s = 0.1;
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

static int each_member(struct syn_bench *bench,
                       int (*start)(struct syn_member *, void *, struct syn_operation *),
                       void *what, struct syn_error *error)
{
    const struct syn_workload *workload = bench->deployed->workload;
    struct syn_operation op = {0};
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
    int rc = go ? each_member(bench, subscribe, &reports, error) : 0;
    if (rc == 0)
        rc = each_member(bench, run, &mode, error);
    if (rc == 0 && !go)
        rc = each_member(bench, subscribe, &reports, error);
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

int syn_runner_start(struct syn_bench *bench, const struct syn_runner_options *options,
                     struct syn_error *error)
{
    struct syn_deployed *deployed = NULL;
    int rc = syn_deployer_current(bench, &deployed, error);
    if (rc == 0)
        rc = syn_runner_stop(bench, error);
    if (rc != 0)
        return rc;
    end(bench);
    bench->running = new_running(bench, options, deployed);
    if (!bench->running)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a run");
    enum syn_execution execution =
        options->sequential ? SYN_EXECUTION_SEQUENTIAL : SYN_EXECUTION_PARALLEL;
    rc = syn_cost_predict(&deployed->workload->problem, &deployed->plan, execution,
                          &bench->running->prediction, error);
    bench->running->active = rc == 0; /* the first results may come before the last answer */
    if (rc == 0)
        rc = tell_all(bench, options, true, error);
    if (rc == 0 || rc == SYN_ELINK) { /* a device that has left meanwhile ended the run */
        int present = syn_deployer_current(bench, &deployed, error);
        rc = present != 0 ? present : rc;
    }
    if (rc != 0) {
        (void)tell_all(bench, options, false, NULL);
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

/* Index of a member in what is deployed; -1 where it takes no part. */
static int device_of(const struct syn_bench *bench, const struct syn_member *member)
{
    const struct syn_deployed *deployed = bench->deployed;
    for (unsigned i = 0; deployed && i < deployed->workload->fleet.count; i++)
        if (deployed->workload->members[i] == member)
            return (int)i;
    return -1;
}

static void nobody_waits(void *user, int status, const struct syn_answer *answer,
                         const struct syn_error *error)
{
    (void)user;
    (void)status;
    (void)answer;
    (void)error;
}

/* Those that are left stop, too; this is said from a callback, where nobody can wait. */
static void stop_the_others(struct syn_bench *bench)
{
    const struct syn_workload *workload = bench->deployed->workload;
    const struct syn_run_options halt = {.go = false};
    const struct syn_subscription logs = {.log = true};
    for (unsigned i = 0; i < workload->fleet.count; i++) {
        struct syn_member *member = workload->members[i];
        if (!member || !member->session)
            continue;
        (void)syn_session_run(member->session, &halt, nobody_waits, NULL);
        (void)syn_session_subscribe(member->session, &logs, nobody_waits, NULL);
    }
}

void syn_runner_member_left(struct syn_bench *bench, unsigned device)
{
    if (!bench->running || !bench->running->active)
        return;
    stop_the_others(bench);
    ended(bench);
    syn_console_event(bench->console, SYN_EVENT_STOP, NULL, "inference has stopped: %s has left",
                      bench->deployed->workload->fleet.devices[device].name);
}

void syn_runner_leave(struct syn_bench *bench, const struct syn_member *leaving)
{
    const struct syn_run_options halt = {.go = false};
    struct syn_operation op = {0};
    if (!bench->running || !bench->running->active || (leaving && device_of(bench, leaving) < 0))
        return;
    for (unsigned i = 0; i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        if (member->spawn || member->state != SYN_MEMBER_ONLINE || member->txn == 0)
            continue;
        (void)syn_operation_started(
            &op, member, syn_session_run(member->session, &halt, syn_operation_done, &op), NULL);
    }
    (void)syn_operation_wait(&op, bench->console, NULL);
}

void syn_runner_free(struct syn_bench *bench)
{
    end(bench);
}

/* ---- what devices report ---- */

static void copy_counters(struct syn_device_counters *to, const struct syn_counters *from)
{
    memset(to, 0, sizeof *to);
    to->now_ns = from->now_ns;
    to->late = from->late;
    to->late_ns = from->late_ns;
    to->energy_nj = from->energy_nj;
    for (int u = 0; u < SYN_UNIT_COUNT; u++) {
        to->busy_ns[u] = from->busy_ns[u];
        to->tasks[u] = from->tasks[u];
        to->waiting[u] = from->waiting[u];
    }
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++) {
        to->done[p] = from->done[p];
        to->sensed[p] = from->sensed[p];
        to->dropped[p] = from->dropped[p];
        to->pipeline_nj[p] = from->pipeline_nj[p];
    }
}

void syn_runner_counters(struct syn_bench *bench, struct syn_member *member,
                         const struct syn_counters *counters)
{
    struct syn_running *running = bench->running;
    int device = device_of(bench, member);
    struct syn_device_counters copy;
    if (!running || !running->active || !running->warm || device < 0)
        return;
    copy_counters(&copy, counters);
    syn_measure_counters(running->measure, (unsigned)device, &copy);
}

static bool all_have(const struct syn_running *running, uint32_t count)
{
    unsigned pipelines = running->bench->deployed->workload->problem.pipeline_count;
    for (unsigned p = 0; p < pipelines; p++)
        if (running->done[p] < count)
            return false;
    return true;
}

static void keep_claim(struct syn_running *running, const struct syn_result_event *result)
{
    if (running->claim_count == CLAIMS_MAX)
        return;
    if (running->claim_count == running->claim_room) {
        size_t room = running->claim_room ? 2 * running->claim_room : 256;
        struct syn_verify_claim *claims = realloc(running->claims, room * sizeof *claims);
        if (!claims)
            return;
        running->claims = claims;
        running->claim_room = room;
    }
    running->claims[running->claim_count++] = (struct syn_verify_claim){
        .pipeline = result->pipeline,
        .inference = result->inference,
        .input_hash = result->input_hash,
        .output_hash = result->output_hash,
        .best = result->best,
        .value = result->value,
    };
}

static void show(const struct syn_running *running, unsigned device,
                 const struct syn_result_event *result)
{
    const struct syn_problem *problem = &running->bench->deployed->workload->problem;
    const struct syn_model *model = problem->pipelines[result->pipeline].model;
    bool named = !model->seeded && result->best < model->label_count;
    const struct syn_recognition recognition = {
        .pipeline = result->pipeline,
        .inference = result->inference,
        .device = device,
        .label = named ? model->labels[result->best] : NULL,
        .best = result->best,
        .output_hash = result->output_hash,
        .latency_ms = (double)(result->acted_ns - result->sensed_ns) / 1e6,
    };
    if (running->shown)
        running->shown(running->shown_ctx, &recognition);
}

void syn_runner_result(struct syn_bench *bench, struct syn_member *member,
                       const struct syn_result_event *result)
{
    struct syn_running *running = bench->running;
    int device = device_of(bench, member);
    if (!running || !running->active || device < 0 ||
        result->pipeline >= bench->deployed->workload->problem.pipeline_count)
        return;
    running->done[result->pipeline]++;
    if (running->warm)
        syn_measure_result(running->measure, result->pipeline, result->sensed_ns, result->acted_ns);
    /* Measuring begins when pipelines have run ahead as far as the fair round lets them. */
    running->warm = running->warm || all_have(running, syn_deploy_depth(bench->deployed->deploy));
    if (running->options.verify)
        keep_claim(running, result);
    show(running, (unsigned)device, result);
}

/* ---- relay ---- */

static bool send_to(const struct syn_bench *bench, unsigned device, const uint8_t *message,
                    size_t size)
{
    const struct syn_member *member = bench->deployed->workload->members[device];
    return member && member->session && syn_session_send(member->session, message, size) == 0;
}

/* Data follow their stream; what governs them goes the other way; counts are for everybody. */
void syn_runner_relay(struct syn_bench *bench, struct syn_member *member, const uint8_t *message,
                      size_t size)
{
    struct syn_tensor_head head;
    const uint8_t *body = NULL;
    size_t body_size = 0;
    unsigned from = 0, to = 0;
    int self = device_of(bench, member);
    bool sent = true;
    if (self < 0 || !bench->running || size < SYN_SMP_HEADER ||
        syn_tensor_get(&head, message + SYN_SMP_HEADER, size - SYN_SMP_HEADER, &body, &body_size) !=
            0)
        return;
    if (head.kind == SYN_TENSOR_COUNTS) {
        for (unsigned i = 0; i < bench->deployed->workload->fleet.count; i++)
            if (i != (unsigned)self)
                sent &= send_to(bench, i, message, size);
    } else if (syn_deploy_stream(bench->deployed->deploy, head.stream, &from, &to) == 0) {
        sent = send_to(bench, (unsigned)self == from ? to : from, message, size);
    }
    bench->running->relayed++;
    bench->running->relay_lost += !sent;
}

/* ---- waiting ---- */

struct watcher {
    struct syn_running *running;
    double seconds;     /* of device time */
    uint32_t results;   /* seen so far */
    int64_t changed_ns; /* when there was a new one */
    double patience_s;
    bool stuck;
};

static uint32_t results_of(const struct syn_running *running)
{
    uint32_t sum = 0;
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        sum += running->done[p];
    return sum;
}

static void notice_progress(struct watcher *watcher)
{
    uint32_t results = results_of(watcher->running);
    int64_t now = syn_loop_now();
    if (results != watcher->results) {
        watcher->results = results;
        watcher->changed_ns = now;
    }
    watcher->stuck = (double)(now - watcher->changed_ns) / 1e9 > watcher->patience_s;
}

static bool run_is_over(void *ctx)
{
    struct watcher *watcher = ctx;
    struct syn_running *running = watcher->running;
    uint32_t limit = running->options.limit;
    notice_progress(watcher);
    return !running->active || watcher->stuck || (limit > 0 && all_have(running, limit)) ||
           (watcher->seconds > 0 && running->warm &&
            syn_measure_span_s(running->measure) >= watcher->seconds);
}

static bool sample_is_ready(void *ctx)
{
    struct watcher *watcher = ctx;
    return !watcher->running->active || syn_measure_ready(watcher->running->measure);
}

static struct watcher make_watcher(struct syn_bench *bench, double seconds)
{
    double round_s = (double)bench->running->prediction.round_ns / 1e9;
    return (struct watcher){
        .running = bench->running,
        .seconds = seconds,
        .changed_ns = syn_loop_now(),
        .patience_s = fmax(stuck_s, stuck_rounds * round_s / syn_runner_speed(bench)),
    };
}

static int stopped_words(struct syn_bench *bench, struct syn_error *error)
{
    struct syn_deployed *deployed = NULL;
    int rc = syn_deployer_current(bench, &deployed, error);
    if (rc == 0)
        return syn_error_set(error, SYN_ESTATE, "inference has stopped");
    error->code = SYN_ELINK;
    return SYN_ELINK;
}

int syn_runner_wait(struct syn_bench *bench, double seconds, struct syn_error *error)
{
    struct watcher watcher = make_watcher(bench, seconds);
    int rc = syn_console_wait(bench->console, run_is_over, &watcher, -1, error);
    if (rc != 0)
        return rc;
    if (watcher.stuck) {
        syn_error_set(error, SYN_ETIMEOUT, "no inference has finished for %.0f s",
                      watcher.patience_s);
        syn_error_hint(error, "'counters' shows what each device waits for");
        return SYN_ETIMEOUT;
    }
    return bench->running->active ? 0 : stopped_words(bench, error);
}

int syn_runner_sample(struct syn_bench *bench, double seconds, struct syn_sample *sample,
                      struct syn_error *error)
{
    struct watcher watcher = make_watcher(bench, seconds);
    double wall_s = seconds / syn_runner_speed(bench) + report_grace_s + watcher.patience_s;
    int rc = syn_console_wait(bench->console, sample_is_ready, &watcher, wall_s, error);
    if (rc == SYN_ETIMEOUT && !syn_console_stopped(bench->console))
        return syn_error_set(error, SYN_ETIMEOUT, "not every device has reported within %.0f s",
                             wall_s);
    if (rc == 0 && !bench->running->active)
        rc = stopped_words(bench, error);
    if (rc == 0)
        syn_measure_sample(bench->running->measure, sample);
    return rc;
}

/* ---- verification ---- */

/* What the source of a pipeline was fed with. */
static int set_source(struct syn_verify *verify, const struct syn_deployed *deployed,
                      unsigned pipeline, struct syn_error *error)
{
    unsigned source = deployed->plan.pipelines[pipeline].source;
    const struct syn_member *member = deployed->workload->members[source];
    const char *kind = deployed->workload->problem.pipelines[pipeline].spec.sense.kind;
    for (unsigned i = 0; member && i < member->feed_count; i++)
        if (strcmp(member->feeds[i].sensor, kind) == 0)
            return syn_verify_source(verify, pipeline, member->feeds[i].path,
                                     member->feeds[i].first, error);
    return 0;
}

static int check_claims(struct syn_bench *bench, struct syn_verify *verify, size_t *checked,
                        struct syn_error *error)
{
    const struct syn_running *running = bench->running;
    struct syn_progress progress;
    int rc = 0;
    syn_console_progress(bench->console, &progress, "verifying", "results");
    for (*checked = 0; rc == 0 && *checked < running->claim_count; ++*checked) {
        if (syn_console_stopped(bench->console))
            rc = syn_console_stop_error(bench->console, error);
        else
            rc = syn_verify_check(verify, &running->claims[*checked], error);
        syn_progress_update(&progress, *checked, running->claim_count);
    }
    syn_progress_end(&progress);
    return rc;
}

int syn_runner_verify(struct syn_bench *bench, size_t *checked, struct syn_error *error)
{
    const struct syn_deployed *deployed = bench->deployed;
    struct syn_verify *verify = syn_verify_new(&deployed->workload->problem);
    int rc = verify ? 0 : syn_error_set(error, SYN_ENOMEM, "no memory to verify");
    for (unsigned p = 0; rc == 0 && p < deployed->workload->problem.pipeline_count; p++)
        rc = set_source(verify, deployed, p, error);
    if (rc == 0)
        rc = check_claims(bench, verify, checked, error);
    syn_verify_free(verify);
    return rc;
}
