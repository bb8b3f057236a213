/* SPDX-License-Identifier: MIT */
/* Time without ticks: one timer counts freely and interrupts every 171 s, another wakes. */
#ifndef SYN_PORTS_MPS2_CLOCK_H
#define SYN_PORTS_MPS2_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

void syn_clock_start(void);

/* Nanoseconds since the start, in steps of 40. */
int64_t syn_clock_now_ns(void);

/* An interrupt no earlier than at_ns; one that was set before is forgotten. INT64_MAX: none. */
void syn_clock_alarm(int64_t at_ns);

#endif
