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
    size_t cell;
};

/* Cells from a pixel to the next. */
static size_t pixel_cells(const struct plan *p)
{
    return (size_t)p->write.pixel * INSTANCES;
}

static void put_group(struct syn_emulator *e, const struct plan *p, const struct group *g)
{
    uint32_t pixels = (uint32_t)p->layer.out.height * p->layer.out.width;
    size_t cell = g->cell;

    for (uint32_t i = 0; i < pixels; i++, cell += pixel_cells(p)) {
        uint8_t bytes[4] = {0}, state = 0;

        for (uint32_t c = 0; c < g->count; c++) {
            struct elements from = elements_of(e, p, g->channel + c);

            bytes[g->lanes[c]] = ((const uint8_t *)e->output.bytes)[from.first + i * from.apart];
            state |= (uint8_t)(1u << (g->lanes[c] + (is_hollow(e, p, g->channel + c, i) ? 4 : 0)));
        }
        memcpy(e->data + 4 * cell, bytes, 4);
        e->data_state[cell] = state;
    }
}

/* `count` words of a pixel side by side, of channels that follow each other and have values. The
 * sizes that are frequent are left to the compiler. */
static void put_words(struct syn_emulator *e, const struct plan *p, const struct group *g,
                      unsigned count)
{
    uint32_t pixels = (uint32_t)p->layer.out.height * p->layer.out.width;
    const uint8_t *from = (const uint8_t *)e->output.bytes + g->channel;
    size_t apart = p->layer.out.channels, step = pixel_cells(p);
    uint8_t *to = e->data + 4 * g->cell, *state = e->data_state + g->cell;

#define PUT(n)                                                                                     \
    for (uint32_t i = 0; i < pixels; i++) {                                                        \
        memcpy(to + 4 * i * step, from + i * apart, 4 * (n));                                      \
        memset(state + i * step, DEFINED_ALL, n);                                                  \
    }                                                                                              \
    break
    switch (count) {
    case 1:
        PUT(1);
    case 4:
        PUT(4);
    case 8:
        PUT(8);
    case 16:
        PUT(16);
    default:
        PUT(count);
    }
#undef PUT
}

static void put_wide(struct syn_emulator *e, const struct plan *p, size_t cell, uint32_t channel)
{
    uint32_t pixels = (uint32_t)p->layer.out.height * p->layer.out.width;
    struct elements from = elements_of(e, p, channel);
    const int32_t *values = (const int32_t *)e->output.bytes + from.first;

    for (uint32_t i = 0; i < pixels; i++, cell += pixel_cells(p)) {
        syn_put_le32(e->data + 4 * cell, (uint32_t)values[i * from.apart]);
        e->data_state[cell] = is_hollow(e, p, channel, i) ? TAINTED_ALL : DEFINED_ALL;
    }
}

static size_t cell_of(struct place at)
{
    return data_cell(at.instance, at.word);
}

static struct group group_at(const struct plan *p, uint32_t channel)
{
    const struct plan_write *w = &p->write;
    struct place at = write_place(p, channel / w->lanes, channel % w->lanes);
    struct group g = {.channel = channel, .cell = cell_of(at)};

    do {
        g.lanes[g.count++] = (uint8_t)at.byte;
        if (++channel == p->layer.out.channels || g.count == 4)
            break;
        at = write_place(p, channel / w->lanes, channel % w->lanes);
    } while (cell_of(at) == g.cell);
    return g;
}

/* Words from this on that lie side by side, and the channels in them. */
static unsigned words_at(const struct plan *p, const struct group *g)
{
    unsigned count = 1;

    while (g->channel + 4 * count < p->layer.out.channels) {
        struct group next = group_at(p, g->channel + 4 * count);

        if (next.count < 4 || next.cell != g->cell + count)
            break;
        count++;
    }
    return count;
}

void scatter(struct syn_emulator *e, const struct plan *plan)
{
    const struct plan_write *w = &plan->write;
    bool doubtful = plan->hollow || e->run.tainted || !e->kernels->channels_last;

    for (uint32_t c = 0; c < plan->layer.out.channels;) {
        struct place at = write_place(plan, c / w->lanes, c % w->lanes);
        struct group g;
        unsigned words;

        if (w->wide) {
            put_wide(e, plan, cell_of(at), c++);
            continue;
        }
        g = group_at(plan, c);
        words = g.count == 4 && !doubtful ? words_at(plan, &g) : 0;
        if (words)
            put_words(e, plan, &g, words);
        else
            put_group(e, plan, &g);
        c += words ? 4 * words : g.count;
    }
}
