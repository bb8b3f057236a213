/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/schedule/routes.h"

#include "core/cost/cost.h"
#include "devices/runtime/slots.h"

#include <string.h>

#define BEACON_NS 100000000u /* counts of inferences done are at most so old elsewhere */

uint8_t syn_hop_from(const struct syn_execution_plan *plan, unsigned hop)
{
    return hop > 0 ? plan->chunks[hop - 1].device : plan->source;
}

uint8_t syn_hop_to(const struct syn_execution_plan *plan, unsigned hop)
{
    return hop < plan->chunk_count ? plan->chunks[hop].device : plan->target;
}

int syn_hop_bytes(const struct syn_model *model, const struct syn_execution_plan *plan,
                  unsigned hop, uint32_t *bytes)
{
    const bool result = hop == plan->chunk_count;
    struct syn_cut cut;
    if (syn_model_cut(model, result ? model->layer_count : plan->chunks[hop].first, &cut))
        return SYN_EOOR;
    *bytes = result ? syn_cost_result_bytes(cut.bytes) : cut.bytes;
    return 0;
}

unsigned syn_hop_into(const struct syn_execution_plan *plan, unsigned device)
{
    unsigned hop = 0;
    while (hop < plan->chunk_count && plan->chunks[hop].device != device)
        hop++;
    return hop;
}

/*
 * As many rounds as one inference needs to pass all its stages (sensing, chunks, action), so that
 * the pipeline can be full, and as many as may pass until the others hear how far it is. Larger
 * values would only let pipelines drift apart.
 */
unsigned syn_routes_depth(const struct syn_plan *plan, uint64_t round_ns)
{
    unsigned chunks = 0;
    for (unsigned p = 0; p < plan->pipeline_count; p++)
        if (plan->pipelines[p].chunk_count > chunks)
            chunks = plan->pipelines[p].chunk_count;
    const uint64_t round = round_ns ? round_ns : 1;
    const uint64_t depth = chunks + 2 + (BEACON_NS + round - 1) / round;
    return depth < SYN_ROUTES_DEPTH_MAX ? (unsigned)depth : SYN_ROUTES_DEPTH_MAX;
}

uint64_t syn_routes_gap_ns(const struct syn_pipeline *pipeline)
{
    return pipeline->rate_cap_ips > 0 ? (uint64_t)(1e9 / pipeline->rate_cap_ips) : 0;
}

static uint8_t neighbour(unsigned self, uint8_t other)
{
    return other == self ? SYN_RT_LOCAL : other;
}

static struct syn_route route_of(const struct syn_problem_pipeline *pipeline,
                                 const struct syn_execution_plan *plan, unsigned device)
{
    const unsigned hop = syn_hop_into(plan, device);
    struct syn_route r = {.weight = pipeline->spec.weight,
                          .head_to = SYN_RT_NOBODY,
                          .body_from = SYN_RT_NOBODY,
                          .body_to = SYN_RT_NOBODY,
                          .tail_from = SYN_RT_NOBODY,
                          .has_head = plan->source == device,
                          .has_body = hop < plan->chunk_count,
                          .has_tail = plan->target == device};
    if (r.has_head) {
        r.head_to = neighbour(device, syn_hop_to(plan, 0));
        r.gap_ns = (int64_t)syn_routes_gap_ns(&pipeline->spec);
    }
    if (r.has_body) {
        r.body_from = neighbour(device, syn_hop_from(plan, hop));
        r.body_to = neighbour(device, syn_hop_to(plan, hop + 1));
    }
    if (r.has_tail)
        r.tail_from = neighbour(device, syn_hop_from(plan, plan->chunk_count));
    r.used = r.has_head || r.has_body || r.has_tail;
    for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
        r.slots[s] = syn_slots_at(&r, (enum syn_stage)s) ? SYN_SLOTS_WANTED : 0;
    return r;
}

/* The stages of a device whose slots lie in its arena. */
struct arena {
    unsigned count;
    uint32_t bytes[2 * SYN_PIPELINES_MAX];
    uint8_t slots[2 * SYN_PIPELINES_MAX];
    uint8_t *to[2 * SYN_PIPELINES_MAX];
};

static int add_stages(struct arena *arena, const struct syn_model *model,
                      const struct syn_execution_plan *plan, unsigned device,
                      struct syn_route *route)
{
    const unsigned hop = syn_hop_into(plan, device);
    const bool last = hop + 1 == plan->chunk_count;
    for (unsigned s = SYN_STAGE_BODY_IN; s <= SYN_STAGE_BODY_OUT; s++) {
        if (!syn_route_in_arena(route, (enum syn_stage)s, last))
            continue;
        if (syn_hop_bytes(model, plan, s == SYN_STAGE_BODY_IN ? hop : hop + 1,
                          &arena->bytes[arena->count]))
            return SYN_EOOR;
        arena->to[arena->count++] = &route->slots[s];
    }
    return 0;
}

int syn_routes_of(const struct syn_problem *problem, const struct syn_plan *plan, unsigned device,
                  struct syn_route routes[SYN_PIPELINES_MAX], struct syn_error *error)
{
    const struct syn_fleet_device *at = &problem->fleet->devices[device];
    const uint64_t room = at->profile.timing.arena_bytes;
    struct arena arena = {.count = 0};
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const struct syn_problem_pipeline *pipeline = &problem->pipelines[p];
        routes[p] = route_of(pipeline, &plan->pipelines[p], device);
        if (add_stages(&arena, pipeline->model, &plan->pipelines[p], device, &routes[p]))
            return syn_error_set(error, SYN_EOOR, "%s: more than %d tensors cross a cut point",
                                 pipeline->model->name, SYN_LIVE_MAX);
    }
    const uint64_t need = syn_slots_share(arena.bytes, arena.slots, arena.count, room);
    if (need > room)
        return syn_error_set(error, SYN_EOOR, "the arena of %s is too small", at->name);
    for (unsigned i = 0; i < arena.count; i++)
        *arena.to[i] = arena.slots[i];
    return 0;
}
