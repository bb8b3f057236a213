/* SPDX-License-Identifier: MIT */
/* The flash controller: 8 KiB pages, units of 16 bytes. While it works nothing can be read from the
 * flash, so that interrupts are off and the routine runs from RAM; bytes that come in on the UARTs
 * meanwhile are kept (a page takes longer to erase than the UARTs' queues last). */
#ifndef SYN_PORTS_MAX78000_FLASH_H
#define SYN_PORTS_MAX78000_FLASH_H

#include "devices/flash/flash.h"
#include "devices/ports/max78000/memory.h"

/* A region of the map; for the life of the program. */
const struct syn_flash *syn_max_flash(enum syn_max_region region);

/* The part's serial number, of 13 bytes. */
#define SYN_MAX_SERIAL_BYTES 13
void syn_max_serial(uint8_t serial[SYN_MAX_SERIAL_BYTES]);

/* Code that runs while the flash cannot be read: it calls nothing that does not. */
#define SYN_MAX_IN_RAM __attribute__((section(".ramfunc"), noinline))

/* uart.c: takes what has come in. In RAM, with interrupts off. */
void syn_uart_take_in_ram(void);

#endif
