/* SPDX-License-Identifier: MIT */
/*
 * The UARTs that are the agent's host links, driven by interrupts, with a ring in each direction.
 * The board's folder has the registers; ring.h is at its service. From the main loop only.
 */
#ifndef SYN_PORTS_BARE_UART_H
#define SYN_PORTS_BARE_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Link 0 is the one to the console. At most SYN_AGENT_LINKS_MAX. */
unsigned syn_uart_links(void);

void syn_uart_start(void);

/* Bytes that have come, at most `size`. What comes while the ring is full is lost, as on any UART
 * without flow control: the host keeps no more in flight than the agent's window. */
size_t syn_uart_read(unsigned link, uint8_t *bytes, size_t size);

/* Bytes that syn_uart_write() takes now; 0 on a link that there is not. */
size_t syn_uart_room(unsigned link);

/* All of them or none: false where there is no room. */
bool syn_uart_write(unsigned link, const uint8_t *bytes, size_t size);

/* The rates of a link's line, as in struct syn_agent_port; NULL: one only. A rate is set at once:
 * what was written has left by then. */
const uint32_t *syn_uart_rates(unsigned link);
void syn_uart_set_rate(unsigned link, uint32_t baud);

/* Nothing has come that was not read, on any link. */
bool syn_uart_quiet(void);
/* Everything that was written has left. */
bool syn_uart_drained(void);

#endif
