/* SPDX-License-Identifier: MIT */
/*
 * The MAX78000FTHR. Energy: the board has no monitor (the one of the MAX78000EVKIT hangs on another
 * controller), so that what is reported is the profile's figures over measured times.
 */
#include "devices/ports/bare/board.h"

#include "devices/agent/text.h"
#include "devices/base/hash.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/fault.h"
#include "devices/ports/bare/figures.h"
#include "devices/ports/max78000/clocks.h"
#include "devices/ports/max78000/flash.h"
#include "devices/ports/max78000/registers.h"

#include <string.h>

enum {
    ARENA_BYTES = SYN_FIGURES_ARENA_BYTES + SYN_DEPLOYMENT_SCRATCH(32),
    SENSOR_BYTES = 17 << 10,            /* a second of sound and a picture */
    LEDS = 1u << 0 | 1u << 1 | 1u << 2, /* P2.0 red, P2.1 green, P2.2 blue; on while low */
};

static uint8_t arena[ARENA_BYTES] __attribute__((section(".pool"), aligned(8)));
static uint8_t sensor[SENSOR_BYTES] __attribute__((section(".pool"), aligned(8)));

/* From the linker script. */
extern const uint32_t syn_vectors_start[];
extern struct syn_board_kept syn_kept;

void syn_board_start(void)
{
    SYN_SCB_VTOR = (uint32_t)syn_vectors_start;
    syn_clocks_start();
    syn_pins_output(SYN_GPIO2, LEDS, LEDS);
    syn_pins_output(SYN_GPIO0, SYN_PIN_TRIGGER, 0);
}

/* The part's own number, folded into eight digits. */
void syn_board_id(char *id, size_t size)
{
    uint8_t serial[SYN_MAX_SERIAL_BYTES];
    char digits[] = "max-00000000";
    syn_max_serial(serial);
    uint64_t hash = syn_fnv1a(SYN_FNV1A_START, serial, sizeof serial);
    uint32_t folded = (uint32_t)(hash ^ hash >> 32);
    for (size_t i = sizeof digits - 2; digits[i] != '-'; i--, folded >>= 4)
        digits[i] = "0123456789abcdef"[folded & 15];
    struct syn_text text;
    syn_text_init(&text, id, size);
    syn_text_put(&text, digits);
}

struct syn_agent_memory syn_board_memory(void)
{
    return (struct syn_agent_memory){syn_board_flash(SYN_REGION_STORE), arena, sizeof arena, sensor,
                                     sizeof sensor};
}

/* Windows are not folded here: the console folds what it deploys to a board that small. */
uint8_t *syn_board_window(size_t *size)
{
    *size = sizeof sensor;
    return sensor;
}

/* A colour for each class, seven and off. */
void syn_board_act(const char *actuator, const struct syn_tensor_result *result)
{
    if (strcmp(actuator, "led") != 0)
        return;
    uint32_t on = (result->best + 1u) & LEDS;
    SYN_GPIO2->out_set = LEDS & ~on;
    SYN_GPIO2->out_clr = on;
}

/* Peripherals and the accelerator go on in this mode (SLEEP). */
void syn_board_sleep(int64_t at_ns)
{
    (void)at_ns;
    syn_irq_wait();
}

/* ---- watchdog ---- */

static void feed(void)
{
    uint32_t before = syn_irq_off(); /* nothing may come between the two */
    SYN_WDT0->rst = SYN_WDT_FEED_1;
    SYN_WDT0->rst = SYN_WDT_FEED_2;
    syn_irq_restore(before);
}

static void wait_for_watchdog(void)
{
    while (!(SYN_WDT0->ctrl & SYN_WDT_CLOCK_READY))
        ;
}

/* It goes on over a reset, and says whether that was its own. */
void syn_board_watch(void)
{
    if (SYN_WDT0->ctrl & SYN_WDT_RST_LATE)
        syn_fault_bitten();
    feed();
    SYN_WDT0->ctrl &= ~SYN_WDT_ON;
    wait_for_watchdog();
    SYN_WDT0->clksel = 0; /* PCLK */
    SYN_WDT0->ctrl = SYN_WDT_INT_2_28 | SYN_WDT_RST_2_29 | SYN_WDT_INT_ON | SYN_WDT_RST_ON;
    syn_irq_enable(SYN_IRQ_WATCHDOG);
    feed();
    SYN_WDT0->ctrl |= SYN_WDT_ON;
    wait_for_watchdog();
}

void syn_board_alive(void)
{
    feed();
}

volatile struct syn_board_kept *syn_board_kept(void)
{
    return &syn_kept;
}
