/* SPDX-License-Identifier: MIT */
/* The unit of ARMv7-M (PMSAv7). That of ARMv8-M has other registers: there the stack's end is
 * watched by the core itself (start.c). */
#include "devices/ports/bare/guard.h"

#define MPU_TYPE (*(volatile uint32_t *)0xE000ED90u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR  (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)

enum { /* CTRL: on, and memory of no region as by default; off in faults and NMI */
       ON_WITH_DEFAULT = 1 | 4,
       REGIONS_SHIFT = 8, /* of TYPE */
};

/* RASR: execute never, access, normal memory, write-back. */
static const uint32_t attributes[] = {
    [SYN_GUARD_NOTHING] = 1u << 28,
    [SYN_GUARD_CODE] = 6u << 24 | 1u << 17 | 1u << 16,
    [SYN_GUARD_DATA] = 1u << 28 | 3u << 24 | 1u << 17 | 1u << 16,
};

void syn_guard_set(const struct syn_guard *regions, unsigned count)
{
    if ((MPU_TYPE >> REGIONS_SHIFT & 0xff) < count)
        return;
    for (unsigned i = 0; i < count; i++) {
        MPU_RNR = i;
        MPU_RBAR = regions[i].start;
        MPU_RASR = attributes[regions[i].access] | (regions[i].size_log2 - 1u) << 1 | 1u;
    }
    MPU_CTRL = ON_WITH_DEFAULT;
    __asm__ volatile("dsb\n isb" ::: "memory");
}
