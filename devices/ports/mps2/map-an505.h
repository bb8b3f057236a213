/* SPDX-License-Identifier: MIT */
/* FPGA image AN505 (Cortex-M33, secure state): ARM's application note 505, the IoT Kit's manual. */
#ifndef SYN_PORTS_MPS2_MAP_H
#define SYN_PORTS_MPS2_MAP_H

#define SYN_BOARD_NAME "mps2-an505"
#define SYN_BOARD_HZ   20000000
#define SYN_BOARD_RAM  0x38000000u

enum syn_irq {
    SYN_IRQ_CLOCK = 3,
    SYN_IRQ_ALARM = 4,
    SYN_IRQ_UART_RX = 32,
    SYN_IRQ_UART_TX = 33,
    SYN_IRQ_PAIR_RX = 36,
    SYN_IRQ_PAIR_TX = 37,
    SYN_IRQ_HCI_RX = 38,
    SYN_IRQ_HCI_TX = 39,
    SYN_IRQ_COUNT = 64
};

#define SYN_UART_AT        0x50200000u
#define SYN_PAIR_AT        0x50202000u /* UART2 */
#define SYN_HCI_AT         0x50203000u /* UART3 */
#define SYN_TIMER_CLOCK_AT 0x50000000u
#define SYN_TIMER_ALARM_AT 0x50001000u
#define SYN_WATCHDOG_AT    0x5002E000u
#define SYN_WATCHDOG_HZ    32000

#define SYN_BOARD_GUARD 0
#define SYN_BOARD_SLOTS 0
#define SYN_BOARD_PSRAM 0x80000000u

#endif
