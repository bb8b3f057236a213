/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/virtual.h"

#include <stddef.h>

enum {
    PERMILLE = 1000,
    FIRED_MAX = 64, /* in one step of the loop, so that a lag does not shut out the sockets */
};

/* a * b / c without overflow where the result fits. */
static int64_t scale(int64_t a, int64_t b, int64_t c)
{
    return a / c * b + a % c * b / c;
}

void syn_virtual_init(struct syn_virtual *clock, struct syn_loop *loop, uint32_t speed_permille)
{
    *clock = (struct syn_virtual){.loop = loop, .speed_permille = speed_permille};
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

static void arm(struct syn_virtual *clock)
{
    if (clock->firing)
        return;
    if (!clock->first)
        syn_loop_timer_stop(&clock->wake);
    else
        syn_loop_timer_start(clock->loop, &clock->wake, real_delay(clock, clock->first->at_ns), 0,
                             fire, clock);
}

static void fire(void *ctx)
{
    struct syn_virtual *clock = ctx;
    int64_t now = syn_virtual_now(clock);
    clock->firing = true;
    for (unsigned n = 0; n < FIRED_MAX && clock->first && clock->first->at_ns <= now; n++) {
        struct syn_virtual_timer *timer = clock->first;
        clock->first = timer->next;
        timer->clock = NULL;
        timer->due(timer->ctx);
    }
    clock->firing = false;
    arm(clock);
}

void syn_virtual_start(struct syn_virtual *clock, struct syn_virtual_timer *timer, int64_t at_ns,
                       void (*due)(void *ctx), void *ctx)
{
    syn_virtual_stop(timer);
    *timer = (struct syn_virtual_timer){.clock = clock, .at_ns = at_ns, .due = due, .ctx = ctx};
    struct syn_virtual_timer **at = &clock->first;
    while (*at && (*at)->at_ns <= at_ns)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    if (clock->first == timer)
        arm(clock);
}

void syn_virtual_stop(struct syn_virtual_timer *timer)
{
    struct syn_virtual *clock = timer->clock;
    if (!clock)
        return;
    struct syn_virtual_timer **at = &clock->first;
    bool first = *at == timer;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->clock = NULL;
    if (first)
        arm(clock);
}

void syn_virtual_close(struct syn_virtual *clock)
{
    while (clock->first)
        syn_virtual_stop(clock->first);
    syn_loop_timer_stop(&clock->wake);
}
