/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stage of a search: a pipeline that is added to a plan of others. Everything that does not
 * depend on how it is cut is computed once, and what a chunk [first, last) means for a device that
 * already holds others is computed once, when first asked for.
 *
 * The chunks of one plan sit on distinct devices, so what a chunk adds to its device depends on
 * nothing else of the plan: sums of these entries are exact.
 */
#ifndef SYN_CORE_PLAN_STAGE_H
#define SYN_CORE_PLAN_STAGE_H

#include "core/cost/cost.h"
#include "core/cost/fit.h"
#include "devices/part/demand.h"

#define SYN_STAGE_NEVER UINT16_MAX /* no number of chunks is enough */

enum syn_entry_state { SYN_ENTRY_UNKNOWN, SYN_ENTRY_BOUND, SYN_ENTRY_EXACT, SYN_ENTRY_NEVER };

/* What a chunk adds to its device. Lower bounds in state BOUND. */
struct syn_entry {
    enum syn_entry_state state;
    int64_t accel_ns, cpu_ns; /* of a round, with what it changes for the chunks already there */
    int64_t own_ns;           /* latency of this chunk */
    int64_t others_ns;        /* change of the latencies of the chunks already there */
    int64_t energy_fj;        /* active, of a round */
};

struct syn_stage_resident {
    struct syn_resident chunk;
    const struct syn_model *model;
    int64_t weight;
    int64_t moving_ns; /* load and unload */
    int64_t configure_ns;
};

struct syn_stage_device {
    const struct syn_timing *timing;
    struct syn_residents residents;
    struct syn_stage_resident base[SYN_PIPELINES_MAX]; /* the same, with figures */
    int64_t accel_ns, cpu_ns, latency_ns;              /* of the chunks that are there, as placed */
    int64_t accel_floor_ns, latency_floor_ns;          /* wherever their kernels may come to lie */
    int64_t arena_bytes;                               /* free */
    struct syn_demand room;                            /* that sums of the residents leave */
    /* By cut: */
    int64_t words_ns[SYN_MODEL_LAYERS_MAX + 1];   /* to load or unload it */
    int64_t message_ns[SYN_MODEL_LAYERS_MAX + 1]; /* to send it; the last: the result */
    uint64_t cycles[SYN_MODEL_LAYERS_MAX + 1];    /* of the layers before it, at least */
    struct syn_demand *demand; /* [cut]: of the layers before it; shared by devices of a part */
    struct syn_entry *entries;
};

struct syn_stage {
    const struct syn_problem *problem;
    const struct syn_plan *base;
    unsigned pipeline, layers, devices;
    int64_t weight;
    const struct syn_model *model;
    struct syn_prediction prediction; /* of base */
    int64_t base_energy_fj;           /* active, of a round */
    int64_t idle_uw;                  /* of all devices */
    int64_t cap_ns;                   /* T that rate caps allow at best, this pipeline included */
    bool bounded;                     /* some pipeline of base has a bound on its latency */
    uint64_t base_away;
    uint32_t bytes[SYN_MODEL_LAYERS_MAX + 1]; /* of each cut; the last: the result */
    uint32_t cut_words[SYN_MODEL_LAYERS_MAX + 1];
    int64_t remaining_ns[SYN_MODEL_LAYERS_MAX + 1]; /* inference of the layers behind, at least */
    int64_t cheapest_message_ns[SYN_MODEL_LAYERS_MAX + 1]; /* by cut, over the devices */
    uint16_t needed[SYN_MODEL_LAYERS_MAX + 1];   /* chunks for the layers behind a cut, at least */
    struct syn_demand *demands[SYN_DEVICES_MAX]; /* one for each kind of part; owned */
    struct syn_stage_device device[SYN_DEVICES_MAX];
};

/*
 * `base` is feasible and leaves `pipeline` out. Returns 0, SYN_ENOMEM, SYN_EOOR (more tensors
 * cross a cut than can). The stage refers to problem and base.
 */
int syn_stage_new(struct syn_stage **stage, const struct syn_problem *problem,
                  const struct syn_plan *base, unsigned pipeline, struct syn_error *error);
void syn_stage_free(struct syn_stage *stage);

/* The entry in state BOUND, EXACT or NEVER. */
struct syn_entry *syn_stage_bound(struct syn_stage *stage, unsigned device, unsigned first,
                                  unsigned last);
/* Makes it EXACT or NEVER. */
void syn_stage_settle(struct syn_stage *stage, unsigned device, unsigned first, unsigned last,
                      struct syn_entry *entry);

#endif
