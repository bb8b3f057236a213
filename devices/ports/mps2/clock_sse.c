/* SPDX-License-Identifier: MIT */
/* The SSE-300's timer: a counter of 64 bits, and an alarm at a count of it. */
#include "devices/ports/bare/clock.h"

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/mps2/registers.h"

/* 31.25 ns. */
enum { TICK_NS_NUMERATOR = 125, TICK_NS_DENOMINATOR = 4 };
_Static_assert(1000000000ll * TICK_NS_DENOMINATOR == (long long)SYN_BOARD_HZ * TICK_NS_NUMERATOR,
               "the tick");

struct sse_counter {
    volatile uint32_t control;
};
#define COUNTER ((struct sse_counter *)SYN_COUNTER_AT)

struct sse_timer {
    volatile uint32_t count_low, count_high;
    uint32_t unused[6];
    volatile uint32_t compare_low, compare_high, value, control;
};
#define TIMER ((struct sse_timer *)SYN_TIMER_AT)

enum { COUNTER_ON = 1, TIMER_ON = 1 };

void syn_clock_start(void)
{
    TIMER->control = 0;
    COUNTER->control = COUNTER_ON;
    syn_irq_enable(SYN_IRQ_ALARM);
}

/* The timer's interrupt is a level. */
void syn_alarm_interrupt(void)
{
    TIMER->control = 0;
}

static uint64_t ticks_now(void)
{
    uint32_t high, low;
    do {
        high = TIMER->count_high;
        low = TIMER->count_low;
    } while (high != TIMER->count_high);
    return (uint64_t)high << 32 | low;
}

int64_t syn_clock_now_ns(void)
{
    return (int64_t)(ticks_now() * TICK_NS_NUMERATOR / TICK_NS_DENOMINATOR);
}

/* At a tick that lies at a whole nanosecond: QEMU cuts the time of any other off, finds the tick
 * not reached yet when its clock stands exactly there (icount=N), and tries again for ever. */
void syn_clock_alarm(int64_t at_ns)
{
    TIMER->control = 0;
    if (at_ns == INT64_MAX)
        return;
    uint64_t whole = (uint64_t)(at_ns < 0 ? 0 : at_ns) / TICK_NS_NUMERATOR + 1; /* no earlier */
    uint64_t ticks = whole * TICK_NS_DENOMINATOR;
    TIMER->compare_low = (uint32_t)ticks;
    TIMER->compare_high = (uint32_t)(ticks >> 32);
    TIMER->control = TIMER_ON;
}
