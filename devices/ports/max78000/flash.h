/* SPDX-License-Identifier: MIT */
/*
 * The flash controller, behind devices/ports/bare/flash.h: 8 KiB pages, units of 16 bytes. While it
 * works nothing can be read from the flash, so that interrupts are off and the routine runs from
 * RAM. A page takes longer to erase than the UARTs' queues last: what comes in meanwhile is taken
 * by a function that the program has to give.
 */
#ifndef SYN_PORTS_MAX78000_FLASH_H
#define SYN_PORTS_MAX78000_FLASH_H

#include "devices/ports/bare/flash.h"

/* Code that runs while the flash cannot be read: it calls nothing that does not. */
#define SYN_MAX_IN_RAM __attribute__((section(".ramfunc"), noinline))

/* Called again and again while the flash is at work, with interrupts off. In RAM. */
void syn_max_while_flash_works(void);

/* The part's serial number. */
#define SYN_MAX_SERIAL_BYTES 13
void syn_max_serial(uint8_t serial[SYN_MAX_SERIAL_BYTES]);

#endif
