/* SPDX-License-Identifier: MIT */
/*
 * Which tensors a chunk touches, how long they live, where they may lie, and which of them an
 * element-wise operation or a concatenation wants side by side: those form a unit with one offset.
 */
#include "devices/part/data_items.h"

#include <stddef.h>

#include "devices/part/image.h"
#include "devices/part/overlap.h"

#define NO_UNIT UINT16_MAX

/* ---- what there is ---------------------------------------------------------------------- */

static uint16_t instances_of(uint64_t processors)
{
    uint16_t mask = 0;

    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        if (processors >> 4 * i & 0xf)
            mask = (uint16_t)(mask | 1u << i);
    return mask;
}

static struct syn_data_item *find(struct syn_data *d, unsigned id)
{
    for (unsigned i = 0; i < d->count; i++)
        if (d->items[i].id == id)
            return &d->items[i];
    return NULL;
}

static uint32_t word_bytes(unsigned width)
{
    return 4 * (width / 8);
}

static void set_size(struct syn_data_item *item, struct syn_shape shape, uint32_t stride)
{
    item->stride = stride;
    item->span = ((uint32_t)shape.height * shape.width * stride + 3) & ~3u;
}

static unsigned channels_of(struct syn_data *d, unsigned id)
{
    const struct syn_chunk *c = d->chunk;

    if (c->image) {
        for (unsigned i = 0; i < c->image->in_count; i++)
            if (c->image->in[i].id == id)
                return c->image->in[i].shape.channels;
        return syn_chunk_layer(c, id - 1)->out.channels;
    }
    return id > 0 ? c->layers[id - 1].out.channels : 0;
}

/* The channels of input `n`; those of the model's input are what the other parts leave. */
static unsigned input_channels(struct syn_data *d, const struct syn_layer *l, unsigned n)
{
    unsigned channels = channels_of(d, l->inputs[n]);

    if (channels > 0)
        return channels;
    channels = l->in.channels;
    for (unsigned i = 0; l->eltwise == SYN_ELTWISE_NONE && i < l->input_count; i++)
        channels -= channels_of(d, l->inputs[i]);
    return channels;
}

/* The part of a concatenating reader's processors that holds input `n`; all, where it passes. */
static uint64_t share_of_map(struct syn_data *d, const struct syn_layer *l, unsigned n)
{
    unsigned skip = 0, take = input_channels(d, l, n);
    uint64_t map = l->processors, share = 0;

    if (l->input_count == 1 || l->eltwise != SYN_ELTWISE_NONE || l->in.channels > 64)
        return map;
    for (unsigned i = 0; i < n; i++)
        skip += input_channels(d, l, i);
    for (unsigned rank = 0; map; map &= map - 1, rank++)
        if (rank >= skip && rank < skip + take)
            share |= map & -map;
    return share;
}

/* A tensor that comes in lies as its first reader in the chunk wants it. */
static void size_input(struct syn_data *d, struct syn_data_item *item)
{
    const struct syn_chunk *c = d->chunk;

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);

        for (unsigned n = 0; n < l->input_count; n++) {
            if (l->inputs[n] != item->id)
                continue;
            item->instances = instances_of(share_of_map(d, l, n));
            set_size(item, l->in, l->input_chw ? 1 : 4 * syn_part_expand(input_channels(d, l, n)));
            return;
        }
    }
}

/* A tensor that only passes by on its way to a later chunk. */
static void size_passing(struct syn_data *d, struct syn_data_item *item)
{
    const struct syn_chunk *c = d->chunk;
    struct syn_shape shape = {0};

    if (c->image) {
        for (unsigned i = 0; i < c->image->in_count; i++)
            if (c->image->in[i].id == item->id)
                shape = c->image->in[i].shape;
    } else if (item->id > 0) {
        shape = c->layers[item->id - 1].out;
    } else {
        for (unsigned i = c->last; i < c->layer_count; i++)
            for (unsigned n = 0; n < c->layers[i].input_count; n++)
                if (c->layers[i].inputs[n] == 0)
                    shape = c->layers[i].in;
    }
    item->instances = instances_of(syn_part_default_map(shape.channels));
    set_size(item, shape, 4 * syn_part_expand(shape.channels));
}

static void add_inputs(struct syn_data *d)
{
    const struct syn_chunk *c = d->chunk;
    uint16_t ids[SYN_LIVE_MAX];
    int count = 0;

    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->first, ids);
    for (unsigned i = 0; c->image && i < c->image->in_count; i++)
        ids[count++] = c->image->in[i].id;
    for (int i = 0; i < count; i++) {
        struct syn_data_item *item = &d->items[d->count++];

        *item = (struct syn_data_item){.id = ids[i], .unit = NO_UNIT};
        size_input(d, item);
        if (item->span == 0)
            size_passing(d, item);
    }
    d->made_from = d->count;
}

static void add_made(struct syn_data *d)
{
    const struct syn_chunk *c = d->chunk;

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);
        uint16_t time = (uint16_t)(i - c->first + 1);
        struct syn_data_item *item = &d->items[d->count++];

        *item = (struct syn_data_item){.id = (uint16_t)(i + 1),
                                       .unit = NO_UNIT,
                                       .birth = time,
                                       .death = time,
                                       .instances = instances_of(l->output_processors)};
        set_size(item, l->out, word_bytes(l->output_width) * syn_part_expand(l->out.channels));
    }
}

static void set_deaths(struct syn_data *d)
{
    const struct syn_chunk *c = d->chunk;
    uint16_t ids[SYN_LIVE_MAX];
    int count = 0;

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);

        for (unsigned n = 0; n < l->input_count; n++)
            find(d, l->inputs[n])->death = (uint16_t)(i - c->first + 1);
    }
    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->last, ids);
    for (unsigned i = 0; c->image && i < c->image->out_count; i++)
        ids[count++] = c->image->out[i].id;
    for (int i = 0; i < count; i++)
        find(d, ids[i])->death = FOREVER;
}

/* ---- units ------------------------------------------------------------------------------ */

static bool may_join(struct syn_data *d, const struct syn_layer *l)
{
    for (unsigned n = 0; n < l->input_count; n++) {
        if (find(d, l->inputs[n])->unit != NO_UNIT)
            return false;
        for (unsigned m = 0; m < n; m++)
            if (l->inputs[m] == l->inputs[n])
                return false;
    }
    return true;
}

/* Element-wise: operands alternate, word by word. */
static void join_operands(struct syn_data *d, const struct syn_layer *l)
{
    uint32_t stride = 4 * syn_part_expand(l->in.channels) * l->input_count;

    for (unsigned n = 0; n < l->input_count; n++) {
        struct syn_data_item *item = find(d, l->inputs[n]);

        item->unit = (uint16_t)d->units;
        item->shift = 4 * n;
        set_size(item, l->in, stride);
    }
    d->units++;
}

/* Concatenation: beside each other in different instances, or pass after pass in the same. */
static void join_parts(struct syn_data *d, const struct syn_layer *l)
{
    uint32_t passes = syn_part_expand(l->in.channels), sum = 0;
    uint16_t seen = 0, shared = 0;

    for (unsigned n = 0; n < l->input_count; n++) {
        const struct syn_data_item *item = find(d, l->inputs[n]);

        sum += item->stride / 4;
        shared = (uint16_t)(shared | (seen & item->instances));
        seen = (uint16_t)(seen | item->instances);
    }
    if (passes > 1 ? sum != passes : shared != 0)
        return;
    sum = 0;
    for (unsigned n = 0; n < l->input_count; n++) {
        struct syn_data_item *item = find(d, l->inputs[n]);

        item->unit = (uint16_t)d->units;
        item->shift = passes > 1 ? 4 * sum : 0;
        sum += item->stride / 4;
        if (passes > 1)
            set_size(item, l->in, 4 * passes);
    }
    d->units++;
}

static void join_units(struct syn_data *d)
{
    for (unsigned i = d->chunk->first; i < d->chunk->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(d->chunk, i);

        if (l->input_count == 1 || !may_join(d, l))
            continue;
        if (l->eltwise != SYN_ELTWISE_NONE)
            join_operands(d, l);
        else
            join_parts(d, l);
    }
    for (unsigned i = 0; i < d->count; i++)
        if (d->items[i].unit == NO_UNIT)
            d->items[i].unit = (uint16_t)d->units++;
}

/* The item that layer time `time` makes. */
static struct syn_data_item *made_at(struct syn_data *d, unsigned time)
{
    return &d->items[d->made_from + time - 1];
}

static int32_t distance_to(struct syn_data *d, const struct syn_data_item *item,
                           const struct syn_data_item *out)
{
    unsigned reader = d->chunk->first + item->death - 1u;
    int64_t bytes =
        syn_overlap_distance(syn_chunk_layer(d->chunk, reader), item->stride, out->stride);

    return (int32_t)((bytes + 3) & ~INT64_C(3));
}

static void set_distances(struct syn_data *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        struct syn_data_item *item = &d->items[i], *out;

        if (item->death == FOREVER || item->death == item->birth)
            continue;
        out = made_at(d, item->death);
        if (item->instances & out->instances)
            item->distance = distance_to(d, item, out);
    }
}

void syn_data_collect(struct syn_data *d)
{
    d->count = d->units = 0;
    add_inputs(d);
    add_made(d);
    set_deaths(d);
    join_units(d);
    set_distances(d);
}
