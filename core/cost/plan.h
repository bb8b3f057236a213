/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Execution plans and the collaboration plan (core/plan/PLANNER.md): plain data, by index into a
 * problem's pipelines and its fleet's devices.
 */
#ifndef SYN_CORE_COST_PLAN_H
#define SYN_CORE_COST_PLAN_H

#include "core/cost/problem.h"

#define SYN_PLAN_CHUNKS_MAX SYN_DEVICES_MAX /* the chunks of one plan sit on distinct devices */

struct syn_plan_chunk {
    uint8_t device;
    uint16_t first, last; /* layers [first, last) */
};

struct syn_execution_plan {
    uint8_t source, target; /* devices */
    uint8_t chunk_count;    /* >= 1; 0 while a planner has not decided yet */
    struct syn_plan_chunk chunks[SYN_PLAN_CHUNKS_MAX];
};

/* The collaboration plan: one execution plan for every pipeline, in the problem's order. */
struct syn_plan {
    unsigned pipeline_count;
    struct syn_execution_plan pipelines[SYN_PIPELINES_MAX];
};

/*
 * Is this a plan of the problem: devices that meet the requirements, chunks that follow each other
 * from the first layer to the last on distinct devices? Memory is not judged here. Returns 0 or
 * SYN_EINVAL with words.
 */
int syn_plan_check(const struct syn_problem *problem, const struct syn_plan *plan,
                   struct syn_error *error);

/* The devices that hold chunks, as bits. */
uint32_t syn_plan_hosts(const struct syn_plan *plan);

/* < 0, 0, > 0: by source, target, number of chunks, their devices, their cuts. A total order. */
int syn_execution_plan_compare(const struct syn_execution_plan *a,
                               const struct syn_execution_plan *b);

#endif
