/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a walk over execution plans is, and what its visitor is told of that: for enumerate.c,
 * which decides where to go. One stage, one thread.
 */
#ifndef SYN_CORE_PLAN_WALK_H
#define SYN_CORE_PLAN_WALK_H

#include "core/plan/enumerate.h"
#include "core/plan/ways.h"

/* Sums along the beginning of an execution plan; base included. */
struct syn_sums {
    int64_t latency_ns; /* of all pipelines */
    int64_t own_ns, model_ns;
    int64_t energy_fj; /* active */
    int64_t peak_ns;   /* of the busiest unit, at least */
    uint64_t bytes, away;
};

struct syn_walk {
    struct syn_stage *stage;
    struct syn_outlook *outlook;
    const struct syn_search_options *options;
    const struct syn_visitor *visitor;
    const struct syn_limits *limits;
    uint64_t round_ns; /* T at most, of limits and problem */
    int64_t deadline_ns;
    uint64_t *count;
    uint64_t ask, settled, renew;
    uint64_t ask_last;     /* 0: not limited, or no plan yet */
    struct syn_ways *ways; /* NULL as long as the walk is short */
    uint64_t ask_ways;     /* candidates before there are ways */
    int status;
    struct syn_execution_plan plan;
    int64_t radio_ns[SYN_RADIO_NODES]; /* of a round, base and plan */
    int64_t pair_ns[SYN_RADIO_NODES][SYN_RADIO_NODES];
    int64_t sense_ns, act_ns;                   /* of a round, this pipeline at source and target */
    int64_t least_ns[SYN_MODEL_LAYERS_MAX + 1]; /* to send any cut from here on to the target */
    uint32_t free;                              /* hosts that hold no chunk of `plan` */
    unsigned strangers;                /* chunks on devices that are neither source nor target */
    uint64_t room[SYN_PART_RESOURCES]; /* of all free hosts together */
};

/* What is known to follow: nothing behind a complete plan. */
struct syn_ahead {
    int64_t peak_ns;
    const struct syn_rest *rest;
};

static inline int64_t syn_larger_ns(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t syn_walk_busy_ns(const struct syn_walk *w, unsigned device,
                                       enum syn_unit unit)
{
    return w->stage->busy_ns[device][unit];
}

/* What is busy on the CPU beside chunks of this pipeline. */
static inline int64_t syn_walk_cpu_ns(const struct syn_walk *w, unsigned device)
{
    return syn_walk_busy_ns(w, device, SYN_UNIT_CPU) + (device == w->plan.target ? w->act_ns : 0);
}

static inline bool syn_ahead_leads_on(const struct syn_ahead *ahead)
{
    return ahead->rest->first < SYN_STAGE_NEVER_NS && ahead->peak_ns < SYN_STAGE_NEVER_NS;
}

static inline unsigned syn_walk_left(const struct syn_walk *w)
{
    return w->limits->chunks ? w->limits->chunks - w->plan.chunk_count : 0;
}

/* A hop, `times` a round: negative undoes it. */
void syn_walk_change_radio(struct syn_walk *w, const struct syn_hop *h, int64_t times);
/* Takes a hop into sums and radios; `inside`: between chunks. */
void syn_walk_take_hop(struct syn_walk *w, const struct syn_hop *h, unsigned cut, bool inside,
                       struct syn_sums *sums);

/* The plan as it stands and what is ahead of it, as the visitor sees it. */
struct syn_candidate syn_walk_candidate(const struct syn_walk *w, const struct syn_sums *sums,
                                        struct syn_ahead ahead, bool complete);
/* Within limits, and promising. */
bool syn_walk_wants(const struct syn_walk *w, const struct syn_candidate *c);

/* What is ahead of a chunk that ends at the cut on the device. */
struct syn_ahead syn_walk_after(const struct syn_walk *w, unsigned device, unsigned cut);
/* The target must hear of it once more: what its radio then has to do at least. `cut`: the first
 * that can be sent on. 0 where the holder is the target. */
int64_t syn_walk_due_ns(const struct syn_walk *w, unsigned holder, unsigned cut);

/* All chunks stand; the result goes home, and the visitor is told if it wants the plan. */
void syn_walk_finish(struct syn_walk *w, unsigned holder, struct syn_sums sums);

#endif
