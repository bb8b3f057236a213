/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scripted board has beside its script (script.h) and the accelerator of devices/ports/mps2.
 */
#include "devices/ports/bare/board.h"

#include "devices/flash/ram.h"
#include "devices/ports/bare/fault.h"
#include "devices/ports/bare/figures.h"
#include "devices/ports/bare/flash.h"
#include "tests/devices/target/replay/script.h"

enum {
    FLASH_BYTES = 1 << 20,
    ARENA_BYTES = SYN_FIGURES_ARENA_BYTES + SYN_DEPLOYMENT_SCRATCH(32),
    SENSOR_BYTES = 1 << 18,
    WINDOW_BYTES = 1 << 18
};

static _Alignas(8) uint8_t flash_bytes[FLASH_BYTES], arena[ARENA_BYTES], sensor[SENSOR_BYTES],
    window[WINDOW_BYTES];
static struct syn_flash flash;

void syn_board_start(void)
{
    syn_flash_ram_init(&flash, flash_bytes, sizeof flash_bytes);
}

void syn_board_id(char *id, size_t size)
{
    static const char name[] = "scripted";
    for (size_t i = 0; i < sizeof name && i < size; i++)
        id[i] = name[i];
}

struct syn_agent_memory syn_board_memory(void)
{
    return (struct syn_agent_memory){&flash, arena, sizeof arena, sensor, sizeof sensor};
}

uint8_t *syn_board_window(size_t *size)
{
    *size = sizeof window;
    return window;
}

void syn_board_act(const char *actuator, const struct syn_tensor_result *result)
{
    (void)actuator;
    (void)result;
}

void syn_board_sleep(int64_t at_ns)
{
    (void)at_ns; /* the alarm is set */
    script_sleep();
}

void syn_board_watch(void)
{
}

void syn_board_alive(void)
{
}

const struct syn_flash *syn_board_flash(enum syn_board_region region)
{
    return region == SYN_REGION_STORE ? &flash : NULL;
}

const struct syn_slots_map *syn_board_slots(void)
{
    return NULL;
}

struct syn_agent_start syn_fault_start(char words[SYN_FAULT_TEXT])
{
    words[0] = 0;
    return (struct syn_agent_start){.why = words};
}

void syn_fault_requested(void)
{
}
