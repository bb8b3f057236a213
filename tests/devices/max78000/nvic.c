/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interrupt controller and the system control block, as far as firmware here uses them: no
 * SysTick, no priorities but one, faults escalate. */
#include "tests/devices/max78000/internal.h"

enum {
    ISER = 0x100,
    ICER = 0x180,
    ISPR = 0x200,
    ICPR = 0x280,
    VTOR = 0xd08,
    AIRCR = 0xd0c,
    CFSR = 0xd28,
    HFSR = 0xd2c,
    FIRST = 16, /* exception number of interrupt 0 */
    WORDS = IRQS / 32,
};

void nvic_reset(struct machine *m)
{
    m->nvic = (struct nvic){0};
}

void nvic_raise(struct machine *m, enum irq irq)
{
    m->nvic.pending[irq / 32] |= 1u << irq % 32;
}

unsigned nvic_next(const struct machine *m)
{
    for (unsigned w = 0; w < WORDS; w++) {
        uint32_t ready = m->nvic.pending[w] & m->nvic.enabled[w];
        if (ready)
            return FIRST + 32 * w + (unsigned)__builtin_ctz(ready);
    }
    return 0;
}

/* The four words of a bank, or none. */
static bool in_bank(uint32_t offset, uint32_t bank)
{
    return offset >= bank && offset < bank + 4 * WORDS;
}

uint32_t nvic_read(struct machine *m, unsigned instance, uint32_t offset)
{
    (void)instance;
    if (in_bank(offset, ISER) || in_bank(offset, ICER))
        return m->nvic.enabled[(offset & 0x1f) / 4];
    if (in_bank(offset, ISPR) || in_bank(offset, ICPR))
        return m->nvic.pending[(offset & 0x1f) / 4];
    switch (offset) {
    case VTOR:
        return m->nvic.vtor;
    case AIRCR:
        return 0xfa050000;
    case CFSR:
        return m->nvic.cfsr;
    case HFSR:
        return m->nvic.hfsr;
    default:
        bus_unknown(m, offset, false);
        return 0;
    }
}

static void write_aircr(struct machine *m, uint32_t value)
{
    if (value != 0x05fa0004)
        machine_fail(m, "0x%08x to AIRCR", value);
    m->reset_requested = true;
    uc_emu_stop(m->uc);
}

void nvic_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    (void)instance;
    unsigned word = (offset & 0x1f) / 4;
    if (in_bank(offset, ISER))
        m->nvic.enabled[word] |= value;
    else if (in_bank(offset, ICER))
        m->nvic.enabled[word] &= ~value;
    else if (in_bank(offset, ISPR))
        m->nvic.pending[word] |= value;
    else if (in_bank(offset, ICPR))
        m->nvic.pending[word] &= ~value;
    else if (offset == VTOR && value % 512 == 0)
        m->nvic.vtor = value;
    else if (offset == AIRCR)
        write_aircr(m, value);
    else if (offset == CFSR)
        m->nvic.cfsr &= ~value;
    else
        bus_unknown(m, offset, true);
}
