/* SPDX-License-Identifier: MIT */
/* TMR0 counts PCLK from 1 to 2^32 - 1 and begins again; TMR1 counts once, up to an alarm. */
#include "devices/ports/bare/clock.h"

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/max78000/interrupts.h"
#include "devices/ports/max78000/registers.h"

#define TICK_NS (1000000000 / SYN_MAX_PCLK_HZ)
_Static_assert(TICK_NS *SYN_MAX_PCLK_HZ == 1000000000, "a tick is a whole number of nanoseconds");

enum { TICKS_MIN = 50 }; /* a microsecond */

static uint32_t last_count;
static uint64_t counted; /* ticks of all rounds that are over */

static void stop(struct syn_max_timer *timer)
{
    timer->ctrl0 &= ~SYN_TMR_CTRL0_ON;
    while (timer->ctrl1 & SYN_TMR_CTRL1_RUNS)
        ;
}

static void run(struct syn_max_timer *timer, uint32_t ticks)
{
    timer->cnt = 1;
    while (!(timer->intfl & SYN_TMR_INTFL_WRITTEN))
        ;
    timer->cmp = ticks;
    timer->ctrl0 |= SYN_TMR_CTRL0_ON;
    while (!(timer->ctrl1 & SYN_TMR_CTRL1_RUNS))
        ;
}

static void prepare(struct syn_max_timer *timer, uint32_t mode, uint32_t interrupt)
{
    stop(timer);
    timer->ctrl1 = SYN_TMR_CTRL1_CASCADE | interrupt;
    timer->ctrl0 = mode | SYN_TMR_CTRL0_CLOCK_ON;
    while (!(timer->ctrl1 & SYN_TMR_CTRL1_READY))
        ;
    timer->intfl = SYN_TMR_INTFL_IRQ;
}

void syn_clock_start(void)
{
    prepare(SYN_TMR0, SYN_TMR_CTRL0_ROUND, 0);
    prepare(SYN_TMR1, SYN_TMR_CTRL0_ONE_SHOT, SYN_TMR_CTRL1_INT);
    run(SYN_TMR0, UINT32_MAX);
    syn_irq_enable(SYN_IRQ_ALARM);
}

void syn_alarm_interrupt(void)
{
    SYN_TMR1->intfl = SYN_TMR_INTFL_IRQ;
}

/* The main loop looks at the clock at least once a second, so that no round of 86 s is missed. The
 * first of two reads may be one that began before the count changed. */
int64_t syn_clock_now_ns(void)
{
    uint32_t before = syn_irq_off();
    (void)SYN_TMR0->cnt;
    uint32_t count = SYN_TMR0->cnt;
    if (count < last_count)
        counted += UINT32_MAX;
    last_count = count;
    int64_t ns = (int64_t)(counted + count) * TICK_NS;
    syn_irq_restore(before);
    return ns;
}

/* One that is too far away for the timer goes off early, which its reader must expect anyway. */
void syn_clock_alarm(int64_t at_ns)
{
    stop(SYN_TMR1);
    SYN_TMR1->intfl = SYN_TMR_INTFL_IRQ;
    if (at_ns == INT64_MAX)
        return;
    int64_t ticks = (at_ns - syn_clock_now_ns() + TICK_NS - 1) / TICK_NS;
    ticks = ticks < TICKS_MIN ? TICKS_MIN : ticks;
    run(SYN_TMR1, ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}
