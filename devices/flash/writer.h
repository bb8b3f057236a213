/* SPDX-License-Identifier: MIT */
/*
 * Bytes into flash in pieces of any size: what does not fill a unit waits in RAM until more comes
 * or syn_flash_flush() pads it with SYN_FLASH_ERASED. The pages are erased by the caller.
 */
#ifndef SYN_DEVICES_FLASH_WRITER_H
#define SYN_DEVICES_FLASH_WRITER_H

#include "devices/flash/flash.h"

struct syn_flash_writer {
    const struct syn_flash *flash;
    uint32_t at; /* where the next unit goes, bytes from the start of the region */
    uint8_t held;
    uint8_t unit[SYN_FLASH_UNIT_MAX];
};

/* `at` is a multiple of unit_bytes. */
void syn_flash_writer_init(struct syn_flash_writer *writer, const struct syn_flash *flash,
                           uint32_t at);

/* 0 or SYN_EIO: nothing more may be written behind what failed. */
int syn_flash_write(struct syn_flash_writer *writer, const uint8_t *bytes, size_t size);
int syn_flash_flush(struct syn_flash_writer *writer);

#endif
