/* SPDX-License-Identifier: MIT */
#include "devices/part/max7800x.h"

#include <string.h>

#include "devices/base/error.h"
#include "devices/part/columns.h"

#define FULL_MAP UINT64_MAX

/* The layers of all chunks in one row, and what is placed so far. */
struct board {
    const struct syn_part *part;
    const struct syn_layer *layers[SYN_PART_PLACEMENTS_MAX];
    struct syn_place *places;
    unsigned count;
    uint16_t placed[SYN_PART_PLACEMENTS_MAX]; /* indices of layers that have their kernels */
    unsigned placed_count;
    uint64_t all_maps; /* processors that read or write anywhere */
    uint16_t bias_used[SYN_PART_QUADRANTS];
};

/* ---- kernels ---------------------------------------------------------------------------- */

static uint32_t capacity(const struct syn_part *part, uint64_t map)
{
    static const uint64_t first_of_quadrant = UINT64_C(0x0001000100010001);

    return (map & ~first_of_quadrant) != 0 ? part->kernel_words : part->kernel_words_first;
}

/* Where the layers already placed leave the next gap at or after `column`. */
static uint32_t first_gap(const struct board *b, uint64_t map, uint32_t column, uint32_t words)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned i = 0; i < b->placed_count; i++) {
            const struct syn_place *p = &b->places[b->placed[i]];
            uint32_t end = (uint32_t)p->kernel_column + p->kernel_words;

            if (!(b->layers[b->placed[i]]->processors & map) || end <= column ||
                column + words <= p->kernel_column)
                continue;
            column = (end + 3) & ~3u;
            moved = true;
        }
    }
    return column;
}

/* The first column from `column` on, or `limit`, that a placed layer takes on this processor. */
static uint32_t gap_end(const struct board *b, uint64_t map, uint32_t column, uint32_t limit)
{
    for (unsigned i = 0; i < b->placed_count; i++) {
        uint32_t start = b->places[b->placed[i]].kernel_column;

        if ((b->layers[b->placed[i]]->processors & map) && start >= column && start < limit)
            limit = start;
    }
    return limit;
}

static uint32_t largest_gap(const struct board *b, unsigned processor)
{
    uint64_t map = UINT64_C(1) << processor;
    uint32_t limit = capacity(b->part, map), best = 0, column = first_gap(b, map, 0, 1);

    while (column < limit) {
        uint32_t end = gap_end(b, map, column, limit);

        best = end - column > best ? end - column : best;
        column = first_gap(b, map, end, 1);
        if (end == limit)
            break;
    }
    return best;
}

static void explain_kernels(const struct board *b, unsigned index, uint32_t words,
                            struct syn_misfit *misfit)
{
    uint32_t least = UINT32_MAX;

    if (!misfit)
        return;
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++) {
        uint32_t gap;

        if (!(b->layers[index]->processors >> p & 1) || (gap = largest_gap(b, p)) >= least)
            continue;
        least = gap;
        misfit->where = (uint16_t)p;
    }
    misfit->limit = SYN_LIMIT_KERNELS;
    misfit->need = words;
    misfit->have = least;
}

/* Depthwise kernels lie in one block of weight memory: of 1,024 words up to 4,096, of 256 above. */
static uint32_t block_start(const struct syn_layer *l, uint32_t column, uint32_t words)
{
    const uint32_t block = column < 4096 ? 1024 : 256;

    if (l->groups == 1 || column / block == (column + words - 1) / block)
        return column;
    return (column / block + 1) * block;
}

/* The first gap that will do, or one beyond the memory. */
static uint32_t find_column(const struct board *b, const struct syn_layer *l, uint32_t words)
{
    uint32_t column = 0, before;

    do {
        before = column;
        column = block_start(l, first_gap(b, l->processors, column, words), words);
    } while (column != before && column < b->part->kernel_words_first);
    return column;
}

static int place_kernels(struct board *b, unsigned index, struct syn_misfit *misfit)
{
    uint64_t map = b->layers[index]->processors;
    uint32_t words = syn_columns_words(b->layers[index]), column;

    if (words == 0)
        return 0;
    column = find_column(b, b->layers[index], words);
    if (column + words > capacity(b->part, map)) {
        explain_kernels(b, index, words, misfit);
        return SYN_EOOR;
    }
    b->places[index].kernel_column = (uint16_t)column;
    b->places[index].kernel_words = (uint16_t)words;
    b->placed[b->placed_count++] = (uint16_t)index;
    return 0;
}

static int place_all_kernels(struct board *b, unsigned *index, struct syn_misfit *misfit)
{
    for (int full = 1; full >= 0; full--)
        for (*index = 0; *index < b->count; ++*index)
            if ((b->layers[*index]->processors == FULL_MAP) == full &&
                place_kernels(b, *index, misfit) < 0)
                return SYN_EOOR;
    return 0;
}

/* ---- biases ----------------------------------------------------------------------------- */

static bool uses_quadrant(uint64_t map, unsigned quadrant)
{
    return (map >> 16 * quadrant & 0xffff) != 0;
}

static uint16_t bias_size(const struct syn_layer *l)
{
    uint32_t gap = 0;

    if (!l->has_bias)
        return 0;
    if (l->groups > 1)
        return (uint16_t)(16 * syn_part_expand(l->out.channels));
    for (uint64_t map = l->output_processors; map && !(map & 1); map >>= 1)
        gap = (gap + 1) % 4;
    return (uint16_t)(l->out.channels + gap * syn_part_expand(l->out.channels));
}

static int refuse_bias(const struct board *b, uint32_t need, uint32_t have,
                       struct syn_misfit *misfit)
{
    if (!misfit)
        return SYN_EOOR;
    misfit->limit = SYN_LIMIT_BIAS;
    misfit->need = need;
    misfit->have = have;
    memcpy(misfit->used, b->bias_used, sizeof misfit->used);
    return SYN_EOOR;
}

/* Depthwise layers need their biases in every quadrant that works, at the same offset. */
static int place_bias_each(struct board *b, unsigned index, struct syn_misfit *misfit)
{
    struct syn_place *place = &b->places[index];
    uint16_t size = bias_size(b->layers[index]);

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if (uses_quadrant(b->layers[index]->processors, q) && b->bias_used[q] > place->bias_offset)
            place->bias_offset = b->bias_used[q];
    if (place->bias_offset + size > b->part->bias_bytes)
        return refuse_bias(b, size, (uint32_t)b->part->bias_bytes - place->bias_offset, misfit);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if (uses_quadrant(b->layers[index]->processors, q))
            b->bias_used[q] = (uint16_t)(place->bias_offset + size);
    place->bias_group = SYN_BIAS_EACH;
    place->bias_bytes = size;
    return 0;
}

static int place_bias(struct board *b, unsigned index, struct syn_misfit *misfit)
{
    uint16_t size = bias_size(b->layers[index]);
    unsigned best = 0;
    uint32_t left;

    for (unsigned q = 1; q < SYN_PART_QUADRANTS; q++)
        if (uses_quadrant(b->all_maps, q) &&
            (!uses_quadrant(b->all_maps, best) || b->bias_used[q] < b->bias_used[best]))
            best = q;
    left = (uint32_t)b->part->bias_bytes - b->bias_used[best];
    if (size > left)
        return refuse_bias(b, size, left, misfit);
    b->places[index].bias_group = (int8_t)best;
    b->places[index].bias_offset = b->bias_used[best];
    b->places[index].bias_bytes = size;
    b->bias_used[best] = (uint16_t)(b->bias_used[best] + size);
    return 0;
}

/* The rank largest below `below`, or equal to it and behind `after`; count if none. */
static unsigned next_bias(const struct board *b, const uint16_t *ranks, uint32_t below,
                          unsigned after)
{
    unsigned best = b->count;

    for (unsigned i = 0; i < b->count; i++) {
        if (ranks[i] == 0 || ranks[i] > below || (ranks[i] == below && i <= after))
            continue;
        if (best == b->count || ranks[i] > ranks[best])
            best = i;
    }
    return best;
}

/* Descending by size; a MAX78000 wants those of layers that flatten at the begin of a memory. */
static uint16_t bias_rank(const struct board *b, const struct syn_layer *l)
{
    uint16_t size = bias_size(l);

    return l->flatten && size > 0 && !b->part->depthwise ? (uint16_t)(size | 0x8000) : size;
}

static int place_all_biases(struct board *b, unsigned *index, struct syn_misfit *misfit)
{
    uint16_t ranks[SYN_PART_PLACEMENTS_MAX] = {0};
    uint32_t below = UINT32_MAX;
    unsigned after = 0;

    for (*index = 0; *index < b->count; ++*index) {
        const struct syn_layer *l = b->layers[*index];
        bool each = l->has_bias && l->groups > 1;

        ranks[*index] = each ? 0 : bias_rank(b, l);
        if (each && place_bias_each(b, *index, misfit) < 0)
            return SYN_EOOR;
    }
    while ((*index = next_bias(b, ranks, below, after)) < b->count) {
        if (place_bias(b, *index, misfit) < 0)
            return SYN_EOOR;
        below = ranks[*index];
        after = *index;
    }
    return 0;
}

/* ---- all -------------------------------------------------------------------------------- */

static void name_layer(const struct syn_chunk *chunks, unsigned index, struct syn_misfit *misfit)
{
    unsigned chunk = 0;

    while (index >= (unsigned)(chunks[chunk].last - chunks[chunk].first)) {
        index -= (unsigned)(chunks[chunk].last - chunks[chunk].first);
        chunk++;
    }
    misfit->chunk = (uint16_t)chunk;
    misfit->layer = (uint16_t)(chunks[chunk].first + index);
}

static void collect(struct board *b, const struct syn_chunk *chunks, unsigned count)
{
    for (unsigned c = 0; c < count; c++)
        for (unsigned i = chunks[c].first; i < chunks[c].last; i++) {
            const struct syn_layer *l = syn_chunk_layer(&chunks[c], i);

            b->places[b->count] = (struct syn_place){.bias_group = -1};
            b->all_maps |= l->processors | l->output_processors;
            b->layers[b->count++] = l;
        }
}

int syn_max7800x_place_chunks(const struct syn_part *part, const struct syn_chunk *chunks,
                              unsigned count, struct syn_place *places, struct syn_misfit *misfit)
{
    struct board b;
    unsigned index = 0;

    if (misfit)
        memset(misfit, 0, sizeof *misfit);
    b.part = part;
    b.places = places;
    b.count = b.placed_count = 0;
    b.all_maps = 0;
    memset(b.bias_used, 0, sizeof b.bias_used);
    if (syn_part_check_counts(part, chunks, count, misfit) < 0)
        return SYN_EOOR;
    collect(&b, chunks, count);
    if (place_all_kernels(&b, &index, misfit) < 0 || place_all_biases(&b, &index, misfit) < 0) {
        if (misfit)
            name_layer(chunks, index, misfit);
        return SYN_EOOR;
    }
    return 0;
}

static void add_usage(const struct syn_layer *l, const struct syn_place *place,
                      uint16_t used[SYN_PART_PROCESSORS], uint16_t bias[SYN_PART_QUADRANTS])
{
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        if (l->processors >> p & 1)
            used[p] = (uint16_t)(used[p] + place->kernel_words);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if (place->bias_group == (int)q ||
            (place->bias_group == SYN_BIAS_EACH && uses_quadrant(l->processors, q)))
            bias[q] = (uint16_t)(bias[q] + place->bias_bytes);
}

void syn_place_usage(const struct syn_chunk *chunks, unsigned count, const struct syn_place *places,
                     uint16_t used[SYN_PART_PROCESSORS], uint16_t bias[SYN_PART_QUADRANTS])
{
    memset(used, 0, SYN_PART_PROCESSORS * sizeof *used);
    memset(bias, 0, SYN_PART_QUADRANTS * sizeof *bias);
    for (unsigned c = 0; c < count; c++)
        for (unsigned i = chunks[c].first; i < chunks[c].last; i++)
            add_usage(syn_chunk_layer(&chunks[c], i), places++, used, bias);
}
