/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/radio.h"

#include "core/cost/cost.h"
#include "devices/base/bits.h"

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
    uint64_t a_ns = times * syn_cost_send_ns(fleet, a, b, bytes);
    uint64_t b_ns = times * syn_cost_receive_ns(fleet, a, b, bytes);
    if (!syn_fleet_by_hub(fleet, a, b)) {
        load->node_ns[a] += a_ns;
        load->node_ns[b] += b_ns;
        return;
    }
    syn_radio_add(load, a, SYN_DEVICE_HUB, a_ns);
    syn_radio_add(load, b, SYN_DEVICE_HUB, b_ns);
}

unsigned syn_radio_at_once(uint32_t set)
{
    return (syn_bits_count(set) - 1) / 2;
}

uint32_t syn_radio_next_set(const struct syn_radio_load *load, uint32_t set)
{
    const uint32_t all = load->nodes;
    const unsigned largest = syn_bits_count(all) <= ALL_SETS_NODES_MAX ? SYN_RADIO_NODES : 3;
    unsigned size;
    do {
        set = (set - all) & all; /* the next larger subset */
        size = syn_bits_count(set);
    } while (set && (size % 2 == 0 || size < 3 || size > largest));
    return set;
}

/* Nodes that transfer, those that transfer most first: the search for the tightest odd set. */
struct hunt {
    const struct syn_radio_load *load;
    unsigned count;
    uint8_t node[SYN_RADIO_NODES];
    uint64_t pairs_ns[SYN_RADIO_NODES]; /* of all transfers of node[i] with others */
    unsigned size;                      /* of the sets looked at now */
    uint64_t known_ns, best_ns;
    uint32_t best;
};

static void add_node(struct hunt *h, unsigned node)
{
    uint64_t ns = 0;
    for (unsigned b = 0; b < SYN_RADIO_NODES; b++)
        ns += h->load->pair_ns[node < b ? node : b][node < b ? b : node];
    unsigned at = h->count++;
    for (; at > 0 && h->pairs_ns[at - 1] < ns; at--) {
        h->node[at] = h->node[at - 1];
        h->pairs_ns[at] = h->pairs_ns[at - 1];
    }
    h->node[at] = (uint8_t)node;
    h->pairs_ns[at] = ns;
}

static uint64_t between(const struct hunt *h, uint32_t set, unsigned node)
{
    uint64_t ns = 0;
    for (unsigned b = 0; b < SYN_RADIO_NODES; b++)
        ns += set >> b & 1 ? h->load->pair_ns[node < b ? node : b][node < b ? b : node] : 0;
    return ns;
}

static uint64_t bound_of(const struct hunt *h, uint64_t inside_ns)
{
    const uint64_t at_once = (h->size - 1) / 2;
    return (inside_ns + at_once - 1) / at_once;
}

/* Of sets of the same bound the one that has the smallest number. */
static void judge(struct hunt *h, uint32_t set, uint64_t inside_ns)
{
    const uint64_t bound = bound_of(h, inside_ns);
    if (bound > h->best_ns || (bound == h->best_ns && bound > h->known_ns && set < h->best)) {
        h->best_ns = bound;
        h->best = set;
    }
}

/* `set` and further nodes from `from` on; ends_ns: all transfers of its nodes. What lies inside a
 * set is at most half of all that its nodes transfer. */
static void grow(struct hunt *h, uint32_t set, unsigned missing, unsigned from, uint64_t inside_ns,
                 uint64_t ends_ns)
{
    if (missing == 0) {
        judge(h, set, inside_ns);
        return;
    }
    for (unsigned i = from; i + missing <= h->count; i++) {
        uint64_t most = ends_ns;
        for (unsigned j = 0; j < missing; j++)
            most += h->pairs_ns[i + j];
        const uint64_t bound = bound_of(h, most / 2);
        if (bound <= h->known_ns || bound < h->best_ns)
            return;
        grow(h, set | 1u << h->node[i], missing - 1, i + 1, inside_ns + between(h, set, h->node[i]),
             ends_ns + h->pairs_ns[i]);
    }
}

uint64_t syn_radio_bound(const struct syn_radio_load *load, uint64_t known_ns, uint32_t *set)
{
    struct hunt h = {.load = load, .known_ns = known_ns, .best_ns = known_ns};
    uint64_t busiest = 0;
    for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
        busiest = load->node_ns[n] > busiest ? load->node_ns[n] : busiest;
    /* The transfers inside S are at most half of |S| times the busiest: nothing beats 3/2. */
    if (busiest + busiest / 2 + 1 <= known_ns)
        return 0;
    for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
        if (load->nodes >> n & 1)
            add_node(&h, n);
    const unsigned largest = syn_bits_count(load->nodes) <= ALL_SETS_NODES_MAX ? h.count : 3;
    for (h.size = 3; h.size <= largest; h.size += 2)
        grow(&h, 0, h.size, 0, 0, 0);
    if (h.best_ns <= known_ns)
        return 0;
    *set = h.best;
    return h.best_ns;
}
