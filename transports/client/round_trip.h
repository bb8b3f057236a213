/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long to wait for an answer, from the round trips seen so far (RFC 6298, with our bounds).
 *
 * A line takes longer for more bytes, so samples come with the bytes that were on their way, and a
 * time-out is asked for so many. A link that has shown to be quick gets a first time-out well below
 * the usual bound: a loss then costs little, and a needless repetition no more than itself. Later
 * tries wait as long as on any link, so that a device may be busy for as long.
 */
#ifndef SYN_TRANSPORTS_CLIENT_ROUND_TRIP_H
#define SYN_TRANSPORTS_CLIENT_ROUND_TRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct syn_round_trip {
    int64_t smoothed_ns; /* 0 before the first sample */
    int64_t deviation_ns;
    int64_t bytes; /* on their way at a sample, smoothed */
    int64_t first_ns, min_ns, max_ns;
    int64_t quick_ns; /* bound of the first try on a quick link, and of what is added to the mean */
    unsigned samples; /* counted until they suffice to call it that */
    unsigned backoff; /* doublings that last until the next sample */
};

void syn_round_trip_init(struct syn_round_trip *r);
/* The link repeats by itself what it loses, in pauses of its own: no time-out is quick. */
void syn_round_trip_unhurried(struct syn_round_trip *r);
/* A sample of a request that was sent once only: of a repeated one nobody knows which was
 * answered. `bytes` of requests, its own included, were on their way when it was sent. */
void syn_round_trip_take(struct syn_round_trip *r, int64_t ns, size_t bytes);
/* A request was not answered in its try number `tries`: later ones are given more time at once, or
 * a device that has become slow would never give a sample. */
void syn_round_trip_expire(struct syn_round_trip *r, unsigned tries);
/* An answer came twice: the first time-out was too short, and becomes longer. */
void syn_round_trip_early(struct syn_round_trip *r);
/* Time-out of try number `tries` (0 the first): doubles with every try. */
int64_t syn_round_trip_timeout(const struct syn_round_trip *r, unsigned tries, size_t bytes);

#endif
