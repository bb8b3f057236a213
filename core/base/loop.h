/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One poll loop: descriptors and timers, in one thread.
 *
 * Watches and timers are structures of the caller, set to zero before first use; starting links
 * them into the loop and cannot fail. The caller stops them before they go out of scope. Callbacks
 * may start and stop any watch or timer, their own included, but must not free the loop nor run it
 * again. Times are nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef SYN_CORE_BASE_LOOP_H
#define SYN_CORE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/base/error.h"

#define SYN_LOOP_FOREVER (-1) /* as a time-out */

enum syn_loop_event {
    SYN_LOOP_READ = 1,   /* may be read; also at the end of file, on hang-up and on error */
    SYN_LOOP_WRITE = 2,  /* may be written; also on error, so that a failed connect is seen */
    SYN_LOOP_HANGUP = 4, /* the other end is gone; comes with one of the above */
};

struct syn_loop;

struct syn_loop_watch {
    /* private */
    struct syn_loop *loop; /* NULL while stopped */
    struct syn_loop_watch *next, *prev;
    void (*ready)(void *ctx, unsigned events);
    void *ctx;
    int fd;
    unsigned interest;
};

struct syn_loop_timer {
    /* private */
    struct syn_loop *loop; /* NULL while stopped */
    struct syn_loop_timer *next, *prev;
    void (*due)(void *ctx);
    void *ctx;
    int64_t at_ns;
    int64_t period_ns;
};

/* NULL when there is no memory. */
struct syn_loop *syn_loop_new(void);
/* Watches and timers must have been stopped. NULL is fine. */
void syn_loop_free(struct syn_loop *loop);

int64_t syn_loop_now(void);

/* `interest` is of SYN_LOOP_READ and SYN_LOOP_WRITE; 0 pauses the watch. Restarts a started one. */
void syn_loop_watch_start(struct syn_loop *loop, struct syn_loop_watch *watch, int fd,
                          unsigned interest, void (*ready)(void *ctx, unsigned events), void *ctx);
void syn_loop_watch_interest(struct syn_loop_watch *watch, unsigned interest);
void syn_loop_watch_stop(struct syn_loop_watch *watch);

/* First after `delay_ns`, then every `period_ns` (0: once). Beats that were missed are not made up.
 * Restarts a started one. */
void syn_loop_timer_start(struct syn_loop *loop, struct syn_loop_timer *timer, int64_t delay_ns,
                          int64_t period_ns, void (*due)(void *ctx), void *ctx);
void syn_loop_timer_stop(struct syn_loop_timer *timer);
static inline bool syn_loop_timer_active(const struct syn_loop_timer *timer)
{
    return timer->loop != 0;
}

/*
 * While `fd` (-1: none) can be read, syn_loop_step and syn_loop_run_until return SYN_ECANCELED. A
 * signal handler writes to it (eventfd or pipe); its owner empties it before the next run.
 */
void syn_loop_set_cancel(struct syn_loop *loop, int fd);

/*
 * Waits for something to happen, at most `timeout_ns` (0: only looks; SYN_LOOP_FOREVER), and calls
 * back. Returns the number of callbacks called, which is 0 also when a signal came in between;
 * SYN_ECANCELED; SYN_ENOMEM or SYN_EIO when polling itself failed.
 */
int syn_loop_step(struct syn_loop *loop, int64_t timeout_ns);

/* Steps until done(ctx): 0; or until time is up: SYN_ETIMEOUT; or an error of syn_loop_step. */
int syn_loop_run_until(struct syn_loop *loop, bool (*done)(void *ctx), void *ctx,
                       int64_t timeout_ns);

#endif
