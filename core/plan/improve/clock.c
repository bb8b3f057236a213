/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/clock.h"

#include <time.h>

#define NS_PER_S 1000000000

bool syn_improve_interrupted(const struct syn_improve_limits *limits)
{
    struct timespec now;
    if (limits->stop && atomic_load_explicit(limits->stop, memory_order_relaxed))
        return true;
    if (limits->deadline_ns == INT64_MAX)
        return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec > limits->deadline_ns;
}
