/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/ways.h"

#include "devices/base/bits.h"

#include <stdlib.h>

#define STEPS_MAX         4000000 /* chunks that are tried: under a second */
#define STEPS_MAX_COUNTED 500000  /* sets that differ in what is used up are many then */

enum answer { UNKNOWN, YES, NO };

struct syn_ways {
    struct syn_stage *stage;
    const struct syn_outlook *outlook;
    unsigned chunks, strangers;
    uint32_t own;
    uint64_t steps, steps_max;
    uint32_t useful[SYN_MODEL_LAYERS_MAX + 1]; /* by cut: devices that fit anything behind it */
    uint8_t answers[];                         /* [free][cut]: enum answer */
};

static void find_useful(struct syn_ways *w)
{
    const struct syn_stage *s = w->stage;
    w->useful[s->layers] = 0;
    for (unsigned first = s->layers; first-- > 0;) {
        w->useful[first] = w->useful[first + 1];
        for (unsigned d = 0; d < s->devices; d++)
            for (unsigned last = first + 1; s->hosts >> d & 1 && last <= s->layers; last++)
                if (syn_stage_entry(s, d, first, last)->state != SYN_ENTRY_NEVER)
                    w->useful[first] |= 1u << d;
    }
}

struct syn_ways *syn_ways_new(struct syn_stage *stage, const struct syn_outlook *outlook,
                              unsigned chunks, unsigned strangers, uint32_t own)
{
    const size_t answers = ((size_t)1 << stage->devices) * (stage->layers + 1);
    struct syn_ways *w = calloc(1, sizeof *w + answers);
    if (!w)
        return NULL;
    w->stage = stage;
    w->outlook = outlook;
    w->chunks = chunks;
    w->strangers = strangers;
    w->own = own;
    w->steps_max = chunks ? STEPS_MAX_COUNTED : STEPS_MAX;
    find_useful(w);
    return w;
}

void syn_ways_free(struct syn_ways *ways)
{
    free(ways);
}

/* Chunks that must still follow where their number is given; what is not free holds one. */
static int left(const struct syn_ways *w, uint32_t free)
{
    return (int)w->chunks - (int)syn_bits_count(w->stage->hosts & ~free);
}

static bool try_chunk(struct syn_ways *w, uint32_t free, unsigned first, unsigned device,
                      unsigned last)
{
    struct syn_stage *s = w->stage;
    const unsigned then = w->chunks ? (unsigned)left(w, free) - 1 : 0;
    w->steps++;
    if (syn_stage_entry(s, device, first, last)->state == SYN_ENTRY_NEVER ||
        syn_outlook_after(w->outlook, then, last, device)->first >= SYN_STAGE_NEVER_NS ||
        !syn_outlook_chunk_kept(w->outlook, device, first, last) ||
        !syn_ways_any(w, free & ~(1u << device), last))
        return false;
    syn_stage_settle(s, device, first, last);
    return syn_stage_entry(s, device, first, last)->state == SYN_ENTRY_EXACT &&
           syn_outlook_chunk_kept(w->outlook, device, first, last);
}

static bool look(struct syn_ways *w, uint32_t free, unsigned cut)
{
    const struct syn_stage *s = w->stage;
    const bool own_only = syn_bits_count(s->hosts & ~free & ~w->own) >= w->strangers;
    if (w->chunks && left(w, free) <= 0)
        return false;
    for (unsigned d = 0; d < s->devices; d++) {
        if (!(free >> d & 1) || (own_only && !(w->own >> d & 1)))
            continue;
        for (unsigned last = s->device[d].reach[cut]; last > cut; last--)
            if (try_chunk(w, free, cut, d, last))
                return true;
    }
    return false;
}

bool syn_ways_any(struct syn_ways *w, uint32_t free, unsigned cut)
{
    const struct syn_stage *s = w->stage;
    const bool counted = w->chunks || w->strangers < s->devices;
    if (cut == s->layers)
        return !w->chunks || left(w, free) == 0;
    if (w->steps > w->steps_max)
        return true;
    /* What can hold nothing more is the same used or not. */
    const uint32_t key = counted ? free : free & w->useful[cut];
    uint8_t *answer = &w->answers[(size_t)key * (s->layers + 1) + cut];
    if (*answer == UNKNOWN) {
        const bool any = look(w, key, cut);
        if (w->steps > w->steps_max)
            return true;
        *answer = any ? YES : NO;
    }
    return *answer == YES;
}
