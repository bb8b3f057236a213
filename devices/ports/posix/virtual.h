/* SPDX-License-Identifier: MIT */
/*
 * The clock of a virtual wearable, and what is due on it.
 *
 * Virtual time is CLOCK_MONOTONIC times the speed, so that all wearables of one host that run at
 * one speed share one axis. Timers are the caller's, set to zero before first use, and fire in the
 * order of their times even when several are due at once, never before their time. One timer of
 * the poll loop wakes for the earliest; without timers nothing wakes.
 */
#ifndef SYN_PORTS_POSIX_VIRTUAL_H
#define SYN_PORTS_POSIX_VIRTUAL_H

#include "core/base/loop.h"

struct syn_virtual_timer {
    struct syn_virtual *clock; /* NULL while stopped */
    struct syn_virtual_timer *next;
    int64_t at_ns;
    void (*due)(void *ctx);
    void *ctx;
};

struct syn_virtual {
    struct syn_loop *loop;
    uint32_t speed_permille; /* virtual time in thousandths of real time */
    struct syn_loop_timer wake;
    struct syn_virtual_timer *first;
    bool firing;
};

/* speed_permille must not be 0. */
void syn_virtual_init(struct syn_virtual *clock, struct syn_loop *loop, uint32_t speed_permille);
/* Stops all timers. */
void syn_virtual_close(struct syn_virtual *clock);

int64_t syn_virtual_now(const struct syn_virtual *clock);

/* Real time, in nanoseconds, as virtual time. */
int64_t syn_virtual_from_real(const struct syn_virtual *clock, int64_t real_ns);

/* Restarts a started timer. A time in the past fires in the next step of the loop. */
void syn_virtual_start(struct syn_virtual *clock, struct syn_virtual_timer *timer, int64_t at_ns,
                       void (*due)(void *ctx), void *ctx);
void syn_virtual_stop(struct syn_virtual_timer *timer);

#endif
