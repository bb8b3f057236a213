/* SPDX-License-Identifier: MIT */
/* From reset to main(). */
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/vectors.h"

#include <stddef.h>
#include <string.h>

/* From the linker script. */
extern uint8_t syn_data_start[], syn_data_end[], syn_bss_start[], syn_bss_end[];
extern const uint8_t syn_data_image[];
extern uint32_t syn_stack_top[];

void syn_reset_entry(void);

void syn_reset_entry(void)
{
    memcpy(syn_data_start, syn_data_image, (size_t)(syn_data_end - syn_data_start));
    memset(syn_bss_start, 0, (size_t)(syn_bss_end - syn_bss_start));
    (void)main();
    syn_core_reset();
}

enum { CORE_VECTORS = 16 };

/* The board's interrupts follow, in the section .vectors.board. */
__attribute__((section(".vectors.core"), used)) static const struct {
    uint32_t *stack;
    syn_vector vectors[CORE_VECTORS - 1];
} table = {
    syn_stack_top,
    {
        [0] = syn_reset_entry,
        [1] = syn_fault_interrupt, /* NMI: a watchdog */
        [2] = syn_fault_interrupt, /* hard, memory, bus and usage fault */
        [3] = syn_fault_interrupt,
        [4] = syn_fault_interrupt,
        [5] = syn_fault_interrupt,
    },
};
