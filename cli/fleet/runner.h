/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs what is deployed: starts and stops inference on all devices, collects counters and results,
 * relays tensors between devices that do not reach each other, and checks results.
 *
 * Times are device time: on virtual wearables at speed 0.1, one second is ten on the wall.
 */
#ifndef SYN_CLI_FLEET_RUNNER_H
#define SYN_CLI_FLEET_RUNNER_H

#include "cli/fleet/deployer.h"
#include "core/measure/measure.h"
#include "core/verify/verify.h"
#include "devices/wire/tensor.h"

struct syn_runner_options {
    bool sequential;
    bool work_conserving;
    bool verify;       /* keep every result for syn_runner_verify() */
    bool count_all;    /* measure from the first task on: no warming up */
    bool lasting;      /* no command waits for its end: it goes on once a lost device is back */
    uint32_t limit;    /* inferences of each pipeline; 0: no limit */
    double counters_s; /* how often devices report; 0: every 0.1 s */
};

/* One result as it came, for whoever shows recognitions. */
struct syn_recognition {
    unsigned pipeline;
    uint32_t inference;
    unsigned device;   /* that acted */
    const char *label; /* NULL where the model's weights are random or it has no labels */
    uint16_t best;
    uint64_t output_hash;
    double latency_ms; /* NaN where the clocks of source and target cannot be compared */
};

struct syn_running {
    struct syn_bench *bench;
    struct syn_runner_options options;
    bool active;
    bool warm; /* every pipeline has delivered: measuring has begun */
    struct syn_measure *measure;
    struct syn_prediction prediction; /* of the mode that runs */
    /* p50, p95, p99 with everything running, as simulated; NaN: not known */
    double simulated_ms[SYN_PIPELINES_MAX][3];
    uint32_t done[SYN_PIPELINES_MAX];  /* results so far */
    uint32_t base[SYN_PIPELINES_MAX];  /* counters of the targets when it started */
    uint32_t ended[SYN_PIPELINES_MAX]; /* acted or dropped since, by the targets' counters */
    bool base_known, base_missing;     /* of all targets; of older firmware */
    struct syn_verify_claim *claims;   /* owned; of options.verify */
    size_t claim_count, claim_room;
    uint64_t relayed, relay_lost; /* tensor messages */
    uint64_t relayed_data;        /* those of them that are pieces of tensors */
    int64_t started_ns;           /* CLOCK_MONOTONIC */
    /* Called for each result while it runs; may be NULL. */
    void (*shown)(void *ctx, const struct syn_recognition *recognition);
    void *shown_ctx;
};

/* Starts what is deployed (restarts when it runs). On failure nothing runs. */
int syn_runner_start(struct syn_bench *bench, const struct syn_runner_options *options,
                     struct syn_error *error);

/* Stops; figures stay until the next start. Fine when nothing runs. */
int syn_runner_stop(struct syn_bench *bench, struct syn_error *error);

/* What runs or ran last; SYN_ESTATE with words when nothing has run since the last deployment. */
int syn_runner_current(struct syn_bench *bench, struct syn_running **running,
                       struct syn_error *error);

/* Waits until every device has reported since the last sample, at most `seconds` of device time and
 * some grace for slow hosts, and takes the sample. SYN_ETIMEOUT says which device is silent. */
int syn_runner_sample(struct syn_bench *bench, double seconds, struct syn_sample *sample,
                      struct syn_error *error);

/* Waits for `seconds` of device time, measured from the moment every pipeline had delivered; or
 * until the limit of inferences is reached. */
int syn_runner_wait(struct syn_bench *bench, double seconds, struct syn_error *error);

/* Recomputes every result of the run; *checked counts. SYN_ECORRUPT at the first difference. */
int syn_runner_verify(struct syn_bench *bench, size_t *checked, struct syn_error *error);

/* Speed of the slowest virtual wearable: device seconds a wall second. */
double syn_runner_speed(const struct syn_bench *bench);

/* Before `member` (NULL: the console) leaves: stops the devices that outlive the console, without a
 * word, and waits until they have heard it. */
void syn_runner_leave(struct syn_bench *bench, const struct syn_member *member);

/* From the sessions. */
void syn_runner_counters(struct syn_bench *bench, struct syn_member *member,
                         const struct syn_counters *counters);
void syn_runner_result(struct syn_bench *bench, struct syn_member *member,
                       const struct syn_result_event *result);
void syn_runner_relay(struct syn_bench *bench, struct syn_member *member, const uint8_t *message,
                      size_t size);
void syn_runner_member_left(struct syn_bench *bench, unsigned device);
void syn_runner_free(struct syn_bench *bench);

#endif
