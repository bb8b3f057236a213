/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/uart.h"

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/ring.h"
#include "devices/ports/mps2/registers.h"

/* The divisor is 16 or more; these are met within half a percent. */
static const uint32_t rates[] = {115200, 230400, 460800, 921600, 0};

static uint8_t rx_bytes[8192], tx_bytes[8192];
static struct syn_ring rx = SYN_RING(rx_bytes), tx = SYN_RING(tx_bytes);

unsigned syn_uart_links(void)
{
    return 1;
}

const uint32_t *syn_uart_rates(unsigned link)
{
    return link == 0 ? rates : NULL;
}

void syn_uart_set_rate(unsigned link, uint32_t baud)
{
    if (link == 0)
        SYN_UART->divisor = (SYN_BOARD_HZ + baud / 2) / baud;
}

void syn_uart_start(void)
{
    syn_uart_set_rate(0, rates[0]);
    SYN_UART->control = SYN_UART_ENABLE_ALL;
    syn_irq_enable(SYN_IRQ_UART_RX);
    syn_irq_enable(SYN_IRQ_UART_TX);
}

void syn_uart_rx_interrupt(void)
{
    SYN_UART->interrupt = SYN_UART_RX_INTERRUPT;
    while (SYN_UART->state & SYN_UART_RX_FULL)
        (void)syn_ring_put(&rx, (uint8_t)SYN_UART->data);
    SYN_UART->state = SYN_UART_RX_OVERRUN;
}

static void pump(void)
{
    while (syn_ring_used(&tx) > 0 && !(SYN_UART->state & SYN_UART_TX_FULL))
        SYN_UART->data = syn_ring_take(&tx);
}

void syn_uart_tx_interrupt(void)
{
    SYN_UART->interrupt = SYN_UART_TX_INTERRUPT;
    pump();
}

size_t syn_uart_read(unsigned link, uint8_t *bytes, size_t size)
{
    return link == 0 ? syn_ring_read(&rx, bytes, size) : 0;
}

size_t syn_uart_room(unsigned link)
{
    return link == 0 ? tx.size - syn_ring_used(&tx) : 0;
}

bool syn_uart_write(unsigned link, const uint8_t *bytes, size_t size)
{
    if (link != 0 || !syn_ring_write(&tx, bytes, size))
        return false;
    uint32_t before = syn_irq_off();
    pump();
    syn_irq_restore(before);
    return true;
}

bool syn_uart_quiet(void)
{
    return syn_ring_used(&rx) == 0;
}

bool syn_uart_drained(void)
{
    return syn_ring_used(&tx) == 0 && !(SYN_UART->state & SYN_UART_TX_FULL);
}
