/* SPDX-License-Identifier: MIT */
/*
 * Activations in data memory. Units are placed one after the other, each as low as its neighbours
 * in time allow. Going backward from the last layer mostly succeeds, since an output may then push
 * its dying input up; two other orders are tried after it.
 */
#include <stddef.h>

#include "devices/base/error.h"
#include "devices/part/data_items.h"
#include "devices/part/max7800x.h"
#include "devices/part/program_layer.h"

/* ---- offsets ---------------------------------------------------------------------------- */

static bool conflict(const struct syn_data_item *a, const struct syn_data_item *b)
{
    return a->unit != b->unit && (a->instances & b->instances) && a->birth <= b->death &&
           b->birth <= a->death;
}

/* The lowest offset from `offset` on at which `item` leaves the placed `other` alone. */
static int64_t clear_of(const struct syn_data_item *item, const struct syn_data_item *other,
                        int64_t offset)
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

static bool unit_fits_at(const struct syn_data *d, unsigned unit, int64_t *offset)
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

static bool place_unit(struct syn_data *d, unsigned unit)
{
    int64_t offset = 0;

    while (!unit_fits_at(d, unit, &offset))
        if (offset > d->part->data_bytes)
            return false;
    for (unsigned i = 0; i < d->count; i++) {
        struct syn_data_item *item = &d->items[i];

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
static struct syn_data_item *next_item(struct syn_data *d, enum order order)
{
    struct syn_data_item *best = NULL;

    for (unsigned i = 0; i < d->count; i++) {
        struct syn_data_item *item = &d->items[order == FORWARD ? i : d->count - 1 - i];

        if (item->placed)
            continue;
        if (order != LARGEST)
            return item;
        if (!best || item->span > best->span)
            best = item;
    }
    return best;
}

static bool place_in_order(struct syn_data *d, enum order order)
{
    struct syn_data_item *item;

    for (unsigned i = 0; i < d->count; i++)
        d->items[i].placed = false;
    while ((item = next_item(d, order)))
        if (!place_unit(d, item->unit))
            return false;
    return true;
}

/* ---- what does not fit ------------------------------------------------------------------ */

/* Is there an item of the same unit before `index` that is counted already? */
static bool counted(const struct syn_data *d, unsigned index, unsigned time, unsigned instance)
{
    for (unsigned i = 0; i < index; i++) {
        const struct syn_data_item *a = &d->items[i];

        if (a->unit == d->items[index].unit && a->birth <= time && a->death >= time &&
            a->instances >> instance & 1)
            return true;
    }
    return false;
}

/* Bytes that one instance must hold while layer time `time` works. */
static int64_t least_bytes(const struct syn_data *d, unsigned time, unsigned instance)
{
    int64_t stay = 0, dying = 0, distance = 0, out = 0, overlapped;

    for (unsigned i = 0; i < d->count; i++) {
        const struct syn_data_item *a = &d->items[i];

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

static struct need need_at(const struct syn_data *d, unsigned time)
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

static void explain(const struct syn_data *d, struct syn_misfit *misfit)
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

static void report(const struct syn_data *d, uint32_t *offsets)
{
    for (unsigned i = 0; i <= d->chunk->layer_count; i++)
        offsets[i] = UINT32_MAX;
    for (unsigned i = 0; i < d->count; i++)
        offsets[d->items[i].id] = d->items[i].offset + d->items[i].shift;
}

int syn_data_arrange(struct syn_data *d, struct syn_misfit *misfit)
{
    enum order order = BACKWARD;
    int layers = d->chunk->last - d->chunk->first;

    if (layers <= 0)
        return SYN_EINVAL;
    if (layers > SYN_PART_LAYERS_MAX)
        return syn_part_refuse(misfit, SYN_LIMIT_LAYERS, (uint32_t)layers, d->part->layers_max,
                               NULL);
    syn_data_collect(d);
    while (!place_in_order(d, order))
        if (++order == ORDERS) {
            if (misfit)
                explain(d, misfit);
            return SYN_EOOR;
        }
    return 0;
}

int syn_max7800x_place_data(const struct syn_part *part, const struct syn_chunk *chunk,
                            uint32_t *offsets, struct syn_misfit *misfit)
{
    struct syn_data d;
    int result;

    d.part = part;
    d.chunk = chunk;
    d.count = 0;
    if ((result = syn_data_arrange(&d, misfit)) < 0)
        return result;
    if (syn_data_route(&d, NULL, misfit) < 0 || syn_program_check_whole(part, chunk, misfit) < 0)
        return SYN_EOOR;
    if (offsets)
        report(&d, offsets);
    return 0;
}
