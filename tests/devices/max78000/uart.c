/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/max78000/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    CTRL = 0x00,
    STATUS = 0x04,
    INT_EN = 0x08,
    INT_FL = 0x0c,
    CLKDIV = 0x10,
    OSR = 0x14,
    DATA = 0x20,
    TX_FLUSH = 1 << 8,
    RX_FLUSH = 1 << 9,
    CLOCK_ON = 1 << 15,
    INT_OVERRUN = 1 << 3,
    INT_THRESHOLD = 1 << 4,
    INT_HALF = 1 << 6,
    IBRO_HZ = 7372800,
    PCLK_HZ = 50000000,
    START_BAUD = 115200,
    BITS = 10, /* of a byte with its start and stop */
    PINS = 3,
};

void uart_reset(struct machine *m, unsigned instance)
{
    struct uart *u = &m->uarts[instance];
    u->ctrl = u->int_en = u->int_fl = u->clkdiv = u->osr = 0;
    u->tx_count = u->rx_count = 0;
    u->tx_done = NEVER;
}

/* 0 where it is not ready to send or receive. */
static int64_t byte_ns(const struct machine *m, const struct uart *u)
{
    uint32_t hz = (u->ctrl >> 16 & 3) == 2 ? IBRO_HZ : PCLK_HZ;
    (void)m;
    if (!(u->ctrl & CLOCK_ON) || u->clkdiv == 0)
        return 0;
    return INT64_C(1000000000) * BITS * u->clkdiv / hz;
}

/* At the host's end of the line. */
static int64_t host_byte_ns(const struct uart *u)
{
    return INT64_C(1000000000) * BITS / (u->host_baud ? u->host_baud : START_BAUD);
}

static bool connected(const struct machine *m, unsigned instance)
{
    return gpio_function1(m, instance, PINS); /* UART0 has pins of port 0, UART2 those of port 1 */
}

static void check(struct machine *m, unsigned instance)
{
    const struct uart *u = &m->uarts[instance];
    int64_t ns = byte_ns(m, u), host = host_byte_ns(u);
    if (ns == 0 || llabs(ns - host) * 100 > host)
        machine_fail(m, "UART %u is not at its host's rate: %lld ns a byte", instance,
                     (long long)ns);
    if (u->osr > 5 || u->clkdiv < 128u >> u->osr)
        machine_fail(m, "UART %u takes more samples of a bit than its clock has periods", instance);
    if ((u->ctrl >> 10 & 3) != 3 || u->ctrl & (1 << 12 | 1 << 4))
        machine_fail(m, "UART %u has not 8 bits, no parity, one stop bit", instance);
    if (!connected(m, instance))
        machine_fail(m, "UART %u is used, but its pins are not its own", instance);
    if ((u->ctrl >> 16 & 3) == 2 && !(gcr_read(m, 0, 0x08) & 1u << 28))
        machine_fail(m, "UART %u works without its oscillator", instance);
}

/* ---- the host's side ---- */

static void append(uint8_t **bytes, size_t *tail, size_t *room, const uint8_t *from, size_t size)
{
    while (*tail + size > *room)
        *bytes = realloc(*bytes, *room = *room ? 2 * *room : 4096);
    memcpy(*bytes + *tail, from, size);
    *tail += size;
}

void machine_set_baud(struct machine *m, unsigned uart, uint32_t baud)
{
    m->uarts[uart].host_baud = baud;
}

void machine_send(struct machine *m, unsigned uart, const uint8_t *bytes, size_t size)
{
    struct uart *u = &m->uarts[uart];
    if (u->to_head == u->to_tail) {
        u->to_head = u->to_tail = 0;
        u->rx_next = m->now + host_byte_ns(u);
    }
    append(&u->to_part, &u->to_tail, &u->to_room, bytes, size);
    machine_reschedule(m);
}

size_t machine_receive(struct machine *m, unsigned uart, uint8_t *bytes, size_t size)
{
    struct uart *u = &m->uarts[uart];
    size_t n = u->from_tail - u->from_head;
    n = n < size ? n : size;
    if (n > 0)
        memcpy(bytes, u->from_part + u->from_head, n);
    u->from_head += n;
    if (u->from_head == u->from_tail)
        u->from_head = u->from_tail = 0;
    return n;
}

/* ---- events ---- */

int64_t uart_next(const struct machine *m, unsigned instance)
{
    const struct uart *u = &m->uarts[instance];
    int64_t rx = u->to_head < u->to_tail ? u->rx_next : NEVER;
    return rx < u->tx_done ? rx : u->tx_done;
}

static void begin_byte(struct machine *m, unsigned instance)
{
    struct uart *u = &m->uarts[instance];
    if (u->tx_done != NEVER || u->tx_count == 0)
        return;
    check(m, instance);
    u->tx_done = m->now + byte_ns(m, u);
}

static void end_byte(struct machine *m, unsigned instance)
{
    struct uart *u = &m->uarts[instance];
    append(&u->from_part, &u->from_tail, &u->from_room, u->tx, 1);
    memmove(u->tx, u->tx + 1, --u->tx_count);
    if (u->tx_count == FIFO / 2)
        u->int_fl |= INT_HALF;
    u->tx_done = NEVER;
    begin_byte(m, instance);
}

/* A receiver that is not on hears nothing: nothing was connected. */
static void take_byte(struct machine *m, unsigned instance)
{
    struct uart *u = &m->uarts[instance];
    uint8_t byte = u->to_part[u->to_head++];
    u->rx_next += host_byte_ns(u);
    if (byte_ns(m, u) == 0 || !connected(m, instance))
        return;
    if (u->rx_count == FIFO) {
        u->int_fl |= INT_OVERRUN;
        m->counts.overruns++;
        return;
    }
    u->rx[u->rx_count++] = byte;
    if (u->rx_count >= (u->ctrl & 15))
        u->int_fl |= INT_THRESHOLD;
}

void uart_advance(struct machine *m, unsigned instance)
{
    struct uart *u = &m->uarts[instance];
    while (u->tx_done <= m->now)
        end_byte(m, instance);
    while (u->to_head < u->to_tail && u->rx_next <= m->now)
        take_byte(m, instance);
}

bool uart_line(const struct machine *m, unsigned instance)
{
    return (m->uarts[instance].int_fl & m->uarts[instance].int_en) != 0;
}

/* ---- registers ---- */

static uint32_t status(const struct uart *u)
{
    return (u->tx_done != NEVER ? 1u : 0) | (u->rx_count == 0 ? 1u << 4 : 0) |
           (u->rx_count == FIFO ? 1u << 5 : 0) | (u->tx_count == 0 ? 1u << 6 : 0) |
           (u->tx_count == FIFO ? 1u << 7 : 0) | u->rx_count << 8 | u->tx_count << 12;
}

static uint32_t take_rx(struct machine *m, struct uart *u)
{
    uint8_t byte = u->rx[0];
    if (u->rx_count == 0) {
        machine_fail(m, "a UART is read that has received nothing");
        return 0;
    }
    memmove(u->rx, u->rx + 1, --u->rx_count);
    return byte;
}

uint32_t uart_read(struct machine *m, unsigned instance, uint32_t offset)
{
    struct uart *u = &m->uarts[instance];
    switch (offset) {
    case CTRL:
        return u->ctrl | (u->ctrl & CLOCK_ON ? 1u << 19 : 0);
    case STATUS:
        return status(u);
    case INT_EN:
        return u->int_en;
    case INT_FL:
        return u->int_fl;
    case CLKDIV:
        return u->clkdiv;
    case OSR:
        return u->osr;
    case DATA:
        return take_rx(m, u);
    default:
        bus_unknown(m, offset, false);
        return 0;
    }
}

static void put_tx(struct machine *m, unsigned instance, uint8_t byte)
{
    struct uart *u = &m->uarts[instance];
    if (u->tx_count == FIFO) {
        machine_fail(m, "a UART is written to whose queue is full");
        return;
    }
    u->tx[u->tx_count++] = byte;
    begin_byte(m, instance);
    machine_reschedule(m);
}

static void write_ctrl(struct machine *m, struct uart *u, uint32_t value)
{
    if (value & TX_FLUSH) {
        u->tx_count = 0;
        u->tx_done = NEVER;
    }
    if (value & RX_FLUSH)
        u->rx_count = 0;
    if ((u->ctrl & CLOCK_ON) && ((value ^ u->ctrl) & 3u << 16))
        machine_fail(m, "the clock of a UART is changed while it runs");
    u->ctrl = value & ~(uint32_t)(TX_FLUSH | RX_FLUSH | 1u << 19);
}

void uart_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    struct uart *u = &m->uarts[instance];
    switch (offset) {
    case CTRL:
        write_ctrl(m, u, value);
        break;
    case INT_EN:
        u->int_en = value;
        break;
    case INT_FL:
        u->int_fl &= ~value;
        break;
    case CLKDIV:
        if (u->ctrl & CLOCK_ON)
            machine_fail(m, "the rate of a UART is changed while its clock runs");
        u->clkdiv = value;
        break;
    case OSR:
        u->osr = value;
        break;
    case DATA:
        put_tx(m, instance, (uint8_t)value);
        break;
    default:
        bus_unknown(m, offset, true);
    }
}
