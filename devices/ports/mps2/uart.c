/* SPDX-License-Identifier: MIT */
#include "devices/ports/mps2/uart.h"

#include "devices/ports/mps2/board.h"
#include "devices/ports/mps2/vectors.h"

enum { BAUD = 115200 };

/* `head` counts bytes that were put in, `tail` those taken out; one side writes each. */
struct ring {
    volatile uint32_t head, tail;
    uint8_t bytes[SYN_UART_RING];
};

static struct ring rx, tx;

static uint32_t used(const struct ring *ring)
{
    return ring->head - ring->tail;
}

static uint8_t *at(struct ring *ring, uint32_t count)
{
    return &ring->bytes[count % SYN_UART_RING];
}

void syn_uart_start(void)
{
    SYN_UART->divisor = SYN_BOARD_HZ / BAUD;
    SYN_UART->control = SYN_UART_ENABLE_ALL;
    syn_irq_enable(SYN_IRQ_UART_RX);
    syn_irq_enable(SYN_IRQ_UART_TX);
}

void syn_uart_rx_interrupt(void)
{
    SYN_UART->interrupt = SYN_UART_RX_INTERRUPT;
    while (SYN_UART->state & SYN_UART_RX_FULL) {
        uint8_t byte = (uint8_t)SYN_UART->data;
        if (used(&rx) < SYN_UART_RING) {
            *at(&rx, rx.head) = byte;
            rx.head++;
        }
    }
    SYN_UART->state = SYN_UART_RX_OVERRUN;
}

static void pump(void)
{
    while (used(&tx) > 0 && !(SYN_UART->state & SYN_UART_TX_FULL)) {
        SYN_UART->data = *at(&tx, tx.tail);
        tx.tail++;
    }
}

void syn_uart_tx_interrupt(void)
{
    SYN_UART->interrupt = SYN_UART_TX_INTERRUPT;
    pump();
}

size_t syn_uart_read(uint8_t *bytes, size_t size)
{
    size_t n = 0;
    for (; n < size && used(&rx) > 0; n++) {
        bytes[n] = *at(&rx, rx.tail);
        rx.tail++;
    }
    return n;
}

bool syn_uart_write(const uint8_t *bytes, size_t size)
{
    if (size > SYN_UART_RING - used(&tx))
        return false;
    for (size_t i = 0; i < size; i++)
        *at(&tx, tx.head + (uint32_t)i) = bytes[i];
    uint32_t before = syn_irq_off();
    tx.head += (uint32_t)size;
    pump();
    syn_irq_restore(before);
    return true;
}

bool syn_uart_quiet(void)
{
    return used(&rx) == 0;
}

bool syn_uart_drained(void)
{
    return used(&tx) == 0 && !(SYN_UART->state & SYN_UART_TX_FULL);
}
