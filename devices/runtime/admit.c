/* SPDX-License-Identifier: MIT */
/* Which inference may enter the system: fair rounds, one at a time, or whatever fits. */
#include "devices/runtime/internal.h"

/* A pipeline that has reached the limit of this run holds nobody up. */
static bool finished(const struct syn_rt *rt, unsigned p)
{
    return rt->last[p] != 0 && rt->done[p] >= rt->last[p];
}

/* Runs before this one may have been less than fair. */
static uint64_t done_in_this_run(const struct syn_rt *rt, unsigned q)
{
    return rt->done[q] > rt->base[q] ? rt->done[q] - rt->base[q] : 0;
}

/* n / w_p <= min_q(done_q / w_q) + K, without division. */
static bool fair(const struct syn_rt *rt, unsigned p)
{
    uint64_t n = rt->next_inference[p] - rt->base[p];
    uint64_t wp = rt->routes[p].weight;
    for (unsigned q = 0; q < rt->pipeline_count; q++) {
        uint64_t wq = rt->routes[q].weight;
        if (!finished(rt, q) && n * wq > done_in_this_run(rt, q) * wp + rt->depth * wq * wp)
            return false;
    }
    return true;
}

/*
 * One inference at a time: a round is w_0 inferences of pipeline 0, w_1 of pipeline 1, ... The
 * turn is a function of the counts alone. A device whose counts are old sees an earlier turn, whose
 * inference its own source has already admitted, so two are never in flight.
 */
static bool my_turn(const struct syn_rt *rt, unsigned p)
{
    unsigned turn = rt->pipeline_count;
    uint32_t round = UINT32_MAX;
    for (unsigned q = 0; q < rt->pipeline_count; q++) {
        uint32_t r = rt->done[q] / rt->routes[q].weight;
        if (!finished(rt, q) && r < round) {
            turn = q;
            round = r;
        }
    }
    return turn == p && rt->next_inference[p] == rt->done[p] + 1;
}

static bool admissible(const struct syn_rt *rt, unsigned p)
{
    if (!rt->routes[p].has_head || (rt->last[p] != 0 && rt->next_inference[p] > rt->last[p]))
        return false;
    switch (rt->mode) {
    case SYN_RT_FAIR:
        return fair(rt, p);
    case SYN_RT_SEQUENTIAL:
        return my_turn(rt, p);
    case SYN_RT_WORK_CONSERVING:
        break;
    }
    return true;
}

void syn_rt_admit(struct syn_rt *rt, int64_t at_ns)
{
    for (unsigned p = 0; rt->running && p < rt->pipeline_count; p++) {
        if (rt->admitted[p] || !admissible(rt, p))
            continue;
        rt->admitted[p] = true;
        rt->admitted_ns[p] = at_ns;
    }
}
