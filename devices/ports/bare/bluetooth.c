/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/bluetooth.h"

#ifdef SYN_FIRMWARE_BLE

#include "devices/ble/ble.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/hci.h"
#include "devices/ports/bare/uart.h"

enum { NOBODY = 0xff, PIECE_BYTES = 256, PIECES = 4 };

#define PATIENCE_NS 5000000000 /* with a controller that never answered */

static struct syn_ble ble;
static struct syn_agent *agent;
static uint8_t links[SYN_AGENT_LINKS_MAX]; /* of the host, for each of the agent's; NOBODY */
static bool present, started;
static int64_t give_up_ns;

static int agent_link(unsigned link)
{
    for (unsigned i = syn_uart_links(); i < SYN_AGENT_LINKS_MAX; i++)
        if (links[i] == link)
            return (int)i;
    return -1;
}

/* ---- the host's port ---- */

static size_t to_controller_room(void *ctx)
{
    (void)ctx;
    return syn_hci_room();
}

static void to_controller(void *ctx, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    syn_hci_write(bytes, size);
}

static bool on_opened(void *ctx, unsigned link, enum syn_ble_kind kind,
                      const struct syn_ble_address *from)
{
    const int i = agent_link(NOBODY);
    (void)ctx;
    (void)from;
    if (i < 0 || kind == SYN_BLE_PEER)
        return false;
    links[i] = (uint8_t)link;
    syn_agent_message_link_opened(agent, (unsigned)i);
    return true;
}

static void on_closed(void *ctx, unsigned link)
{
    const int i = agent_link(link);
    (void)ctx;
    if (i < 0)
        return;
    links[i] = NOBODY;
    syn_agent_link_closed(agent, (unsigned)i);
}

static void on_received(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    const int i = agent_link(link);
    (void)ctx;
    if (i >= 0)
        syn_agent_receive(agent, (unsigned)i, bytes, size);
}

/* The main loop polls the agent anyway. */
static void on_writable(void *ctx, unsigned link)
{
    (void)ctx;
    (void)link;
}

/* ---- for main ---- */

static void begin(void)
{
    started = true;
    give_up_ns = syn_clock_now_ns() + PATIENCE_NS;
    syn_ble_start(&ble, syn_clock_now_ns());
}

void syn_bluetooth_start(struct syn_agent *of, const char *name)
{
    const struct syn_ble_config config = {.port = {.room = to_controller_room,
                                                   .write = to_controller,
                                                   .opened = on_opened,
                                                   .closed = on_closed,
                                                   .received = on_received,
                                                   .writable = on_writable},
                                          .name = name,
                                          .message_max = SYN_AGENT_MESSAGE_MAX};
    agent = of;
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        links[i] = NOBODY;
    syn_hci_start();
    syn_ble_init(&ble, &config);
    begin();
}

/* A few pieces at a time, so that a peer that floods does not starve the rest. */
static void receive(void)
{
    uint8_t piece[PIECE_BYTES];
    for (unsigned i = 0; i < PIECES; i++) {
        const size_t n = syn_hci_read(piece, sizeof piece);
        if (n == 0)
            return;
        if (!started)
            begin();
        syn_ble_receive(&ble, piece, n, syn_clock_now_ns());
    }
}

int64_t syn_bluetooth_step(void)
{
    const int64_t now = syn_clock_now_ns();
    receive();
    present |= syn_ble_ready(&ble);
    if (started && !present && now >= give_up_ns) {
        started = false;
        syn_ble_stop(&ble);
    }
    return syn_ble_poll(&ble, now);
}

static unsigned ble_link(unsigned link)
{
    return link < SYN_AGENT_LINKS_MAX ? links[link] : NOBODY;
}

bool syn_bluetooth_room(unsigned link, size_t size)
{
    return syn_ble_room(&ble, ble_link(link), size);
}

void syn_bluetooth_write(unsigned link, const uint8_t *bytes, size_t size)
{
    if (size > 0)
        (void)syn_ble_send(&ble, ble_link(link), bytes, size); /* there is room */
}

bool syn_bluetooth_quiet(void)
{
    return syn_hci_quiet();
}

bool syn_bluetooth_drained(void)
{
    return syn_ble_drained(&ble);
}

#endif
