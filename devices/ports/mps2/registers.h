/* SPDX-License-Identifier: MIT */
/* The MPS2 and MPS3 boards' peripherals that this port uses, from ARM's CMSDK manual; where they
 * are says the map of each board. */
#ifndef SYN_PORTS_MPS2_REGISTERS_H
#define SYN_PORTS_MPS2_REGISTERS_H

#include <stdint.h>

#ifndef SYN_MPS2_MAP /* CMakeLists.txt */
#define SYN_MPS2_MAP "devices/ports/mps2/map-an386.h"
#endif
#include SYN_MPS2_MAP

struct syn_cmsdk_uart {
    volatile uint32_t data, state, control, interrupt, divisor;
};
#define SYN_UART ((struct syn_cmsdk_uart *)SYN_UART_AT)
#define SYN_PAIR ((struct syn_cmsdk_uart *)SYN_PAIR_AT)
#define SYN_HCI  ((struct syn_cmsdk_uart *)SYN_HCI_AT)

enum { /* bits of struct syn_cmsdk_uart */
       SYN_UART_TX_FULL = 1,
       SYN_UART_RX_FULL = 2,
       SYN_UART_RX_OVERRUN = 8,
       SYN_UART_ENABLE_ALL = 15, /* transmitter, receiver and the interrupts of both */
       SYN_UART_TX_INTERRUPT = 1,
       SYN_UART_RX_INTERRUPT = 2,
};

struct syn_cmsdk_timer {
    volatile uint32_t control, value, reload, interrupt;
};
#ifdef SYN_TIMER_CLOCK_AT
#define SYN_TIMER_CLOCK ((struct syn_cmsdk_timer *)SYN_TIMER_CLOCK_AT)
#define SYN_TIMER_ALARM ((struct syn_cmsdk_timer *)SYN_TIMER_ALARM_AT)
#endif

enum { SYN_TIMER_RUN = 1 | 8 }; /* enabled, with its interrupt */

struct syn_cmsdk_watchdog {
    volatile uint32_t load, value, control, clear;
    uint32_t unused[0x2fc];
    volatile uint32_t lock;
};
#define SYN_WATCHDOG ((struct syn_cmsdk_watchdog *)SYN_WATCHDOG_AT)

enum { /* the first time that it runs out is an NMI, the second a reset */
       SYN_WATCHDOG_INTERRUPT = 1,
       SYN_WATCHDOG_RESET = 2,
       SYN_WATCHDOG_UNLOCK = 0x1ACCE551,
};

/* The first 8 of the 16 MB of PSRAM stand for flash (flash.c). */
#define SYN_FLASH_START SYN_BOARD_PSRAM
#define SYN_FLASH_SIZE  (8 << 20)

/* The last words of the PSRAM belong to no section: they survive a reset. */
#define SYN_BOARD_KEPT ((volatile struct syn_board_kept *)(SYN_BOARD_PSRAM + 0xFFFFC0u))

/* Whoever starts the emulated board writes a number here before it runs, so that several can be
 * told apart; 0 otherwise. */
#define SYN_BOARD_NUMBER (*(const volatile uint32_t *)(SYN_BOARD_PSRAM + 0xFFFFFCu))

/* For the vectors. */
void syn_uart_rx_interrupt(void);
void syn_uart_tx_interrupt(void);
void syn_pair_rx_interrupt(void);
void syn_pair_tx_interrupt(void);
void syn_hci_rx_interrupt(void);
void syn_hci_tx_interrupt(void);
void syn_clock_interrupt(void);
void syn_alarm_interrupt(void);

#endif
