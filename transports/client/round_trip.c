/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/round_trip.h"

#define MS 1000000LL

void syn_round_trip_init(struct syn_round_trip *r)
{
    *r = (struct syn_round_trip){.first_ns = 1000 * MS, .min_ns = 200 * MS, .max_ns = 4000 * MS};
}

void syn_round_trip_take(struct syn_round_trip *r, int64_t ns)
{
    r->backoff = 0;
    int64_t off = ns > r->smoothed_ns ? ns - r->smoothed_ns : r->smoothed_ns - ns;
    if (r->smoothed_ns == 0) {
        r->smoothed_ns = ns > 0 ? ns : 1;
        r->deviation_ns = ns / 2;
    } else {
        r->deviation_ns += (off - r->deviation_ns) / 4;
        r->smoothed_ns += (ns - r->smoothed_ns) / 8;
    }
}

void syn_round_trip_expire(struct syn_round_trip *r, unsigned tries)
{
    if (r->backoff < tries + 1)
        r->backoff = tries + 1;
}

int64_t syn_round_trip_timeout(const struct syn_round_trip *r, unsigned tries)
{
    int64_t t = r->smoothed_ns > 0 ? r->smoothed_ns + 4 * r->deviation_ns : r->first_ns;
    t = t < r->min_ns ? r->min_ns : t;
    tries = tries > r->backoff ? tries : r->backoff;
    for (; tries > 0 && t < r->max_ns; tries--)
        t *= 2;
    return t < r->max_ns ? t : r->max_ns;
}
