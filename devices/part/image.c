/* SPDX-License-Identifier: MIT */
/* Writing and reading in place; the checks of opening are in image_open.c. */
#include "devices/part/image.h"

#include <string.h>

#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/part/image_layout.h"

enum { FLAG_POOL_FIRST = 1, FLAG_POOL_ROUND = 2, FLAG_FLATTEN = 4, FLAG_BIAS = 8, FLAG_CHW = 16 };

/* ---- records ---------------------------------------------------------------------------- */

static void put_shape(uint8_t *p, struct syn_shape s)
{
    syn_put_le16(p, s.channels);
    syn_put_le16(p + 2, s.height);
    syn_put_le16(p + 4, s.width);
}

static struct syn_shape get_shape(const uint8_t *p)
{
    return (struct syn_shape){syn_get_le16(p), syn_get_le16(p + 2), syn_get_le16(p + 4)};
}

void syn_image_put_tensor(uint8_t *p, const struct syn_port_tensor *t)
{
    syn_put_le16(p, t->id);
    put_shape(p + 2, t->shape);
    p[8] = t->width;
    p[9] = t->chw;
}

void syn_image_get_tensor(const uint8_t *p, struct syn_port_tensor *t)
{
    t->id = syn_get_le16(p);
    t->shape = get_shape(p + 2);
    t->width = p[8];
    t->chw = p[9] & 1;
}

void syn_image_put_layer(uint8_t *p, const struct syn_layer *l, uint32_t offset)
{
    const uint8_t head[] = {
        l->op,
        l->eltwise,
        l->pool,
        l->activation,
        (uint8_t)((l->pool_first ? FLAG_POOL_FIRST : 0) | (l->pool_round ? FLAG_POOL_ROUND : 0) |
                  (l->flatten ? FLAG_FLATTEN : 0) | (l->has_bias ? FLAG_BIAS : 0) |
                  (l->input_chw ? FLAG_CHW : 0)),
        l->weight_bits,
        l->output_width,
        (uint8_t)l->output_shift,
        l->kernel_h,
        l->kernel_w,
        l->pad_h,
        l->pad_w,
    };
    const uint8_t pool[] = {
        l->pool_h,          l->pool_w,          l->pool_stride_h, l->pool_stride_w,
        l->pool_dilation_h, l->pool_dilation_w, l->input_count,   0};

    memset(p, 0, IMAGE_LAYER);
    memcpy(p, head, sizeof head);
    syn_put_le16(p + 12, l->dilation_h);
    syn_put_le16(p + 14, l->dilation_w);
    memcpy(p + 16, pool, sizeof pool);
    syn_put_le16(p + 24, l->groups);
    for (unsigned n = 0; n < l->input_count && n < SYN_LAYER_INPUTS_MAX; n++)
        syn_put_le16(p + 26 + 2 * n, l->inputs[n]);
    put_shape(p + 58, l->in);
    put_shape(p + 64, l->pooled);
    put_shape(p + 70, l->out);
    syn_put_le64(p + 76, l->processors);
    syn_put_le64(p + 84, l->output_processors);
    syn_put_le32(p + 92, offset);
}

uint32_t syn_image_get_layer(const uint8_t *p, struct syn_layer *l)
{
    *l = (struct syn_layer){
        .op = p[0],
        .eltwise = p[1],
        .pool = p[2],
        .activation = p[3],
        .pool_first = p[4] & FLAG_POOL_FIRST,
        .pool_round = p[4] & FLAG_POOL_ROUND,
        .flatten = p[4] & FLAG_FLATTEN,
        .has_bias = p[4] & FLAG_BIAS,
        .input_chw = p[4] & FLAG_CHW,
        .weight_bits = p[5],
        .output_width = p[6],
        .output_shift = (int8_t)p[7],
        .kernel_h = p[8],
        .kernel_w = p[9],
        .pad_h = p[10],
        .pad_w = p[11],
        .dilation_h = syn_get_le16(p + 12),
        .dilation_w = syn_get_le16(p + 14),
        .pool_h = p[16],
        .pool_w = p[17],
        .pool_stride_h = p[18],
        .pool_stride_w = p[19],
        .pool_dilation_h = p[20],
        .pool_dilation_w = p[21],
        .input_count = p[22],
        .groups = syn_get_le16(p + 24),
        .in = get_shape(p + 58),
        .pooled = get_shape(p + 64),
        .out = get_shape(p + 70),
        .processors = syn_get_le64(p + 76),
        .output_processors = syn_get_le64(p + 84),
    };
    for (unsigned n = 0; n < SYN_LAYER_INPUTS_MAX; n++)
        l->inputs[n] = syn_get_le16(p + 26 + 2 * n);
    return syn_get_le32(p + 92);
}

/* ---- writing ---------------------------------------------------------------------------- */

struct plan {
    const struct syn_layer *layers;
    unsigned layer_count, first, last;
    uint16_t in[SYN_LIVE_MAX], out[SYN_LIVE_MAX];
    int in_count, out_count;
    size_t head, size;
};

static int make_plan(struct plan *p, const struct syn_layer *layers, unsigned layer_count,
                     unsigned first, unsigned last)
{
    *p = (struct plan){.layers = layers, .layer_count = layer_count, .first = first, .last = last};
    if (first >= last || last > layer_count || layer_count > SYN_MODEL_LAYERS_MAX)
        return SYN_EINVAL;
    p->in_count = syn_live_tensors(layers, layer_count, first, p->in);
    p->out_count = syn_live_tensors(layers, layer_count, last, p->out);
    if (p->in_count < 0 || p->out_count < 0)
        return SYN_EOOR;
    if (p->out_count == 0 ||
        p->out[p->out_count - 1] != last) /* nobody reads what the last layer makes */
        return SYN_EINVAL;
    p->head = IMAGE_HEAD + IMAGE_TENSOR * (size_t)(p->in_count + p->out_count) +
              IMAGE_LAYER * (size_t)(last - first);
    p->size = p->head;
    for (unsigned i = first; i < last; i++)
        p->size += syn_layer_weight_bytes(&layers[i]) + syn_layer_bias_bytes(&layers[i]);
    return p->size > INT32_MAX ? SYN_EINVAL : 0;
}

size_t syn_image_size(const struct syn_layer *layers, unsigned layer_count, unsigned first,
                      unsigned last)
{
    struct plan plan;

    return make_plan(&plan, layers, layer_count, first, last) < 0 ? 0 : plan.size;
}

static int check_readers(const struct plan *p)
{
    for (unsigned i = p->first; i < p->last; i++)
        for (unsigned n = 0; n < p->layers[i].input_count; n++) {
            unsigned id = p->layers[i].inputs[n];

            if (id > i || (id > 0 && p->layers[id - 1].output_width == 32))
                return SYN_EINVAL;
        }
    return 0;
}

static bool is_chw(const struct plan *p, unsigned id)
{
    if (id == 0)
        for (unsigned i = p->first; i < p->last; i++)
            if (p->layers[i].input_chw && p->layers[i].inputs[0] == 0)
                return true;
    return false;
}

static uint8_t *put_tensors(const struct plan *p, const uint16_t *ids, int count,
                            struct syn_shape input, uint8_t *at)
{
    for (int i = 0; i < count; i++, at += IMAGE_TENSOR) {
        const struct syn_layer *maker = ids[i] > 0 ? &p->layers[ids[i] - 1] : NULL;
        struct syn_port_tensor t = {
            .id = ids[i],
            .shape = maker ? maker->out : input,
            .width = maker ? maker->output_width : 8,
            .chw = is_chw(p, ids[i]),
        };

        syn_image_put_tensor(at, &t);
    }
    return at;
}

static int put_payload(const struct syn_layer *l, const uint8_t *weights, const int8_t *bias,
                       uint8_t *at)
{
    uint32_t weight_bytes = syn_layer_weight_bytes(l), bias_bytes = syn_layer_bias_bytes(l);

    if ((weight_bytes > 0 && !weights) || (bias_bytes > 0 && !bias))
        return SYN_EINVAL;
    if (weight_bytes > 0)
        memcpy(at, weights, weight_bytes);
    if (bias_bytes > 0)
        memcpy(at + weight_bytes, bias, bias_bytes);
    return (int)(weight_bytes + bias_bytes);
}

static void put_head(const struct plan *p, uint8_t *bytes)
{
    memset(bytes, 0, IMAGE_HEAD);
    memcpy(bytes, IMAGE_MAGIC, 4);
    bytes[4] = IMAGE_VERSION;
    bytes[5] = (uint8_t)p->in_count;
    bytes[6] = (uint8_t)p->out_count;
    syn_put_le16(bytes + 8, (uint16_t)p->first);
    syn_put_le16(bytes + 10, (uint16_t)p->last);
    syn_put_le16(bytes + 12, (uint16_t)p->layer_count);
    syn_put_le32(bytes + 16, (uint32_t)p->size);
}

long syn_image_write(const struct syn_layer *layers, unsigned layer_count, unsigned first,
                     unsigned last, struct syn_shape input, const uint8_t *const *weights,
                     const int8_t *const *biases, uint8_t *bytes, size_t capacity)
{
    struct plan p;
    uint8_t *at;
    size_t offset;
    int code = make_plan(&p, layers, layer_count, first, last);

    if (code < 0)
        return code;
    if (check_readers(&p) < 0)
        return SYN_EINVAL;
    if (p.size > capacity)
        return SYN_ENOMEM;
    put_head(&p, bytes);
    at = put_tensors(&p, p.in, p.in_count, input, bytes + IMAGE_HEAD);
    at = put_tensors(&p, p.out, p.out_count, input, at);
    offset = p.head;
    for (unsigned i = first; i < last; i++, at += IMAGE_LAYER) {
        syn_image_put_layer(at, &layers[i], (uint32_t)offset);
        code = put_payload(&layers[i], weights[i], biases[i], bytes + offset);
        if (code < 0)
            return code;
        offset += (size_t)code;
    }
    return (long)p.size;
}

/* ---- reading in place ------------------------------------------------------------------- */

static struct syn_port_tensor port(const struct syn_image *image, unsigned index)
{
    struct syn_port_tensor t;

    syn_image_get_tensor(image->bytes + IMAGE_HEAD + IMAGE_TENSOR * (size_t)index, &t);
    return t;
}

struct syn_port_tensor syn_image_in(const struct syn_image *image, unsigned index)
{
    return port(image, index);
}

struct syn_port_tensor syn_image_out(const struct syn_image *image, unsigned index)
{
    return port(image, image->in_count + index);
}

static uint32_t bytes_of(const struct syn_image *image, unsigned first, unsigned count)
{
    uint32_t bytes = 0;

    for (unsigned i = first; i < first + count; i++) {
        const struct syn_port_tensor t = port(image, i);
        bytes += syn_tensor_bytes(t.shape, t.width);
    }
    return bytes;
}

uint32_t syn_image_in_bytes(const struct syn_image *image)
{
    return bytes_of(image, 0, image->in_count);
}

uint32_t syn_image_out_bytes(const struct syn_image *image)
{
    return bytes_of(image, image->in_count, image->out_count);
}

static const uint8_t *layer_record(const struct syn_image *image, unsigned index)
{
    return image->bytes + IMAGE_HEAD + IMAGE_TENSOR * (size_t)(image->in_count + image->out_count) +
           IMAGE_LAYER * (size_t)(index - image->first);
}

void syn_image_layer(const struct syn_image *image, unsigned index, struct syn_layer *layer,
                     const uint8_t **weights, const int8_t **bias)
{
    uint32_t offset = syn_image_get_layer(layer_record(image, index), layer);
    const uint8_t *payload = image->bytes + offset;

    if (weights)
        *weights = layer->weight_bits > 0 ? payload : NULL;
    if (bias)
        *bias = layer->has_bias ? (const int8_t *)payload + syn_layer_weight_bytes(layer) : NULL;
}

struct syn_chunk syn_image_chunk(const struct syn_image *image, struct syn_layer *layers)
{
    for (unsigned i = image->first; i < image->last; i++)
        syn_image_layer(image, i, &layers[i - image->first], NULL, NULL);
    return (struct syn_chunk){
        .layers = layers,
        .first = image->first,
        .last = image->last,
        .layer_count = image->layer_count,
        .image = image,
    };
}
