/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bound of odd sets against all of them, one by one. */
#include "core/cost/radio.h"
#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 1500

static unsigned draw(uint64_t *seed, unsigned below)
{
    return (unsigned)(syn_splitmix64(seed) >> 33) % below;
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
        for (unsigned b = a + 1; b < SYN_RADIO_NODES; b++)
            sum += (set >> a & 1) && (set >> b & 1) ? load->pair_ns[a][b] : 0;
    return sum;
}

/* Every odd set; triples alone where more than twelve nodes transfer. */
static uint64_t plain_bound(const struct syn_radio_load *load, uint64_t known_ns, uint32_t *set)
{
    const unsigned largest = bits(load->nodes) <= 12 ? SYN_RADIO_NODES : 3;
    uint64_t best = known_ns;
    for (uint32_t s = 0; s < 1u << SYN_RADIO_NODES; s++) {
        const unsigned size = bits(s);
        if ((s & ~load->nodes) || size % 2 == 0 || size < 3 || size > largest)
            continue;
        const uint64_t at_once = (size - 1) / 2;
        const uint64_t bound = (inside(load, s) + at_once - 1) / at_once;
        if (bound > best) {
            best = bound;
            *set = s;
        }
    }
    return best > known_ns ? best : 0;
}

static void random_load(struct syn_radio_load *load, uint64_t *seed)
{
    const unsigned nodes = 3 + draw(seed, SYN_RADIO_NODES - 2), transfers = 1 + draw(seed, 30);
    const unsigned longest = draw(seed, 2) ? 4 : 1000000; /* short ones: many sets are equal */
    memset(load, 0, sizeof *load);
    for (unsigned i = 0; i < transfers; i++) {
        const unsigned a = draw(seed, nodes), b = draw(seed, nodes);
        if (a != b)
            syn_radio_add(load, a, b, 1 + draw(seed, longest));
    }
}

static void the_tightest_odd_set_is_found(void **state)
{
    unsigned binds = 0;
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = round, known = 0;
        uint32_t a = 0, b = 0;
        struct syn_radio_load load;
        random_load(&load, &seed);
        for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
            known = load.node_ns[n] > known ? load.node_ns[n] : known;
        known = draw(&seed, 3) ? known : known / 2;
        const uint64_t bound = syn_radio_bound(&load, known, &a);
        if (bound != plain_bound(&load, known, &b) || (bound && a != b))
            fail_msg("seed %llu: another set is tighter", (unsigned long long)round);
        binds += bound > 0;
    }
    assert_in_range(binds, ROUNDS / 10, ROUNDS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tightest_odd_set_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
