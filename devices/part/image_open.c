/* SPDX-License-Identifier: MIT */
/*
 * Every record is read, its layer resolved again and both written anew: what differs in one bit
 * is refused. So nobody who uses an opened image needs to check anything.
 */
#include <string.h>

#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/part/image_layout.h"

struct reader {
    struct syn_image *image;
    const uint8_t *records;
    uint32_t used_in;     /* bits of the tensors that enter and are read */
    size_t payload, size; /* where the next layer's weights must begin; size of the image */
};

static int read_head(struct syn_image *image, const uint8_t *bytes, size_t size)
{
    if (size < IMAGE_HEAD || size > INT32_MAX || memcmp(bytes, IMAGE_MAGIC, 4) != 0 ||
        bytes[4] != IMAGE_VERSION || bytes[7] != 0 || syn_get_le16(bytes + 14) != 0 ||
        syn_get_le32(bytes + 16) != size)
        return SYN_ECORRUPT;
    *image = (struct syn_image){
        .bytes = bytes,
        .size = size,
        .first = syn_get_le16(bytes + 8),
        .last = syn_get_le16(bytes + 10),
        .layer_count = syn_get_le16(bytes + 12),
        .in_count = bytes[5],
        .out_count = bytes[6],
    };
    if (image->first >= image->last || image->last > image->layer_count ||
        image->layer_count > SYN_MODEL_LAYERS_MAX || image->in_count == 0 ||
        image->in_count > SYN_LIVE_MAX || image->out_count == 0 || image->out_count > SYN_LIVE_MAX)
        return SYN_ECORRUPT;
    return 0;
}

static int check_tensors(const uint8_t *at, unsigned count, unsigned last_id)
{
    uint8_t again[IMAGE_TENSOR];
    int before = -1;

    for (unsigned i = 0; i < count; i++, at += IMAGE_TENSOR) {
        struct syn_port_tensor t;
        uint64_t elements;

        syn_image_get_tensor(at, &t);
        syn_image_put_tensor(again, &t);
        elements = (uint64_t)t.shape.channels * t.shape.height * t.shape.width;
        if (memcmp(again, at, IMAGE_TENSOR) != 0 || elements == 0 || elements > SYN_TENSOR_MAX ||
            t.id > last_id || (t.chw && t.id != 0) || (t.width != 8 && t.width != 32) ||
            t.id <= before)
            return SYN_ECORRUPT;
        before = t.id;
    }
    return 0;
}

static int find_in(const struct syn_image *image, unsigned id)
{
    for (unsigned i = 0; i < image->in_count; i++)
        if (syn_image_in(image, i).id == id)
            return (int)i;
    return -1;
}

/* Shape and width of a tensor that layer `reader` may read; SYN_ECORRUPT where it may not. */
static int input_tensor(struct reader *r, unsigned id, unsigned layer, struct syn_port_tensor *t)
{
    const struct syn_image *image = r->image;
    struct syn_layer maker;
    int port;

    if (id > layer)
        return SYN_ECORRUPT;
    if (id > image->first) {
        syn_image_get_layer(r->records + IMAGE_LAYER * (id - 1 - image->first), &maker);
        *t = (struct syn_port_tensor){.shape = maker.out, .width = maker.output_width};
        return 0;
    }
    port = find_in(image, id);
    if (port < 0)
        return SYN_ECORRUPT;
    r->used_in |= 1u << port;
    *t = syn_image_in(image, (unsigned)port);
    return 0;
}

static int gather_shapes(struct reader *r, const struct syn_layer *l, unsigned index,
                         struct syn_shape shapes[SYN_LAYER_INPUTS_MAX])
{
    if (l->input_count == 0 || l->input_count > SYN_LAYER_INPUTS_MAX)
        return SYN_ECORRUPT;
    for (unsigned n = 0; n < l->input_count; n++) {
        struct syn_port_tensor t;

        if (input_tensor(r, l->inputs[n], index, &t) < 0 || t.width != 8 || t.chw != l->input_chw ||
            (l->input_chw && l->input_count > 1))
            return SYN_ECORRUPT;
        shapes[n] = t.shape;
    }
    return 0;
}

static int read_layer(struct reader *r, unsigned index)
{
    const uint8_t *at = r->records + IMAGE_LAYER * (index - r->image->first);
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];
    uint8_t again[IMAGE_LAYER];
    struct syn_layer layer;
    uint32_t offset = syn_image_get_layer(at, &layer);

    if (gather_shapes(r, &layer, index, shapes) < 0 ||
        syn_layer_resolve(&layer, shapes, NULL) < 0 || offset != r->payload)
        return SYN_ECORRUPT;
    syn_image_put_layer(again, &layer, offset);
    if (memcmp(again, at, IMAGE_LAYER) != 0)
        return SYN_ECORRUPT;
    r->payload += syn_layer_weight_bytes(&layer) + syn_layer_bias_bytes(&layer);
    return r->payload > r->size ? SYN_ECORRUPT : 0;
}

static bool same_tensor(const struct syn_port_tensor *a, const struct syn_port_tensor *b)
{
    return a->shape.channels == b->shape.channels && a->shape.height == b->shape.height &&
           a->shape.width == b->shape.width && a->width == b->width && a->chw == b->chw;
}

static int check_out(struct reader *r)
{
    const struct syn_image *image = r->image;

    for (unsigned i = 0; i < image->out_count; i++) {
        const struct syn_port_tensor out = syn_image_out(image, i);
        struct syn_port_tensor t;

        if (input_tensor(r, out.id, image->last, &t) < 0 || !same_tensor(&t, &out))
            return SYN_ECORRUPT;
    }
    if (syn_image_out(image, image->out_count - 1).id != image->last)
        return SYN_ECORRUPT;
    return 0;
}

int syn_image_open(struct syn_image *image, const uint8_t *bytes, size_t size)
{
    struct reader r = {.image = image, .size = size};
    size_t ports;

    if (read_head(image, bytes, size) < 0)
        return SYN_ECORRUPT;
    ports = IMAGE_TENSOR * (size_t)(image->in_count + image->out_count);
    r.payload = IMAGE_HEAD + ports + IMAGE_LAYER * (size_t)(image->last - image->first);
    if (r.payload > size)
        return SYN_ECORRUPT;
    r.records = bytes + IMAGE_HEAD + ports;
    if (check_tensors(bytes + IMAGE_HEAD, image->in_count, image->first) < 0 ||
        check_tensors(bytes + IMAGE_HEAD + IMAGE_TENSOR * (size_t)image->in_count, image->out_count,
                      image->last) < 0)
        return SYN_ECORRUPT;
    for (unsigned i = image->first; i < image->last; i++)
        if (read_layer(&r, i) < 0)
            return SYN_ECORRUPT;
    if (r.payload != size || check_out(&r) < 0 || r.used_in != (1u << image->in_count) - 1)
        return SYN_ECORRUPT;
    return 0;
}
