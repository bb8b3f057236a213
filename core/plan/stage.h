/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stage of a search: a pipeline that is added to a plan of others. Everything that does not
 * depend on how it is cut is computed once, and what a chunk [first, last) means for a device that
 * already holds others is placed and priced once, when first asked for. The next stage keeps what
 * the change of plan does not touch.
 *
 * The chunks of one plan sit on distinct devices, so what a chunk adds to its device depends on
 * nothing else of the plan: sums of these entries are exact.
 */
#ifndef SYN_CORE_PLAN_STAGE_H
#define SYN_CORE_PLAN_STAGE_H

#include "core/cost/cost.h"
#include "core/cost/fit.h"
#include "core/plan/tables.h"

#define SYN_STAGE_NEVER UINT16_MAX /* no number of chunks is enough */
#define SYN_STAGE_NEVER_NS                                                                         \
    (INT64_MAX / 8) /* a time that never comes; sums of a few do not overflow */

enum syn_entry_state { SYN_ENTRY_BOUND, SYN_ENTRY_EXACT, SYN_ENTRY_NEVER };

/* What a chunk adds to its device. Lower bounds in state BOUND. */
struct syn_entry {
    int64_t own_ns;    /* latency of this chunk; SYN_STAGE_NEVER_NS where it never fits */
    int64_t accel_ns;  /* of a round, with what it changes for the chunks already there */
    int64_t others_ns; /* change of the latencies of the chunks already there */
    enum syn_entry_state state;
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
    const struct syn_kind_table *table;                /* of the pipeline's model */
    int64_t least_ns;          /* accelerator of a round at least, whether or not it joins */
    struct syn_entry *entries; /* [row]; for hosts of the pipeline */
    uint16_t reach[SYN_MODEL_LAYERS_MAX]; /* furthest end of a chunk that begins here, by sums */
};

struct syn_stage {
    const struct syn_problem *problem;
    struct syn_plan base;
    struct syn_tables tables;
    unsigned pipeline, layers, devices;
    uint32_t hosts;
    int64_t weight;
    const struct syn_model *model;
    const struct syn_model_table *table;
    /* Of base: */
    int64_t busy_ns[SYN_DEVICES_MAX][SYN_UNIT_COUNT]; /* of a round */
    struct syn_radio_load radio;
    int64_t radio_ns; /* T that odd sets of radios allow at best */
    int64_t latency_ns;
    uint64_t bytes_sent, away;
    int64_t energy_fj;                         /* active, of a round */
    int64_t idle_uw;                           /* of all devices */
    int64_t cap_ns;                            /* T that rate caps allow, this pipeline included */
    bool links;                                /* some were measured */
    bool bounded;                              /* some pipeline of base has a latency bound */
    uint16_t needed[SYN_MODEL_LAYERS_MAX + 1]; /* chunks for the layers behind a cut, at least */
    const struct syn_demand
        *demand; /* [cut]: where layers take the same of every host, else NULL */
    uint32_t twins[SYN_DEVICES_MAX]; /* devices before it that nothing tells from it but order */
    uint8_t like[SYN_DEVICES_MAX];   /* the first of its twins, or itself */
    struct syn_entry *entries;       /* owned, of all devices */
    struct syn_stage_device device[SYN_DEVICES_MAX];
};

/*
 * `base` is feasible and leaves `pipeline` out. Returns 0, SYN_ENOMEM, SYN_EOOR (more tensors
 * cross a cut than can). The stage refers to the problem.
 */
int syn_stage_new(struct syn_stage **stage, const struct syn_problem *problem,
                  const struct syn_plan *base, unsigned pipeline, struct syn_error *error);
/* Another pipeline, another base. After an error the stage can only be freed. */
int syn_stage_move(struct syn_stage *stage, const struct syn_plan *base, unsigned pipeline,
                   struct syn_error *error);
void syn_stage_free(struct syn_stage *stage);

/* Of a device that is a host, first < last. */
static inline struct syn_entry *syn_stage_entry(const struct syn_stage *s, unsigned device,
                                                unsigned first, unsigned last)
{
    return &s->device[device].entries[syn_table_row(s->layers, first, last)];
}

/* Makes a bound EXACT or NEVER. */
void syn_stage_settle(struct syn_stage *stage, unsigned device, unsigned first, unsigned last);

/* Hosts that fit any chunk at all; settles entries until one is found. */
uint32_t syn_stage_useful(struct syn_stage *stage);

/* Load, unload, and configuration where the chunk shares the accelerator. */
static inline int64_t syn_stage_moving_ns(const struct syn_stage_device *d, unsigned first,
                                          unsigned last)
{
    return d->table->words_ns[first] + d->table->words_ns[last] +
           (d->residents.count > 0 ? d->table->configure_ns[last - first] : 0);
}

/* A chunk that was alone must be configured each time from now on: of a round. */
static inline int64_t syn_stage_second_ns(const struct syn_stage_device *d)
{
    return d->residents.count == 1 ? d->base[0].weight * d->base[0].configure_ns : 0;
}

/* What a chunk adds to the CPU of its device in a round. */
static inline int64_t syn_stage_cpu_ns(const struct syn_stage *s, unsigned device, unsigned first,
                                       unsigned last)
{
    const struct syn_stage_device *d = &s->device[device];
    return s->weight * syn_stage_moving_ns(d, first, last) + syn_stage_second_ns(d);
}

/* Active energy that it adds to a round. */
static inline int64_t syn_stage_energy_fj(const struct syn_stage *s, unsigned device,
                                          unsigned first, unsigned last,
                                          const struct syn_entry *entry)
{
    const struct syn_timing *t = s->device[device].timing;
    return entry->accel_ns * t->active_uw[SYN_UNIT_ACCEL] +
           syn_stage_cpu_ns(s, device, first, last) * t->active_uw[SYN_UNIT_CPU];
}

/* The pipeline's tensors at a cut (the last: its result) from device to device. */
struct syn_hop {
    uint8_t from, to;
    bool direct;            /* the ends share the air */
    bool hub;               /* over the console's radio */
    uint8_t times;          /* that its bytes are sent */
    int64_t from_ns, to_ns; /* of one inference, each end; both the same where direct; 0: local */
};

static inline struct syn_hop syn_stage_hop(const struct syn_stage *s, unsigned from, unsigned to,
                                           unsigned cut)
{
    const struct syn_fleet *fleet = s->problem->fleet;
    struct syn_hop h = {.from = (uint8_t)from, .to = (uint8_t)to, .direct = true};
    if (from == to)
        return h;
    h.direct = fleet->direct[from][to];
    h.hub = syn_fleet_by_hub(fleet, from, to);
    h.times = (uint8_t)syn_fleet_times(fleet, from, to);
    if (syn_fleet_measured(fleet, from, to)) {
        h.from_ns = (int64_t)syn_cost_send_ns(fleet, from, to, s->table->bytes[cut]);
        h.to_ns = (int64_t)syn_cost_receive_ns(fleet, from, to, s->table->bytes[cut]);
        return h;
    }
    h.from_ns = s->device[from].table->message_ns[cut];
    h.to_ns = s->device[to].table->message_ns[cut];
    if (h.direct)
        h.from_ns = h.to_ns = h.from_ns > h.to_ns ? h.from_ns : h.to_ns;
    return h;
}

static inline int64_t syn_hop_latency_ns(const struct syn_hop *h)
{
    return h->direct ? h->from_ns : h->from_ns + h->to_ns;
}

static inline int64_t syn_stage_hop_energy_fj(const struct syn_stage *s, const struct syn_hop *h)
{
    return s->weight * (h->from_ns * s->device[h->from].timing->active_uw[SYN_UNIT_RADIO] +
                        h->to_ns * s->device[h->to].timing->active_uw[SYN_UNIT_RADIO]);
}

static inline uint64_t syn_stage_hop_bytes(const struct syn_stage *s, const struct syn_hop *h,
                                           unsigned cut)
{
    if (h->from == h->to)
        return 0;
    return (uint64_t)s->weight * s->table->bytes[cut] * h->times;
}

/* What a transfer of the tensors at a cut keeps the device's radio busy for, at least. */
static inline int64_t syn_stage_least_ns(const struct syn_stage *s, unsigned device, unsigned cut)
{
    return s->links ? (int64_t)syn_cost_least_ns(s->problem->fleet, device, s->table->bytes[cut])
                    : s->device[device].table->message_ns[cut];
}

#endif
