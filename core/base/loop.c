/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

/* What stands behind a pollfd; NULL once stopped. */
struct polled {
    struct syn_loop_watch *watch;
};

struct syn_loop {
    struct syn_loop_watch *watches;
    struct syn_loop_timer *timers;
    struct pollfd *fds;    /* of the present step; [0] is the cancel descriptor */
    struct polled *polled; /* beside it */
    size_t capacity;
    size_t used;
    size_t watch_count;
    int cancel_fd;
};

int64_t syn_loop_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct syn_loop *syn_loop_new(void)
{
    struct syn_loop *loop = calloc(1, sizeof *loop);
    if (loop)
        loop->cancel_fd = -1;
    return loop;
}

void syn_loop_free(struct syn_loop *loop)
{
    if (!loop)
        return;
    free(loop->fds);
    free(loop->polled);
    free(loop);
}

void syn_loop_set_cancel(struct syn_loop *loop, int fd)
{
    loop->cancel_fd = fd;
}

/* ---- watches ---- */

void syn_loop_watch_start(struct syn_loop *loop, struct syn_loop_watch *watch, int fd,
                          unsigned interest, void (*ready)(void *ctx, unsigned events), void *ctx)
{
    syn_loop_watch_stop(watch);
    *watch = (struct syn_loop_watch){.loop = loop,
                                     .next = loop->watches,
                                     .ready = ready,
                                     .ctx = ctx,
                                     .fd = fd,
                                     .interest = interest};
    if (watch->next)
        watch->next->prev = watch;
    loop->watches = watch;
    loop->watch_count++;
}

void syn_loop_watch_interest(struct syn_loop_watch *watch, unsigned interest)
{
    watch->interest = interest;
}

void syn_loop_watch_stop(struct syn_loop_watch *watch)
{
    struct syn_loop *loop = watch->loop;
    if (!loop)
        return;
    if (watch->next)
        watch->next->prev = watch->prev;
    if (watch->prev)
        watch->prev->next = watch->next;
    else
        loop->watches = watch->next;
    loop->watch_count--;
    for (size_t i = 0; i < loop->used; i++)
        if (loop->polled[i].watch == watch)
            loop->polled[i].watch = NULL;
    watch->loop = NULL;
}

/* ---- timers ---- */

void syn_loop_timer_start(struct syn_loop *loop, struct syn_loop_timer *timer, int64_t delay_ns,
                          int64_t period_ns, void (*due)(void *ctx), void *ctx)
{
    syn_loop_timer_stop(timer);
    *timer = (struct syn_loop_timer){.loop = loop,
                                     .next = loop->timers,
                                     .due = due,
                                     .ctx = ctx,
                                     .at_ns = syn_loop_now() + delay_ns,
                                     .period_ns = period_ns};
    if (timer->next)
        timer->next->prev = timer;
    loop->timers = timer;
}

void syn_loop_timer_stop(struct syn_loop_timer *timer)
{
    struct syn_loop *loop = timer->loop;
    if (!loop)
        return;
    if (timer->next)
        timer->next->prev = timer->prev;
    if (timer->prev)
        timer->prev->next = timer->next;
    else
        loop->timers = timer->next;
    timer->loop = NULL;
}

static struct syn_loop_timer *first_timer(const struct syn_loop *loop)
{
    struct syn_loop_timer *first = loop->timers;
    for (struct syn_loop_timer *t = first; t; t = t->next)
        if (t->at_ns < first->at_ns)
            first = t;
    return first;
}

/* Those due at `now`, the earliest first; one that a callback starts waits for the next step. */
static int fire_timers(struct syn_loop *loop, int64_t now)
{
    int fired = 0;
    struct syn_loop_timer *t;
    while ((t = first_timer(loop)) && t->at_ns <= now) {
        void (*due)(void *) = t->due;
        if (t->period_ns > 0)
            t->at_ns = t->at_ns + t->period_ns > now ? t->at_ns + t->period_ns : now + t->period_ns;
        else
            syn_loop_timer_stop(t);
        due(t->ctx);
        fired++;
    }
    return fired;
}

/* ---- running ---- */

static int reserve(struct syn_loop *loop, size_t count)
{
    if (count <= loop->capacity)
        return 0;
    struct pollfd *fds = realloc(loop->fds, 2 * count * sizeof *fds);
    if (!fds)
        return SYN_ENOMEM;
    loop->fds = fds;
    struct polled *polled = realloc(loop->polled, 2 * count * sizeof *polled);
    if (!polled)
        return SYN_ENOMEM;
    loop->polled = polled;
    loop->capacity = 2 * count;
    return 0;
}

static void list_fds(struct syn_loop *loop)
{
    size_t n = 0;
    loop->fds[n] = (struct pollfd){.fd = loop->cancel_fd, .events = POLLIN};
    loop->polled[n++].watch = NULL;
    for (struct syn_loop_watch *w = loop->watches; w; w = w->next) {
        short events = (short)((w->interest & SYN_LOOP_READ ? POLLIN : 0) |
                               (w->interest & SYN_LOOP_WRITE ? POLLOUT : 0));
        /* poll reports a hang-up even where nothing is asked for: a paused watch is left out */
        loop->fds[n] = (struct pollfd){.fd = events ? w->fd : -1, .events = events};
        loop->polled[n++].watch = w;
    }
    loop->used = n;
}

static unsigned events_of(short revents, unsigned interest)
{
    unsigned events = 0;
    bool over = (revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    if ((revents & POLLIN) || over)
        events |= SYN_LOOP_READ;
    if ((revents & POLLOUT) || over)
        events |= SYN_LOOP_WRITE;
    events &= interest;
    return over ? events | SYN_LOOP_HANGUP : events;
}

static int call_watches(struct syn_loop *loop)
{
    int called = 0;
    for (size_t i = 1; i < loop->used; i++) {
        struct syn_loop_watch *w = loop->polled[i].watch;
        if (w && loop->fds[i].revents && w->interest) {
            w->ready(w->ctx, events_of(loop->fds[i].revents, w->interest));
            called++;
        }
    }
    loop->used = 0;
    return called;
}

static int64_t wait_ns(const struct syn_loop *loop, int64_t timeout_ns, int64_t now)
{
    const struct syn_loop_timer *t = first_timer(loop);
    int64_t until = t ? (t->at_ns > now ? t->at_ns - now : 0) : INT64_MAX;
    if (timeout_ns >= 0 && timeout_ns < until)
        until = timeout_ns;
    return until;
}

int syn_loop_step(struct syn_loop *loop, int64_t timeout_ns)
{
    if (reserve(loop, loop->watch_count + 1))
        return SYN_ENOMEM;
    list_fds(loop);
    int64_t ns = wait_ns(loop, timeout_ns, syn_loop_now());
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
    int n = ppoll(loop->fds, (nfds_t)loop->used, ns == INT64_MAX ? NULL : &ts, NULL);
    if (n < 0) {
        loop->used = 0;
        return errno == EINTR ? 0 : errno == ENOMEM ? SYN_ENOMEM : SYN_EIO;
    }
    bool canceled = loop->fds[0].revents != 0;
    int called = n > 0 ? call_watches(loop) : 0;
    loop->used = 0;
    called += fire_timers(loop, syn_loop_now());
    return canceled ? SYN_ECANCELED : called;
}

int syn_loop_run_until(struct syn_loop *loop, bool (*done)(void *ctx), void *ctx,
                       int64_t timeout_ns)
{
    int64_t end = timeout_ns < 0 ? INT64_MAX : syn_loop_now() + timeout_ns;
    while (!done || !done(ctx)) {
        int64_t now = syn_loop_now();
        if (now >= end)
            return SYN_ETIMEOUT;
        int rc = syn_loop_step(loop, end == INT64_MAX ? SYN_LOOP_FOREVER : end - now);
        if (rc < 0)
            return rc;
    }
    return 0;
}
