/* SPDX-License-Identifier: MIT */
/* The agent on a board without an operating system: its host links are UARTs; it sleeps whenever
 * there is nothing to do. */
#include "devices/agent/agent.h"
#include "devices/ports/bare/bluetooth.h"
#include "devices/ports/bare/board.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/fault.h"
#include "devices/ports/bare/figures.h"
#include "devices/ports/bare/flash.h"
#include "devices/ports/bare/peers.h"
#include "devices/ports/bare/tasks.h"
#include "devices/ports/bare/uart.h"
#include "devices/ports/bare/wires.h"
#include "devices/wire/smp.h"

#include <string.h>

enum {
    CONSOLE = 0, /* the link that hears why the board started */
    PIECE_BYTES = 64,
    SLEEP_NS = 1000000000, /* at most, for the watchdog's sake */
};

static struct syn_agent agent;
static int64_t wake_ns = INT64_MAX; /* of the runtime */
static bool reset_due;
static uint32_t rate_due; /* of the line of rate_link; 0: none */
static uint8_t rate_link;
static char id[32];
static struct syn_agent_start started;
static char started_text[SYN_FAULT_TEXT];
static struct syn_slots slots;
static char version[SYN_FW_VERSION_TEXT] = SYN_VERSION;

/* ---- the agent's port ---- */

static int64_t now_ns(void *ctx)
{
    (void)ctx;
    return syn_clock_now_ns();
}

static bool room(void *ctx, unsigned link, size_t size)
{
    (void)ctx;
    return link < syn_uart_links() ? syn_uart_room(link) >= size : syn_bluetooth_room(link, size);
}

static void write_host(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    if (link < syn_uart_links())
        (void)syn_uart_write(link, bytes, size); /* there is room */
    else
        syn_bluetooth_write(link, bytes, size);
}

static void wake(void *ctx, int64_t at_ns)
{
    (void)ctx;
    wake_ns = at_ns;
}

static void reset(void *ctx)
{
    (void)ctx;
    reset_due = true;
}

static const uint32_t *rates(void *ctx, unsigned link)
{
    (void)ctx;
    return syn_uart_rates(link);
}

static void set_rate(void *ctx, unsigned link, uint32_t baud)
{
    (void)ctx;
    rate_due = baud;
    rate_link = (uint8_t)link;
}

/* ---- life ---- */

static void say(const char *text)
{
    (void)syn_uart_write(CONSOLE, (const uint8_t *)text, strlen(text));
}

/* What was deployed before the reset is again; where it cannot be, the console is told why. Its
 * frame must not become one of main's, below all that the agent does. */
static __attribute__((noinline)) void restore(void)
{
    struct syn_refusal refusal;
    if (syn_agent_restore(&agent, &refusal) == 0)
        return;
    say("the deployment of before the reset cannot serve: ");
    say(refusal.text);
    say("\r\n");
}

/* The image that runs says its version. NULL where there is no boot loader. */
static struct syn_slots *open_slots(void)
{
    const struct syn_slots_map *map = syn_board_slots();
    struct syn_fw_image image;
    if (!map)
        return NULL;
    syn_slots_open(&slots, map);
    const uint8_t *primary =
        map->flash->bytes + (size_t)map->first[SYN_SLOT_PRIMARY] * map->flash->page_bytes;
    if (syn_fw_header(&image, primary, SYN_FW_HEADER) == 0)
        syn_fw_version_text(version, &image.version);
    return &slots;
}

static void start(void)
{
    const struct syn_agent_port port = {.ctx = &agent,
                                        .now_ns = now_ns,
                                        .room = room,
                                        .write = write_host,
                                        .deploy = syn_tasks_deploy,
                                        .peers = syn_peers_set,
                                        .begin = syn_tasks_begin,
                                        .credit = syn_peers_credit,
                                        .wake = wake,
                                        .beacon = syn_peers_beacon,
                                        .relayed = syn_peers_relayed,
                                        .reset = reset,
                                        .wired = SYN_WIRES_PEER,
                                        .rates = rates,
                                        .set_rate = set_rate,
                                        .slots = open_slots()};
    const struct syn_agent_identity identity = {.id = id,
                                                .profile = SYN_FIGURES_PROFILE,
                                                .firmware = version,
                                                .sensors = SYN_FIGURES_SENSORS,
                                                .actuators = SYN_FIGURES_ACTUATORS,
                                                .features = SYN_FEATURE_COBS | SYN_WIRES_FEATURE,
                                                .speed_permille = 1000,
                                                .start = &started};
    const struct syn_agent_memory memory = syn_board_memory();
    const struct syn_timing timing = SYN_FIGURES_TIMING;
    syn_board_id(id, sizeof id);
    if (syn_agent_init(&agent, &identity, &timing, &port, &memory))
        syn_core_reset();
    syn_peers_start(&agent, id);
}

static void open_links(void)
{
    for (unsigned i = 0; i < syn_uart_links(); i++)
        syn_agent_link_opened(&agent, i);
    syn_bluetooth_start(&agent, id);
}

static void receive(unsigned link)
{
    uint8_t piece[PIECE_BYTES];
    size_t n;
    while ((n = syn_uart_read(link, piece, sizeof piece)) > 0)
        syn_agent_receive(&agent, link, piece, n);
}

static void tell_start(void)
{
    started = syn_fault_start(started_text);
    if (!started.fault)
        return;
    say("started again after ");
    say(started_text);
    say("\n");
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Everything that is due; returns when there is more. */
static int64_t step(void)
{
    for (unsigned i = 0; i < syn_uart_links(); i++)
        receive(i);
    if (wake_ns <= syn_clock_now_ns()) {
        wake_ns = INT64_MAX;
        syn_agent_woken(&agent);
    }
    int64_t next = syn_tasks_step(&agent);
    next = earlier(next, syn_agent_poll(&agent));
    next = earlier(next, syn_wires_step());
    next = earlier(next, syn_peers_step());
    next = earlier(next, syn_bluetooth_step());
    return earlier(next, wake_ns);
}

/* With interrupts off nothing can come between looking and sleeping; one that is pending wakes. */
static void sleep_until(int64_t at_ns)
{
    syn_clock_alarm(at_ns);
    uint32_t before = syn_irq_off();
    if (syn_uart_quiet() && syn_bluetooth_quiet() && syn_wires_quiet() && syn_tasks_quiet() &&
        at_ns > syn_clock_now_ns())
        syn_board_sleep(at_ns);
    syn_irq_restore(before);
}

int main(void)
{
    syn_board_start();
    syn_clock_start();
    syn_uart_start();
    syn_board_watch();
    tell_start();
    start();
    restore();
    open_links();
    for (;;) {
        syn_board_alive();
        int64_t next = earlier(step(), syn_clock_now_ns() + SLEEP_NS);
        if (reset_due && syn_uart_drained() && syn_bluetooth_drained()) {
            syn_fault_requested();
            syn_core_reset();
        }
        if (rate_due && syn_uart_drained()) {
            syn_uart_set_rate(rate_link, rate_due);
            rate_due = 0;
        }
        if (next > syn_clock_now_ns())
            sleep_until(next);
    }
}
