/* SPDX-License-Identifier: MIT */
/*
 * The registers of the MAX78000 that this port uses, written from its public user guide (UG7456)
 * and checked with the vendor's public headers (msdk, Libraries/CMSIS/Device/Maxim/MAX78000):
 * memory map UG chapter 3, clocks and power 4, GPIO 6, flash controller 7, UART 12, timers 19,
 * watchdog 21, interrupts max78000.h. Those of the accelerator are in devices/part/registers.h.
 */
#ifndef SYN_PORTS_MAX78000_REGISTERS_H
#define SYN_PORTS_MAX78000_REGISTERS_H

#include <stdint.h>

#define SYN_MAX_HZ      100000000u /* core, from the IPO */
#define SYN_MAX_PCLK_HZ 50000000u  /* peripherals: half of that */
#define SYN_MAX_IBRO_HZ 7372800u   /* UARTs: 64 times 115,200 */

enum syn_irq {
    SYN_IRQ_WATCHDOG = 1,
    SYN_IRQ_ALARM = 6, /* TMR1 */
    SYN_IRQ_UART0 = 14,
    SYN_IRQ_UART2 = 34,
    SYN_IRQ_CNN = 101,
    SYN_IRQ_COUNT = 104
};

/* ---- global control: clocks and resets ---- */

struct syn_max_gcr {
    volatile uint32_t sysctrl, rst0, clkctrl, pm;
    uint32_t unused_10[2];
    volatile uint32_t pclkdiv;
    uint32_t unused_1c[2];
    volatile uint32_t pclkdis0, memctrl, memz;
    uint32_t unused_30[4];
    volatile uint32_t sysst, rst1, pclkdis1;
};
#define SYN_GCR ((struct syn_max_gcr *)0x40000000u)

#define SYN_SYSCTRL_CACHE_FLUSH (1u << 6)

#define SYN_CLKCTRL_DIVIDER  (7u << 6)
#define SYN_CLKCTRL_SELECT   (7u << 9)
#define SYN_CLKCTRL_IPO      (4u << 9) /* of SELECT */
#define SYN_CLKCTRL_READY    (1u << 13)
#define SYN_CLKCTRL_IPO_ON   (1u << 19)
#define SYN_CLKCTRL_IBRO_ON  (1u << 20)
#define SYN_CLKCTRL_IPO_RDY  (1u << 27)
#define SYN_CLKCTRL_IBRO_RDY (1u << 28)

#define SYN_PCLKDIV_CNN      (15u << 14) /* divider and source of the accelerator's clock */
#define SYN_PCLKDIV_CNN_PCLK (4u << 14)  /* PCLK / 1 */

#define SYN_RST0_WDT0  (1u << 1)
#define SYN_RST0_GPIO0 (1u << 2)
#define SYN_RST0_GPIO1 (1u << 3)
#define SYN_RST0_TMR0  (1u << 5)
#define SYN_RST0_TMR1  (1u << 6)
#define SYN_RST0_UART0 (1u << 11)
#define SYN_RST0_CNN   (1u << 25)
#define SYN_RST0_UART2 (1u << 28)

#define SYN_PCLKDIS0_GPIO0 (1u << 0)
#define SYN_PCLKDIS0_GPIO1 (1u << 1)
#define SYN_PCLKDIS0_UART0 (1u << 9)
#define SYN_PCLKDIS0_TMR0  (1u << 15)
#define SYN_PCLKDIS0_TMR1  (1u << 16)
#define SYN_PCLKDIS0_CNN   (1u << 25)
#define SYN_PCLKDIS1_UART2 (1u << 1)
#define SYN_PCLKDIS1_WDT0  (1u << 27)

#define SYN_MEMCTRL_FLASH_WAIT   7u
#define SYN_MEMCTRL_FLASH_WAIT_5 5u /* after power-up; at least 2 for the IPO */

struct syn_max_lpgcr {
    uint32_t unused_00[2];
    volatile uint32_t rst, pclkdis;
};
#define SYN_LPGCR       ((struct syn_max_lpgcr *)0x40080000u)
#define SYN_LPGCR_GPIO2 1u

/* Voltage of the accelerator's supply; the vendor's start-up of the Feather sets it so. */
#define SYN_SIMO_VREGO_C     (*(volatile uint32_t *)0x4000440Cu)
#define SYN_SIMO_VREGO_C_CNN 0x43u

/* Power of the accelerator's quadrants, a bit each. */
struct syn_max_gcfr {
    volatile uint32_t power, memory, isolation, reset;
};
#define SYN_GCFR ((struct syn_max_gcfr *)0x40005800u)

struct syn_max_cache {
    volatile uint32_t info, size;
    uint32_t unused_08[62];
    volatile uint32_t control;
    uint32_t unused_104[383];
    volatile uint32_t invalidate;
};
#define SYN_CACHE       ((struct syn_max_cache *)0x4002A000u)
#define SYN_CACHE_ON    (1u << 0)
#define SYN_CACHE_READY (1u << 16)

/* ---- pins ---- */

struct syn_max_gpio {
    volatile uint32_t en0, en0_set, en0_clr, outen, outen_set, outen_clr, out, out_set, out_clr, in;
    volatile uint32_t intmode, intpol, inen, inten, inten_set, inten_clr, intfl;
    uint32_t unused_44;
    volatile uint32_t intfl_clr, wken, wken_set, wken_clr;
    uint32_t unused_58;
    volatile uint32_t dualedge, padctrl0, padctrl1, en1, en1_set, en1_clr, en2, en2_set, en2_clr;
    uint32_t unused_80[10];
    volatile uint32_t hysen, srsel, ds0, ds1, ps;
    uint32_t unused_bc;
    volatile uint32_t vssel;
};
#define SYN_GPIO0 ((struct syn_max_gpio *)0x40008000u)
#define SYN_GPIO1 ((struct syn_max_gpio *)0x40009000u)
#define SYN_GPIO2 ((struct syn_max_gpio *)0x40080400u)

#define SYN_PIN_TRIGGER                                                                            \
    (1u << 19) /* of GPIO0: high while the accelerator works, for who measures */

/* ---- UART ---- */

struct syn_max_uart {
    volatile uint32_t ctrl, status, int_en, int_fl, clkdiv, osr, txpeek, pnr, fifo;
};
#define SYN_UART0 ((struct syn_max_uart *)0x40042000u)
#define SYN_UART2 ((struct syn_max_uart *)0x40044000u)

#define SYN_UART_RX_THRESHOLD_1 1u
#define SYN_UART_TX_FLUSH       (1u << 8)
#define SYN_UART_RX_FLUSH       (1u << 9)
#define SYN_UART_8_BITS         (3u << 10)
#define SYN_UART_CLOCK_ON       (1u << 15)
#define SYN_UART_CLOCK_IBRO     (2u << 16)
#define SYN_UART_CLOCK_READY    (1u << 19)

#define SYN_UART_SAMPLES_4 5u /* of osr: of a bit, the fewest; the divisor may not be less */

#define SYN_UART_TX_BUSY  (1u << 0) /* of status */
#define SYN_UART_RX_EMPTY (1u << 4)
#define SYN_UART_TX_EMPTY (1u << 6)
#define SYN_UART_TX_FULL  (1u << 7)

#define SYN_UART_INT_RX_OVERRUN   (1u << 3)
#define SYN_UART_INT_RX_THRESHOLD (1u << 4)
#define SYN_UART_INT_TX_HALF      (1u << 6)

/* ---- timers ---- */

struct syn_max_timer {
    volatile uint32_t cnt, cmp, pwm, intfl, ctrl0, nolcmp, ctrl1, wkfl;
};
#define SYN_TMR0 ((struct syn_max_timer *)0x40010000u)
#define SYN_TMR1 ((struct syn_max_timer *)0x40011000u)

#define SYN_TMR_INTFL_IRQ      (1u << 0)
#define SYN_TMR_INTFL_WRITTEN  (1u << 8)
#define SYN_TMR_CTRL0_ONE_SHOT 0u
#define SYN_TMR_CTRL0_ROUND    1u /* continuous: begins again behind CMP */
#define SYN_TMR_CTRL0_CLOCK_ON (1u << 14)
#define SYN_TMR_CTRL0_ON       (1u << 15)
#define SYN_TMR_CTRL1_RUNS     (1u << 2)
#define SYN_TMR_CTRL1_READY    (1u << 3)
#define SYN_TMR_CTRL1_INT      (1u << 8)
#define SYN_TMR_CTRL1_CASCADE  (1u << 31) /* one timer of 32 bits */

/* ---- watchdog ---- */

struct syn_max_watchdog {
    volatile uint32_t ctrl, rst, clksel, cnt;
};
#define SYN_WDT0 ((struct syn_max_watchdog *)0x40003000u)

#define SYN_WDT_INT_2_28    3u        /* interrupt after 2^28 cycles of PCLK: 5.4 s */
#define SYN_WDT_RST_2_29    (2u << 4) /* reset after 10.7 s */
#define SYN_WDT_ON          (1u << 8)
#define SYN_WDT_INT_FLAGS   (1u << 9 | 1u << 12)
#define SYN_WDT_INT_ON      (1u << 10)
#define SYN_WDT_RST_ON      (1u << 11)
#define SYN_WDT_CLOCK_READY (1u << 28)
#define SYN_WDT_RST_EARLY   (1u << 30)
#define SYN_WDT_RST_LATE    (1u << 31) /* stays over the reset that it caused */
#define SYN_WDT_FEED_1      0xA5u
#define SYN_WDT_FEED_2      0x5Au

/* ---- flash controller ---- */

struct syn_max_flash {
    volatile uint32_t addr, clkdiv, ctrl;
    uint32_t unused_0c[6];
    volatile uint32_t intr, eccdata;
    uint32_t unused_2c;
    volatile uint32_t data[4], actrl;
    uint32_t unused_44[15];
    volatile uint32_t welr0, unused_84, welr1;
};
#define SYN_FLC ((struct syn_max_flash *)0x40029000u)

#define SYN_FLC_WRITE       (1u << 0)
#define SYN_FLC_MASS_ERASE  (1u << 1)
#define SYN_FLC_PAGE_ERASE  (1u << 2)
#define SYN_FLC_ERASE_CODE  (0xFFu << 8)
#define SYN_FLC_ERASE_PAGE  (0x55u << 8)
#define SYN_FLC_PENDING     (1u << 24)
#define SYN_FLC_UNLOCK      (15u << 28)
#define SYN_FLC_UNLOCKED    (2u << 28)
#define SYN_FLC_LOCKED      (3u << 28)
#define SYN_FLC_INTR_DONE   (1u << 0)
#define SYN_FLC_INTR_FAILED (1u << 1)

/* ---- memory ---- */

#define SYN_FLASH_BASE  0x10000000u
#define SYN_FLASH_BYTES 0x80000u
#define SYN_FLASH_PAGE  0x2000u
#define SYN_FLASH_UNIT  16u
#define SYN_INFO_BASE   ((const volatile uint32_t *)0x10800000u) /* serial number, once unlocked */

#endif
