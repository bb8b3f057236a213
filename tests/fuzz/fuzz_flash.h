/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small flash in memory with two slots, that aborts where it is used as flash may not be. */
#ifndef SYN_TESTS_FUZZ_FUZZ_FLASH_H
#define SYN_TESTS_FUZZ_FUZZ_FLASH_H

#include "devices/boot/slots.h"

enum {
    FUZZ_PAGE_BYTES = 128,
    FUZZ_SLOT_PAGES = 4,
    FUZZ_PAGES = SYN_JOURNAL_PAGES + 2 * FUZZ_SLOT_PAGES + 1,
    FUZZ_FLASH_BYTES = FUZZ_PAGES * FUZZ_PAGE_BYTES,
};

struct fuzz_flash {
    uint8_t bytes[FUZZ_FLASH_BYTES]; /* the journal comes first, then the slots */
    struct syn_flash flash;
    struct syn_slots_map map;
    struct syn_slots slots; /* open */
};

/* `data` is what the flash holds, from its beginning; what is missing is erased. */
void fuzz_flash_init(struct fuzz_flash *f, const uint8_t *data, size_t size);

#endif
