/* SPDX-License-Identifier: MIT */
/*
 * The board's flash, by what lies in it; a board's folder has the driver and the map. Used by the
 * agent and by the boot loader, which both know it by the same file.
 */
#ifndef SYN_PORTS_BARE_FLASH_H
#define SYN_PORTS_BARE_FLASH_H

#include "devices/boot/slots.h"
#include "devices/flash/flash.h"

enum syn_board_region {
    SYN_REGION_STORE, /* what the agent keeps: devices/agent/store.h */
    SYN_REGION_COUNT
};

/* NULL where the board has none. */
const struct syn_flash *syn_board_flash(enum syn_board_region region);

/* Where firmware lies; NULL on a board that starts without a boot loader. */
const struct syn_slots_map *syn_board_slots(void);

#endif
