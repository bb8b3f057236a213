/* SPDX-License-Identifier: MIT */
/* The agent on the emulated board: one host link, the UART; sleeps whenever there is nothing to do.
 */
#include "devices/agent/agent.h"
#include "devices/agent/text.h"
#include "devices/ports/mps2/board.h"
#include "devices/ports/mps2/clock.h"
#include "devices/ports/mps2/fault.h"
#include "devices/ports/mps2/figures.h"
#include "devices/ports/mps2/peers.h"
#include "devices/ports/mps2/tasks.h"
#include "devices/ports/mps2/uart.h"
#include "devices/ports/mps2/vectors.h"
#include "devices/wire/smp.h"

#include <string.h>

enum {
    LINK = 0,
    STORE_BYTES = 4 << 20,
    SENSOR_BYTES = 1 << 20,
    PIECE_BYTES = 256,
    SLEEP_NS = 1000000000, /* at most, for the watchdog's sake */
};

static uint8_t store[STORE_BYTES] __attribute__((section(".pool"), aligned(8)));
static uint8_t arena[SYN_FIGURES_ARENA_BYTES] __attribute__((section(".pool"), aligned(8)));
static uint8_t sensor[SENSOR_BYTES] __attribute__((section(".pool"), aligned(8)));

static struct syn_agent agent;
static int64_t wake_ns = INT64_MAX; /* of the runtime */
static bool reset_due;
static char id[16];

/* ---- the agent's port ---- */

static int64_t now_ns(void *ctx)
{
    (void)ctx;
    return syn_clock_now_ns();
}

static bool write_host(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    return link == LINK && syn_uart_write(bytes, size);
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

/* The host relays to all, and deployments with hops are refused: nobody else is to be told. */
static void set_peers(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count)
{
    (void)ctx;
    (void)self;
    (void)peers;
    (void)count;
}

static void credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    (void)ctx;
    (void)pipeline;
    (void)stage;
    (void)peer;
    (void)at_ns;
}

/* ---- life ---- */

/* Several emulated boards on one host differ by their number. */
static void make_id(void)
{
    struct syn_text text;
    syn_text_init(&text, id, sizeof id);
    syn_text_put(&text, "mps2-");
    syn_text_number(&text, SYN_BOARD_NUMBER);
}

static void start(void)
{
    static const struct syn_agent_port port = {.ctx = &agent,
                                               .now_ns = now_ns,
                                               .write = write_host,
                                               .deploy = syn_tasks_deploy,
                                               .peers = set_peers,
                                               .begin = syn_tasks_begin,
                                               .credit = credit,
                                               .wake = wake,
                                               .beacon = syn_peers_beacon,
                                               .relayed = syn_peers_relayed,
                                               .reset = reset};
    const struct syn_agent_identity identity = {.id = id,
                                                .profile = SYN_FIGURES_PROFILE,
                                                .firmware = SYN_VERSION,
                                                .sensors = SYN_FIGURES_SENSORS,
                                                .actuators = SYN_FIGURES_ACTUATORS,
                                                .features = SYN_FEATURE_COBS,
                                                .speed_permille = 1000};
    const struct syn_agent_memory memory = {store,        sizeof store, arena,
                                            sizeof arena, sensor,       sizeof sensor};
    const struct syn_timing timing = SYN_FIGURES_TIMING;
    make_id();
    if (syn_agent_init(&agent, &identity, &timing, &port, &memory))
        syn_board_reset();
    syn_agent_link_opened(&agent, LINK);
}

static void receive(void)
{
    uint8_t piece[PIECE_BYTES];
    size_t n;
    while ((n = syn_uart_read(piece, sizeof piece)) > 0)
        syn_agent_receive(&agent, LINK, piece, n);
}

static void tell_fault(void)
{
    char text[SYN_FAULT_TEXT];
    syn_fault_last(text);
    (void)syn_uart_write((const uint8_t *)text, strlen(text));
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Everything that is due; returns when there is more. */
static int64_t step(void)
{
    receive();
    if (wake_ns <= syn_clock_now_ns()) {
        wake_ns = INT64_MAX;
        syn_agent_woken(&agent);
    }
    int64_t next = syn_tasks_step(&agent);
    next = earlier(next, syn_agent_poll(&agent));
    syn_peers_step(&agent);
    return earlier(next, wake_ns);
}

/* With interrupts off nothing can come between looking and sleeping; one that is pending wakes. */
static void sleep_until(int64_t at_ns)
{
    syn_clock_alarm(at_ns);
    uint32_t before = syn_irq_off();
    if (syn_uart_quiet() && at_ns > syn_clock_now_ns())
        syn_irq_wait();
    syn_irq_restore(before);
}

int main(void)
{
    syn_clock_start();
    syn_uart_start();
    syn_fault_watch();
    tell_fault();
    start();
    for (;;) {
        syn_fault_alive();
        int64_t next = earlier(step(), syn_clock_now_ns() + SLEEP_NS);
        if (reset_due && syn_uart_drained())
            syn_board_reset();
        if (next > syn_clock_now_ns())
            sleep_until(next);
    }
}
