/* SPDX-License-Identifier: MIT */
#include "devices/runtime/timing.h"

#include <stddef.h>
#include <string.h>

#define PS_PER_NS    1000u
#define NS_PER_S     1000000000u
#define FJ_PER_NJ    1000000u /* a microwatt for a nanosecond is a femtojoule */
#define SKEW_AS_MADE 1000u

/* Figures without the padding behind them. */
#define FIGURES_SIZE                                                                               \
    (offsetof(struct syn_timing, skew_permille) + sizeof((struct syn_timing *)0)->skew_permille)

bool syn_timing_same(const struct syn_timing *a, const struct syn_timing *b)
{
    return memcmp(a, b, FIGURES_SIZE) == 0;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/*
 * a * b / c rounded up, saturated. Exact because a is split by c, so that no product but the
 * result itself can exceed 64 bits.
 */
static uint64_t scale(uint64_t a, uint32_t b, uint32_t c)
{
    if (c == 0)
        return a == 0 || b == 0 ? 0 : UINT64_MAX;
    uint64_t whole = a / c;
    uint64_t part = (a % c * b + c - 1) / c;
    if (b != 0 && whole > UINT64_MAX / b)
        return UINT64_MAX;
    return add(whole * b, part);
}

/* What a unit of that speed makes of a profiled duration. */
static uint64_t skewed(const struct syn_timing *t, enum syn_unit unit, uint64_t ns)
{
    uint32_t speed = t->skew_permille[unit];
    if (speed == 0 || speed == SKEW_AS_MADE)
        return ns;
    return scale(ns, SKEW_AS_MADE, speed);
}

uint64_t syn_timing_sense(const struct syn_timing *t)
{
    return skewed(t, SYN_UNIT_SENSOR, t->sense_ns);
}

uint64_t syn_timing_act(const struct syn_timing *t)
{
    return skewed(t, SYN_UNIT_CPU, t->act_ns);
}

uint64_t syn_timing_words(const struct syn_timing *t, uint32_t words)
{
    return skewed(t, SYN_UNIT_CPU, (uint64_t)words * t->word_ns);
}

uint64_t syn_timing_configure(const struct syn_timing *t, unsigned layers)
{
    return skewed(t, SYN_UNIT_CPU, (uint64_t)layers * t->configure_layer_ns);
}

uint64_t syn_timing_infer(const struct syn_timing *t, uint64_t cycles)
{
    return skewed(t, SYN_UNIT_ACCEL, add(scale(cycles, NS_PER_S, t->accel_hz), t->start_ns));
}

uint64_t syn_timing_weights(const struct syn_timing *t, uint32_t bytes)
{
    return skewed(t, SYN_UNIT_CPU, scale(bytes, t->weight_byte_ps, PS_PER_NS));
}

uint64_t syn_timing_message(const struct syn_timing *t, uint32_t bytes)
{
    return skewed(t, SYN_UNIT_RADIO, add(t->message_ns, scale(bytes, t->byte_ps, PS_PER_NS)));
}

/* Adds power * time to *nj, and what is less than a nanojoule to *fj. */
static void add_energy(uint64_t *nj, uint64_t *fj, uint32_t uw, uint64_t ns)
{
    uint64_t whole = ns / FJ_PER_NJ;
    *nj = uw != 0 && whole > UINT64_MAX / uw ? UINT64_MAX : add(*nj, whole * uw);
    *fj += ns % FJ_PER_NJ * uw;
}

uint64_t syn_timing_energy(const struct syn_timing *t, uint64_t elapsed_ns,
                           const uint64_t busy_ns[SYN_UNIT_COUNT])
{
    uint64_t nj = 0, fj = 0;
    add_energy(&nj, &fj, t->idle_uw, elapsed_ns);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        add_energy(&nj, &fj, t->active_uw[u], busy_ns[u]);
    return add(nj, fj / FJ_PER_NJ);
}
