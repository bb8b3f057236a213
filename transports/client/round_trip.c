/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/round_trip.h"

#define MS 1000000LL

/* What more bytes than were measured may take at most: a line of 115,200 baud. */
#define BYTE_NS 100000LL

enum { SAMPLES_ENOUGH = 8 };

void syn_round_trip_init(struct syn_round_trip *r)
{
    *r = (struct syn_round_trip){
        .first_ns = 1000 * MS, .min_ns = 200 * MS, .max_ns = 4000 * MS, .quick_ns = 20 * MS};
}

void syn_round_trip_unhurried(struct syn_round_trip *r)
{
    r->quick_ns = r->min_ns;
}

void syn_round_trip_take(struct syn_round_trip *r, int64_t ns, size_t bytes)
{
    r->backoff = 0;
    r->samples += r->samples < SAMPLES_ENOUGH;
    int64_t off = ns > r->smoothed_ns ? ns - r->smoothed_ns : r->smoothed_ns - ns;
    if (r->smoothed_ns == 0) {
        r->smoothed_ns = ns > 0 ? ns : 1;
        r->deviation_ns = ns / 2;
        r->bytes = (int64_t)bytes;
    } else {
        r->deviation_ns += (off - r->deviation_ns) / 4;
        r->smoothed_ns += (ns - r->smoothed_ns) / 8;
        r->bytes += ((int64_t)bytes - r->bytes) / 8;
    }
}

void syn_round_trip_expire(struct syn_round_trip *r, unsigned tries)
{
    if (r->backoff < tries + 1)
        r->backoff = tries + 1;
}

void syn_round_trip_early(struct syn_round_trip *r)
{
    int64_t twice = 2 * r->quick_ns;
    r->quick_ns = twice < r->min_ns ? twice : r->min_ns;
}

/* More bytes take longer in proportion, unless the line would have to be slower than any. */
static int64_t expected(const struct syn_round_trip *r, size_t bytes)
{
    int64_t spread = 4 * r->deviation_ns;
    int64_t t = r->smoothed_ns + (spread > r->quick_ns ? spread : r->quick_ns);
    int64_t more = (int64_t)bytes - r->bytes;
    if (r->smoothed_ns == 0)
        return r->first_ns;
    if (more <= 0 || r->bytes <= 0)
        return t;
    int64_t share = t / r->bytes < BYTE_NS ? t * more / r->bytes : BYTE_NS * more;
    return t + (share < BYTE_NS * more ? share : BYTE_NS * more);
}

int64_t syn_round_trip_timeout(const struct syn_round_trip *r, unsigned tries, size_t bytes)
{
    tries = tries > r->backoff ? tries : r->backoff;
    bool quick = tries == 0 && r->samples == SAMPLES_ENOUGH;
    int64_t bound = quick ? r->quick_ns : r->min_ns;
    int64_t t = expected(r, bytes);
    t = t < bound ? bound : t;
    for (; tries > 0 && t < r->max_ns; tries--)
        t *= 2;
    return t < r->max_ns ? t : r->max_ns;
}
