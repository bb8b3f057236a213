/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/wires.h"

#if SYN_TRAFFIC_WIRES

#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/pair.h"
#include "devices/traffic/wire.h"

enum { PIECE_BYTES = 256, PIECES = 4 };

static struct syn_traffic *traffic;
static struct syn_wire wire;

/* ---- the wire's port ---- */

static size_t line_room(void *ctx)
{
    (void)ctx;
    return syn_pair_room();
}

static void line_write(void *ctx, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    syn_pair_write(bytes, size);
}

static void on_tensor(void *ctx, const uint8_t *message, size_t size)
{
    (void)ctx;
    syn_traffic_message(traffic, SYN_TRAFFIC_WIRE, message, size);
}

static void on_changed(void *ctx, bool up)
{
    (void)ctx;
    syn_traffic_wire_up(traffic, SYN_PAIR_NUMBER, up);
}

/* ---- for main and peers ---- */

void syn_wires_start(struct syn_traffic *of, const char *id)
{
    const struct syn_wire_port port = {
        .room = line_room, .write = line_write, .message = on_tensor, .changed = on_changed};
    traffic = of;
    syn_pair_start();
    syn_wire_init(&wire, id, &port);
}

void syn_wires_bind(const struct syn_agent_peer *peers, unsigned count)
{
    bool used = false;
    for (unsigned i = 0; i < count; i++)
        used |= peers[i].used && peers[i].wire == SYN_PAIR_NUMBER;
    syn_wire_bind(&wire, used);
}

/* A few pieces at a time, so that a peer that floods does not starve the rest. */
static void receive(void)
{
    uint8_t piece[PIECE_BYTES];
    for (unsigned i = 0; i < PIECES; i++) {
        const size_t n = syn_pair_read(piece, sizeof piece);
        if (n == 0)
            return;
        syn_wire_receive(&wire, piece, n, syn_clock_now_ns());
    }
}

int64_t syn_wires_step(void)
{
    receive();
    return syn_wire_poll(&wire, syn_clock_now_ns());
}

bool syn_wires_quiet(void)
{
    return syn_pair_quiet();
}

const char *syn_wires_peer(void *ctx, unsigned number)
{
    (void)ctx;
    return number == SYN_PAIR_NUMBER ? wire.peer : NULL;
}

bool syn_wires_send(void *ctx, unsigned number, const uint8_t *message, size_t size)
{
    (void)ctx;
    return number == SYN_PAIR_NUMBER && syn_wire_send(&wire, message, size);
}

bool syn_wires_up(void *ctx, unsigned number)
{
    (void)ctx;
    return number == SYN_PAIR_NUMBER && wire.up;
}

/* The line itself takes its time. */
uint64_t syn_wires_hop_ns(void *ctx, unsigned number, uint32_t bytes)
{
    (void)ctx;
    (void)number;
    (void)bytes;
    return 0;
}

#endif
