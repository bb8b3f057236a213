/* SPDX-License-Identifier: MIT */
/*
 * What is due on a clock, kept in the order of its times.
 *
 * Timers are the caller's, set to zero before first use. They fire in the order of their times even
 * where several are due at once, never before their time, and those of one time in the order in
 * which they were started. Whoever has the clock asks when the first is due, and fires then. Times
 * are nanoseconds of that clock.
 */
#ifndef SYN_DEVICES_BASE_TIMERS_H
#define SYN_DEVICES_BASE_TIMERS_H

#include <stdint.h>

struct syn_timer {
    struct syn_timers *timers; /* NULL while stopped */
    struct syn_timer *next;
    int64_t at_ns;
    void (*due)(void *ctx);
    void *ctx;
};

/* Caller-owned; set to zero, then the callback. */
struct syn_timers {
    struct syn_timer *first;
    void (*changed)(void *ctx); /* the first is another one, or none; may be NULL */
    void *ctx;
};

/* Restarts a started timer. A time in the past fires next. */
void syn_timers_start(struct syn_timers *timers, struct syn_timer *timer, int64_t at_ns,
                      void (*due)(void *ctx), void *ctx);
/* Fine when it is stopped. */
void syn_timers_stop(struct syn_timer *timer);
void syn_timers_stop_all(struct syn_timers *timers);

/* When the first is due; INT64_MAX: none. */
int64_t syn_timers_next(const struct syn_timers *timers);

/* Fires what is due by now_ns, at most `most` timers: those that start others must not keep their
 * caller for good. */
void syn_timers_fire(struct syn_timers *timers, int64_t now_ns, unsigned most);

#endif
