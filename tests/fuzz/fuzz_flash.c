/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/fuzz_flash.h"

#include <stdlib.h>
#include <string.h>

static int erase(void *ctx, uint32_t page)
{
    struct fuzz_flash *f = ctx;
    if (page >= FUZZ_PAGES)
        abort();
    memset(f->bytes + page * FUZZ_PAGE_BYTES, SYN_FLASH_ERASED, FUZZ_PAGE_BYTES);
    return 0;
}

static int program(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    struct fuzz_flash *f = ctx;
    if (offset % f->flash.unit_bytes || size % f->flash.unit_bytes ||
        offset > FUZZ_FLASH_BYTES - size)
        abort();
    for (size_t i = 0; i < size; i++)
        if (f->bytes[offset + i] != SYN_FLASH_ERASED)
            abort();
    memcpy(f->bytes + offset, bytes, size);
    return 0;
}

void fuzz_flash_init(struct fuzz_flash *f, const uint8_t *data, size_t size)
{
    size = size < FUZZ_FLASH_BYTES ? size : FUZZ_FLASH_BYTES;
    memset(f->bytes, SYN_FLASH_ERASED, sizeof f->bytes);
    if (size > 0)
        memcpy(f->bytes, data, size);
    f->flash = (struct syn_flash){.ctx = f,
                                  .bytes = f->bytes,
                                  .page_bytes = FUZZ_PAGE_BYTES,
                                  .page_count = FUZZ_PAGES,
                                  .unit_bytes = 16,
                                  .erase = erase,
                                  .program = program};
    f->map = (struct syn_slots_map){
        .flash = &f->flash,
        .first = {SYN_JOURNAL_PAGES, SYN_JOURNAL_PAGES + FUZZ_SLOT_PAGES},
        .slot_pages = FUZZ_SLOT_PAGES,
        .scratch = FUZZ_PAGES - 1,
        .board = "b",
    };
    syn_slots_open(&f->slots, &f->map);
}
