/* SPDX-License-Identifier: MIT */
/* Two CMSDK timers: one goes round, the other is the alarm. */
#include "devices/ports/bare/clock.h"

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/mps2/registers.h"

#define TICK_NS (1000000000 / SYN_BOARD_HZ)
_Static_assert(TICK_NS *SYN_BOARD_HZ == 1000000000, "a tick is a whole number of nanoseconds");

enum { TICKS_MIN = 25 }; /* a microsecond: an alarm must not go off while it is being set */

static volatile uint32_t wraps;

static void start(struct syn_cmsdk_timer *timer, uint32_t ticks)
{
    timer->control = 0;
    timer->interrupt = 1;
    timer->reload = ticks;
    timer->value = ticks;
    timer->control = SYN_TIMER_RUN;
}

void syn_clock_start(void)
{
    start(SYN_TIMER_CLOCK, UINT32_MAX);
    syn_irq_enable(SYN_IRQ_CLOCK);
    syn_irq_enable(SYN_IRQ_ALARM);
}

void syn_clock_interrupt(void)
{
    SYN_TIMER_CLOCK->interrupt = 1;
    wraps++;
}

void syn_alarm_interrupt(void)
{
    SYN_TIMER_ALARM->control = 0;
    SYN_TIMER_ALARM->interrupt = 1;
}

int64_t syn_clock_now_ns(void)
{
    uint32_t before = syn_irq_off();
    uint32_t low = ~SYN_TIMER_CLOCK->value, high = wraps;
    if (SYN_TIMER_CLOCK->interrupt) { /* it went round, and nobody has counted that yet */
        low = ~SYN_TIMER_CLOCK->value;
        high++;
    }
    syn_irq_restore(before);
    return (int64_t)((uint64_t)high << 32 | low) * TICK_NS;
}

/* One that is too far away for the timer goes off early, which its reader must expect anyway. */
void syn_clock_alarm(int64_t at_ns)
{
    syn_alarm_interrupt();
    if (at_ns == INT64_MAX)
        return;
    int64_t ticks = (at_ns - syn_clock_now_ns() + TICK_NS - 1) / TICK_NS;
    ticks = ticks < TICKS_MIN ? TICKS_MIN : ticks;
    start(SYN_TIMER_ALARM, ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}
