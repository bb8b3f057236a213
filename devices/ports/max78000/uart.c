/* SPDX-License-Identifier: MIT */
/*
 * UART0 is the console's (P0.0, P0.1; the Feather's debugger has it on USB), UART2 a radio module's
 * (P1.0, P1.1): SMP frames on both. 115,200 baud from the IBRO or, where a host asks for it, more;
 * 8 bits, no parity, one stop bit.
 *
 * Without DMA: what comes has to be seen at once, and the receiver knows no pause after which a
 * transfer would end; to send, an interrupt for every four bytes costs less than a hundredth of the
 * core.
 */
#include "devices/ports/bare/uart.h"

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/ring.h"
#include "devices/ports/max78000/clocks.h"
#include "devices/ports/max78000/flash.h"
#include "devices/ports/max78000/interrupts.h"
#include "devices/ports/max78000/registers.h"

enum { LINKS = 2, PINS = 1u << 0 | 1u << 1 };

/* Those of which a clock is a multiple, the IBRO of all but the last; 3,000,000 is off by 2 %. */
static const uint32_t rates[] = {115200, 230400, 460800, 921600, 2000000, 0};

static const struct port {
    struct syn_max_uart *uart;
    struct syn_max_gpio *pins;
    uint16_t irq;
} ports[LINKS] = {
    {SYN_UART0, SYN_GPIO0, SYN_IRQ_UART0},
    {SYN_UART2, SYN_GPIO1, SYN_IRQ_UART2},
};

/* What the console is told comes in bursts: results of inferences that take a millisecond. */
static uint8_t rx_bytes[LINKS][SYN_RING_FRAME], tx_bytes[SYN_RING_FRAME], tx_console[2048];
static struct syn_ring rx[LINKS] = {SYN_RING(rx_bytes[0]), SYN_RING(rx_bytes[1])};
static struct syn_ring tx[LINKS] = {SYN_RING(tx_console), SYN_RING(tx_bytes)};

unsigned syn_uart_links(void)
{
    return LINKS;
}

const uint32_t *syn_uart_rates(unsigned link)
{
    return link < LINKS ? rates : NULL;
}

void syn_uart_set_rate(unsigned link, uint32_t baud)
{
    struct syn_max_uart *uart = ports[link].uart;
    const bool ibro = SYN_MAX_IBRO_HZ % baud == 0;
    uart->ctrl &= ~SYN_UART_CLOCK_ON;
    uart->ctrl = SYN_UART_RX_THRESHOLD_1 | SYN_UART_8_BITS | (ibro ? SYN_UART_CLOCK_IBRO : 0);
    uart->osr = SYN_UART_SAMPLES_4;
    uart->clkdiv = (ibro ? SYN_MAX_IBRO_HZ : SYN_MAX_PCLK_HZ) / baud;
    uart->ctrl |= SYN_UART_CLOCK_ON;
    while (!(uart->ctrl & SYN_UART_CLOCK_READY))
        ;
}

static void start(unsigned link)
{
    const struct port *port = &ports[link];
    struct syn_max_uart *uart = port->uart;
    syn_pins_function1(port->pins, PINS);
    syn_uart_set_rate(link, rates[0]);
    uart->ctrl |= SYN_UART_TX_FLUSH | SYN_UART_RX_FLUSH;
    uart->int_fl = UINT32_MAX;
    uart->int_en = SYN_UART_INT_RX_THRESHOLD | SYN_UART_INT_TX_HALF;
    syn_irq_enable(port->irq);
}

void syn_uart_start(void)
{
    for (unsigned i = 0; i < LINKS; i++)
        start(i);
}

/* The flag again only once the queue was empty: first the flag, then the bytes. */
static void take(unsigned link)
{
    struct syn_max_uart *uart = ports[link].uart;
    uart->int_fl = SYN_UART_INT_RX_THRESHOLD | SYN_UART_INT_RX_OVERRUN;
    while (!(uart->status & SYN_UART_RX_EMPTY))
        (void)syn_ring_put(&rx[link], (uint8_t)uart->fifo);
}

static void pump(unsigned link)
{
    struct syn_max_uart *uart = ports[link].uart;
    uart->int_fl = SYN_UART_INT_TX_HALF;
    while (syn_ring_used(&tx[link]) > 0 && !(uart->status & SYN_UART_TX_FULL))
        uart->fifo = syn_ring_take(&tx[link]);
}

/* As take(), of both, without a constant or a function that lies in the flash. */
static inline __attribute__((always_inline)) void take_in_ram(struct syn_max_uart *uart,
                                                              struct syn_ring *ring)
{
    while (!(uart->status & SYN_UART_RX_EMPTY))
        (void)syn_ring_put(ring, (uint8_t)uart->fifo);
}

SYN_MAX_IN_RAM void syn_max_while_flash_works(void)
{
    take_in_ram(SYN_UART0, &rx[0]);
    take_in_ram(SYN_UART2, &rx[1]);
}

void syn_uart0_interrupt(void)
{
    take(0);
    pump(0);
}

void syn_uart2_interrupt(void)
{
    take(1);
    pump(1);
}

size_t syn_uart_read(unsigned link, uint8_t *bytes, size_t size)
{
    return syn_ring_read(&rx[link], bytes, size);
}

size_t syn_uart_room(unsigned link)
{
    return link < LINKS ? tx[link].size - syn_ring_used(&tx[link]) : 0;
}

bool syn_uart_write(unsigned link, const uint8_t *bytes, size_t size)
{
    if (!syn_ring_write(&tx[link], bytes, size))
        return false;
    uint32_t before = syn_irq_off();
    pump(link);
    syn_irq_restore(before);
    return true;
}

bool syn_uart_quiet(void)
{
    return syn_ring_used(&rx[0]) == 0 && syn_ring_used(&rx[1]) == 0;
}

bool syn_uart_drained(void)
{
    for (unsigned i = 0; i < LINKS; i++)
        if (syn_ring_used(&tx[i]) > 0 || !(ports[i].uart->status & SYN_UART_TX_EMPTY) ||
            ports[i].uart->status & SYN_UART_TX_BUSY)
            return false;
    return true;
}
