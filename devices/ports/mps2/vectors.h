/* SPDX-License-Identifier: MIT */
/* What the vector table (start.c) calls. */
#ifndef SYN_PORTS_MPS2_VECTORS_H
#define SYN_PORTS_MPS2_VECTORS_H

void syn_uart_rx_interrupt(void);
void syn_uart_tx_interrupt(void);
void syn_clock_interrupt(void);
void syn_alarm_interrupt(void);
void syn_fault_interrupt(void);

int main(void);

#endif
