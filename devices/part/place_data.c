/* SPDX-License-Identifier: MIT */
/*
 * Activations in data memory. Tensors that an element-wise operation or a concatenation wants side
 * by side form a unit with one offset; units are placed one after the other, each as low as its
 * neighbours in time allow. Going backward from the last layer mostly succeeds, since an output
 * may then push its dying input up; two other orders are tried after it.
 */
#include "devices/part/place.h"

#include <string.h>

#include "devices/base/error.h"
#include "devices/part/image.h"
#include "devices/part/overlap.h"

#define ITEMS_MAX (SYN_PART_PLACEMENTS_MAX + SYN_LIVE_MAX)
#define NO_UNIT   UINT16_MAX
#define FOREVER   UINT16_MAX

/* A tensor. Time 0 is before the first layer of the chunk, time t its t-th layer. */
struct item {
    uint16_t id, unit;
    uint16_t birth, death; /* the layer that makes it; the last that reads it */
    uint16_t instances;    /* of data memory, a bit each */
    bool placed;
    uint32_t stride;  /* bytes between pixels in an instance */
    uint32_t span;    /* bytes in an instance, with the gaps of its unit */
    uint32_t shift;   /* bytes from the unit's offset to the tensor's first word */
    int32_t distance; /* of the dying item to what its last reader makes */
    uint32_t offset;  /* of the unit */
};

struct data {
    const struct syn_part *part;
    const struct syn_chunk *chunk;
    struct item items[ITEMS_MAX];
    unsigned count, made_from; /* items from here on are made in the chunk, in order */
    unsigned units;
};

/* ---- what there is ---------------------------------------------------------------------- */

static uint16_t instances_of(uint64_t processors)
{
    uint16_t mask = 0;

    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        if (processors >> 4 * i & 0xf)
            mask = (uint16_t)(mask | 1u << i);
    return mask;
}

static struct item *find(struct data *d, unsigned id)
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

static void set_size(struct item *item, struct syn_shape shape, uint32_t stride)
{
    item->stride = stride;
    item->span = ((uint32_t)shape.height * shape.width * stride + 3) & ~3u;
}

static unsigned channels_of(struct data *d, unsigned id)
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
static unsigned input_channels(struct data *d, const struct syn_layer *l, unsigned n)
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
static uint64_t share_of_map(struct data *d, const struct syn_layer *l, unsigned n)
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
static void size_input(struct data *d, struct item *item)
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
static void size_passing(struct data *d, struct item *item)
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

static void add_inputs(struct data *d)
{
    const struct syn_chunk *c = d->chunk;
    uint16_t ids[SYN_LIVE_MAX];
    int count = 0;

    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->first, ids);
    for (unsigned i = 0; c->image && i < c->image->in_count; i++)
        ids[count++] = c->image->in[i].id;
    for (int i = 0; i < count; i++) {
        struct item *item = &d->items[d->count++];

        *item = (struct item){.id = ids[i], .unit = NO_UNIT};
        size_input(d, item);
        if (item->span == 0)
            size_passing(d, item);
    }
    d->made_from = d->count;
}

static void add_made(struct data *d)
{
    const struct syn_chunk *c = d->chunk;

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);
        uint16_t time = (uint16_t)(i - c->first + 1);
        struct item *item = &d->items[d->count++];

        *item = (struct item){.id = (uint16_t)(i + 1),
                              .unit = NO_UNIT,
                              .birth = time,
                              .death = time,
                              .instances = instances_of(l->output_processors)};
        set_size(item, l->out, word_bytes(l->output_width) * syn_part_expand(l->out.channels));
    }
}

static void set_deaths(struct data *d)
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

static bool may_join(struct data *d, const struct syn_layer *l)
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
static void join_operands(struct data *d, const struct syn_layer *l)
{
    uint32_t stride = 4 * syn_part_expand(l->in.channels) * l->input_count;

    for (unsigned n = 0; n < l->input_count; n++) {
        struct item *item = find(d, l->inputs[n]);

        item->unit = (uint16_t)d->units;
        item->shift = 4 * n;
        set_size(item, l->in, stride);
    }
    d->units++;
}

/* Concatenation: beside each other in different instances, or pass after pass in the same. */
static void join_parts(struct data *d, const struct syn_layer *l)
{
    uint32_t passes = syn_part_expand(l->in.channels), sum = 0;
    uint16_t seen = 0, shared = 0;

    for (unsigned n = 0; n < l->input_count; n++) {
        const struct item *item = find(d, l->inputs[n]);

        sum += item->stride / 4;
        shared = (uint16_t)(shared | (seen & item->instances));
        seen = (uint16_t)(seen | item->instances);
    }
    if (passes > 1 ? sum != passes : shared != 0)
        return;
    sum = 0;
    for (unsigned n = 0; n < l->input_count; n++) {
        struct item *item = find(d, l->inputs[n]);

        item->unit = (uint16_t)d->units;
        item->shift = passes > 1 ? 4 * sum : 0;
        sum += item->stride / 4;
        if (passes > 1)
            set_size(item, l->in, 4 * passes);
    }
    d->units++;
}

static void join_units(struct data *d)
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
static struct item *made_at(struct data *d, unsigned time)
{
    return &d->items[d->made_from + time - 1];
}

static int32_t distance_to(struct data *d, const struct item *item, const struct item *out)
{
    unsigned reader = d->chunk->first + item->death - 1u;
    int64_t bytes =
        syn_overlap_distance(syn_chunk_layer(d->chunk, reader), item->stride, out->stride);

    return (int32_t)((bytes + 3) & ~INT64_C(3));
}

static void set_distances(struct data *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        struct item *item = &d->items[i], *out;

        if (item->death == FOREVER || item->death == item->birth)
            continue;
        out = made_at(d, item->death);
        if (item->instances & out->instances)
            item->distance = distance_to(d, item, out);
    }
}

/* ---- offsets ---------------------------------------------------------------------------- */

static bool conflict(const struct item *a, const struct item *b)
{
    return a->unit != b->unit && (a->instances & b->instances) && a->birth <= b->death &&
           b->birth <= a->death;
}

/* The lowest offset from `offset` on at which `item` leaves the placed `other` alone. */
static int64_t clear_of(const struct item *item, const struct item *other, int64_t offset)
{
    int64_t low = other->offset, high = low + other->span;

    if (offset + item->span <= low || offset >= high)
        return offset;
    if (other->death == item->birth && offset <= low - other->distance)
        return offset;
    if (item->death == other->birth)
        return offset >= low + item->distance ? offset : low + item->distance;
    return high;
}

static bool unit_fits_at(const struct data *d, unsigned unit, int64_t *offset)
{
    int64_t start = *offset;

    for (unsigned i = 0; i < d->count; i++) {
        if (d->items[i].unit != unit)
            continue;
        for (unsigned j = 0; j < d->count; j++)
            if (d->items[j].placed && conflict(&d->items[i], &d->items[j]))
                *offset = clear_of(&d->items[i], &d->items[j], *offset);
    }
    return *offset == start;
}

static bool place_unit(struct data *d, unsigned unit)
{
    int64_t offset = 0;

    while (!unit_fits_at(d, unit, &offset))
        if (offset > d->part->data_bytes)
            return false;
    for (unsigned i = 0; i < d->count; i++) {
        struct item *item = &d->items[i];

        if (item->unit != unit)
            continue;
        if (offset + item->span > d->part->data_bytes)
            return false;
        item->offset = (uint32_t)offset;
        item->placed = true;
    }
    return true;
}

enum order { BACKWARD, FORWARD, LARGEST, ORDERS };

/* The item whose unit comes next: not placed, and first in the order. */
static struct item *next_item(struct data *d, enum order order)
{
    struct item *best = NULL;

    for (unsigned i = 0; i < d->count; i++) {
        struct item *item = &d->items[order == FORWARD ? i : d->count - 1 - i];

        if (item->placed)
            continue;
        if (order != LARGEST)
            return item;
        if (!best || item->span > best->span)
            best = item;
    }
    return best;
}

static bool place_in_order(struct data *d, enum order order)
{
    struct item *item;

    for (unsigned i = 0; i < d->count; i++)
        d->items[i].placed = false;
    while ((item = next_item(d, order)))
        if (!place_unit(d, item->unit))
            return false;
    return true;
}

/* ---- what does not fit ------------------------------------------------------------------ */

/* Is there an item of the same unit before `index` that is counted already? */
static bool counted(const struct data *d, unsigned index, unsigned time, unsigned instance)
{
    for (unsigned i = 0; i < index; i++) {
        const struct item *a = &d->items[i];

        if (a->unit == d->items[index].unit && a->birth <= time && a->death >= time &&
            a->instances >> instance & 1)
            return true;
    }
    return false;
}

/* Bytes that one instance must hold while layer time `time` works. */
static int64_t least_bytes(const struct data *d, unsigned time, unsigned instance)
{
    int64_t stay = 0, dying = 0, distance = 0, out = 0, overlapped;

    for (unsigned i = 0; i < d->count; i++) {
        const struct item *a = &d->items[i];

        if (a->birth > time || a->death < time || !(a->instances >> instance & 1) ||
            counted(d, i, time, instance))
            continue;
        if (a->birth == time) {
            out = a->span;
        } else if (a->death == time) {
            dying += a->span;
            distance = a->distance > 0 ? a->distance : 0;
        } else {
            stay += a->span;
        }
    }
    overlapped = dying + distance > out ? dying + distance : out;
    return stay + (overlapped < dying + out ? overlapped : dying + out);
}

struct need {
    int64_t sum, most; /* over all instances; of the fullest */
};

static struct need need_at(const struct data *d, unsigned time)
{
    struct need need = {0, 0};

    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++) {
        int64_t bytes = least_bytes(d, time, i);

        need.sum += bytes;
        need.most = bytes > need.most ? bytes : need.most;
    }
    return need;
}

static uint32_t clamp32(int64_t bytes)
{
    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static void explain(const struct data *d, struct syn_misfit *misfit)
{
    int64_t one = d->part->data_bytes, all = one * SYN_PART_INSTANCES;
    unsigned layers = (unsigned)(d->chunk->last - d->chunk->first), worst = 1;
    struct need most = need_at(d, 1);

    for (unsigned t = 2; t <= layers; t++) {
        struct need need = need_at(d, t);

        if ((need.most > one) < (most.most > one) ||
            ((need.most > one) == (most.most > one) && need.sum <= most.sum))
            continue;
        most = need;
        worst = t;
    }
    *misfit = (struct syn_misfit){.limit = SYN_LIMIT_DATA,
                                  .layer = (uint16_t)(d->chunk->first + worst - 1),
                                  .need = clamp32(most.sum),
                                  .have = clamp32(all)};
    if (most.sum > all)
        return;
    misfit->need = clamp32(most.most);
    misfit->have = clamp32(one);
    misfit->what = most.most > one ? "of one instance" : "of one instance, but no arrangement fits";
}

/* ---- entry ------------------------------------------------------------------------------ */

static void report(const struct data *d, uint32_t *offsets)
{
    for (unsigned i = 0; i <= d->chunk->layer_count; i++)
        offsets[i] = UINT32_MAX;
    for (unsigned i = 0; i < d->count; i++)
        offsets[d->items[i].id] = d->items[i].offset + d->items[i].shift;
}

int syn_place_data(const struct syn_part *part, const struct syn_chunk *chunk, uint32_t *offsets,
                   struct syn_misfit *misfit)
{
    struct data d;
    enum order order = BACKWARD;

    if (chunk->last <= chunk->first || chunk->last - chunk->first > SYN_PART_PLACEMENTS_MAX)
        return SYN_EINVAL;
    d.part = part;
    d.chunk = chunk;
    d.count = d.units = 0;
    add_inputs(&d);
    add_made(&d);
    set_deaths(&d);
    join_units(&d);
    set_distances(&d);
    while (!place_in_order(&d, order))
        if (++order == ORDERS) {
            if (misfit)
                explain(&d, misfit);
            return SYN_EOOR;
        }
    if (offsets)
        report(&d, offsets);
    return 0;
}
