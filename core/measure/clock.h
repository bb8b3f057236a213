/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far the clock of a device is ahead of the console's, and so of another device's.
 *
 * A virtual wearable's clock is that of its host times its speed; a board's counts from its start,
 * and under an emulator that counts instructions it may go slower than it should. Greeted, a device
 * says what its clock is, within the time that the answer takes; what it reports while it runs says
 * so again: its clock has come at least that far. Times are nanoseconds.
 */
#ifndef SYN_CORE_MEASURE_CLOCK_H
#define SYN_CORE_MEASURE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Caller-owned; all 0: not known. */
struct syn_clock {
    bool known;
    bool is_virtual;
    uint32_t speed_permille; /* of the console's time; 1000 on hardware */
    int64_t ahead_ns;        /* of the console's clock times the speed */
};

/* The device's clock was read between these times of the console's. */
void syn_clock_greet(struct syn_clock *clock, int64_t device_ns, int64_t sent_ns,
                     int64_t received_ns);

/* A report that the device made at device_ns is here. */
void syn_clock_hear(struct syn_clock *clock, int64_t device_ns, int64_t received_ns);

/* *ahead_ns: by how much `clock` is ahead of `of`. Virtual wearables of one host and speed have one
 * clock. False where that is not known, or they do not go at one speed. */
bool syn_clock_ahead(const struct syn_clock *clock, const struct syn_clock *of, int64_t *ahead_ns);

#endif
