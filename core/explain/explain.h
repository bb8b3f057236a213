/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a plan is what it is: what holds its round back and which memory stands in the way, what
 * would help, and which plans come next. Plain data, by index into the problem; words are the
 * caller's.
 *
 * What would help is found by searching again on a changed problem, never guessed. No change makes
 * the plan itself impossible; the best of it and of what the search finds counts. (Direct links
 * may still cost: a direct transfer takes both radios as long as the slower end needs.) A search is
 * bounded by time: what was not reached says so.
 */
#ifndef SYN_CORE_EXPLAIN_EXPLAIN_H
#define SYN_CORE_EXPLAIN_EXPLAIN_H

#include "core/explain/work.h"
#include "core/plan/planner.h"

/* ---- what binds ---- */

enum syn_binding_kind {
    SYN_BINDS_UNIT,     /* device, unit */
    SYN_BINDS_RADIOS,   /* set: their transfers cannot overlap */
    SYN_BINDS_HUB,      /* the console's relay */
    SYN_BINDS_CAP,      /* pipeline: its rate cap */
    SYN_BINDS_SEQUENCE, /* one task at a time */
    SYN_BINDS_COUNT
};

struct syn_binding {
    enum syn_binding_kind kind;
    uint8_t device; /* of UNIT; of the others the busiest unit's */
    enum syn_unit unit;
    uint8_t pipeline;
    uint32_t set;  /* bit n: device n, or SYN_DEVICE_HUB */
    uint64_t ns;   /* of a round that it takes */
    uint64_t next; /* ns of the next busiest unit, of next_device and next_unit */
    uint8_t next_device;
    enum syn_unit next_unit;
};

/* ---- memory ---- */

enum syn_memory {
    SYN_MEMORY_KERNELS, /* words of the fullest processor; have = 0 where the part has none */
    SYN_MEMORY_WEIGHTS, /* of a part without processors: bytes of weights and biases */
    SYN_MEMORY_BIAS,    /* bytes of the fullest quadrant */
    SYN_MEMORY_LAYERS,
    SYN_MEMORY_ARENA, /* bytes */
    SYN_MEMORY_COUNT
};

struct syn_device_memory {
    struct {
        uint32_t used, have;
    } of[SYN_MEMORY_COUNT];
    enum syn_memory fullest;
    uint16_t processor; /* of KERNELS */
    /* The heaviest chunk on what binds that does not fit here; why[0] = '\0' where there is none.
     */
    uint8_t pipeline, chunk;
    char why[256];
};

/* ---- links ---- */

struct syn_link_load {
    uint8_t a, b;       /* a < b; b may be SYN_DEVICE_HUB */
    uint64_t bytes, ns; /* of a round */
};

#define SYN_LINKS_MAX (SYN_RADIO_NODES * (SYN_RADIO_NODES - 1) / 2)

/* ---- what would help ---- */

enum syn_help_kind {
    SYN_HELP_SEARCH,   /* nothing but another search */
    SYN_HELP_PARALLEL, /* task parallelization */
    SYN_HELP_DEVICE,   /* one more like `device`, without sensors and actuators */
    SYN_HELP_RADIO,    /* the radio of `device` twice as fast */
    SYN_HELP_LINK,     /* those of `device` and `other` */
    SYN_HELP_RADIOS,   /* all */
    SYN_HELP_ACCEL,    /* twice the clock of `device` */
    SYN_HELP_DIRECT,   /* direct links in place of relays */
    SYN_HELP_RESIDENT, /* no change of chunk ever costs anything */
    SYN_HELP_WEIGHTS,  /* weight memory, bias and layers without limit */
    SYN_HELP_RATE,     /* no rate of rounds that has to be reached */
    SYN_HELP_CAP,      /* without the rate cap of `pipeline` */
    SYN_HELP_BOUND,    /* without its latency bound */
    SYN_HELP_PIN,      /* its chunks may be on any device */
    SYN_HELP_SENSE,    /* any device with the sensor may be its source */
    SYN_HELP_ACT,      /* any device with the actuator may be its target */
    SYN_HELP_COUNT
};

struct syn_help_change {
    enum syn_help_kind kind;
    uint8_t device, other, pipeline;
};

struct syn_figures {
    uint64_t round_ns, latency_ns, energy_nj; /* latency: sum over the pipelines */
    double throughput_ips, power_mw;
};

struct syn_help {
    struct syn_help_change change;
    bool reached; /* false: time ran out before it */
    bool proven;  /* by the search: nothing better on the changed problem */
    struct syn_figures figures;
    double gain; /* see syn_explain_gain */
    double kept; /* the gain without another plan */
};

#define SYN_HELPS_MAX 384 /* more than 16 devices and 32 pipelines have */

/* ---- plans nearby ---- */

enum syn_near_kind {
    SYN_NEAR_PIPELINE, /* another execution plan for `pipeline`, all others kept */
    SYN_NEAR_AVOID     /* no chunk on `device`, nor source or target where another one will do */
};

struct syn_near {
    enum syn_near_kind kind;
    uint8_t pipeline, device;
    struct syn_plan plan;
    struct syn_figures figures;
    double gain; /* below 0: that much worse */
};

#define SYN_NEARS_MAX (SYN_PIPELINES_MAX + 1)

/* ---- all of it ---- */

struct syn_explain_options {
    const struct syn_planner *planner;
    int64_t time_limit_ns;        /* of all searches together; 0: none */
    bool (*cancelled)(void *ctx); /* may be NULL */
    void *ctx;
};

struct syn_explanation {
    struct syn_figures figures; /* of the plan */
    struct syn_binding binding;
    struct syn_works shares; /* of what binds, the largest first (none of a rate that was asked for
                                with the objective power); owned */
    unsigned device_count;
    struct syn_device_memory memory[SYN_DEVICES_MAX];
    unsigned link_count;
    struct syn_link_load links[SYN_LINKS_MAX]; /* the busiest first */
    unsigned help_count;
    struct syn_help helps[SYN_HELPS_MAX]; /* the largest gain first, those not reached last */
    unsigned near_count;
    struct syn_near nears[SYN_NEARS_MAX]; /* the nearest first */
    bool avoidable;     /* false: no plan was found that avoids the device that binds */
    bool nears_stopped; /* by time: there may be nearer ones */
};

/*
 * `plan` is feasible. The explanation is large: keep it on the heap. Returns 0, SYN_ENOMEM,
 * SYN_ECANCELED, or what syn_cost_predict says of a plan that is none.
 */
int syn_explain(const struct syn_problem *problem, const struct syn_plan *plan,
                enum syn_execution execution, const struct syn_explain_options *options,
                struct syn_explanation *explanation, struct syn_error *error);
void syn_explanation_clear(struct syn_explanation *explanation); /* an all-zero one is fine */

/*
 * How much better `b` is: throughput grows by this share; latency, energy or power shrink by it.
 * 0.25 = a quarter, below 0 = worse.
 */
double syn_explain_gain(enum syn_objective objective, const struct syn_figures *a,
                        const struct syn_figures *b);

struct syn_figures syn_figures_of(const struct syn_prediction *prediction);

#endif
