/* SPDX-License-Identifier: MIT */
#include "devices/base/timers.h"

#include <stdbool.h>
#include <stddef.h>

static void tell(struct syn_timers *timers)
{
    if (timers->changed)
        timers->changed(timers->ctx);
}

void syn_timers_start(struct syn_timers *timers, struct syn_timer *timer, int64_t at_ns,
                      void (*due)(void *ctx), void *ctx)
{
    syn_timers_stop(timer);
    *timer = (struct syn_timer){.timers = timers, .at_ns = at_ns, .due = due, .ctx = ctx};
    struct syn_timer **at = &timers->first;
    while (*at && (*at)->at_ns <= at_ns)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    if (timers->first == timer)
        tell(timers);
}

void syn_timers_stop(struct syn_timer *timer)
{
    struct syn_timers *timers = timer->timers;
    if (!timers)
        return;
    struct syn_timer **at = &timers->first;
    const bool first = *at == timer;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->timers = NULL;
    if (first)
        tell(timers);
}

void syn_timers_stop_all(struct syn_timers *timers)
{
    while (timers->first)
        syn_timers_stop(timers->first);
}

int64_t syn_timers_next(const struct syn_timers *timers)
{
    return timers->first ? timers->first->at_ns : INT64_MAX;
}

void syn_timers_fire(struct syn_timers *timers, int64_t now_ns, unsigned most)
{
    for (unsigned n = 0; n < most && timers->first && timers->first->at_ns <= now_ns; n++) {
        struct syn_timer *timer = timers->first;
        timers->first = timer->next;
        timer->timers = NULL;
        timer->due(timer->ctx);
    }
}
