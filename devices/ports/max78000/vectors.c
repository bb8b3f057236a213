/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/vectors.h"

#include "devices/ports/max78000/interrupts.h"
#include "devices/ports/max78000/registers.h"

__attribute__((section(".vectors.board"), used)) static const syn_vector table[SYN_IRQ_COUNT] = {
    [SYN_IRQ_WATCHDOG] = syn_fault_interrupt, [SYN_IRQ_ALARM] = syn_alarm_interrupt,
    [SYN_IRQ_UART0] = syn_uart0_interrupt,    [SYN_IRQ_UART2] = syn_uart2_interrupt,
    [SYN_IRQ_CNN] = syn_cnn_interrupt,
};
