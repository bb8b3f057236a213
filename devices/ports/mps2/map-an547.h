/* SPDX-License-Identifier: MIT */
/* The MPS3 board with FPGA image AN547 (Cortex-M55, secure state): ARM's application note 547, the
 * SSE-300's manual. */
#ifndef SYN_PORTS_MPS2_MAP_H
#define SYN_PORTS_MPS2_MAP_H

#define SYN_BOARD_NAME "mps3-an547"
#define SYN_BOARD_HZ   32000000
#define SYN_BOARD_RAM  0x20000000u

enum syn_irq {
    SYN_IRQ_ALARM = 3,
    SYN_IRQ_UART_RX = 33,
    SYN_IRQ_UART_TX = 34,
    SYN_IRQ_PAIR_RX = 37,
    SYN_IRQ_PAIR_TX = 38,
    SYN_IRQ_HCI_RX = 39,
    SYN_IRQ_HCI_TX = 40,
    SYN_IRQ_COUNT = 64
};

#define SYN_UART_AT     0x59303000u
#define SYN_PAIR_AT     0x59305000u /* UART2 */
#define SYN_HCI_AT      0x59306000u /* UART3 */
#define SYN_COUNTER_AT  0x58100000u /* its control; one for all timers */
#define SYN_TIMER_AT    0x58000000u
#define SYN_WATCHDOG_AT 0x5802E000u
#define SYN_WATCHDOG_HZ 32000

#define SYN_BOARD_GUARD 0
#define SYN_BOARD_SLOTS 0
#define SYN_BOARD_PSRAM 0x60000000u /* 16 MB of its DDR */

#endif
