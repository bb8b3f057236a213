/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conv, ConvTranspose, Gemm and MatMul into layers. */
#include "core/import/onnx/lower.h"

#include <stdlib.h>

#define CHANNELS_MAX 2048

/* ---- Conv and ConvTranspose ---- */

static int check_conv(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                      const struct syn_onnx_window *w)
{
    if (w->channels_out > CHANNELS_MAX || w->channels_in > CHANNELS_MAX)
        return syn_onnx_refuse(node, l->error, "at most 1024 channels, 2048 on a MAX78002",
                               "%lld channels into %lld", (long long)w->channels_in,
                               (long long)w->channels_out);
    if (w->groups != 1 && (w->groups != w->channels_in || w->groups != w->channels_out))
        return syn_onnx_refuse(node, l->error,
                               "1 group, or (on a MAX78002) as many as channels, "
                               "in and out",
                               "%lld groups", (long long)w->groups);
    if (node->op->id == SYN_ONNX_CONV && (w->stride[0] != 1 || w->stride[1] != 1))
        return syn_onnx_refuse(node, l->error, "stride 1, followed by pooling of that stride",
                               "stride %lldx%lld; the part moves by 1", (long long)w->stride[0],
                               (long long)w->stride[1]);
    return 0;
}

/*
 * A kernel of fewer than `size` taps becomes one of `size`, zeros around it: the padding, which
 * must be the same on both sides, grows with the zeros. `first` is the place of its first tap.
 */
static bool embed(const struct syn_onnx_window *w, unsigned axis, int64_t size, int64_t *first,
                  int64_t *pad)
{
    const int64_t twice = w->end[axis] - w->begin[axis] + size - w->kernel[axis];
    *first = twice / 2;
    *pad = w->begin[axis] + *first;
    return twice >= 0 && twice % 2 == 0 && w->kernel[axis] + *first <= size && *pad <= 2;
}

struct place {
    int64_t size[2], first[2], pad[2];
};

static int refuse_kernel(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                         const struct syn_onnx_window *w)
{
    const long long h = w->kernel[0], k = w->kernel[1];
    if (w->axes == 1 && h > 9)
        return syn_onnx_refuse(node, l->error, "several of at most 9, one after the other",
                               "a kernel of %lld", h);
    if (w->axes == 2 && (h > 3 || k > 3))
        return syn_onnx_refuse(node, l->error,
                               h == 5 && k == 5 ? "two of 3x3, one after the other"
                                                : "several of 3x3, one after the other",
                               "a kernel of %lldx%lld; the part has 1x1 and 3x3", h, k);
    return syn_onnx_refuse(node, l->error, "the same padding on both sides, 0 to 2",
                           "padding of %lld and %lld, %lld and %lld", (long long)w->begin[0],
                           (long long)w->end[0], (long long)w->begin[1], (long long)w->end[1]);
}

/* A kernel that the part has and that holds that of the file. */
static int place_kernel(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                        const struct syn_onnx_window *w, struct place *p)
{
    const bool one_d = w->axes == 1;
    const int64_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    *p = (struct place){.size = {1, 1}};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!one_d && sizes[i] != 1 && sizes[i] != 3)
            continue;
        p->size[0] = sizes[i];
        p->size[1] = one_d ? 1 : sizes[i];
        if (embed(w, 0, p->size[0], &p->first[0], &p->pad[0]) &&
            (one_d || embed(w, 1, p->size[1], &p->first[1], &p->pad[1])))
            return 0;
    }
    return refuse_kernel(l, node, w);
}

static int place_transposed(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                            const struct syn_onnx_window *w, struct place *p)
{
    bool fits = w->axes == 2;
    *p = (struct place){.size = {3, 3}};
    for (unsigned i = 0; fits && i < 2; i++) {
        p->pad[i] = w->begin[i];
        fits = w->kernel[i] == 3 && w->stride[i] == 2 && w->dilation[i] == 1 && p->pad[i] <= 2 &&
               w->out[i] == 2 * w->in[i] + 2 - 2 * p->pad[i];
    }
    return fits ? 0
                : syn_onnx_refuse(
                      node, l->error, "2-D, kernel 3x3, stride 2, pads 1 1 1 1, output_padding 1 1",
                      "a kernel of %lldx%lld with stride %lldx%lld from %lldx%lld to "
                      "%lldx%lld",
                      (long long)w->kernel[0], (long long)w->kernel[1], (long long)w->stride[0],
                      (long long)w->stride[1], (long long)w->in[0], (long long)w->in[1],
                      (long long)w->out[0], (long long)w->out[1]);
}

/* One kernel of the file into its place; that of a transposed convolution is turned round. */
static void copy_kernel(const struct syn_onnx_window *w, const struct place *p, bool turn,
                        const double *from, double *to)
{
    for (int64_t y = 0; y < w->kernel[0]; y++)
        for (int64_t x = 0; x < w->kernel[1]; x++) {
            const int64_t row = p->first[0] + (turn ? w->kernel[0] - 1 - y : y);
            const int64_t column = p->first[1] + (turn ? w->kernel[1] - 1 - x : x);
            to[row * p->size[1] + column] = from[y * w->kernel[1] + x];
        }
}

static void copy_weights(const struct syn_onnx_window *w, const struct place *p, bool turn,
                         const double *from, struct syn_onnx_layer *layer)
{
    const int64_t taps = w->kernel[0] * w->kernel[1], placed = p->size[0] * p->size[1];
    const int64_t ins = w->channels_in / w->groups, outs = w->channels_out / w->groups;
    for (int64_t o = 0; o < w->channels_out; o++)
        for (int64_t i = 0; i < ins; i++) {
            const int64_t at = turn ? (o / outs * ins + i) * outs + o % outs : o * ins + i;
            copy_kernel(w, p, turn, from + at * taps, layer->weights + (o * ins + i) * placed);
        }
}

static void set_conv(struct syn_layer *part, const struct syn_onnx_window *w, const struct place *p)
{
    part->kernel_h = (uint8_t)p->size[0];
    part->kernel_w = (uint8_t)p->size[1];
    part->pad_h = (uint8_t)p->pad[0];
    part->pad_w = (uint8_t)p->pad[1];
    part->dilation_h = p->size[0] > 1 ? (uint16_t)w->dilation[0] : 1;
    part->dilation_w = p->size[1] > 1 ? (uint16_t)w->dilation[1] : 1;
    part->groups = (uint16_t)w->groups;
}

static int check_dilation(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                          const struct syn_onnx_window *w, const struct place *p)
{
    for (unsigned i = 0; i < w->axes; i++) {
        if (w->dilation[i] > (w->axes > 1 ? 1 : 1023))
            return syn_onnx_refuse(node, l->error, "dilation 1 (2-D), at most 1023 (1-D)",
                                   "dilation %lld", (long long)w->dilation[i]);
        /* Taps that were put around the file's lie further out than its padding. */
        if (w->dilation[i] > 1 && p->size[i] != w->kernel[i] && w->kernel[i] > 1)
            return syn_onnx_refuse(node, l->error, "a kernel of 3 taps",
                                   "a kernel of %lld taps with dilation", (long long)w->kernel[i]);
    }
    return 0;
}

static void scale_weights(struct syn_onnx_layer *layer, double factor)
{
    for (size_t i = 0; i < (size_t)layer->part.out.channels * layer->fan_in; i++)
        layer->weights[i] *= factor;
    layer->step *= factor;
}

static void take_bias(const struct syn_onnx_value *bias, double factor,
                      struct syn_onnx_layer *layer)
{
    for (uint32_t o = 0; bias && o < layer->part.out.channels; o++)
        layer->bias[o] = factor * bias->data[bias->count == 1 ? 0 : o];
}

int syn_onnx_lower_conv(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const bool turn = node->op->id == SYN_ONNX_CONV_TRANSPOSE;
    const struct syn_onnx_value *weights = syn_onnx_in(l->graph, node, 1);
    const struct syn_onnx_value *bias = syn_onnx_in(l->graph, node, 2);
    struct syn_onnx_window w;
    struct place p;
    int status = syn_onnx_window_of(l->graph, node, &w, l->error);
    if (status < 0 || (status = check_conv(l, node, &w)) < 0)
        return status;
    /* A tap alone knows no distance to others. */
    for (unsigned i = 0; i < 2; i++)
        w.dilation[i] = w.kernel[i] == 1 ? 1 : w.dilation[i];
    status = turn ? place_transposed(l, node, &w, &p) : place_kernel(l, node, &w, &p);
    if (status < 0 || (status = check_dilation(l, node, &w, &p)) < 0)
        return status;
    const int index = syn_onnx_layer_for_conv(l, node);
    if (index < 0)
        return index;
    struct syn_onnx_layer *layer = &l->network->layers[index];
    struct syn_onnx_tensor *out = &l->network->tensors[index + 1];
    layer->part.op = turn ? SYN_OP_CONVTRANSPOSE2D : w.axes == 1 ? SYN_OP_CONV1D : SYN_OP_CONV2D;
    set_conv(&layer->part, &w, &p);
    status = syn_onnx_make_weights(l->network, (unsigned)index, (uint32_t)w.channels_out,
                                   (uint32_t)(w.channels_in / w.groups * p.size[0] * p.size[1]),
                                   bias != NULL, l->error);
    if (status < 0)
        return status;
    copy_weights(&w, &p, turn, weights->data, layer);
    take_bias(bias, 1, layer);
    layer->step = weights->step;
    scale_weights(layer, syn_onnx_ref_of(l, node, 0).factor);
    out->channels = (uint32_t)w.channels_out;
    out->height = (uint32_t)w.out[0];
    out->width = (uint32_t)w.out[1];
    out->not_negative = false;
    out->scale = 0;
    return syn_onnx_gives(l, node, index + 1);
}

/* ---- Gemm and MatMul ---- */

struct product {
    uint32_t inner, outer;
    bool trans_b;
    double alpha, beta;
};

static int check_product(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                         struct product *p)
{
    const struct syn_onnx_value *a = syn_onnx_in(l->graph, node, 0);
    const struct syn_onnx_value *b = syn_onnx_in(l->graph, node, 1);
    char text[80];
    p->trans_b = node->op->id == SYN_ONNX_GEMM && syn_onnx_integer(node, "transB", 0);
    p->inner = b->dims[p->trans_b];
    p->outer = b->dims[!p->trans_b];
    p->alpha = syn_onnx_number(node, "alpha", 1);
    p->beta = syn_onnx_number(node, "beta", 1);
    if (a->count != p->inner || syn_onnx_integer(node, "transA", 0))
        return syn_onnx_refuse(node, l->error,
                               "a product with one row of numbers, 1xN; for more "
                               "rows a Conv 1x1",
                               "an input of shape %s", syn_onnx_shape_text(a, text));
    if (p->outer > CHANNELS_MAX)
        return syn_onnx_refuse(node, l->error, "at most 1024 outputs, 2048 on a MAX78002",
                               "%u outputs", p->outer);
    return 0;
}

/* Reads the numbers of a map in a row: a layer of its own, since it cannot pool as well. */
static int layer_for_product(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int tensor = syn_onnx_ref_of(l, node, 0).tensor;
    const struct syn_onnx_tensor *from = &l->network->tensors[tensor];
    const int open = syn_onnx_open_copy(l, node);
    const bool pixel = from->height == 1 && from->width == 1;
    if (pixel && open >= 0) {
        l->network->layers[open].operand_scale = from->scale;
        syn_onnx_name_layer(l->network, node, (unsigned)open);
        l->network->layers[open].part.op = from->one_d ? SYN_OP_CONV1D : SYN_OP_CONV2D;
        return tensor - 1;
    }
    const int index = syn_onnx_new_layer(l, node, &tensor, 1);
    if (index < 0)
        return index;
    l->network->layers[index].part.op = SYN_OP_LINEAR;
    l->network->layers[index].part.flatten = !pixel;
    return index;
}

int syn_onnx_lower_product(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const struct syn_onnx_value *b = syn_onnx_in(l->graph, node, 1);
    const struct syn_onnx_value *c = syn_onnx_in(l->graph, node, 2);
    struct product p;
    int status = check_product(l, node, &p);
    if (status < 0)
        return status;
    const int index = layer_for_product(l, node);
    if (index < 0)
        return index;
    struct syn_onnx_layer *layer = &l->network->layers[index];
    struct syn_onnx_tensor *out = &l->network->tensors[index + 1];
    status =
        syn_onnx_make_weights(l->network, (unsigned)index, p.outer, p.inner, c != NULL, l->error);
    if (status < 0)
        return status;
    for (size_t o = 0; o < p.outer; o++)
        for (size_t i = 0; i < p.inner; i++)
            layer->weights[o * p.inner + i] =
                p.alpha * b->data[p.trans_b ? o * p.inner + i : i * p.outer + o];
    take_bias(c, p.beta, layer);
    layer->step = p.alpha > 0 ? p.alpha * b->step : 0;
    scale_weights(layer, syn_onnx_ref_of(l, node, 0).factor);
    *out = (struct syn_onnx_tensor){.channels = p.outer,
                                    .height = 1,
                                    .width = 1,
                                    .one_d = out->one_d,
                                    .clip_low = out->clip_low,
                                    .clip_high = out->clip_high};
    return syn_onnx_gives(l, node, index + 1);
}
