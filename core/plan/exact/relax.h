/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relaxation behind the planner `exact`: one for all objectives.
 *
 *     minimise  alpha T + sum_p c_p(plan_p)
 *     where     sum_p load_u(plan_p) <= k_u T   for every unit, the hub, odd sets of radios
 *               sum_p demand_r(plan_p) <= room_r for memory that adds up (demand.h) and the arena
 *               cap <= T <= most
 *
 * Everything is a whole number (nanoseconds, femtojoules, bytes), and nothing here is larger than
 * what syn_cost_predict says: kernels lie in column 0, and a chunk is configured anew only on
 * devices of `shared`, which the caller knows to hold at least two chunks. So a lower bound of
 * this problem is one of the true problem.
 *
 * One thread at a time; owns its tables, refers to the problem.
 */
#ifndef SYN_CORE_PLAN_EXACT_RELAX_H
#define SYN_CORE_PLAN_EXACT_RELAX_H

#include "core/plan/score.h"

#define SYN_RELAX_ROWS_MAX   896
#define SYN_RELAX_CHUNKS_MAX 24 /* of a path; it may visit a device again, a plan may not */
#define SYN_RELAX_NEVER      (INT64_C(1) << 60)

/* A way through the layers: a plan, or one that visits devices again. */
struct syn_path {
    uint8_t source, target, count;
    uint8_t device[SYN_RELAX_CHUNKS_MAX];
    uint16_t last[SYN_RELAX_CHUNKS_MAX]; /* chunk k ends before this layer */
};

/* What a path takes of the rows, and what it costs by itself. */
struct syn_column {
    unsigned count;
    uint16_t row[SYN_RELAX_ROWS_MAX];
    int64_t value[SYN_RELAX_ROWS_MAX];
    int64_t cost;       /* c_p */
    int64_t latency_ns; /* of one inference */
};

struct syn_relax_device {
    unsigned memory, memory_count; /* its first row of memory; the last one is the arena */
    uint16_t resource[SYN_PART_PROCESSORS + 4]; /* that each row but the last stands for */
};

struct syn_relax_pipeline {
    unsigned layers;
    int64_t weight;
    uint16_t sources, targets, hosts;
    uint32_t *bytes;                     /* [cut] */
    int64_t *message_ns;                 /* [device][cut] */
    int64_t *least_ns;                   /* the same by the best link: syn_cost_least_ns() */
    int64_t *words_ns;                   /* [device][cut] */
    int64_t *infer_ns[SYN_DEVICES_MAX];  /* [syn_relax_range]; shared by equal devices */
    int64_t *config_ns[SYN_DEVICES_MAX]; /* [layers]; shared likewise */
    int64_t *demand[SYN_DEVICES_MAX];    /* [cut][memory_count - 1]; shared likewise */
    uint8_t *alone[SYN_DEVICES_MAX];     /* [syn_relax_range]: enum syn_alone; shared likewise */
    int64_t *limit;                      /* [row]: most that this pipeline may take */
};

struct syn_relax {
    const struct syn_problem *problem;
    unsigned devices, pipelines;
    unsigned rows, first_set;
    int64_t alpha;
    int64_t cap_ns, most_ns;           /* of T; most: INT64_MAX = no limit */
    bool latency, energy;              /* what c_p is; neither: nothing */
    uint16_t shared;                   /* devices that certainly hold two chunks */
    int64_t times[SYN_RELAX_ROWS_MAX]; /* k_u; 0 = memory */
    int64_t room[SYN_RELAX_ROWS_MAX];  /* of memory */
    uint32_t set[SYN_RELAX_ROWS_MAX];  /* nodes of an odd set, from first_set on */
    struct syn_relax_device device[SYN_DEVICES_MAX];
    struct syn_relax_pipeline pipeline[SYN_PIPELINES_MAX];
    void *owned[SYN_PIPELINES_MAX * (SYN_DEVICES_MAX * 4 + 5)];
    unsigned owned_count;
};

/* Returns 0, SYN_ENOMEM, SYN_EOOR (more tensors cross a cut than can). */
int syn_relax_new(struct syn_relax **relax, const struct syn_problem *problem);
void syn_relax_free(struct syn_relax *relax);

/* From now on for a problem that differs in its objective and limit of the round alone. */
void syn_relax_aim(struct syn_relax *relax, const struct syn_problem *problem);

static inline const struct syn_timing *syn_relax_timing(const struct syn_relax *relax,
                                                        unsigned device)
{
    return &relax->problem->fleet->devices[device].profile.timing;
}

static inline unsigned syn_relax_range(unsigned first, unsigned last)
{
    return last * (last - 1) / 2 + first;
}

static inline unsigned syn_relax_unit(unsigned device, enum syn_unit unit)
{
    return device * SYN_UNIT_COUNT + unit;
}

static inline unsigned syn_relax_hub(const struct syn_relax *relax)
{
    return relax->devices * SYN_UNIT_COUNT;
}

/* Features and data memory of a chunk, which other chunks do not change; asked once. */
bool syn_relax_alone(struct syn_relax *relax, unsigned pipeline, unsigned device, unsigned first,
                     unsigned last);

/* One hop of a pipeline: what both ends are busy with; a != b. */
struct syn_relax_hop {
    int64_t from_ns, to_ns;
    bool direct; /* the ends share the air */
    bool hub;    /* over the console's radio */
};
struct syn_relax_hop syn_relax_hop(const struct syn_relax *relax, unsigned pipeline, unsigned from,
                                   unsigned to, unsigned cut);

/* Rows and cost of a path. `configured`: devices whose chunk is configured each time. */
void syn_relax_column(const struct syn_relax *relax, unsigned pipeline, const struct syn_path *path,
                      uint32_t configured, struct syn_column *column);

/* What configuring the chunk on a device anew adds: to a round on `accel` and `cpu` alike, to c_p,
 * to the latency. */
struct syn_relax_config {
    int64_t load_ns, cost, latency_ns;
};
struct syn_relax_config syn_relax_config(const struct syn_relax *relax, unsigned pipeline,
                                         unsigned device, unsigned layers);

/*
 * Limits for plans whose value is at most `target`: of T, and of what each pipeline may take of a
 * row beside the least that others take. `least` are lower bounds of c_p. Returns the limit of T.
 */
int64_t syn_relax_limit(struct syn_relax *relax, int64_t target, const int64_t *least);

/* After syn_relax_limit: all that is left of a pipeline's plans takes at least that of each row. */
void syn_relax_taken(struct syn_relax *relax, unsigned pipeline, const int64_t *least);

/* Adds an odd set of radio nodes; false where it is there or there is no room. */
bool syn_relax_add_set(struct syn_relax *relax, uint32_t nodes);

#endif
