/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands before the header of the same name: the core of a scripted board, on any machine. It has
 * no interrupts, sleeps by moving the script's clock, and does not come back from a reset. */
#ifndef SYN_TESTS_DEVICES_TARGET_CORTEX_M_H
#define SYN_TESTS_DEVICES_TARGET_CORTEX_M_H

#include "tests/devices/target/replay/script.h"

#include <stdint.h>

static inline uint32_t syn_irq_off(void)
{
    return 0;
}

static inline void syn_irq_restore(uint32_t before)
{
    (void)before;
}

static inline void syn_core_reset(void)
{
    script_end("reset");
}

#endif
