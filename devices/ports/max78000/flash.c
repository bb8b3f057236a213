/* SPDX-License-Identifier: MIT */
#include "devices/ports/max78000/flash.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/max78000/memory.h"
#include "devices/ports/max78000/registers.h"

enum { HZ_OF_CONTROLLER = 1000000 };

/* ---- in RAM ---- */

/* Code and data that were read before may lie in the cache and in the line buffer, which two reads
 * from other pages fill anew. */
static inline __attribute__((always_inline)) void forget_what_was_read(void)
{
    SYN_GCR->sysctrl |= SYN_SYSCTRL_CACHE_FLUSH;
    while (SYN_GCR->sysctrl & SYN_SYSCTRL_CACHE_FLUSH)
        ;
    (void)*(volatile const uint32_t *)SYN_FLASH_BASE;
    (void)*(volatile const uint32_t *)(SYN_FLASH_BASE + SYN_FLASH_PAGE);
}

/* Starts what `operation` says of the unlocked controller, and waits. */
SYN_MAX_IN_RAM static void work(uint32_t operation)
{
    SYN_FLC->ctrl |= operation;
    while (SYN_FLC->ctrl &
           (SYN_FLC_PENDING | SYN_FLC_WRITE | SYN_FLC_MASS_ERASE | SYN_FLC_PAGE_ERASE))
        syn_max_while_flash_works();
    SYN_FLC->ctrl = (SYN_FLC->ctrl & ~(SYN_FLC_UNLOCK | SYN_FLC_ERASE_CODE)) | SYN_FLC_LOCKED;
    forget_what_was_read();
}

/* ---- operations ---- */

/* `offset` from the start of the flash. */
static void prepare(uint32_t offset, uint32_t code)
{
    while (SYN_FLC->ctrl & SYN_FLC_PENDING)
        ;
    SYN_FLC->clkdiv = SYN_MAX_HZ / HZ_OF_CONTROLLER;
    SYN_FLC->intr = 0; /* flags go by writing 0 */
    SYN_FLC->addr = offset;
    SYN_FLC->ctrl = (SYN_FLC->ctrl & ~SYN_FLC_UNLOCK) | SYN_FLC_UNLOCKED;
    SYN_FLC->ctrl = (SYN_FLC->ctrl & ~SYN_FLC_ERASE_CODE) | code;
}

static int result(void)
{
    return (SYN_FLC->intr & SYN_FLC_INTR_FAILED) ? SYN_EIO : 0;
}

/* `ctx` is where the region begins. */
static uint32_t start_of(const void *ctx)
{
    return (uint32_t)(uintptr_t)ctx - SYN_FLASH_BASE;
}

static int erase(void *ctx, uint32_t page)
{
    uint32_t before = syn_irq_off();
    prepare(start_of(ctx) + page * SYN_FLASH_PAGE, SYN_FLC_ERASE_PAGE);
    work(SYN_FLC_PAGE_ERASE);
    syn_irq_restore(before);
    return result();
}

static int program_unit(uint32_t offset, const uint8_t *bytes)
{
    uint32_t before = syn_irq_off();
    prepare(offset, 0);
    for (unsigned i = 0; i < SYN_FLASH_UNIT / 4; i++)
        SYN_FLC->data[i] = syn_get_le32(bytes + 4 * i);
    work(SYN_FLC_WRITE);
    syn_irq_restore(before);
    return result();
}

static int program(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    uint32_t start = start_of(ctx) + offset;
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < size; at += SYN_FLASH_UNIT)
        rc = program_unit(start + (uint32_t)at, bytes + at);
    return rc;
}

/* ---- what lies where ---- */

#define AT(page) ((void *)(SYN_FLASH_BASE + (page)*SYN_FLASH_PAGE))

#define REGION(first, pages)                                                                       \
    {                                                                                              \
        .ctx = AT(first), .bytes = AT(first), .page_bytes = SYN_FLASH_PAGE, .page_count = (pages), \
        .unit_bytes = SYN_FLASH_UNIT, .erase = erase, .program = program                           \
    }

static const struct syn_flash firmware = REGION(0, SYN_MAX_STORE);

static const struct syn_flash regions[] = {
    [SYN_REGION_STORE] = REGION(SYN_MAX_STORE, SYN_MAX_PAGES - SYN_MAX_STORE),
};

static const struct syn_slots_map slots = {
    .flash = &firmware,
    .first = {SYN_MAX_PRIMARY, SYN_MAX_SECONDARY},
    .slot_pages = SYN_MAX_SLOT_PAGES,
    .scratch = SYN_MAX_SCRATCH,
    .journal = SYN_MAX_JOURNAL,
    .address = SYN_FLASH_BASE + SYN_MAX_PRIMARY * SYN_FLASH_PAGE,
    .board = "max78000",
};

const struct syn_flash *syn_board_flash(enum syn_board_region region)
{
    return &regions[region];
}

const struct syn_slots_map *syn_board_slots(void)
{
    return &slots;
}

/* ---- the information block ---- */

/* Each six bytes lie in two words, from bit 15 of the first on. */
static uint8_t bits(uint32_t low, uint32_t high, unsigned at)
{
    return (uint8_t)(((uint64_t)high << 32 | low) >> at);
}

void syn_max_serial(uint8_t serial[SYN_MAX_SERIAL_BYTES])
{
    static const uint32_t unlock[] = {0x3a7f5ca3, 0xa1e34f20, 0x9608b2c1};
    uint32_t words[6];
    SYN_FLC->actrl = 0;
    for (unsigned i = 0; i < sizeof unlock / sizeof *unlock; i++)
        SYN_FLC->actrl = unlock[i];
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        words[i] = SYN_INFO_BASE[i];
    SYN_FLC->actrl = 0; /* closed again by any word */
    for (unsigned i = 0; i < SYN_MAX_SERIAL_BYTES; i++)
        serial[i] = bits(words[i / 6 * 2], words[i / 6 * 2 + 1], 15 + i % 6 * 8);
}
