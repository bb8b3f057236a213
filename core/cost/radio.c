/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/radio.h"

#include "core/cost/cost.h"

#define ALL_SETS_NODES_MAX 12

void syn_radio_add(struct syn_radio_load *load, unsigned a, unsigned b, uint64_t ns)
{
    load->pair_ns[a < b ? a : b][a < b ? b : a] += ns;
    load->node_ns[a] += ns;
    load->node_ns[b] += ns;
    load->nodes |= 1u << a | 1u << b;
}

void syn_radio_transfer(struct syn_radio_load *load, const struct syn_fleet *fleet, unsigned a,
                        unsigned b, uint32_t bytes, uint64_t times)
{
    if (fleet->direct[a][b]) {
        syn_radio_add(load, a, b, times * syn_cost_transfer(fleet, a, b, bytes));
        return;
    }
    uint64_t a_ns = times * syn_timing_message(&fleet->devices[a].profile.timing, bytes);
    uint64_t b_ns = times * syn_timing_message(&fleet->devices[b].profile.timing, bytes);
    if (fleet->hub_wired) {
        load->node_ns[a] += a_ns;
        load->node_ns[b] += b_ns;
        return;
    }
    syn_radio_add(load, a, SYN_DEVICE_HUB, a_ns);
    syn_radio_add(load, b, SYN_DEVICE_HUB, b_ns);
}

static unsigned bits(uint32_t set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

static uint64_t inside(const struct syn_radio_load *load, uint32_t set)
{
    uint64_t sum = 0;
    for (unsigned a = 0; a < SYN_RADIO_NODES; a++)
        for (unsigned b = a + 1; set >> a & 1 && b < SYN_RADIO_NODES; b++)
            sum += set >> b & 1 ? load->pair_ns[a][b] : 0;
    return sum;
}

unsigned syn_radio_at_once(uint32_t set)
{
    return (bits(set) - 1) / 2;
}

uint32_t syn_radio_next_set(const struct syn_radio_load *load, uint32_t set)
{
    const uint32_t all = load->nodes;
    const unsigned largest = bits(all) <= ALL_SETS_NODES_MAX ? SYN_RADIO_NODES : 3;
    unsigned size;
    do {
        set = (set - all) & all; /* the next larger subset */
        size = bits(set);
    } while (set && (size % 2 == 0 || size < 3 || size > largest));
    return set;
}

uint64_t syn_radio_bound(const struct syn_radio_load *load, uint64_t known_ns, uint32_t *set)
{
    uint64_t busiest = 0, best = known_ns;
    for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
        busiest = load->node_ns[n] > busiest ? load->node_ns[n] : busiest;
    /* The transfers inside S are at most half of |S| times the busiest: nothing beats 3/2. */
    if (busiest + busiest / 2 + 1 <= known_ns)
        return 0;
    for (uint32_t s = 0; (s = syn_radio_next_set(load, s)) != 0;) {
        const uint64_t at_once = syn_radio_at_once(s);
        const uint64_t bound = (inside(load, s) + at_once - 1) / at_once;
        if (bound > best) {
            best = bound;
            *set = s;
        }
    }
    return best > known_ns ? best : 0;
}
