/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/whole.h"

#include <math.h>

#define SCALED_BITS 44 /* of the scale times 2^shift; sums along a path stay below 2^60 */
#define PRICE_MOST  64 /* times the scale: of all that a row has */

/* Prices of time must not exceed what T costs where T has no end. */
static void fit_round(const struct syn_bound *b, struct syn_prices *prices)
{
    const struct syn_relax *r = b->relax;
    int64_t left = r->alpha << prices->shift;
    double sum = 0;
    if (b->most_ns < SYN_RELAX_NEVER)
        return;
    for (unsigned u = 0; u < r->rows; u++)
        sum += (double)r->times[u] * (double)prices->row[u];
    const double shrink = sum > (double)left ? (double)left / sum : 1;
    for (unsigned u = 0; u < r->rows; u++) {
        if (!r->times[u])
            continue;
        prices->row[u] = (int64_t)((double)prices->row[u] * shrink);
        if (r->times[u] * prices->row[u] > left)
            prices->row[u] = left / r->times[u];
        left -= r->times[u] * prices->row[u];
    }
}

void syn_whole_prices(const struct syn_bound *b, const double *price, double round,
                      struct syn_prices *prices)
{
    const struct syn_relax *r = b->relax;
    prices->shift = 0;
    while ((b->scale << prices->shift) < INT64_C(1) << SCALED_BITS)
        prices->shift++;
    for (unsigned u = 0; u < r->rows; u++) {
        const double all =
            r->times[u] ? round * (double)r->times[u] : (double)(r->room[u] > 0 ? r->room[u] : 1);
        const double most = PRICE_MOST * (double)b->scale / all;
        prices->row[u] = (int64_t)ldexp(price[u] < most ? price[u] : most, (int)prices->shift);
    }
    fit_round(b, prices);
}

int64_t syn_whole_constant(const struct syn_bound *b, const struct syn_prices *prices)
{
    const struct syn_relax *r = b->relax;
    int64_t slope = r->alpha << prices->shift, sum = 0;
    for (unsigned u = 0; u < r->rows; u++) {
        slope -= r->times[u] * prices->row[u];
        sum -= r->times[u] ? 0 : r->room[u] * prices->row[u];
    }
    return sum + slope * (slope >= 0 ? r->cap_ns : b->most_ns);
}

int64_t syn_whole_rounded(int64_t total, unsigned shift)
{
    const int64_t unit = INT64_C(1) << shift;
    int64_t whole = total / unit;
    return total % unit > 0 ? whole + 1 : whole;
}
