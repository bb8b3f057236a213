/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The C library's, and the one clock that tests ask for: the host's. */
#ifndef SYN_TESTS_DEVICES_TARGET_TIME_H
#define SYN_TESTS_DEVICES_TARGET_TIME_H

#include_next <time.h>

#ifndef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC 1
#endif

int clock_gettime(clockid_t clock, struct timespec *t);

#endif
