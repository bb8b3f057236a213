/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From addresses to models. */
#include "tests/devices/max78000/internal.h"

#include "devices/emulator/emulator.h"

#define APB       0x40000000u
#define APB_SIZE  0xc0000u
#define CNN       0x50000000u
#define CNN_SIZE  0x1100000u
#define PPB       0xe000e000u
#define PPB_SIZE  0x1000u
#define INFO      0x10800000u
#define INFO_SIZE 0x4000u

static const struct peripheral peripherals[] = {
    {"GCR", 0x40000000, 0x400, gcr_read, gcr_write, 0, CLOCK_ALWAYS, 0},
    {"WDT0", 0x40003000, 0x400, watchdog_read, watchdog_write, 0, CLOCK_PCLKDIS1, 27},
    {"SIMO", 0x40004400, 0x400, small_read, small_write, SMALL_SIMO, CLOCK_ALWAYS, 0},
    {"GPIO0", 0x40008000, 0x1000, gpio_read, gpio_write, 0, CLOCK_PCLKDIS0, 0},
    {"GPIO1", 0x40009000, 0x1000, gpio_read, gpio_write, 1, CLOCK_PCLKDIS0, 1},
    {"TMR0", 0x40010000, 0x1000, timer_read, timer_write, 0, CLOCK_PCLKDIS0, 15},
    {"TMR1", 0x40011000, 0x1000, timer_read, timer_write, 1, CLOCK_PCLKDIS0, 16},
    {"FLC", 0x40029000, 0x400, flash_read, flash_write, 0, CLOCK_ALWAYS, 0},
    {"ICC0", 0x4002a000, 0x800, small_read, small_write, SMALL_CACHE, CLOCK_ALWAYS, 0},
    {"UART0", 0x40042000, 0x1000, uart_read, uart_write, 0, CLOCK_PCLKDIS0, 9},
    {"UART2", 0x40044000, 0x1000, uart_read, uart_write, 1, CLOCK_PCLKDIS1, 1},
    {"LPGCR", 0x40080000, 0x400, small_read, small_write, SMALL_LPGCR, CLOCK_ALWAYS, 0},
    {"GPIO2", 0x40080400, 0x200, gpio_read, gpio_write, 2, CLOCK_LPGCR, 0},
};

void bus_unknown(struct machine *m, uint32_t offset, bool write)
{
    machine_fail(m, "a register that is not modelled is %s, offset 0x%x",
                 write ? "written" : "read", offset);
}

static bool has_clock(const struct machine *m, const struct peripheral *p)
{
    const uint32_t off[] = {m->gcr.pclkdis0, m->gcr.pclkdis1, m->gcr.lp_pclkdis, 0};
    return !(off[p->clock_register] >> p->clock_bit & 1);
}

static const struct peripheral *find(struct machine *m, uint32_t address, unsigned size)
{
    for (size_t i = 0; i < sizeof peripherals / sizeof *peripherals; i++) {
        const struct peripheral *p = &peripherals[i];
        if (address < p->base || address >= p->base + p->size)
            continue;
        if (!has_clock(m, p))
            machine_fail(m, "%s is used without its clock, at 0x%08x", p->name, address);
        if (size != 4 || address % 4 != 0)
            machine_fail(m, "%u bytes at 0x%08x of %s", size, address, p->name);
        return p;
    }
    machine_fail(m, "nothing is at 0x%08x", address);
    return NULL;
}

static bool is_accelerator(const struct machine *m, uint32_t address)
{
    return syn_emulator_owns(m->cnn.emulator, address);
}

static uint64_t read_apb(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    struct machine *m = user;
    uint32_t address = APB + (uint32_t)offset;
    (void)uc;
    if (is_accelerator(m, address))
        return cnn_read(m, address, size);
    const struct peripheral *p = find(m, address, size);
    return p ? p->read(m, p->instance, address - p->base) : 0;
}

static void write_apb(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    struct machine *m = user;
    uint32_t address = APB + (uint32_t)offset;
    (void)uc;
    if (is_accelerator(m, address)) {
        cnn_write(m, address, size, (uint32_t)value);
        return;
    }
    const struct peripheral *p = find(m, address, size);
    if (p)
        p->write(m, p->instance, address - p->base, (uint32_t)value);
    machine_reschedule(m);
}

static uint64_t read_cnn(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    (void)uc;
    return cnn_read(user, CNN + (uint32_t)offset, size);
}

static void write_cnn(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    (void)uc;
    cnn_write(user, CNN + (uint32_t)offset, size, (uint32_t)value);
}

static uint64_t read_ppb(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    (void)uc;
    (void)size;
    return nvic_read(user, 0, (uint32_t)offset);
}

static void write_ppb(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    (void)uc;
    (void)size;
    nvic_write(user, 0, (uint32_t)offset, (uint32_t)value);
}

/* A serial number, and something else around it. */
static uint64_t read_info(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    struct machine *m = user;
    (void)uc;
    if (!flash_info_open(m) || size != 4 || offset >= 0x18)
        machine_fail(m, "the information block is read at 0x%x, %s", (unsigned)offset,
                     flash_info_open(m) ? "which nobody knows" : "but is locked");
    return 0x01234567u * ((uint32_t)offset + 3);
}

static void write_info(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    (void)uc;
    (void)size;
    (void)value;
    machine_fail(user, "the information block is written at 0x%x", (unsigned)offset);
}

bool bus_map(struct machine *m)
{
    return uc_mmio_map(m->uc, APB, APB_SIZE, read_apb, m, write_apb, m) == UC_ERR_OK &&
           uc_mmio_map(m->uc, CNN, CNN_SIZE, read_cnn, m, write_cnn, m) == UC_ERR_OK &&
           uc_mmio_map(m->uc, PPB, PPB_SIZE, read_ppb, m, write_ppb, m) == UC_ERR_OK &&
           uc_mmio_map(m->uc, INFO, INFO_SIZE, read_info, m, write_info, m) == UC_ERR_OK;
}
