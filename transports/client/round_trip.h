/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long to wait for an answer, from the round trips seen so far (RFC 6298, with our bounds). */
#ifndef SYN_TRANSPORTS_CLIENT_ROUND_TRIP_H
#define SYN_TRANSPORTS_CLIENT_ROUND_TRIP_H

#include <stdint.h>

struct syn_round_trip {
    int64_t smoothed_ns; /* 0 before the first sample */
    int64_t deviation_ns;
    int64_t first_ns, min_ns, max_ns;
    unsigned backoff; /* doublings that last until the next sample */
};

void syn_round_trip_init(struct syn_round_trip *r);
/* A sample of a request that was sent once only: of a repeated one nobody knows which was
 * answered. */
void syn_round_trip_take(struct syn_round_trip *r, int64_t ns);
/* A request was not answered in its try number `tries`: later ones are given more time at once, or
 * a device that has become slow would never give a sample. */
void syn_round_trip_expire(struct syn_round_trip *r, unsigned tries);
/* Time-out of try number `tries` (0 the first): doubles with every try. */
int64_t syn_round_trip_timeout(const struct syn_round_trip *r, unsigned tries);

#endif
