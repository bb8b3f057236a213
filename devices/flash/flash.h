/* SPDX-License-Identifier: MIT */
/*
 * A region of flash as its users see it: read where it is mapped, erased by pages, programmed by
 * units, each once between two erasures of its page.
 *
 * Power may go at any time: a page that was being erased and a unit that was being programmed then
 * hold anything (the units beside it are as they were). The board gives the two operations; they
 * return when the work is done. One thread.
 */
#ifndef SYN_DEVICES_FLASH_FLASH_H
#define SYN_DEVICES_FLASH_FLASH_H

#include <stddef.h>
#include <stdint.h>

#define SYN_FLASH_ERASED   0xff
#define SYN_FLASH_UNIT_MAX 16 /* bytes; the MAX78000 programs 128 bits */

struct syn_flash {
    void *ctx;
    const uint8_t *bytes; /* where the region is mapped */
    uint32_t page_bytes;  /* a multiple of unit_bytes */
    uint32_t page_count;
    uint32_t unit_bytes; /* a power of two, at most SYN_FLASH_UNIT_MAX */
    /* All bytes of page `page` of the region become SYN_FLASH_ERASED. 0 or SYN_EIO. */
    int (*erase)(void *ctx, uint32_t page);
    /* `offset` from the start of the region and `size` are multiples of unit_bytes; the units are
     * erased. 0 or SYN_EIO. */
    int (*program)(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size);
};

static inline uint32_t syn_flash_bytes(const struct syn_flash *flash)
{
    return flash->page_bytes * flash->page_count;
}

#endif
