/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measure/clock.h"

#include <stdlib.h>

enum {
    PERMILLE = 1000,
    FOLLOW = 4,           /* a clock that seems to be behind is followed by a part of that ... */
    JITTER_NS = 20000000, /* ... and by all of it where it is more than a link is late */
};

/* Two virtual wearables whose clocks differ by less have started on one host: hosts that started
 * within a second of each other are taken for one. */
static const int64_t one_host_ns = 1000000000;

static int64_t ahead_at(const struct syn_clock *clock, int64_t device_ns, int64_t console_ns)
{
    int64_t whole = console_ns / PERMILLE * clock->speed_permille;
    return device_ns - whole - console_ns % PERMILLE * clock->speed_permille / PERMILLE;
}

void syn_clock_greet(struct syn_clock *clock, int64_t device_ns, int64_t sent_ns,
                     int64_t received_ns)
{
    clock->known = true;
    clock->ahead_ns = ahead_at(clock, device_ns, sent_ns + (received_ns - sent_ns) / 2);
}

void syn_clock_hear(struct syn_clock *clock, int64_t device_ns, int64_t received_ns)
{
    int64_t least_ns = ahead_at(clock, device_ns, received_ns);
    int64_t late_ns = clock->ahead_ns - least_ns;
    if (!clock->known || late_ns < 0 || late_ns > JITTER_NS)
        clock->ahead_ns = least_ns;
    else
        clock->ahead_ns -= late_ns / FOLLOW;
    clock->known = true;
}

bool syn_clock_ahead(const struct syn_clock *clock, const struct syn_clock *of, int64_t *ahead_ns)
{
    *ahead_ns = clock->ahead_ns - of->ahead_ns;
    if (clock == of || (clock->is_virtual && of->is_virtual && llabs(*ahead_ns) < one_host_ns))
        *ahead_ns = 0;
    return clock == of ||
           (clock->known && of->known && clock->speed_permille == of->speed_permille);
}
