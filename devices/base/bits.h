/* SPDX-License-Identifier: MIT */
/* Sets as bits of a word. */
#ifndef SYN_DEVICES_BASE_BITS_H
#define SYN_DEVICES_BASE_BITS_H

#include <stdint.h>

/* How many are set. */
static inline unsigned syn_bits_count(uint64_t set)
{
    unsigned count = 0;
    for (; set; set &= set - 1)
        count++;
    return count;
}

#endif
