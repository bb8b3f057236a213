/* SPDX-License-Identifier: MIT */
/* What the vectors of this board call. */
#ifndef SYN_PORTS_MAX78000_INTERRUPTS_H
#define SYN_PORTS_MAX78000_INTERRUPTS_H

void syn_alarm_interrupt(void);
void syn_uart0_interrupt(void);
void syn_uart2_interrupt(void);
void syn_cnn_interrupt(void);

#endif
