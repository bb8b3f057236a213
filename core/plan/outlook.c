/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/outlook.h"

#include <stdlib.h>

#define NEVER SYN_STAGE_NEVER_NS

struct syn_outlook {
    struct syn_stage *stage;
    enum syn_outlook_order order;
    unsigned chunks, source, target;
    int64_t limit_ns;
    int64_t act_ns; /* of a round, on the target */
    size_t cells;   /* of one number of chunks */
    /* [left][device][cut] */
    int64_t *peak_after, *peak_on;
    struct syn_rest *after, *on;
};

static const struct syn_rest nothing = {0};
static const struct syn_rest never = {.first = NEVER};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Where any number of chunks may follow, there is one table, and `left` is 0. */
static size_t cell(const struct syn_outlook *o, unsigned left, unsigned cut, unsigned device)
{
    const unsigned layers = o->stage->layers;
    return left * o->cells + (size_t)device * (layers + 1) + cut;
}

static unsigned before_this(const struct syn_outlook *o, unsigned left)
{
    return o->chunks ? left - 1 : 0;
}

struct syn_outlook *syn_outlook_new(struct syn_stage *stage, enum syn_outlook_order order,
                                    unsigned chunks)
{
    struct syn_outlook *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->stage = stage;
    o->order = order;
    o->chunks = chunks;
    o->cells = (size_t)stage->devices * (stage->layers + 1);
    const size_t all = o->cells * (chunks + 1);
    o->peak_after = malloc(2 * all * sizeof *o->peak_after);
    o->after = malloc(2 * all * sizeof *o->after);
    if (!o->peak_after || !o->after) {
        syn_outlook_free(o);
        return NULL;
    }
    o->peak_on = o->peak_after + all;
    o->on = o->after + all;
    return o;
}

void syn_outlook_free(struct syn_outlook *o)
{
    if (!o)
        return;
    free(o->peak_after);
    free(o->after);
    free(o);
}

int64_t syn_outlook_peak_after(const struct syn_outlook *o, unsigned left, unsigned cut,
                               unsigned device)
{
    return o->peak_after[cell(o, left, cut, device)];
}

int64_t syn_outlook_peak_on(const struct syn_outlook *o, unsigned left, unsigned cut,
                            unsigned device)
{
    return o->peak_on[cell(o, left, cut, device)];
}

const struct syn_rest *syn_outlook_after(const struct syn_outlook *o, unsigned left, unsigned cut,
                                         unsigned device)
{
    return &o->after[cell(o, left, cut, device)];
}

const struct syn_rest *syn_outlook_on(const struct syn_outlook *o, unsigned left, unsigned cut,
                                      unsigned device)
{
    return &o->on[cell(o, left, cut, device)];
}

/* ---- loads --------------------------------------------------------------------------------- */

int64_t syn_outlook_hop_peak(const struct syn_stage *s, const struct syn_hop *h)
{
    int64_t peak = larger((int64_t)s->radio.node_ns[h->from] + s->weight * h->from_ns,
                          (int64_t)s->radio.node_ns[h->to] + s->weight * h->to_ns);
    if (h->hub)
        peak = larger(peak, (int64_t)s->radio.node_ns[SYN_DEVICE_HUB] +
                                s->weight * (h->from_ns + h->to_ns));
    return h->from == h->to ? 0 : peak;
}

/* What a chunk keeps busy on its device: accelerator, CPU, and the radio with what it is fed and
 * what it sends; on the target with the result as well. */
static int64_t chunk_peak(const struct syn_outlook *o, unsigned device, unsigned first,
                          unsigned last)
{
    const struct syn_stage *s = o->stage;
    const struct syn_entry *e = syn_stage_entry(s, device, first, last);
    const bool ends = last == s->layers, home = device == o->target;
    int64_t radio = first ? syn_stage_least_ns(s, device, first) : 0;
    radio += ends ? 0 : syn_stage_least_ns(s, device, last);
    radio += ends == home ? 0 : syn_stage_least_ns(s, device, s->layers);
    radio += first && device == o->source ? syn_stage_least_ns(s, device, 0) : 0;
    const int64_t *busy = s->busy_ns[device];
    const int64_t cpu =
        busy[SYN_UNIT_CPU] + syn_stage_cpu_ns(s, device, first, last) + (home ? o->act_ns : 0);
    return larger(larger(busy[SYN_UNIT_ACCEL] + e->accel_ns, cpu),
                  busy[SYN_UNIT_RADIO] + s->weight * radio);
}

bool syn_outlook_chunk_kept(const struct syn_outlook *o, unsigned device, unsigned first,
                            unsigned last)
{
    return chunk_peak(o, device, first, last) <= o->limit_ns;
}

/* ---- peaks --------------------------------------------------------------------------------- */

static int64_t peak_of_ends(const struct syn_outlook *o, unsigned left, unsigned device,
                            unsigned first)
{
    const struct syn_stage *s = o->stage;
    const unsigned reach = s->device[device].reach[first];
    const int64_t *then = &o->peak_after[cell(o, before_this(o, left), 0, device)];
    int64_t best = NEVER;
    for (unsigned last = first + 1; last <= reach; last++)
        if (then[last] < best && syn_stage_entry(s, device, first, last)->own_ns < NEVER) {
            const int64_t ns = larger(then[last], chunk_peak(o, device, first, last));
            best = ns < best ? ns : best;
        }
    return best;
}

static int64_t peak_of_hops(const struct syn_outlook *o, unsigned left, unsigned device,
                            unsigned cut)
{
    const struct syn_stage *s = o->stage;
    int64_t best = NEVER;
    for (unsigned d = 0; d < s->devices; d++) {
        const int64_t then = o->peak_on[cell(o, left, cut, d)];
        if (d == device || then >= best)
            continue;
        const struct syn_hop h = syn_stage_hop(s, device, d, cut);
        const int64_t ns = larger(then, syn_outlook_hop_peak(s, &h));
        best = ns < best ? ns : best;
    }
    return best;
}

static void peaks(struct syn_outlook *o, unsigned left)
{
    struct syn_stage *s = o->stage;
    for (unsigned cut = s->layers + 1; cut-- > 0;) {
        for (unsigned d = 0; d < s->devices; d++) {
            const bool more = cut < s->layers && s->hosts >> d & 1 && (left || !o->chunks);
            const unsigned like = s->like[d];
            o->peak_on[cell(o, left, cut, d)] = like < d ? o->peak_on[cell(o, left, cut, like)]
                                                : more   ? peak_of_ends(o, left, d, cut)
                                                         : NEVER;
        }
        for (unsigned d = 0; d < s->devices && cut > 0; d++) {
            int64_t ns = NEVER;
            if (s->like[d] < d)
                ns = o->peak_after[cell(o, left, cut, s->like[d])];
            else if (cut < s->layers) {
                ns = peak_of_hops(o, left, d, cut);
            } else if (left == 0) {
                const struct syn_hop h = syn_stage_hop(s, d, o->target, cut);
                ns = syn_outlook_hop_peak(s, &h);
            }
            o->peak_after[cell(o, left, cut, d)] = ns;
        }
    }
}

void syn_outlook_aim(struct syn_outlook *o, unsigned source, unsigned target)
{
    o->source = source;
    o->target = target;
    o->act_ns = o->stage->weight * (int64_t)syn_timing_act(o->stage->device[target].timing);
    for (unsigned left = 0; left <= o->chunks; left++)
        peaks(o, left);
}

/* ---- sums ---------------------------------------------------------------------------------- */

/* < 0: a comes before b. */
static int compare_behind(const struct syn_rest *a, const struct syn_rest *b)
{
    if (a->second != b->second)
        return a->second < b->second ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    if (a->away != b->away)
        return a->away < b->away ? -1 : 1;
    return (a->chunks > b->chunks) - (a->chunks < b->chunks);
}

static bool comes_before(const struct syn_rest *a, const struct syn_rest *b)
{
    return a->first != b->first ? a->first < b->first : compare_behind(a, b) < 0;
}

static int64_t chunk_first(const struct syn_outlook *o, unsigned device, unsigned first,
                           unsigned last, const struct syn_entry *e)
{
    if (o->order == SYN_OUTLOOK_LATENCY)
        return e->own_ns + e->others_ns;
    if (o->order == SYN_OUTLOOK_ENERGY)
        return syn_stage_energy_fj(o->stage, device, first, last, e);
    return e->own_ns;
}

static struct syn_rest with_chunk(const struct syn_outlook *o, unsigned device, unsigned first,
                                  unsigned last, const struct syn_entry *e,
                                  const struct syn_rest *then)
{
    struct syn_rest r = *then;
    r.first += chunk_first(o, device, first, last, e);
    r.second += o->order == SYN_OUTLOOK_ENERGY
                    ? e->own_ns + e->others_ns
                    : syn_stage_energy_fj(o->stage, device, first, last, e);
    r.away += o->source != SYN_OUTLOOK_ANY && device != o->source;
    r.chunks++;
    return r;
}

static struct syn_rest rest_of_ends(const struct syn_outlook *o, unsigned left, unsigned device,
                                    unsigned first)
{
    const struct syn_stage *s = o->stage;
    const unsigned reach = s->device[device].reach[first];
    const struct syn_rest *then = &o->after[cell(o, before_this(o, left), 0, device)];
    struct syn_rest best = never;
    for (unsigned last = first + 1; last <= reach; last++) {
        const struct syn_entry *e = syn_stage_entry(s, device, first, last);
        if (e->own_ns >= NEVER || then[last].first >= NEVER ||
            then[last].first + chunk_first(o, device, first, last, e) > best.first ||
            chunk_peak(o, device, first, last) > o->limit_ns)
            continue;
        const struct syn_rest r = with_chunk(o, device, first, last, e, &then[last]);
        if (comes_before(&r, &best))
            best = r;
    }
    return best;
}

static struct syn_rest with_hop(const struct syn_outlook *o, const struct syn_hop *h, unsigned cut,
                                const struct syn_rest *then)
{
    const struct syn_stage *s = o->stage;
    const int64_t ns = syn_hop_latency_ns(h), fj = syn_stage_hop_energy_fj(s, h);
    const bool counts = o->order != SYN_OUTLOOK_MODEL || cut < s->layers;
    struct syn_rest r = *then;
    r.first += o->order == SYN_OUTLOOK_ENERGY ? fj : counts ? ns : 0;
    r.second += o->order == SYN_OUTLOOK_ENERGY ? ns : fj;
    r.bytes += (int64_t)syn_stage_hop_bytes(s, h, cut);
    return r;
}

static struct syn_rest rest_of_hops(const struct syn_outlook *o, unsigned left, unsigned device,
                                    unsigned cut)
{
    const struct syn_stage *s = o->stage;
    struct syn_rest best = never;
    for (unsigned d = 0; d < s->devices; d++) {
        const struct syn_rest *then = &o->on[cell(o, left, cut, d)];
        if (d == device || then->first >= NEVER || then->first > best.first)
            continue;
        const struct syn_hop h = syn_stage_hop(s, device, d, cut);
        const struct syn_rest r = with_hop(o, &h, cut, then);
        if (comes_before(&r, &best) && syn_outlook_hop_peak(s, &h) <= o->limit_ns)
            best = r;
    }
    return best;
}

static struct syn_rest rest_of_result(const struct syn_outlook *o, unsigned device)
{
    const struct syn_hop h = syn_stage_hop(o->stage, device, o->target, o->stage->layers);
    if (syn_outlook_hop_peak(o->stage, &h) > o->limit_ns)
        return never;
    return with_hop(o, &h, o->stage->layers, &nothing);
}

static void rests(struct syn_outlook *o, unsigned left)
{
    struct syn_stage *s = o->stage;
    for (unsigned cut = s->layers + 1; cut-- > 0;) {
        for (unsigned d = 0; d < s->devices; d++) {
            const bool more = cut < s->layers && s->hosts >> d & 1 && (left || !o->chunks);
            const unsigned like = s->like[d];
            o->on[cell(o, left, cut, d)] = like < d ? o->on[cell(o, left, cut, like)]
                                           : more   ? rest_of_ends(o, left, d, cut)
                                                    : never;
        }
        for (unsigned d = 0; d < s->devices && cut > 0; d++) {
            struct syn_rest *r = &o->after[cell(o, left, cut, d)];
            if (s->like[d] < d)
                *r = o->after[cell(o, left, cut, s->like[d])];
            else if (cut < s->layers)
                *r = rest_of_hops(o, left, d, cut);
            else
                *r = left == 0 ? rest_of_result(o, d) : never;
        }
    }
}

void syn_outlook_price(struct syn_outlook *o, uint64_t round_ns)
{
    o->limit_ns = round_ns < (uint64_t)NEVER ? (int64_t)round_ns : NEVER;
    for (unsigned left = 0; left <= o->chunks; left++)
        rests(o, left);
}

void syn_outlook_renew(struct syn_outlook *o)
{
    syn_outlook_aim(o, o->source, o->target);
    syn_outlook_price(o, (uint64_t)o->limit_ns);
}
