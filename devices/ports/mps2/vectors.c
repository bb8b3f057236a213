/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/vectors.h"

#include "devices/ports/mps2/registers.h"

__attribute__((section(".vectors.board"), used)) static const syn_vector table[SYN_IRQ_COUNT] = {
    [SYN_IRQ_UART_RX] = syn_uart_rx_interrupt, [SYN_IRQ_UART_TX] = syn_uart_tx_interrupt,
    [SYN_IRQ_PAIR_RX] = syn_pair_rx_interrupt, [SYN_IRQ_PAIR_TX] = syn_pair_tx_interrupt,
    [SYN_IRQ_HCI_RX] = syn_hci_rx_interrupt,   [SYN_IRQ_HCI_TX] = syn_hci_tx_interrupt,
#ifdef SYN_TIMER_CLOCK_AT
    [SYN_IRQ_CLOCK] = syn_clock_interrupt,
#endif
    [SYN_IRQ_ALARM] = syn_alarm_interrupt,
};
