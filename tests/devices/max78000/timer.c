/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TMR0 and TMR1 as timers of 32 bits, one-shot or continuous, from PCLK. */
#include "tests/devices/max78000/internal.h"

enum {
    CNT = 0x00,
    CMP = 0x04,
    INTFL = 0x0c,
    CTRL0 = 0x10,
    CTRL1 = 0x18,
    ON = 1 << 15,
    CLOCK_ON = 1 << 14,
    INT = 1 << 8,
    WRITE_NS = 60, /* three cycles until a count has arrived */
};

void timer_reset(struct machine *m, unsigned instance)
{
    m->timers[instance] = (struct timer){0};
}

static bool runs(const struct timer *t)
{
    return (t->ctrl0 & ON) != 0;
}

static uint32_t count(const struct machine *m, const struct timer *t)
{
    return t->cnt + (runs(t) ? (uint32_t)((m->now - t->since) / PCLK_NS) : 0);
}

/* On the cycle after the count is the compare value. */
int64_t timer_next(const struct machine *m, unsigned instance)
{
    const struct timer *t = &m->timers[instance];
    if (!runs(t))
        return NEVER;
    return t->since + ((int64_t)(uint32_t)(t->cmp - t->cnt) + 1) * PCLK_NS;
}

void timer_advance(struct machine *m, unsigned instance)
{
    struct timer *t = &m->timers[instance];
    int64_t at;
    while ((at = timer_next(m, instance)) <= m->now) {
        t->intfl |= 1;
        t->cnt = 1;
        t->since = at;
        if ((t->ctrl0 & 15) == 0)
            t->ctrl0 &= ~(uint32_t)ON;
    }
}

bool timer_line(const struct machine *m, unsigned instance)
{
    return m->timers[instance].intfl & 1 && m->timers[instance].ctrl1 & INT;
}

uint32_t timer_read(struct machine *m, unsigned instance, uint32_t offset)
{
    const struct timer *t = &m->timers[instance];
    switch (offset) {
    case CNT:
        return count(m, t);
    case CMP:
        return t->cmp;
    case INTFL:
        return t->intfl | (m->now >= t->written ? 1u << 8 : 0);
    case CTRL0:
        return t->ctrl0;
    case CTRL1:
        return t->ctrl1 | (runs(t) ? 1u << 2 : 0) | (t->ctrl0 & CLOCK_ON ? 1u << 3 : 0);
    default:
        bus_unknown(m, offset, false);
        return 0;
    }
}

static void write_ctrl0(struct machine *m, struct timer *t, uint32_t value)
{
    bool starts = value & ON && !runs(t);
    if ((value & 15) > 1 || value & 15 << 4)
        machine_fail(m, "a timer's mode or divider that is not modelled");
    if (starts && (!(value & CLOCK_ON) || !(t->ctrl1 >> 31) || m->now < t->written))
        machine_fail(
            m, "a timer is started without its clock, in halves, or before its count is there");
    if (!(value & ON))
        t->cnt = count(m, t);
    if (starts)
        t->since = m->now;
    t->ctrl0 = value;
}

void timer_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    struct timer *t = &m->timers[instance];
    if (runs(t) && offset != INTFL && offset != CTRL0)
        machine_fail(m, "timer %u is changed while it runs", instance);
    switch (offset) {
    case CNT:
        t->cnt = value;
        t->written = m->now + WRITE_NS;
        break;
    case CMP:
        t->cmp = value;
        break;
    case INTFL:
        t->intfl &= ~value;
        break;
    case CTRL0:
        write_ctrl0(m, t, value);
        break;
    case CTRL1:
        t->ctrl1 = value & ~(3u << 2);
        break;
    default:
        bus_unknown(m, offset, true);
    }
    machine_reschedule(m);
}
