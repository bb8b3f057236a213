/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/watching.h"

#include <math.h>

/* Wall seconds for a slow host beyond what the interval takes, and rounds to fill the pipelines. */
static const double grace_s = 20, grace_rounds = 30;

int syn_watching_begin(struct syn_bench *bench, struct syn_error *error)
{
    struct syn_running *running = NULL;
    struct syn_deployed *deployed = NULL;
    int rc = syn_runner_current(bench, &running, error);
    if (rc == 0)
        rc = syn_deployer_current(bench, &deployed, error);
    if (rc != 0 || running->active)
        return rc;
    syn_error_set(error, SYN_ESTATE, "nothing runs");
    syn_error_hint(error, "start it: run");
    return SYN_ESTATE;
}

struct until {
    const struct syn_running *running;
    double span_s;
};

static bool has_passed(void *ctx)
{
    const struct until *until = ctx;
    return !until->running->active || syn_measure_span_s(until->running->measure) >= until->span_s;
}

int syn_watching_next(struct syn_bench *bench, double seconds, struct syn_sample *sample,
                      struct syn_error *error)
{
    const struct syn_running *running = bench->running;
    struct until until = {running, fmax(syn_measure_span_s(running->measure), 0) + seconds};
    double rounds_s = grace_rounds * (double)running->prediction.round_ns / 1e9;
    double wall_s = (seconds + rounds_s) / syn_runner_speed(bench) + grace_s;
    int rc = syn_console_wait(bench->console, has_passed, &until, wall_s, error);
    if (rc == SYN_ETIMEOUT && !syn_console_stopped(bench->console)) {
        syn_error_set(error, rc, "the devices have not reported for %.0f s", wall_s);
        syn_error_hint(error, "'counters' shows what each device waits for");
    }
    return rc != 0 ? rc : syn_runner_sample(bench, seconds, sample, error);
}
