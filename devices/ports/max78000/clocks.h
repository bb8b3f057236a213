/* SPDX-License-Identifier: MIT */
/* Clocks, resets and pins of the part. */
#ifndef SYN_PORTS_MAX78000_CLOCKS_H
#define SYN_PORTS_MAX78000_CLOCKS_H

#include <stdint.h>

struct syn_max_gpio;

/* The core at 100 MHz, the UARTs' oscillator, the instruction cache; what else this port uses has
 * its clock and is as after a reset. Waits for the oscillators. */
void syn_clocks_start(void);

/* Pins that belong to a peripheral: its first alternate function. */
void syn_pins_function1(struct syn_max_gpio *port, uint32_t pins);

/* Pins that are outputs, of 3.3 V: now those of `high`, the others low. */
void syn_pins_output(struct syn_max_gpio *port, uint32_t pins, uint32_t high);

#endif
