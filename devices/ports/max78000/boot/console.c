/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/boot/console.h"

#include "devices/ports/max78000/clocks.h"
#include "devices/ports/max78000/flash.h"
#include "devices/ports/max78000/registers.h"

enum { BAUD = 115200, PINS = 1u << 0 | 1u << 1 };

void syn_boot_start(void)
{
    syn_clocks_start();
}

/* Nobody is listened to here; the agent's watchdog goes on over a reset, and a swap takes seconds.
 */
SYN_MAX_IN_RAM void syn_max_while_flash_works(void)
{
    SYN_WDT0->rst = SYN_WDT_FEED_1;
    SYN_WDT0->rst = SYN_WDT_FEED_2;
}

static void put(char c)
{
    while (SYN_UART0->status & SYN_UART_TX_FULL)
        ;
    SYN_UART0->fifo = (uint8_t)c;
}

void syn_boot_say(const char *line)
{
    syn_pins_function1(SYN_GPIO0, PINS);
    SYN_UART0->ctrl = SYN_UART_RX_THRESHOLD_1 | SYN_UART_8_BITS | SYN_UART_CLOCK_IBRO;
    SYN_UART0->osr = SYN_UART_SAMPLES_4;
    SYN_UART0->clkdiv = SYN_MAX_IBRO_HZ / BAUD;
    SYN_UART0->ctrl |= SYN_UART_CLOCK_ON;
    while (!(SYN_UART0->ctrl & SYN_UART_CLOCK_READY))
        ;
    while (*line)
        put(*line++);
    put('\n');
    while (!(SYN_UART0->status & SYN_UART_TX_EMPTY) || SYN_UART0->status & SYN_UART_TX_BUSY)
        ;
    SYN_UART0->ctrl &= ~SYN_UART_CLOCK_ON;
}
