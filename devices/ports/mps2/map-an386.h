/* SPDX-License-Identifier: MIT */
/* FPGA image AN386 (Cortex-M4): ARM's application note 386. */
#ifndef SYN_PORTS_MPS2_MAP_H
#define SYN_PORTS_MPS2_MAP_H

#define SYN_BOARD_NAME "mps2-an386"
#define SYN_BOARD_HZ   25000000 /* of core and peripherals */
#define SYN_BOARD_RAM  0x20000000u

enum syn_irq {
    SYN_IRQ_UART_RX = 0,
    SYN_IRQ_UART_TX = 1,
    SYN_IRQ_PAIR_RX = 4,
    SYN_IRQ_PAIR_TX = 5,
    SYN_IRQ_CLOCK = 8,
    SYN_IRQ_ALARM = 9,
    SYN_IRQ_HCI_RX = 18,
    SYN_IRQ_HCI_TX = 19,
    SYN_IRQ_COUNT = 32
};

#define SYN_UART_AT        0x40004000u
#define SYN_PAIR_AT        0x40006000u /* UART2 */
#define SYN_HCI_AT         0x40007000u /* UART3 */
#define SYN_TIMER_CLOCK_AT 0x40000000u
#define SYN_TIMER_ALARM_AT 0x40001000u
#define SYN_WATCHDOG_AT    0x40008000u
#define SYN_WATCHDOG_HZ    SYN_BOARD_HZ

#define SYN_BOARD_GUARD 1           /* PMSAv7: guard.h */
#define SYN_BOARD_SLOTS 1           /* starts by the boot loader */
#define SYN_BOARD_PSRAM 0x21000000u /* 16 MB */

#endif
