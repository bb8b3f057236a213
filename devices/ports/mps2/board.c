/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/board.h"

#include "devices/agent/text.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/figures.h"
#include "devices/ports/bare/flash.h"
#include "devices/ports/bare/guard.h"
#include "devices/ports/mps2/registers.h"

enum {
    ARENA_BYTES = SYN_FIGURES_ARENA_BYTES + SYN_DEPLOYMENT_SCRATCH(32),
    SENSOR_BYTES = 1 << 20,
    WINDOW_BYTES = 1 << 20,
    PATIENCE_S = 5
};

#define NEAR_NS 500000000

extern const uint8_t syn_stack_start[]; /* from the linker script */

static uint8_t arena[ARENA_BYTES] __attribute__((section(".pool"), aligned(8)));
static uint8_t sensor[SENSOR_BYTES] __attribute__((section(".pool"), aligned(8)));
static uint8_t window[WINDOW_BYTES] __attribute__((section(".pool"), aligned(8)));

void syn_board_start(void)
{
    /* QEMU has everything running, and takes writes to where there is no memory for nothing. */
    static const struct syn_guard regions[] = {
        {0, 12, SYN_GUARD_NOTHING},                         /* NULL */
        {SYN_BOARD_RAM - (1 << 20), 20, SYN_GUARD_NOTHING}, /* behind the stack's end */
        {SYN_BOARD_RAM, 22, SYN_GUARD_DATA},
        {SYN_FLASH_START, 18, SYN_GUARD_CODE}, /* the slot that runs */
    };
    if (SYN_BOARD_GUARD)
        syn_guard_set(regions, sizeof regions / sizeof *regions);
    else
        syn_stack_limit(syn_stack_start);
}

void syn_board_id(char *id, size_t size)
{
    struct syn_text text;
    syn_text_init(&text, id, size);
    syn_text_put(&text, "mps2-");
    syn_text_number(&text, SYN_BOARD_NUMBER);
}

struct syn_agent_memory syn_board_memory(void)
{
    return (struct syn_agent_memory){syn_board_flash(SYN_REGION_STORE), arena, sizeof arena, sensor,
                                     sizeof sensor};
}

uint8_t *syn_board_window(size_t *size)
{
    *size = sizeof window;
    return window;
}

/* Nobody would see it. */
void syn_board_act(const char *actuator, const struct syn_tensor_result *result)
{
    (void)actuator;
    (void)result;
}

/* While the core sleeps QEMU's clock follows the host's, which may be busy with other things; where
 * times are to be instructions alone, the core waits awake for what is near. */
void syn_board_sleep(int64_t at_ns)
{
    if (!SYN_MPS2_STAYS_AWAKE || at_ns - syn_clock_now_ns() > NEAR_NS)
        syn_irq_wait();
}

void syn_board_watch(void)
{
    SYN_WATCHDOG->lock = SYN_WATCHDOG_UNLOCK;
    SYN_WATCHDOG->load = PATIENCE_S * SYN_WATCHDOG_HZ;
    SYN_WATCHDOG->control = SYN_WATCHDOG_INTERRUPT | SYN_WATCHDOG_RESET;
}

void syn_board_alive(void)
{
    SYN_WATCHDOG->clear = 1;
}

volatile struct syn_board_kept *syn_board_kept(void)
{
    return SYN_BOARD_KEPT;
}
