/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The books of a plan that changes one pipeline at a time: loads of all units, memory, latencies.
 * Devices that nothing changed keep their figures. The figures are those of syn_cost_predict and
 * syn_score_of, to the nanosecond.
 *
 * Plain data: a copy is a snapshot.
 */
#ifndef SYN_CORE_PLAN_IMPROVE_LEDGER_H
#define SYN_CORE_PLAN_IMPROVE_LEDGER_H

#include "core/plan/improve/figures.h"
#include "core/plan/score.h"

struct syn_ledger_chunk {
    uint8_t pipeline;
    uint16_t first, last;
    int64_t own_ns; /* load, infer, unload, configuration where the accelerator is shared */
};

/* The chunks of one device in the order of their pipelines, and what they come to. */
struct syn_ledger_device {
    unsigned count;
    struct syn_ledger_chunk chunks[SYN_PIPELINES_MAX];
    bool stale;                /* own_ns, accel_ns and cpu_ns are of before a change */
    int64_t accel_ns, cpu_ns;  /* of a round, chunks only */
    int64_t sensor_ns, act_ns; /* of a round */
    int64_t latency_ns;        /* sum of own_ns */
    int64_t arena_bytes;       /* free; negative: too little */
    struct syn_demand left;    /* of the room */
};

struct syn_ledger {
    struct syn_atlas *atlas;
    struct syn_plan plan;
    struct syn_ledger_device device[SYN_DEVICES_MAX];
    struct syn_radio_load radio;
    int64_t path_ns[SYN_PIPELINES_MAX]; /* latency but for the chunks */
    uint64_t bytes, away;
};

/* Of no pipelines at all. */
void syn_ledger_clear(struct syn_ledger *ledger, struct syn_atlas *atlas);

/* The pipeline must be in, or out. A chunk that is put in fits alone and into the sums that are
 * left; whether kernels and bias fit together is found by settling. */
void syn_ledger_take(struct syn_ledger *ledger, unsigned pipeline);
void syn_ledger_put(struct syn_ledger *ledger, unsigned pipeline,
                    const struct syn_execution_plan *plan);

/* Do the sums leave room for layers [first, last) on the device? */
bool syn_ledger_has_room(const struct syn_ledger *ledger, unsigned pipeline, unsigned device,
                         unsigned first, unsigned last);

/* Places what changed. Returns 0 or SYN_EOOR: kernels, bias or arena of a device do not fit. */
int syn_ledger_settle(struct syn_ledger *ledger);

/* What the (settled) device would be with one more chunk. Returns 0 or SYN_EOOR. */
int syn_ledger_try(const struct syn_ledger *ledger, unsigned device, unsigned pipeline,
                   unsigned first, unsigned last, struct syn_ledger_device *after);

/* Where the round is spent. */
struct syn_ledger_peak {
    int64_t ns;
    unsigned device; /* SYN_DEVICE_HUB: the relay */
    enum syn_unit unit;
    uint32_t set; /* devices whose transfers cannot overlap, where they bind; else 0 */
};

/* Busy time of the busiest unit of a settled ledger; sets of radios and rate caps left out. */
int64_t syn_ledger_busiest(const struct syn_ledger *ledger);

/* Of a settled ledger. False where a bound on latency or the round is exceeded. */
bool syn_ledger_score(const struct syn_ledger *ledger, struct syn_score *score,
                      struct syn_ledger_peak *peak);

#endif
