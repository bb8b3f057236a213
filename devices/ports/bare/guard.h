/* SPDX-License-Identifier: MIT */
/*
 * What the core's memory protection unit makes a fault: whatever touches a region in a way that is
 * not said here. Memory of no region is as without a unit. Boards call it, if at all, at their
 * start.
 */
#ifndef SYN_PORTS_BARE_GUARD_H
#define SYN_PORTS_BARE_GUARD_H

#include <stdint.h>

enum syn_guard_access {
    SYN_GUARD_NOTHING, /* behind the end of a stack; where NULL points */
    SYN_GUARD_CODE,    /* read and executed, not written */
    SYN_GUARD_DATA,    /* read and written, not executed */
};

/* At most 8; those further behind go first where they overlap. */
struct syn_guard {
    uint32_t start;    /* a multiple of the size */
    uint8_t size_log2; /* 5 to 31 */
    uint8_t access;    /* enum syn_guard_access */
};

void syn_guard_set(const struct syn_guard *regions, unsigned count);

#endif
