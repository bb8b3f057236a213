/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a plan becomes on its devices: hops between them, the route of every pipeline at a device,
 * slots, the depth K of the fair round, the pause of a rate cap. `deploy` sends it, the agent works
 * by it, the simulator runs it; nothing else decides it.
 */
#ifndef SYN_CORE_SCHEDULE_ROUTES_H
#define SYN_CORE_SCHEDULE_ROUTES_H

#include "core/cost/plan.h"
#include "devices/runtime/runtime.h"

#define SYN_HOPS_MAX         (SYN_PLAN_CHUNKS_MAX + 1) /* of one pipeline: sensing to action */
#define SYN_ROUTES_DEPTH_MAX 255

/* Devices at both ends of a hop: 0 is from the sensing task to the first chunk, the last
 * (chunk_count) from the last chunk to the interaction task. */
uint8_t syn_hop_from(const struct syn_execution_plan *plan, unsigned hop);
uint8_t syn_hop_to(const struct syn_execution_plan *plan, unsigned hop);

/* Bytes on the air: of all tensors that cross the cut; of the last hop the result alone. Returns 0
 * or SYN_EOOR where more than SYN_LIVE_MAX tensors cross. */
int syn_hop_bytes(const struct syn_model *model, const struct syn_execution_plan *plan,
                  unsigned hop, uint32_t *bytes);

/* The hop that feeds the chunk on this device; chunk_count where there is none. */
unsigned syn_hop_into(const struct syn_execution_plan *plan, unsigned device);

/* K of the fair round for a plan whose round takes round_ns. */
unsigned syn_routes_depth(const struct syn_plan *plan, uint64_t round_ns);

/* A rate cap as the device keeps it: time from one start of sensing to the next; 0 = none. */
uint64_t syn_routes_gap_ns(const struct syn_pipeline *pipeline);

/*
 * The routes of all pipelines at a device, with as many slots as its agent will give them. The plan
 * has been checked. Returns 0 or SYN_EOOR (arena, cuts) with words.
 */
int syn_routes_of(const struct syn_problem *problem, const struct syn_plan *plan, unsigned device,
                  struct syn_route routes[SYN_PIPELINES_MAX], struct syn_error *error);

#endif
