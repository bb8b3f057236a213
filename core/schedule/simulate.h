/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a plan does, event by event: the agents' own runtime (devices/runtime) on every device,
 * the radio's own arbitration, the durations of the cost model, and a clock that jumps.
 *
 * Where core/cost says what no execution of a plan exceeds, this says what the runtime reaches:
 * throughput in steady state, latencies with everything running, utilisation, power.
 */
#ifndef SYN_CORE_SCHEDULE_SIMULATE_H
#define SYN_CORE_SCHEDULE_SIMULATE_H

#include "core/cost/cost.h"
#include "core/schedule/waits.h"
#include "devices/runtime/runtime.h"

struct syn_simulation_options {
    enum syn_execution execution;
    double seconds; /* of device time that are measured, after the warm-up; 0: enough rounds */
    unsigned depth; /* K of the fair round; 0: what `deploy` would choose */
    double trace_s; /* keep the spans of this much time, from the end of the warm-up; 0: none */
    bool waits;     /* note what the unit that limits the plan waits for */
    bool (*cancelled)(void *ctx); /* asked now and then; may be NULL */
    void *ctx;
};

/* One task of one inference. A transfer is there twice: SEND on one device, RECEIVE on another
 * (the hub: SYN_DEVICE_HUB). */
struct syn_task_span {
    int64_t start_ns, end_ns; /* from the end of the warm-up */
    uint32_t inference;
    uint8_t device, pipeline;
    uint8_t kind;   /* enum syn_task_kind */
    uint8_t peer;   /* of a transfer */
    bool configure; /* of a load: with a change of chunk */
};

struct syn_simulated_pipeline {
    double throughput_ips;
    double latency_ms[3]; /* p50, p95, p99, sensing to action; NaN without a result */
    double latency_max_ms;
    uint64_t done;
};

struct syn_simulation {
    enum syn_execution execution;
    double span_s;         /* that was measured */
    double throughput_ips; /* of all pipelines */
    double round_ns;       /* fair rounds: span over the rounds that were completed */
    double power_mw;
    double energy_mj; /* of one round, idle included; work-conserving: of one inference */
    double device_power_mw[SYN_DEVICES_MAX];
    double utilisation[SYN_DEVICES_MAX][SYN_UNIT_COUNT]; /* 0 to 1 */
    struct syn_simulated_pipeline pipelines[SYN_PIPELINES_MAX];
    struct syn_waits waits;      /* where it was asked for */
    struct syn_task_span *spans; /* in order of start; owned */
    size_t span_count;
    uint64_t events; /* that the simulator went through */
};

/*
 * The plan is feasible (syn_cost_predict). Deterministic: same problem, plan, options, same answer.
 * Returns 0, SYN_ENOMEM, SYN_ECANCELED, or SYN_ESTATE with words where the plan gets stuck.
 */
int syn_simulate(const struct syn_problem *problem, const struct syn_plan *plan,
                 const struct syn_simulation_options *options, struct syn_simulation *simulation,
                 struct syn_error *error);

void syn_simulation_clear(struct syn_simulation *simulation); /* an all-zero one is fine */

#endif
