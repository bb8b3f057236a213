/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks and resets, and registers of which only little is used: low-power clocks, the supply of
 * the accelerator, the instruction cache. */
#include "tests/devices/max78000/internal.h"

#include "devices/emulator/emulator.h"

enum {
    SYSCTRL = 0x00,
    RST0 = 0x04,
    CLKCTRL = 0x08,
    PCLKDIV = 0x18,
    PCLKDIS0 = 0x24,
    MEMCTRL = 0x28,
    PCLKDIS1 = 0x48,
    FLUSH = 1 << 6,
    IPO_ON = 1 << 19,
    IBRO_ON = 1 << 20,
    SELECT = 7 << 9,
    SELECT_ISO = 0 << 9,
    SELECT_IPO = 4 << 9,
    OSCILLATOR_NS = 50000, /* how long they take to settle: any time will do, but some */
    SELECT_NS = 1000,
    FLUSH_NS = 1000,
};

void gcr_reset(struct machine *m)
{
    m->gcr = (struct gcr){.clkctrl = 1 << 18 | 1 << 26, /* the ISO runs */
                          .pclkdis0 = UINT32_MAX,
                          .pclkdis1 = UINT32_MAX,
                          .lp_pclkdis = UINT32_MAX,
                          .memctrl = 5};
}

static uint32_t clkctrl(const struct machine *m)
{
    uint32_t v = m->gcr.clkctrl & ~(1u << 13 | 1u << 27 | 1u << 28);
    if (m->now >= m->gcr.select_ready)
        v |= 1u << 13;
    if (v & IPO_ON && m->now >= m->gcr.ipo_ready)
        v |= 1u << 27;
    if (v & IBRO_ON && m->now >= m->gcr.ibro_ready)
        v |= 1u << 28;
    return v;
}

uint32_t gcr_read(struct machine *m, unsigned instance, uint32_t offset)
{
    (void)instance;
    switch (offset) {
    case SYSCTRL:
        return m->gcr.sysctrl | (m->now < m->gcr.flushed ? FLUSH : 0);
    case RST0: /* over at once */
        return 0;
    case CLKCTRL:
        return clkctrl(m);
    case PCLKDIV:
        return m->gcr.pclkdiv;
    case PCLKDIS0:
        return m->gcr.pclkdis0;
    case PCLKDIS1:
        return m->gcr.pclkdis1;
    case MEMCTRL:
        return m->gcr.memctrl;
    default:
        bus_unknown(m, offset, false);
        return 0;
    }
}

static void write_clkctrl(struct machine *m, uint32_t value)
{
    uint32_t on = value & ~m->gcr.clkctrl;
    if (on & IPO_ON)
        m->gcr.ipo_ready = m->now + OSCILLATOR_NS;
    if (on & IBRO_ON)
        m->gcr.ibro_ready = m->now + OSCILLATOR_NS;
    if ((value ^ m->gcr.clkctrl) & SELECT) {
        m->gcr.select_ready = m->now + SELECT_NS;
        if ((value & SELECT) != SELECT_ISO && (value & SELECT) != SELECT_IPO)
            machine_fail(m, "the core is given a clock that is not modelled");
        if ((value & SELECT) == SELECT_IPO && !(clkctrl(m) & 1u << 27))
            machine_fail(m, "the core is given the IPO before it is ready");
        if ((m->gcr.memctrl & 7) < 2)
            machine_fail(m, "the flash has too few wait states for the IPO");
    }
    m->gcr.clkctrl = value;
}

static void reset_peripherals(struct machine *m, uint32_t bits)
{
    if (bits & 1u << 2)
        gpio_reset(m, 0);
    if (bits & 1u << 3)
        gpio_reset(m, 1);
    if (bits & 1u << 5)
        timer_reset(m, 0);
    if (bits & 1u << 6)
        timer_reset(m, 1);
    if (bits & 1u << 11)
        uart_reset(m, 0);
    if (bits & 1u << 28)
        uart_reset(m, 1);
    if (bits & 1u << 25)
        cnn_reset(m);
    if (bits & ~(15u << 2 | 1u << 6 | 1u << 11 | 1u << 25 | 1u << 28))
        machine_fail(m, "a reset of 0x%08x that is not modelled", bits);
    machine_reschedule(m);
}

void gcr_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    (void)instance;
    switch (offset) {
    case SYSCTRL:
        if (value & FLUSH)
            m->gcr.flushed = m->now + FLUSH_NS;
        m->gcr.sysctrl = value & ~(uint32_t)FLUSH;
        break;
    case RST0:
        reset_peripherals(m, value);
        break;
    case CLKCTRL:
        write_clkctrl(m, value);
        break;
    case PCLKDIV:
        m->gcr.pclkdiv = value;
        syn_emulator_write(m->cnn.emulator, SYN_EMULATOR_CLOCK_DIVIDER, value);
        break;
    case PCLKDIS0:
        m->gcr.pclkdis0 = value;
        syn_emulator_write(m->cnn.emulator, SYN_EMULATOR_CLOCK_DISABLE, value);
        break;
    case PCLKDIS1:
        m->gcr.pclkdis1 = value;
        break;
    case MEMCTRL:
        m->gcr.memctrl = value;
        break;
    default:
        bus_unknown(m, offset, true);
    }
}

/* ---- small ones ---- */

enum {
    LP_RST = 0x08,
    LP_PCLKDIS = 0x0c,
    VREGO_C = 0x0c,
    CACHE_CTRL = 0x100,
    CACHE_INVALIDATE = 0x700
};

uint32_t small_read(struct machine *m, unsigned instance, uint32_t offset)
{
    if (instance == SMALL_LPGCR && offset == LP_PCLKDIS)
        return m->gcr.lp_pclkdis;
    if (instance == SMALL_SIMO && offset == VREGO_C)
        return m->gcr.vrego_c;
    if (instance == SMALL_CACHE && offset == CACHE_CTRL)
        return m->gcr.cache | 1u << 16;
    bus_unknown(m, offset, false);
    return 0;
}

void small_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    if (instance == SMALL_LPGCR && offset == LP_PCLKDIS)
        m->gcr.lp_pclkdis = value;
    else if (instance == SMALL_SIMO && offset == VREGO_C)
        m->gcr.vrego_c = value;
    else if (instance == SMALL_CACHE && offset == CACHE_CTRL)
        m->gcr.cache = value & 1;
    else if (!(instance == SMALL_CACHE && offset == CACHE_INVALIDATE))
        bus_unknown(m, offset, true);
}
