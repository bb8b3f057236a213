/* SPDX-License-Identifier: MIT */
/* The map of the flash (MAX78000.md), in pages of 8 KiB; the linker scripts have the same. */
#ifndef SYN_PORTS_MAX78000_MEMORY_H
#define SYN_PORTS_MAX78000_MEMORY_H

enum syn_max_page {
    SYN_MAX_BOOT = 0, /* the boot loader */
    SYN_MAX_SLOT_PAGES = 13,
    SYN_MAX_PRIMARY = 2, /* the image that runs */
    SYN_MAX_SECONDARY = SYN_MAX_PRIMARY + SYN_MAX_SLOT_PAGES,
    SYN_MAX_SCRATCH = SYN_MAX_SECONDARY + SYN_MAX_SLOT_PAGES, /* of the boot loader, one */
    SYN_MAX_JOURNAL = SYN_MAX_SCRATCH + 1,                    /* two */
    SYN_MAX_STORE = SYN_MAX_JOURNAL + 2, /* deployments, their chunks, settings */
    SYN_MAX_PAGES = 64
};

#endif
