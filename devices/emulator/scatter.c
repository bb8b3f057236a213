/* SPDX-License-Identifier: MIT */
/* Outputs to data memory. A layer writes whole words: what it has no output for is lost. */
#include "devices/emulator/internal.h"

#include <string.h>

#include "devices/base/bytes.h"

static bool is_hollow(const struct syn_emulator *e, const struct plan *p, uint32_t channel,
                      uint32_t pixel)
{
    return (p->hollow && p->hollow[channel]) || (e->run.tainted && taint_at(e, p, channel, pixel));
}

/* Elements of a channel: the first, and how far apart. */
struct elements {
    size_t first, apart;
};

static struct elements elements_of(const struct syn_emulator *e, const struct plan *p,
                                   uint32_t channel)
{
    size_t pixels = (size_t)p->layer.out.height * p->layer.out.width;

    if (e->kernels->channels_last)
        return (struct elements){channel, p->layer.out.channels};
    return (struct elements){channel * pixels, 1};
}

/* Up to four channels that share a word, lane `lanes[i]` for channel + i. */
struct group {
    uint32_t channel, count;
    uint8_t lanes[4];
    size_t word;
};

static void put_group(struct syn_emulator *e, const struct plan *p, const struct group *g)
{
    uint32_t pixels = (uint32_t)p->layer.out.height * p->layer.out.width;
    size_t word = g->word;

    for (uint32_t i = 0; i < pixels; i++, word += p->write.pixel) {
        uint8_t bytes[4] = {0}, state = 0;

        for (uint32_t c = 0; c < g->count; c++) {
            struct elements from = elements_of(e, p, g->channel + c);

            bytes[g->lanes[c]] = ((const uint8_t *)e->output.bytes)[from.first + i * from.apart];
            state |= (uint8_t)(1u << (g->lanes[c] + (is_hollow(e, p, g->channel + c, i) ? 4 : 0)));
        }
        memcpy(e->data + 4 * word, bytes, 4);
        e->data_state[word] = state;
    }
}

/* The same where all four follow each other and all have a value. */
static void put_words(struct syn_emulator *e, const struct plan *p, const struct group *g)
{
    uint32_t pixels = (uint32_t)p->layer.out.height * p->layer.out.width;
    const uint8_t *from = (const uint8_t *)e->output.bytes + g->channel;
    size_t word = g->word;

    for (uint32_t i = 0; i < pixels; i++, from += p->layer.out.channels, word += p->write.pixel) {
        memcpy(e->data + 4 * word, from, 4);
        e->data_state[word] = DEFINED_ALL;
    }
}

static void put_wide(struct syn_emulator *e, const struct plan *p, size_t word, uint32_t channel)
{
    uint32_t pixels = (uint32_t)p->layer.out.height * p->layer.out.width;
    struct elements from = elements_of(e, p, channel);
    const int32_t *values = (const int32_t *)e->output.bytes + from.first;

    for (uint32_t i = 0; i < pixels; i++, word += p->write.pixel) {
        syn_put_le32(e->data + 4 * word, (uint32_t)values[i * from.apart]);
        e->data_state[word] = is_hollow(e, p, channel, i) ? TAINTED_ALL : DEFINED_ALL;
    }
}

static size_t word_of(const struct syn_emulator *e, struct place at)
{
    return (size_t)at.instance * e->data_words + at.word;
}

static struct group group_at(const struct syn_emulator *e, const struct plan *p, uint32_t channel)
{
    const struct plan_write *w = &p->write;
    struct place at = write_place(p, channel / w->lanes, channel % w->lanes);
    struct group g = {.channel = channel, .word = word_of(e, at)};

    do {
        g.lanes[g.count++] = (uint8_t)at.byte;
        if (++channel == p->layer.out.channels || g.count == 4)
            break;
        at = write_place(p, channel / w->lanes, channel % w->lanes);
    } while (word_of(e, at) == g.word);
    return g;
}

void scatter(struct syn_emulator *e, const struct plan *plan)
{
    const struct plan_write *w = &plan->write;
    bool doubtful = plan->hollow || e->run.tainted || !e->kernels->channels_last;

    for (uint32_t c = 0; c < plan->layer.out.channels;) {
        struct place at = write_place(plan, c / w->lanes, c % w->lanes);
        struct group g;

        if (w->wide) {
            put_wide(e, plan, word_of(e, at), c++);
            continue;
        }
        g = group_at(e, plan, c);
        if (g.count == 4 && !doubtful)
            put_words(e, plan, &g);
        else
            put_group(e, plan, &g);
        c += g.count;
    }
}
