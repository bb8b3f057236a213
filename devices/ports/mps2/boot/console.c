/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/boot/console.h"

#include "devices/ports/mps2/registers.h"

enum { TRANSMIT = 1, DIVISOR = SYN_BOARD_HZ / 115200 };

void syn_boot_start(void)
{
    /* QEMU has everything running. */
}

static void put(char c)
{
    while (SYN_UART->state & SYN_UART_TX_FULL)
        ;
    SYN_UART->data = (uint8_t)c;
}

void syn_boot_say(const char *line)
{
    SYN_UART->divisor = DIVISOR;
    SYN_UART->control = TRANSMIT;
    while (*line)
        put(*line++);
    put('\n');
    while (SYN_UART->state & SYN_UART_TX_FULL)
        ;
}
