/* SPDX-License-Identifier: MIT */
/* The core of every board here (Cortex-M4, M33, M55): its registers, from ARM's ARMv7-M and
 * ARMv8-M architecture reference manuals. */
#ifndef SYN_PORTS_BARE_CORTEX_M_H
#define SYN_PORTS_BARE_CORTEX_M_H

#include <stdint.h>

#define SYN_NVIC_ENABLE ((volatile uint32_t *)0xE000E100u)
#define SYN_SCB_VTOR    (*(volatile uint32_t *)0xE000ED08u)
#define SYN_SCB_AIRCR   (*(volatile uint32_t *)0xE000ED0Cu)
#define SYN_SCB_CFSR    (*(volatile uint32_t *)0xE000ED28u)

enum { /* of CFSR: no room on the stack, for an exception or, in ARMv8-M, at all */
       SYN_CFSR_MSTKERR = 1 << 4,
       SYN_CFSR_STKERR = 1 << 12,
       SYN_CFSR_STKOF = 1 << 20,
};

enum { SYN_SCB_RESET = 0x05FA0004 }; /* of AIRCR: key and SYSRESETREQ */

static inline void syn_irq_enable(unsigned irq)
{
    SYN_NVIC_ENABLE[irq / 32] = 1u << irq % 32;
}

static inline uint32_t syn_irq_off(void)
{
    uint32_t before;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(before)::"memory");
    return before;
}

static inline void syn_irq_restore(uint32_t before)
{
    __asm__ volatile("msr primask, %0" ::"r"(before) : "memory");
}

/* Sleeps until an interrupt; with interrupts off, until one is pending. */
static inline void syn_irq_wait(void)
{
    __asm__ volatile("dsb\n wfi" ::: "memory");
}

/* ARMv8-M: a stack that grows below is a fault (MSPLIM; by its code, since all is compiled for
 * ARMv7-M). */
static inline void syn_stack_limit(const void *start)
{
    register const void *limit __asm__("r0") = start;
    __asm__ volatile(".inst.w 0xf380880a" ::"r"(limit));
}

/* Does not return. */
static inline void syn_core_reset(void)
{
    SYN_SCB_AIRCR = SYN_SCB_RESET;
    for (;;)
        __asm__ volatile("dsb");
}

#endif
