/* SPDX-License-Identifier: MIT */
/* The map of the flash (MAX78000.md); max78000.ld has the same figures. Offsets from its start. */
#ifndef SYN_PORTS_MAX78000_MEMORY_H
#define SYN_PORTS_MAX78000_MEMORY_H

#include "devices/ports/max78000/registers.h"

/* name, first page, pages */
#define SYN_MAX_REGIONS(X)                                                                         \
    X(BOOT, 0, 2)    /* the boot loader */                                                         \
    X(SLOT0, 2, 13)  /* the image that runs */                                                     \
    X(SLOT1, 15, 13) /* the one that is uploaded */                                                \
    X(SWAP, 28, 2)   /* the boot loader's scratch page and journal */                              \
    X(RECORDS, 30, 2)                                                                              \
    X(STORE, 32, 32) /* deployments and their chunks */

enum syn_max_region {
#define X(name, first, pages) SYN_MAX_##name,
    SYN_MAX_REGIONS(X)
#undef X
        SYN_MAX_REGION_COUNT
};

#define SYN_MAX_IMAGE_HEADER 0x200u /* of an image in a slot; its vectors follow */

#endif
