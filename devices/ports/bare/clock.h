/* SPDX-License-Identifier: MIT */
/* Time without ticks: one timer counts freely and another wakes. */
#ifndef SYN_PORTS_BARE_CLOCK_H
#define SYN_PORTS_BARE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

void syn_clock_start(void);

/* Nanoseconds since the start, in the timer's steps. */
int64_t syn_clock_now_ns(void);

/* An interrupt no earlier than at_ns; one that was set before is forgotten. INT64_MAX: none. */
void syn_clock_alarm(int64_t at_ns);

#endif
