/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/max78000/internal.h"

enum { CTRL = 0x00, RST = 0x04, CLKSEL = 0x08, CNT = 0x0c, ON = 1 << 8, INT_LATE = 1 << 9 };
#define RST_LATE (1u << 31)

void watchdog_reset(struct machine *m, bool power)
{
    uint32_t kept = power ? 0 : m->watchdog.ctrl & (ON | RST_LATE | 255);
    m->watchdog = (struct watchdog){.ctrl = kept, .since = m->now};
}

/* Cycles of PCLK: 2^(31 - value). */
static int64_t limit(const struct machine *m, unsigned shift)
{
    return m->watchdog.since + (INT64_C(1) << (31 - (m->watchdog.ctrl >> shift & 15))) * PCLK_NS;
}

int64_t watchdog_next(const struct machine *m)
{
    const struct watchdog *w = &m->watchdog;
    if (!(w->ctrl & ON))
        return NEVER;
    if (!(w->ctrl & INT_LATE))
        return limit(m, 0);
    return w->ctrl & 1 << 11 ? limit(m, 4) : NEVER;
}

void watchdog_advance(struct machine *m)
{
    struct watchdog *w = &m->watchdog;
    if (!(w->ctrl & ON))
        return;
    if (m->now >= limit(m, 0))
        w->ctrl |= INT_LATE;
    if (m->now >= limit(m, 4) && w->ctrl & 1 << 11) {
        w->ctrl |= RST_LATE;
        m->reset_requested = true;
    }
}

bool watchdog_line(const struct machine *m)
{
    return m->watchdog.ctrl & INT_LATE && m->watchdog.ctrl & 1 << 10;
}

uint32_t watchdog_read(struct machine *m, unsigned instance, uint32_t offset)
{
    (void)instance;
    switch (offset) {
    case CTRL:
        return m->watchdog.ctrl | 1u << 28;
    case CLKSEL:
        return m->watchdog.clksel;
    case CNT:
        return m->watchdog.ctrl & ON ? (uint32_t)((m->now - m->watchdog.since) / PCLK_NS) : 0;
    default:
        bus_unknown(m, offset, false);
        return 0;
    }
}

static void feed(struct machine *m, uint32_t value)
{
    struct watchdog *w = &m->watchdog;
    if (value != (w->fed == 0 ? 0xa5 : 0x5a))
        machine_fail(m, "the watchdog is fed out of order");
    w->fed = !w->fed;
    if (w->fed == 0) {
        w->since = m->now;
        w->may = true;
    }
}

static void write_ctrl(struct machine *m, uint32_t value)
{
    struct watchdog *w = &m->watchdog;
    if ((value ^ w->ctrl) & ON && !w->may)
        machine_fail(m, "the watchdog is turned on or off without its sequence");
    if (value & ON && !(w->ctrl & ON) && value & (INT_LATE | 1 << 12))
        machine_fail(m, "the watchdog is turned on with flags of before");
    if (value & ON && !(w->ctrl & ON))
        w->since = m->now;
    w->may = false;
    w->ctrl = value & ~(1u << 28);
}

void watchdog_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    (void)instance;
    switch (offset) {
    case CTRL:
        write_ctrl(m, value);
        break;
    case RST:
        feed(m, value);
        break;
    case CLKSEL:
        if (value != 0)
            machine_fail(m, "a clock of the watchdog that is not modelled");
        m->watchdog.clksel = value;
        break;
    default:
        bus_unknown(m, offset, true);
    }
    machine_reschedule(m);
}
