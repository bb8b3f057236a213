/* SPDX-License-Identifier: MIT */
/*
 * A flash made of RAM, for devices that keep nothing over a restart and for tests. Its pages are
 * small, so that hardly any memory is wasted behind a blob. What the memory holds at first does not
 * matter, but it must have been written.
 */
#ifndef SYN_DEVICES_FLASH_RAM_H
#define SYN_DEVICES_FLASH_RAM_H

#include "devices/flash/flash.h"

#define SYN_FLASH_RAM_PAGE 256 /* bytes */

/* `memory` is aligned to 8 bytes and outlives the flash; what lies behind the last whole page is
 * not used. */
void syn_flash_ram_init(struct syn_flash *flash, uint8_t *memory, size_t size);

#endif
