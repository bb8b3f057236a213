/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One direction of a link that fails on purpose: what goes in comes out later, at a pace, and not
 * quite the same. Knows no descriptors and no clock; times are given (nanoseconds, any monotonic
 * clock). What happens depends on the seed and on the bytes' places alone, never on the time or on
 * how they were cut.
 */
#ifndef SYN_TRANSPORTS_LINKS_FAULT_LANE_H
#define SYN_TRANSPORTS_LINKS_FAULT_LANE_H

#include "transports/links/fault_options.h"

#define SYN_FAULT_PUT_MAX 65536 /* bytes of a packet, or of a stream at once */

struct syn_fault_chunk;

struct syn_fault_lane {
    bool silent; /* from now on all is lost; may be set */
    bool over;   /* it is to end; what went in before still comes out */

    /* private */
    struct syn_fault_way way;
    bool packets;
    uint64_t dice, jitter_dice;
    struct syn_fault_chunk *first, *last; /* in order of their times */
    size_t held;                          /* bytes in them, and how many they are */
    unsigned chunks;
    int64_t pace_from_ns; /* since when `paced` bytes have been put on the line */
    uint64_t paced;
    int64_t free_ns; /* when the line has carried all of them */
    int64_t last_due_ns;
    uint64_t places;       /* bytes or packets that went in */
    uint64_t in_bytes;     /* the same in bytes */
    uint64_t passed_bytes; /* that came out */
};

void syn_fault_lane_init(struct syn_fault_lane *lane, const struct syn_fault_way *way, bool packets,
                         uint64_t seed);
void syn_fault_lane_free(struct syn_fault_lane *lane);

/* May more go in? Else from syn_fault_lane_next() on, or when something has come out. What may go
 * in at once is bounded by the return, 0 for no. */
size_t syn_fault_lane_room(const struct syn_fault_lane *lane, int64_t now_ns);

/* Bytes, or one packet, of at most SYN_FAULT_PUT_MAX bytes. SYN_ENOMEM. */
int syn_fault_lane_put(struct syn_fault_lane *lane, const void *data, size_t size, int64_t now_ns);

/* What is due next: a packet or a part of one, or bytes. NULL: nothing now. */
const void *syn_fault_lane_due(const struct syn_fault_lane *lane, int64_t now_ns, size_t *size);
/* So much of it has been taken. */
void syn_fault_lane_pass(struct syn_fault_lane *lane, size_t size);

/* When something is due or, after `now_ns`, there is room by the pace again; INT64_MAX: never by
 * itself. */
int64_t syn_fault_lane_next(const struct syn_fault_lane *lane, int64_t now_ns);

#endif
