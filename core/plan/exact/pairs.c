/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/pairs.h"

#define SETS_AT_ONCE 24
#define ALL_SETS_MAX 12 /* nodes of which predict.c looks at all odd sets */

void syn_pairs_add(const struct syn_relax *r, unsigned p, const struct syn_path *path, double share,
                   double pair[SYN_RADIO_NODES][SYN_RADIO_NODES])
{
    const double times = share * (double)r->pipeline[p].weight;
    unsigned holder = path->source, first = 0;
    for (unsigned k = 0; k <= path->count; k++) {
        const unsigned next = k < path->count ? path->device[k] : path->target;
        if (next != holder) {
            const struct syn_relax_hop h = syn_relax_hop(r, p, holder, next, first);
            if (h.direct) {
                pair[holder][next] += times * (double)h.from_ns;
                pair[next][holder] += times * (double)h.from_ns;
            } else if (h.hub) {
                pair[holder][SYN_DEVICE_HUB] += times * (double)h.from_ns;
                pair[SYN_DEVICE_HUB][holder] += times * (double)h.from_ns;
                pair[next][SYN_DEVICE_HUB] += times * (double)h.to_ns;
                pair[SYN_DEVICE_HUB][next] += times * (double)h.to_ns;
            }
        }
        holder = next;
        first = k < path->count ? path->last[k] : first;
    }
}

static double inside(double pair[SYN_RADIO_NODES][SYN_RADIO_NODES], uint32_t set)
{
    double sum = 0;
    for (unsigned a = 0; a < SYN_RADIO_NODES; a++)
        for (unsigned b = a + 1; set >> a & 1 && b < SYN_RADIO_NODES; b++)
            sum += set >> b & 1 ? pair[a][b] : 0;
    return sum;
}

static unsigned size_of(uint32_t set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

struct violated {
    uint32_t set;
    double ns;
};

static void keep_worst(struct violated *worst, uint32_t set, double ns)
{
    unsigned at = SETS_AT_ONCE;
    for (; at > 0 && worst[at - 1].ns < ns; at--)
        if (at < SETS_AT_ONCE)
            worst[at] = worst[at - 1];
    if (at < SETS_AT_ONCE)
        worst[at] = (struct violated){set, ns};
}

static void judge_set(double pair[SYN_RADIO_NODES][SYN_RADIO_NODES], uint32_t set, double round,
                      struct violated *worst)
{
    const unsigned size = size_of(set);
    if (size < 3 || size % 2 == 0)
        return;
    const unsigned at_once = (size - 1) / 2;
    const double ns = inside(pair, set) / at_once;
    if (ns > round * (1 + 1e-5) + 1)
        keep_worst(worst, set, ns);
}

static void worst_triples(uint32_t all, double pair[SYN_RADIO_NODES][SYN_RADIO_NODES], double round,
                          struct violated *worst)
{
    for (unsigned a = 0; a < SYN_RADIO_NODES; a++)
        for (unsigned b = a + 1; b < SYN_RADIO_NODES; b++)
            for (unsigned c = b + 1; pair[a][b] > 0 && c < SYN_RADIO_NODES; c++) {
                const uint32_t set = 1u << a | 1u << b | 1u << c;
                if (pair[a][c] > 0 && pair[b][c] > 0 && !(set & ~all))
                    judge_set(pair, set, round, worst);
            }
}

static void worst_sets(const struct syn_relax *r, double pair[SYN_RADIO_NODES][SYN_RADIO_NODES],
                       double round, struct violated *worst)
{
    const uint32_t devices = (UINT32_C(1) << r->devices) - 1;
    bool relays = false;
    for (unsigned d = 0; d < r->devices; d++)
        relays |= pair[d][SYN_DEVICE_HUB] > 0;
    const uint32_t all = devices | (relays ? UINT32_C(1) << SYN_DEVICE_HUB : 0);
    if (r->devices >= ALL_SETS_MAX) {
        worst_triples(all, pair, round, worst);
        return;
    }
    for (uint32_t set = all; set; set = (set - 1) & all)
        judge_set(pair, set, round, worst);
}

bool syn_pairs_separate(struct syn_relax *r, double pair[SYN_RADIO_NODES][SYN_RADIO_NODES],
                        double round)
{
    struct violated worst[SETS_AT_ONCE] = {{0}};
    bool added = false;
    worst_sets(r, pair, round, worst);
    for (unsigned i = 0; i < SETS_AT_ONCE && worst[i].set; i++)
        added |= syn_relax_add_set(r, worst[i].set);
    return added;
}
