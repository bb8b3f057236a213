/* SPDX-License-Identifier: MIT */
#include "devices/ports/mps2/line.h"

void syn_line_start(struct syn_line *line, uint32_t baud, unsigned rx_irq, unsigned tx_irq)
{
    line->uart->divisor = (SYN_BOARD_HZ + baud / 2) / baud;
    line->uart->control = SYN_UART_ENABLE_ALL;
    syn_irq_enable(rx_irq);
    syn_irq_enable(tx_irq);
}

static void take(struct syn_line *line)
{
    while (syn_ring_used(&line->rx) < line->rx.size && line->uart->state & SYN_UART_RX_FULL)
        (void)syn_ring_put(&line->rx, (uint8_t)line->uart->data);
}

void syn_line_rx_interrupt(struct syn_line *line)
{
    line->uart->interrupt = SYN_UART_RX_INTERRUPT;
    take(line);
}

static void pump(struct syn_line *line)
{
    while (syn_ring_used(&line->tx) > 0 && !(line->uart->state & SYN_UART_TX_FULL))
        line->uart->data = syn_ring_take(&line->tx);
}

void syn_line_tx_interrupt(struct syn_line *line)
{
    line->uart->interrupt = SYN_UART_TX_INTERRUPT;
    pump(line);
}

size_t syn_line_read(struct syn_line *line, uint8_t *bytes, size_t size)
{
    const size_t n = syn_ring_read(&line->rx, bytes, size);
    uint32_t before = syn_irq_off();
    take(line);
    syn_irq_restore(before);
    return n;
}

size_t syn_line_room(const struct syn_line *line)
{
    return line->tx.size - syn_ring_used(&line->tx);
}

void syn_line_write(struct syn_line *line, const uint8_t *bytes, size_t size)
{
    (void)syn_ring_write(&line->tx, bytes, size);
    uint32_t before = syn_irq_off();
    pump(line);
    syn_irq_restore(before);
}

bool syn_line_quiet(const struct syn_line *line)
{
    return syn_ring_used(&line->rx) == 0;
}
