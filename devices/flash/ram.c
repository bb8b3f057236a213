/* SPDX-License-Identifier: MIT */
#include "devices/flash/ram.h"

#include <string.h>

static int erase(void *ctx, uint32_t page)
{
    uint8_t *memory = ctx;
    memset(memory + (size_t)page * SYN_FLASH_RAM_PAGE, SYN_FLASH_ERASED, SYN_FLASH_RAM_PAGE);
    return 0;
}

static int program(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    uint8_t *memory = ctx;
    memcpy(memory + offset, bytes, size);
    return 0;
}

void syn_flash_ram_init(struct syn_flash *flash, uint8_t *memory, size_t size)
{
    *flash = (struct syn_flash){.ctx = memory,
                                .bytes = memory,
                                .page_bytes = SYN_FLASH_RAM_PAGE,
                                .page_count = (uint32_t)(size / SYN_FLASH_RAM_PAGE),
                                .unit_bytes = SYN_FLASH_UNIT_MAX,
                                .erase = erase,
                                .program = program};
}
