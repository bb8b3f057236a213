/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the simulator share: devices and their tasks (wearables.c), what is on the air
 * (air.c), what is measured (figures.c), what units wait for (waits.c), the clock (simulate.c).
 */
#ifndef SYN_CORE_SCHEDULE_SIMULATION_H
#define SYN_CORE_SCHEDULE_SIMULATION_H

#include "core/schedule/agenda.h"
#include "core/schedule/routes.h"
#include "core/schedule/simulate.h"

_Static_assert(SYN_DEVICE_HUB < SYN_RADIO_DEVICES, "the console's radio is one of the radios");
_Static_assert(SYN_PIPELINES_MAX <= SYN_RT_PIPELINES_MAX, "a runtime serves all pipelines");

/* A message between its sender's and its receiver's slot. */
struct syn_sim_transit {
    bool used;
    uint8_t slot; /* of the receiver */
    struct syn_task task;
};

struct syn_sim_device {
    struct syn_sim *sim;
    uint8_t index; /* or SYN_DEVICE_HUB */
    bool takes_part;
    const struct syn_timing *timing; /* NULL: the hub */
    struct syn_rt rt;
    struct syn_radio radio;
    int64_t wake_ns;  /* INT64_MAX: not */
    uint8_t air_peer; /* the other end of the present or last transfer */
    struct syn_chunk_cost chunks[SYN_PIPELINES_MAX];
    uint64_t busy_ns[SYN_UNIT_COUNT]; /* since the end of the warm-up */
};

struct syn_sim_figures {
    bool measuring, over;
    int64_t from_ns, to_ns; /* what is measured: from one end of a round to another */
    int64_t round_ns;       /* end of the last round */
    uint64_t rounds, rounds_from;
    uint32_t done[SYN_PIPELINES_MAX], done_from[SYN_PIPELINES_MAX];
    struct syn_sim_latencies {
        int64_t *ns;
        size_t count, room;
    } latencies[SYN_PIPELINES_MAX];
    size_t span_room;
};

struct syn_sim {
    const struct syn_problem *problem;
    const struct syn_plan *plan;
    const struct syn_simulation_options *options;
    struct syn_simulation *out;
    struct syn_prediction prediction; /* parallel */
    struct syn_sim_device devices[SYN_RADIO_NODES];
    uint32_t hop_bytes[SYN_PIPELINES_MAX][SYN_HOPS_MAX];
    struct syn_sim_transit transits[SYN_PIPELINES_MAX][SYN_HOPS_MAX][SYN_RT_SLOTS_MAX];
    unsigned depth;
    struct syn_agenda agenda;
    int64_t now_ns;
    struct syn_sim_figures figures;
    int rc; /* the first error */
};

static inline const struct syn_execution_plan *syn_sim_path(const struct syn_sim *sim, unsigned p)
{
    return &sim->plan->pipelines[p];
}

/* Add to the agenda, or end the simulation with sim->rc. */
void syn_sim_at(struct syn_sim *sim, int64_t at_ns, const struct syn_happening *happening);
void syn_sim_now(struct syn_sim *sim, const struct syn_happening *happening);

/* wearables.c */
int syn_sim_devices_init(struct syn_sim *sim, struct syn_error *error);
void syn_sim_devices_start(struct syn_sim *sim);
void syn_sim_end(struct syn_sim *sim, const struct syn_happening *happening, int64_t at_ns);
void syn_sim_credit(struct syn_sim *sim, const struct syn_happening *happening);
void syn_sim_counts(struct syn_sim *sim, const struct syn_happening *happening);
void syn_sim_beacon(struct syn_sim *sim, const struct syn_happening *happening);

/* air.c */
void syn_sim_air_init(struct syn_sim *sim);
void syn_sim_send(struct syn_sim_device *from, const struct syn_task *task, int64_t ready_ns);
void syn_sim_data(struct syn_sim *sim, const struct syn_happening *happening);
void syn_sim_sent(struct syn_sim *sim, const struct syn_happening *happening);
void syn_sim_received(struct syn_sim *sim, const struct syn_happening *happening);
void syn_sim_at_hub(struct syn_sim *sim, const struct syn_happening *happening);
void syn_sim_wake(struct syn_sim *sim, const struct syn_happening *happening, int64_t at_ns);

/* waits.c: time goes on to to_ns; the order of what was noted */
void syn_sim_pass(struct syn_sim *sim, int64_t to_ns);
void syn_sim_waits_take(struct syn_sim *sim);

/* figures.c */
void syn_sim_done(struct syn_sim *sim, unsigned p, const struct syn_token *token, int64_t acted_ns);
void syn_sim_account(struct syn_sim *sim, const struct syn_task_span *span);
int syn_sim_figures_take(struct syn_sim *sim);
void syn_sim_figures_clear(struct syn_sim *sim);

#endif
