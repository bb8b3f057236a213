/* SPDX-License-Identifier: MIT */
/*
 * The first half of the PSRAM of an AN386 stands for flash: QEMU keeps it in a file, which outlives
 * the board's power. As flash it is erased by pages and programmed by units that are erased.
 */
#include "devices/ports/bare/flash.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/ports/mps2/registers.h"

enum {
    PAGE_BYTES = 8 << 10,
    UNIT_BYTES = 16,
    SLOT_PAGES = 32,
    /* in pages, from the beginning */
    PRIMARY = 0,
    SECONDARY = PRIMARY + SLOT_PAGES,
    BOOT = SECONDARY + SLOT_PAGES, /* scratch, journal */
    SCRATCH = BOOT,
    JOURNAL = BOOT + 1,
    STORE = BOOT + 8,
    STORE_PAGES = 520,
};

_Static_assert((STORE + STORE_PAGES) * PAGE_BYTES <= SYN_FLASH_SIZE, "all of it is in the region");

/* `ctx` is where the region begins. Written by words: what power cuts is at most one of them. */
static int erase(void *ctx, uint32_t page)
{
    volatile uint32_t *to = (volatile uint32_t *)ctx + page * (PAGE_BYTES / sizeof *to);
    for (uint32_t i = 0; i < PAGE_BYTES / sizeof *to; i++)
        to[i] = UINT32_MAX;
    return 0;
}

static int program(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    volatile uint32_t *to = (volatile uint32_t *)ctx + offset / sizeof *to;
    for (size_t i = 0; i < size / sizeof *to; i++)
        if (to[i] != UINT32_MAX)
            return SYN_EIO; /* flash could not either */
    for (size_t i = 0; i < size / sizeof *to; i++)
        to[i] = syn_get_le32(bytes + i * sizeof *to);
    return 0;
}

#define AT(page) ((uint8_t *)SYN_FLASH_START + (size_t)(page)*PAGE_BYTES)

#define REGION(first, pages)                                                                       \
    {                                                                                              \
        .ctx = AT(first), .bytes = AT(first), .page_bytes = PAGE_BYTES, .page_count = (pages),     \
        .unit_bytes = UNIT_BYTES, .erase = erase, .program = program                               \
    }

static const struct syn_flash firmware = REGION(0, STORE);

static const struct syn_flash regions[] = {
    [SYN_REGION_STORE] = REGION(STORE, STORE_PAGES),
};

static const struct syn_slots_map slots = {.flash = &firmware,
                                           .first = {PRIMARY, SECONDARY},
                                           .slot_pages = SLOT_PAGES,
                                           .scratch = SCRATCH,
                                           .journal = JOURNAL,
                                           .address = SYN_FLASH_START,
                                           .board = SYN_BOARD_NAME};

const struct syn_flash *syn_board_flash(enum syn_board_region region)
{
    return &regions[region];
}

const struct syn_slots_map *syn_board_slots(void)
{
    return SYN_BOARD_SLOTS ? &slots : NULL;
}
