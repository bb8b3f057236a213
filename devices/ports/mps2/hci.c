/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/hci.h"

#include "devices/ports/mps2/line.h"

enum { BAUD = 1000000 };

static uint8_t rx_bytes[8192], tx_bytes[4096];
static struct syn_line line = {SYN_HCI, SYN_RING(rx_bytes), SYN_RING(tx_bytes)};

void syn_hci_start(void)
{
    syn_line_start(&line, BAUD, SYN_IRQ_HCI_RX, SYN_IRQ_HCI_TX);
}

void syn_hci_rx_interrupt(void)
{
    syn_line_rx_interrupt(&line);
}

void syn_hci_tx_interrupt(void)
{
    syn_line_tx_interrupt(&line);
}

size_t syn_hci_read(uint8_t *bytes, size_t size)
{
    return syn_line_read(&line, bytes, size);
}

size_t syn_hci_room(void)
{
    return syn_line_room(&line);
}

void syn_hci_write(const uint8_t *bytes, size_t size)
{
    syn_line_write(&line, bytes, size);
}

bool syn_hci_quiet(void)
{
    return syn_line_quiet(&line);
}
