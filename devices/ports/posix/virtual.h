/* SPDX-License-Identifier: MIT */
/*
 * The clock of a virtual wearable, and what is due on it.
 *
 * Virtual time is CLOCK_MONOTONIC times the speed, so that all wearables of one host that run at
 * one speed share one axis. One timer of the poll loop wakes for the earliest (timers.h); without
 * timers nothing wakes.
 */
#ifndef SYN_PORTS_POSIX_VIRTUAL_H
#define SYN_PORTS_POSIX_VIRTUAL_H

#include "core/base/loop.h"
#include "devices/base/timers.h"

struct syn_virtual {
    struct syn_loop *loop;
    uint32_t speed_permille; /* virtual time in thousandths of real time */
    struct syn_loop_timer wake;
    struct syn_timers timers;
    bool firing;
};

/* speed_permille must not be 0. */
void syn_virtual_init(struct syn_virtual *clock, struct syn_loop *loop, uint32_t speed_permille);
/* Stops all timers. */
void syn_virtual_close(struct syn_virtual *clock);

int64_t syn_virtual_now(const struct syn_virtual *clock);

/* Real time, in nanoseconds, as virtual time. */
int64_t syn_virtual_from_real(const struct syn_virtual *clock, int64_t real_ns);

#endif
