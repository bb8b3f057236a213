/* SPDX-License-Identifier: MIT */
/* UART0, driven by interrupts, with a ring in each direction. From the main loop only. */
#ifndef SYN_PORTS_MPS2_UART_H
#define SYN_PORTS_MPS2_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_UART_RING 8192u /* bytes each way; a power of two */

void syn_uart_start(void);

/* Bytes that have come, at most `size`. What comes while the ring is full is lost, as on any UART
 * without flow control: the host keeps no more in flight than the agent's window. */
size_t syn_uart_read(uint8_t *bytes, size_t size);

/* All of them or none: false where there is no room. */
bool syn_uart_write(const uint8_t *bytes, size_t size);

/* Nothing has come that was not read. */
bool syn_uart_quiet(void);
/* Everything that was written has left. */
bool syn_uart_drained(void);

#endif
