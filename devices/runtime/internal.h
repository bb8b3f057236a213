/* SPDX-License-Identifier: MIT */
/* What the files of the runtime share: slots, admission, choice of the next task. */
#ifndef SYN_DEVICES_RUNTIME_INTERNAL_H
#define SYN_DEVICES_RUNTIME_INTERNAL_H

#include "devices/runtime/runtime.h"

/* A task that could begin. */
struct syn_rt_choice {
    bool found;
    uint8_t pipeline;
    uint8_t from, to; /* slots */
    uint32_t inference;
    int64_t ready_ns; /* when the last of its conditions came true, its units apart */
};

static inline int64_t syn_rt_later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Is this side of a hop another device? */
static inline bool syn_rt_is_peer(uint8_t device)
{
    return device != SYN_RT_LOCAL && device != SYN_RT_NOBODY;
}

/* The stages that a body reads and writes. */
static inline uint8_t syn_rt_body_input(const struct syn_route *route)
{
    return route->body_from == SYN_RT_LOCAL ? SYN_STAGE_HEAD : SYN_STAGE_BODY_IN;
}

static inline uint8_t syn_rt_body_output(const struct syn_route *route)
{
    return route->body_to == SYN_RT_LOCAL ? SYN_STAGE_TAIL : SYN_STAGE_BODY_OUT;
}

/* The peer that fills `stage`, or the one that it is sent to; SYN_RT_NOBODY where there is none. */
uint8_t syn_rt_filler(const struct syn_route *route, unsigned stage);
uint8_t syn_rt_sendee(const struct syn_route *route, unsigned stage);

/* The full slot of the oldest inference, the slot that is free for longest; -1 = none. */
int syn_rt_full_slot(const struct syn_rt *rt, unsigned pipeline, unsigned stage);
int syn_rt_free_slot(const struct syn_rt *rt, unsigned pipeline, unsigned stage);

/* Actions that wait for the CPU. */
unsigned syn_rt_acts_ready(const struct syn_rt *rt);

/* Which inference is to be sensed, loaded, acted on next, units apart. */
struct syn_rt_choice syn_rt_choose_sense(const struct syn_rt *rt);
struct syn_rt_choice syn_rt_choose_load(const struct syn_rt *rt);
struct syn_rt_choice syn_rt_choose_act(const struct syn_rt *rt);

/* When the first of those may be sensed that only wait for their rate cap; INT64_MAX = none. */
int64_t syn_rt_cap_ends(const struct syn_rt *rt);

/* Time goes on. */
static inline void syn_rt_notice(struct syn_rt *rt, int64_t at_ns)
{
    rt->now_ns = syn_rt_later(rt->now_ns, at_ns);
}

/* Notes which pipelines became admissible by what happened at at_ns. */
void syn_rt_admit(struct syn_rt *rt, int64_t at_ns);

void syn_rt_set_busy(struct syn_rt *rt, unsigned kind, bool busy);

static inline struct syn_rt_slot *syn_rt_slot(struct syn_rt *rt, unsigned pipeline, unsigned stage,
                                              unsigned slot)
{
    return &rt->slots[rt->first_slot[pipeline][stage] + slot];
}

static inline struct syn_rt_slot *syn_rt_to_slot(struct syn_rt *rt, const struct syn_task *task)
{
    return syn_rt_slot(rt, task->pipeline, task->to_stage, task->to_slot);
}

/* Begins a task as soon as its units allow; returns when that is. */
int64_t syn_rt_begin(struct syn_rt *rt, const struct syn_task *task, int64_t ready_ns);

/* Begins all that can begin. On the CPU unloading goes before loading, loading before acting. */
void syn_rt_schedule(struct syn_rt *rt);

/* Tells the peer that fills `stage`, if there is one, of a free slot. */
void syn_rt_grant(struct syn_rt *rt, unsigned pipeline, unsigned stage, int64_t at_ns);

/* Counts what is ready and not begun, for the counters. */
void syn_rt_count_waiting(struct syn_rt *rt);

#endif
