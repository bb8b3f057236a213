/* SPDX-License-Identifier: MIT */
/*
 * Which tensors a chunk touches, how long they live, where they may lie, and which of them an
 * element-wise operation or a concatenation wants side by side: those form a unit with one offset.
 */
#include "devices/part/data_items.h"

#include <stddef.h>

#include "devices/part/columns.h"
#include "devices/part/image.h"
#include "devices/part/overlap.h"
#include "devices/part/padding.h"

#define NO_UNIT UINT16_MAX

/* ---- what there is ---------------------------------------------------------------------- */

/* See columns.h: a dilated conv1d with a kernel too long to be stretched. */
static bool is_over_rows(const struct syn_layer *l)
{
    struct syn_hw_conv hw;

    if (l->op != SYN_OP_CONV1D)
        return false;
    syn_columns_hw(l, &hw);
    return hw.kernel_w > 1;
}

static uint16_t instances_of(uint64_t processors)
{
    uint16_t mask = 0;

    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        if (processors >> 4 * i & 0xf)
            mask = (uint16_t)(mask | 1u << i);
    return mask;
}

struct syn_data_item *syn_data_of(struct syn_data *d, unsigned id)
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
    item->stride = (uint16_t)stride;
    item->span = ((uint32_t)shape.height * shape.width * stride + 3) & ~3u;
}

/* A conv1d over rows writes all of them: a row before the output and some behind it. */
static void make_room_around(struct syn_data_item *item, const struct syn_layer *l)
{
    struct syn_hw_conv hw;

    syn_columns_hw(l, &hw);
    if (!is_over_rows(l))
        return;
    item->has_room = item->has_waste = true;
    item->shift = l->kernel_h > 2 ? hw.in_w * item->stride : 0;
    item->span = item->shift + (uint32_t)hw.in_h * hw.in_w * item->stride;
}

static unsigned channels_of(const struct syn_data *d, unsigned id)
{
    const struct syn_chunk *c = d->chunk;

    if (c->image) {
        for (unsigned i = 0; i < c->image->in_count; i++)
            if (syn_image_in(c->image, i).id == id)
                return syn_image_in(c->image, i).shape.channels;
        return syn_chunk_layer(c, id - 1)->out.channels;
    }
    return id > 0 ? c->layers[id - 1].out.channels : 0;
}

/* The channels of input `n`; those of the model's input are what the other parts leave. */
unsigned syn_data_channels(const struct syn_data *d, const struct syn_layer *l, unsigned n)
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
uint64_t syn_data_share(const struct syn_data *d, const struct syn_layer *l, unsigned n)
{
    unsigned skip = 0, take = syn_data_channels(d, l, n);
    uint64_t map = l->processors, share = 0;

    if (l->input_count == 1 || l->eltwise != SYN_ELTWISE_NONE || l->in.channels > 64)
        return map;
    for (unsigned i = 0; i < n; i++)
        skip += syn_data_channels(d, l, i);
    for (unsigned rank = 0; map; map &= map - 1, rank++)
        if (rank >= skip && rank < skip + take)
            share |= map & -map;
    return share;
}

/* The first layer of the chunk that reads the tensor, and as which input; NULL where none does. */
static const struct syn_layer *first_reader(const struct syn_data *d, unsigned id, unsigned *n)
{
    const struct syn_chunk *c = d->chunk;

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);

        for (*n = 0; *n < l->input_count; ++*n)
            if (l->inputs[*n] == id)
                return l;
    }
    return NULL;
}

uint64_t syn_data_processors(const struct syn_data *d, const struct syn_data_item *item)
{
    const struct syn_layer *l;
    unsigned n;

    if (item->id > d->chunk->first)
        return syn_chunk_layer(d->chunk, item->id - 1u)->output_processors;
    l = first_reader(d, item->id, &n);
    if (l)
        return syn_data_share(d, l, n);
    return syn_part_default_map(syn_data_shape(d, item->id).channels);
}

/* A tensor that comes in lies as its first reader in the chunk wants it. */
static void size_input(struct syn_data *d, struct syn_data_item *item)
{
    unsigned n;
    const struct syn_layer *l = first_reader(d, item->id, &n);

    item->instances = instances_of(syn_data_processors(d, item));
    if (!l) {
        struct syn_shape shape = syn_data_shape(d, item->id);

        set_size(item, shape, 4 * syn_part_expand(shape.channels));
        return;
    }
    item->chw = l->input_chw;
    set_size(item, l->in, l->input_chw ? 1 : 4 * syn_part_expand(syn_data_channels(d, l, n)));
}

/* Of the model's input, as its first reader has it. */
static struct syn_shape shape_of_input(const struct syn_data *d)
{
    const struct syn_chunk *c = d->chunk;

    for (unsigned i = c->first; i < c->layer_count; i++)
        for (unsigned n = 0; n < c->layers[i].input_count; n++) {
            struct syn_shape shape = c->layers[i].in;

            if (c->layers[i].inputs[n] != 0)
                continue;
            shape.channels = (uint16_t)syn_data_channels(d, &c->layers[i], n);
            return shape;
        }
    return (struct syn_shape){0};
}

struct syn_shape syn_data_shape(const struct syn_data *d, unsigned id)
{
    const struct syn_chunk *c = d->chunk;

    for (unsigned i = 0; c->image && i < c->image->in_count; i++)
        if (syn_image_in(c->image, i).id == id)
            return syn_image_in(c->image, i).shape;
    if (id > 0)
        return syn_chunk_layer(c, id - 1)->out;
    if (c->image)
        return (struct syn_shape){0};
    return shape_of_input(d);
}

static void add_inputs(struct syn_data *d)
{
    const struct syn_chunk *c = d->chunk;
    uint16_t ids[SYN_LIVE_MAX];
    int count = 0;

    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->first, ids);
    for (unsigned i = 0; c->image && i < c->image->in_count; i++)
        ids[count++] = syn_image_in(c->image, i).id;
    for (int i = 0; i < count; i++) {
        struct syn_data_item *item = &d->items[d->count++];

        *item = (struct syn_data_item){.id = ids[i], .unit = NO_UNIT, .step = 1};
        size_input(d, item);
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

        *item = (struct syn_data_item){
            .id = (uint16_t)(i + 1), .unit = NO_UNIT, .birth = time, .death = time, .step = 1};
        item->instances = instances_of(l->output_processors);
        set_size(item, l->out, word_bytes(l->output_width) * syn_part_expand(l->out.channels));
        make_room_around(item, l);
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
            syn_data_of(d, l->inputs[n])->death = (uint16_t)(i - c->first + 1);
    }
    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->last, ids);
    for (unsigned i = 0; c->image && i < c->image->out_count; i++)
        ids[count++] = syn_image_out(c->image, i).id;
    for (int i = 0; i < count; i++)
        syn_data_of(d, ids[i])->death = FOREVER;
}

/* Its input is read to the end of the last row; nobody else writes there meanwhile. */
static void make_room_behind(struct syn_data_item *item, const struct syn_layer *l)
{
    struct syn_hw_conv hw;
    uint32_t bytes;

    syn_columns_hw(l, &hw);
    bytes = (item->shift + (uint32_t)hw.in_h * hw.in_w * item->stride + 3) & ~3u;
    if (bytes <= item->span)
        return;
    item->has_room = true;
    item->span = bytes;
}

static void make_room_for_rows(struct syn_data *d)
{
    for (unsigned i = d->chunk->first; i < d->chunk->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(d->chunk, i);

        for (unsigned n = 0; is_over_rows(l) && n < l->input_count; n++)
            make_room_behind(syn_data_of(d, l->inputs[n]), l);
    }
}

/* Zeros round the input of a layer that wants them there: they must stay from the start on. */
static void make_room_for_padding(struct syn_data *d)
{
    for (unsigned i = d->chunk->first; i < d->chunk->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(d->chunk, i);
        uint32_t pixels = syn_padding_pixels(d->part, l);
        struct syn_data_item *item = syn_data_of(d, l->inputs[0]);
        uint32_t bytes = pixels * item->stride;

        if (bytes <= item->padding)
            continue;
        item->span += 2 * (bytes - item->padding);
        item->shift += bytes - item->padding;
        item->padding = (uint16_t)bytes;
        item->has_room = true;
        item->birth = 0;
    }
}

/* ---- units ------------------------------------------------------------------------------ */

static bool may_join(struct syn_data *d, const struct syn_layer *l)
{
    for (unsigned n = 0; n < l->input_count; n++) {
        if (syn_data_of(d, l->inputs[n])->unit != NO_UNIT)
            return false;
        for (unsigned m = 0; m < n; m++)
            if (l->inputs[m] == l->inputs[n])
                return false;
    }
    return true;
}

/* What has room of its own cannot lie between others. */
static bool some_has_room(struct syn_data *d, const struct syn_layer *l)
{
    for (unsigned n = 0; n < l->input_count; n++)
        if (syn_data_of(d, l->inputs[n])->has_room)
            return true;
    return false;
}

/* Element-wise: operands alternate, word by word. */
static void join_operands(struct syn_data *d, const struct syn_layer *l)
{
    uint32_t stride = 4 * syn_part_expand(l->in.channels) * l->input_count;

    if (some_has_room(d, l))
        return;
    for (unsigned n = 0; n < l->input_count; n++) {
        struct syn_data_item *item = syn_data_of(d, l->inputs[n]);

        item->unit = (uint16_t)d->units;
        item->shift = 4 * n;
        item->step = l->input_count;
        set_size(item, l->in, stride);
    }
    d->units++;
}

/* Concatenation: beside each other in different instances, or pass after pass in the same. */
static void join_parts(struct syn_data *d, const struct syn_layer *l)
{
    uint32_t passes = syn_part_expand(l->in.channels), sum = 0, shift = 0;
    uint16_t seen = 0, shared = 0;

    for (unsigned n = 0; n < l->input_count; n++) {
        const struct syn_data_item *item = syn_data_of(d, l->inputs[n]);

        sum += item->stride / 4;
        shift = item->shift > shift ? item->shift : shift;
        shared = (uint16_t)(shared | (seen & item->instances));
        seen = (uint16_t)(seen | item->instances);
    }
    if (passes > 1 ? sum != passes || some_has_room(d, l) : shared != 0)
        return;
    sum = 0;
    for (unsigned n = 0; n < l->input_count; n++) {
        struct syn_data_item *item = syn_data_of(d, l->inputs[n]);

        item->unit = (uint16_t)d->units;
        if (passes == 1) {
            item->span += shift - item->shift;
            item->shift = shift;
            continue;
        }
        item->shift = 4 * sum;
        sum += item->stride / 4;
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

/* Layers that write before they have read, or in an order of their own. */
static bool must_not_overlap(const struct syn_data *d, unsigned index)
{
    const struct syn_layer *l = syn_chunk_layer(d->chunk, index);

    if (is_over_rows(l) || syn_padding_pixels(d->part, l) > 0)
        return true;
    return d->part->depthwise && l->pool == SYN_POOL_AVG && index > d->chunk->first &&
           syn_chunk_layer(d->chunk, index - 1)->eltwise != SYN_ELTWISE_NONE;
}

static int32_t distance_to(struct syn_data *d, const struct syn_data_item *item,
                           const struct syn_data_item *out)
{
    unsigned reader = d->chunk->first + item->death - 1u;
    int64_t bytes = out->span;

    if (!must_not_overlap(d, reader))
        bytes = syn_overlap_distance(syn_chunk_layer(d->chunk, reader), item->stride, out->stride);
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
    make_room_for_rows(d);
    make_room_for_padding(d);
    join_units(d);
    set_distances(d);
}
