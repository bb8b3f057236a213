/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for a run to deliver, and checking what it delivered. */
#include "cli/fleet/runner_parts.h"

#include <math.h>
#include <string.h>

/* Wall seconds without any result before a run counts as stuck, and rounds of the same. */
static const double stuck_s = 15, stuck_rounds = 30;
static const double report_grace_s = 10;

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
        sum += running->done[p] + running->ended[p];
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
    return !running->active || watcher->stuck ||
           (limit > 0 && syn_runner_all_ended(running, limit)) ||
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
