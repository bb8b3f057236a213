/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash controller and the flash behind it. While it works nothing may be read from the flash,
 * which is then taken from the core's memory. */
#include "tests/devices/max78000/internal.h"

#include <string.h>

enum {
    ADDR = 0x00,
    CLKDIV = 0x04,
    CTRL = 0x08,
    INTR = 0x24,
    DATA = 0x30,
    ACTRL = 0x40,
    WELR0 = 0x80,
    WELR1 = 0x88,
    WRITE = 1,
    MASS_ERASE = 2,
    PAGE_ERASE = 4,
    DONE = 1,
    FAILED = 2,
    UNIT = 16,
    MHZ = 100,
    UNLOCK_STEPS = 3,
    PROGRAM_NS = 60000,  /* of a unit: any time will do, but some */
    ERASE_NS = 20000000, /* of a page */
};

void flash_reset(struct machine *m, bool power)
{
    unsigned fail_at = m->flc.fail_at;
    if (!power) /* only a loss of power resets it */
        return;
    m->flc = (struct flash_controller){
        .addr = MACHINE_FLASH_BASE, .clkdiv = MHZ, .done = NEVER, .fail_at = fail_at};
}

void machine_fail_power(struct machine *m, unsigned operation)
{
    m->flc.fail_at = operation;
}

bool flash_info_open(const struct machine *m)
{
    return m->flc.unlocked == UNLOCK_STEPS;
}

static void allow(struct machine *m, bool reading)
{
    (void)uc_mem_protect(m->uc, MACHINE_FLASH_BASE, MACHINE_FLASH_SIZE,
                         reading ? UC_PROT_READ | UC_PROT_EXEC : UC_PROT_NONE);
}

static bool locked(const struct machine *m, uint32_t offset)
{
    uint32_t page = offset / MACHINE_PAGE;
    return m->flc.welr[page / 32] >> page % 32 & 1;
}

/* Code that was translated from there is forgotten. */
static void changed(struct machine *m, uint32_t offset, uint32_t size)
{
    memset(m->lengths + offset / 2, 0, size / 2);
    (void)uc_ctl_remove_cache(m->uc, MACHINE_FLASH_BASE + offset,
                              MACHINE_FLASH_BASE + offset + size);
}

/* What an operation that was cut leaves: some of the bits. */
static void spoil(uint8_t *bytes, const uint8_t *wanted, size_t size)
{
    uint32_t random = 0x9e3779b9;
    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        uint8_t mask = (uint8_t)(random >> 24);
        bytes[i] = (uint8_t)((bytes[i] & mask) | (wanted[i] & ~mask));
    }
}

static bool power_fails(struct machine *m, uint8_t *bytes, const uint8_t *wanted, size_t size)
{
    if (m->flc.fail_at == 0 || --m->flc.fail_at > 0)
        return false;
    spoil(bytes, wanted, size);
    m->off = true;
    uc_emu_stop(m->uc);
    return true;
}

static void program(struct machine *m, uint32_t offset)
{
    uint8_t *at = m->flash + offset;
    uint8_t wanted[UNIT];
    memcpy(wanted, m->flc.data, UNIT);
    for (unsigned i = 0; i < UNIT; i++)
        if (at[i] != 0xff) {
            machine_fail(m, "flash at 0x%08x is programmed, but not erased",
                         MACHINE_FLASH_BASE + offset);
            return;
        }
    if (power_fails(m, at, wanted, UNIT))
        return;
    memcpy(at, wanted, UNIT);
    m->counts.flash_programmed++;
    m->flc.done = m->now + PROGRAM_NS;
}

static void erase(struct machine *m, uint32_t offset)
{
    static uint8_t wanted[MACHINE_PAGE];
    memset(wanted, 0xff, sizeof wanted);
    if (power_fails(m, m->flash + offset, wanted, MACHINE_PAGE))
        return;
    memset(m->flash + offset, 0xff, MACHINE_PAGE);
    m->counts.flash_erased++;
    m->flc.done = m->now + ERASE_NS;
}

static void begin(struct machine *m, uint32_t operation)
{
    uint32_t offset = m->flc.addr & (MACHINE_FLASH_SIZE - 1);
    uint32_t size = operation == WRITE ? UNIT : MACHINE_PAGE;
    offset -= offset % size;
    if (operation == MASS_ERASE)
        machine_fail(m, "the whole flash is erased");
    if (m->flc.clkdiv != MHZ)
        machine_fail(m, "the flash controller does not work at 1 MHz");
    if (m->flc.ctrl >> 28 != 2 || locked(m, offset) ||
        (operation == PAGE_ERASE && (m->flc.ctrl >> 8 & 255) != 0x55)) {
        m->flc.intr |= FAILED;
        m->flc.ctrl &= ~operation;
        return;
    }
    if (operation == WRITE)
        program(m, offset);
    else
        erase(m, offset);
    changed(m, offset, size);
    if (m->flc.done != NEVER)
        allow(m, false);
    machine_reschedule(m);
}

int64_t flash_next(const struct machine *m)
{
    return m->flc.done;
}

void flash_advance(struct machine *m)
{
    if (m->now < m->flc.done)
        return;
    m->flc.done = NEVER;
    m->flc.ctrl &= ~(uint32_t)(WRITE | PAGE_ERASE | 255u << 8);
    m->flc.intr |= DONE;
    allow(m, true);
}

static bool busy(const struct machine *m)
{
    return m->flc.done != NEVER;
}

uint32_t flash_read(struct machine *m, unsigned instance, uint32_t offset)
{
    (void)instance;
    flash_advance(m);
    switch (offset) {
    case ADDR:
        return m->flc.addr;
    case CLKDIV:
        return m->flc.clkdiv;
    case CTRL:
        return m->flc.ctrl | (busy(m) ? 1u << 24 : 0);
    case INTR:
        return m->flc.intr;
    default:
        bus_unknown(m, offset, false);
        return 0;
    }
}

static void unlock_info(struct machine *m, uint32_t value)
{
    static const uint32_t steps[UNLOCK_STEPS] = {0x3a7f5ca3, 0xa1e34f20, 0x9608b2c1};
    bool next = m->flc.unlocked < UNLOCK_STEPS && value == steps[m->flc.unlocked];
    m->flc.unlocked = next ? m->flc.unlocked + 1 : 0;
}

static void write_ctrl(struct machine *m, uint32_t value)
{
    const uint32_t operations = WRITE | MASS_ERASE | PAGE_ERASE;
    uint32_t starts = value & ~m->flc.ctrl & operations;
    m->flc.ctrl = (value & ~(operations | 1u << 24)) | (m->flc.ctrl & operations) | starts;
    if (starts)
        begin(m, starts);
}

void flash_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    (void)instance;
    flash_advance(m);
    if (busy(m)) {
        machine_fail(m, "the flash controller is written to while it works");
        return;
    }
    if (offset >= DATA && offset < DATA + UNIT) {
        m->flc.data[(offset - DATA) / 4] = value;
        return;
    }
    switch (offset) {
    case ADDR:
        m->flc.addr = value;
        break;
    case CLKDIV:
        m->flc.clkdiv = value;
        break;
    case CTRL:
        write_ctrl(m, value);
        break;
    case INTR:
        m->flc.intr &= value; /* a flag goes by writing 0 */
        break;
    case ACTRL:
        unlock_info(m, value);
        break;
    case WELR0:
        m->flc.welr[0] |= value;
        break;
    case WELR1:
        m->flc.welr[1] |= value;
        break;
    default:
        bus_unknown(m, offset, true);
    }
}
