/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/virtual.h"

enum {
    PERMILLE = 1000,
    FIRED_MAX = 64, /* in one step of the loop, so that a lag does not shut out the sockets */
};

/* a * b / c without overflow where the result fits. */
static int64_t scale(int64_t a, int64_t b, int64_t c)
{
    return a / c * b + a % c * b / c;
}

int64_t syn_virtual_from_real(const struct syn_virtual *clock, int64_t real_ns)
{
    return scale(real_ns, clock->speed_permille, PERMILLE);
}

int64_t syn_virtual_now(const struct syn_virtual *clock)
{
    return syn_virtual_from_real(clock, syn_loop_now());
}

/* Real time until `at_ns`, rounded up so that nothing fires early. */
static int64_t real_delay(const struct syn_virtual *clock, int64_t at_ns)
{
    int64_t left = at_ns - syn_virtual_now(clock);
    return left <= 0 ? 0 : scale(left, PERMILLE, clock->speed_permille) + PERMILLE;
}

static void fire(void *ctx);

static void arm(void *ctx)
{
    struct syn_virtual *clock = ctx;
    int64_t next = syn_timers_next(&clock->timers);
    if (clock->firing)
        return;
    if (next == INT64_MAX)
        syn_loop_timer_stop(&clock->wake);
    else
        syn_loop_timer_start(clock->loop, &clock->wake, real_delay(clock, next), 0, fire, clock);
}

static void fire(void *ctx)
{
    struct syn_virtual *clock = ctx;
    clock->firing = true;
    syn_timers_fire(&clock->timers, syn_virtual_now(clock), FIRED_MAX);
    clock->firing = false;
    arm(clock);
}

void syn_virtual_init(struct syn_virtual *clock, struct syn_loop *loop, uint32_t speed_permille)
{
    *clock = (struct syn_virtual){
        .loop = loop, .speed_permille = speed_permille, .timers = {.changed = arm, .ctx = clock}};
}

void syn_virtual_close(struct syn_virtual *clock)
{
    syn_timers_stop_all(&clock->timers);
    syn_loop_timer_stop(&clock->wake);
}
