/* SPDX-License-Identifier: MIT */
#include "devices/part/route.h"

#include <stddef.h>

#include "devices/base/error.h"
#include "devices/part/data_items.h"
#include "devices/part/image.h"
#include "devices/part/maps.h"
#include "devices/part/padding.h"
#include "devices/part/program_layer.h"

struct router {
    struct syn_data *data;
    const char *what; /* why not */
};

static uint32_t first_byte(const struct syn_data_item *item)
{
    return item->offset + item->shift;
}

static const struct syn_data_item *input(struct router *r, const struct syn_layer *l, unsigned n)
{
    return syn_data_of(r->data, l->inputs[n]);
}

static bool refuse(struct router *r, const char *what)
{
    r->what = what;
    return false;
}

/* ---- how a layer reads ------------------------------------------------------------------ */

/* Operands alternate word by word. */
static bool read_operands(struct router *r, const struct syn_layer *l)
{
    const uint32_t stride = 4 * syn_part_expand(l->in.channels) * l->input_count;
    const uint32_t base = first_byte(input(r, l, 0));

    for (unsigned n = 0; n < l->input_count; n++) {
        const struct syn_data_item *item = input(r, l, n);

        if (syn_data_processors(r->data, item) != l->processors)
            return refuse(r, "operands of other processors than the layer has");
        if (item->stride != stride || first_byte(item) != base + 4 * n)
            return refuse(r, "operands that cannot lie side by side");
    }
    return true;
}

/* Parts lie in instances of their own, or pass after pass. */
static bool read_parts(struct router *r, const struct syn_layer *l)
{
    const unsigned passes = syn_part_expand(l->in.channels);
    const unsigned each = syn_part_processors(l->in.channels);
    uint32_t base = first_byte(input(r, l, 0));
    uint16_t seen = 0;

    for (unsigned n = 0; n < l->input_count; n++) {
        const struct syn_data_item *item = input(r, l, n);
        const unsigned channels = syn_data_channels(r->data, l, n);

        if (syn_data_processors(r->data, item) != syn_data_share(r->data, l, n))
            return refuse(r, "parts of a concatenation on other processors than the layer has");
        if (item->stride != 4 * passes || first_byte(item) != base ||
            (passes == 1 && (seen & item->instances)))
            return refuse(r, "parts of a concatenation that cannot lie beside each other");
        if (passes > 1 && n + 1u < l->input_count && channels % each)
            return refuse(r, "parts of a concatenation that are not whole passes");
        seen |= item->instances;
        base += passes > 1 ? 4 * syn_part_expand(channels) : 0;
    }
    return true;
}

/* Alone, perhaps from among others. */
static bool read_one(struct router *r, const struct syn_layer *l, struct syn_route *route)
{
    const struct syn_data_item *item = input(r, l, 0);
    const unsigned passes = syn_part_expand(l->in.channels);

    if (syn_data_processors(r->data, item) != l->processors || item->chw != l->input_chw)
        return refuse(r, "an input on other processors than the layer has");
    if (item->has_waste && syn_padding_pixels(r->data->part, l) > 0)
        return refuse(r, "padding of a multi-pass conv1d behind a conv1d with a large dilation");
    if (item->chw || item->stride == 4 * passes)
        return true;
    if (passes > 1 || !r->data->part->depthwise)
        return refuse(r, "an input that lies between others is read alone");
    route->read_gap = (uint8_t)(item->stride / 4 - 1);
    return true;
}

static bool route_input(struct router *r, const struct syn_layer *l, struct syn_route *route)
{
    route->in_offset = first_byte(input(r, l, 0));
    if (l->input_count == 1)
        return read_one(r, l, route);
    return l->eltwise != SYN_ELTWISE_NONE ? read_operands(r, l) : read_parts(r, l);
}

/* ---- how it writes ---------------------------------------------------------------------- */

static void route_output(const struct syn_data_item *item, const struct syn_layer *l,
                         struct syn_route *route)
{
    const uint32_t words = item->stride / 4 / (l->output_width / 8u);

    route->out_offset = first_byte(item);
    route->write_gap = (uint8_t)(item->step - 1);
    route->pixel_gap = (uint8_t)(words - syn_part_expand(l->out.channels) * item->step);
}

/* ---- ports ------------------------------------------------------------------------------ */

static void describe(struct router *r, unsigned id, struct syn_tensor_place *place)
{
    const struct syn_chunk *c = r->data->chunk;
    const struct syn_data_item *item = syn_data_of(r->data, id);
    const bool made = id > c->first && id <= c->last;
    const struct syn_layer *l = made ? syn_chunk_layer(c, id - 1) : NULL;

    *place = (struct syn_tensor_place){
        .processors = syn_data_processors(r->data, item),
        .offset = first_byte(item),
        .shape = l ? l->out : syn_data_shape(r->data, id),
        .width = l ? l->output_width : 8,
        .chw = item->chw,
    };
    place->pixel_words = (uint16_t)(item->chw ? 0 : item->stride / 4);
    place->pass_words = (uint16_t)(item->step * (place->width / 8));
}

static void fill_ports(struct router *r, struct syn_ports *ports)
{
    const struct syn_chunk *c = r->data->chunk;
    int count = 0;

    *ports = (struct syn_ports){.in_count = (uint8_t)r->data->made_from};
    for (unsigned i = 0; i < r->data->made_from; i++) {
        ports->in_ids[i] = r->data->items[i].id;
        describe(r, ports->in_ids[i], &ports->in[i]);
    }
    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->last, ports->out_ids);
    for (unsigned i = 0; c->image && i < c->image->out_count; i++)
        ports->out_ids[count++] = syn_image_out(c->image, i).id;
    ports->out_count = (uint8_t)(count < 0 ? 0 : count);
    for (unsigned i = 0; i < ports->out_count; i++)
        describe(r, ports->out_ids[i], &ports->out[i]);
}

unsigned syn_ports_quadrants(const struct syn_ports *ports)
{
    unsigned quadrants = 0;

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        for (unsigned i = 0; i < ports->in_count; i++)
            quadrants |= syn_map_quadrant(ports->in[i].processors, q) ? 1u << q : 0;
        for (unsigned i = 0; i < ports->out_count; i++)
            quadrants |= syn_map_quadrant(ports->out[i].processors, q) ? 1u << q : 0;
    }
    return quadrants;
}

/* ---- entry ------------------------------------------------------------------------------ */

/* One layer of arranged data. */
static bool route_layer(struct router *r, unsigned index, struct syn_route *route)
{
    const struct syn_chunk *c = r->data->chunk;
    const struct syn_layer *l = syn_chunk_layer(c, index);

    *route = (struct syn_route){0};
    if (!route_input(r, l, route))
        return false;
    route_output(&r->data->items[r->data->made_from + index - c->first], l, route);
    r->what = syn_work_check(r->data->part, l, route);
    return !r->what;
}

int syn_data_route(struct syn_data *d, struct syn_route *routes, struct syn_misfit *misfit)
{
    const struct syn_chunk *c = d->chunk;
    struct router r = {.data = d};
    struct syn_route one;

    for (unsigned i = c->first; i < c->last; i++) {
        if (route_layer(&r, i, routes ? &routes[i - c->first] : &one))
            continue;
        if (misfit)
            *misfit = (struct syn_misfit){
                .limit = SYN_LIMIT_FEATURE, .layer = (uint16_t)i, .what = r.what};
        return SYN_EUNSUP;
    }
    return 0;
}

int syn_route_chunk(const struct syn_part *part, const struct syn_chunk *chunk,
                    struct syn_route *routes, struct syn_ports *ports, struct syn_misfit *misfit)
{
    struct syn_data data;
    struct router r = {.data = &data};
    int result;

    data.part = part;
    data.chunk = chunk;
    if ((result = syn_data_arrange(&data, misfit)) < 0 ||
        (result = syn_data_route(&data, routes, misfit)) < 0)
        return result;
    if (ports)
        fill_ports(&r, ports);
    return 0;
}
