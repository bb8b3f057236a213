/* SPDX-License-Identifier: MIT */
/* From reset to main(). */
#include "devices/ports/mps2/board.h"
#include "devices/ports/mps2/vectors.h"

#include <stddef.h>
#include <string.h>

/* From the linker script. */
extern uint8_t syn_data_start[], syn_data_end[], syn_bss_start[], syn_bss_end[];
extern const uint8_t syn_data_image[];
extern uint32_t syn_stack_top[];

void syn_board_reset(void)
{
    SYN_SCB_AIRCR = SYN_SCB_RESET;
    for (;;)
        __asm__ volatile("dsb");
}

void syn_reset_entry(void);

void syn_reset_entry(void)
{
    memcpy(syn_data_start, syn_data_image, (size_t)(syn_data_end - syn_data_start));
    memset(syn_bss_start, 0, (size_t)(syn_bss_end - syn_bss_start));
    (void)main();
    syn_board_reset();
}

enum { CORE_VECTORS = 16 };

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    vector vectors[CORE_VECTORS - 1 + SYN_IRQ_COUNT];
} table = {
    syn_stack_top,
    {
        [0] = syn_reset_entry,
        [1] = syn_fault_interrupt, /* NMI: the watchdog */
        [2] = syn_fault_interrupt, /* hard, memory, bus and usage fault */
        [3] = syn_fault_interrupt,
        [4] = syn_fault_interrupt,
        [5] = syn_fault_interrupt,
        [CORE_VECTORS - 1 + SYN_IRQ_UART_RX] = syn_uart_rx_interrupt,
        [CORE_VECTORS - 1 + SYN_IRQ_UART_TX] = syn_uart_tx_interrupt,
        [CORE_VECTORS - 1 + SYN_IRQ_CLOCK] = syn_clock_interrupt,
        [CORE_VECTORS - 1 + SYN_IRQ_ALARM] = syn_alarm_interrupt,
    },
};
