/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/hci.h"

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/ring.h"
#include "devices/ports/mps2/registers.h"

enum { BAUD = 1000000 };

static uint8_t rx_bytes[8192], tx_bytes[4096];
static struct syn_ring rx = SYN_RING(rx_bytes), tx = SYN_RING(tx_bytes);

void syn_hci_start(void)
{
    SYN_HCI->divisor = SYN_BOARD_HZ / BAUD;
    SYN_HCI->control = SYN_UART_ENABLE_ALL;
    syn_irq_enable(SYN_IRQ_HCI_RX);
    syn_irq_enable(SYN_IRQ_HCI_TX);
}

/* A byte for which there is no room stays in the UART, which then takes no other. */
static void take(void)
{
    while (syn_ring_used(&rx) < rx.size && SYN_HCI->state & SYN_UART_RX_FULL)
        (void)syn_ring_put(&rx, (uint8_t)SYN_HCI->data);
}

void syn_hci_rx_interrupt(void)
{
    SYN_HCI->interrupt = SYN_UART_RX_INTERRUPT;
    take();
}

static void pump(void)
{
    while (syn_ring_used(&tx) > 0 && !(SYN_HCI->state & SYN_UART_TX_FULL))
        SYN_HCI->data = syn_ring_take(&tx);
}

void syn_hci_tx_interrupt(void)
{
    SYN_HCI->interrupt = SYN_UART_TX_INTERRUPT;
    pump();
}

size_t syn_hci_read(uint8_t *bytes, size_t size)
{
    const size_t n = syn_ring_read(&rx, bytes, size);
    uint32_t before = syn_irq_off();
    take();
    syn_irq_restore(before);
    return n;
}

size_t syn_hci_room(void)
{
    return tx.size - syn_ring_used(&tx);
}

void syn_hci_write(const uint8_t *bytes, size_t size)
{
    (void)syn_ring_write(&tx, bytes, size);
    uint32_t before = syn_irq_off();
    pump();
    syn_irq_restore(before);
}

bool syn_hci_quiet(void)
{
    return syn_ring_used(&rx) == 0;
}
