/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolutions and pooling: windows that move over height and width. */
#include "core/import/onnx/operators.h"

#include <math.h>
#include <string.h>

#define REACH 65535 /* of a kernel, a step, a padding */

/* ---- attributes ---- */

static bool is_global(const struct syn_onnx_node *node)
{
    return node->op->id == SYN_ONNX_GLOBAL_AVERAGE_POOL || node->op->id == SYN_ONNX_GLOBAL_MAX_POOL;
}

static bool is_conv(const struct syn_onnx_node *node)
{
    return node->op->id == SYN_ONNX_CONV || node->op->id == SYN_ONNX_CONV_TRANSPOSE;
}

/* Fills `to` from a list of one number an axis; leaves it where the list is missing. */
static int take_list(const struct syn_onnx_node *node, const char *name, unsigned axes,
                     int64_t least, int64_t to[2], struct syn_error *error)
{
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, name);
    if (!a)
        return 0;
    if (a->count != axes)
        return syn_onnx_wrong(node, error, "%s has %u numbers for %u axes", name, a->count, axes);
    for (unsigned i = 0; i < axes; i++) {
        if (a->list[i] < least || a->list[i] > REACH)
            return syn_onnx_wrong(node, error, "%s of %lld", name, (long long)a->list[i]);
        to[i] = a->list[i];
    }
    return 0;
}

static int take_pads(const struct syn_onnx_node *node, struct syn_onnx_window *w,
                     struct syn_error *error)
{
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, "pads");
    if (!a)
        return 0;
    if (a->count != 2 * w->axes)
        return syn_onnx_wrong(node, error, "pads has %u numbers for %u axes", a->count, w->axes);
    for (unsigned i = 0; i < w->axes; i++) {
        w->begin[i] = a->list[i];
        w->end[i] = a->list[i + w->axes];
        if (w->begin[i] < 0 || w->begin[i] > REACH || w->end[i] < 0 || w->end[i] > REACH)
            return syn_onnx_wrong(node, error, "pads of %lld and %lld", (long long)w->begin[i],
                                  (long long)w->end[i]);
    }
    return 0;
}

static int64_t extent(const struct syn_onnx_window *w, unsigned i)
{
    return (w->kernel[i] - 1) * w->dilation[i] + 1;
}

/* auto_pad: as much padding as keeps the size, or divides it by the step. */
static int pad_automatically(const struct syn_onnx_node *node, struct syn_onnx_window *w,
                             struct syn_error *error)
{
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, "auto_pad");
    if (!a || strcmp(a->text, "NOTSET") == 0 || strcmp(a->text, "VALID") == 0)
        return 0;
    const bool lower = strcmp(a->text, "SAME_LOWER") == 0;
    if (node->op->id == SYN_ONNX_CONV_TRANSPOSE || (!lower && strcmp(a->text, "SAME_UPPER") != 0))
        return syn_onnx_wrong(node, error, "auto_pad '%s'; write the pads", a->text);
    for (unsigned i = 0; i < w->axes; i++) {
        const int64_t out = (w->in[i] + w->stride[i] - 1) / w->stride[i];
        int64_t pad = (out - 1) * w->stride[i] + extent(w, i) - w->in[i];
        pad = pad < 0 ? 0 : pad;
        w->begin[i] = lower ? (pad + 1) / 2 : pad / 2;
        w->end[i] = pad - w->begin[i];
    }
    return 0;
}

static int size_outputs(const struct syn_onnx_node *node, struct syn_onnx_window *w,
                        struct syn_error *error)
{
    const bool up = syn_onnx_integer(node, "ceil_mode", 0) != 0;
    for (unsigned i = 0; i < w->axes; i++) {
        const int64_t size = w->in[i] + w->begin[i] + w->end[i], room = size - extent(w, i);
        if (room < 0)
            return syn_onnx_wrong(node, error, "a window of %lld on %lld with padding",
                                  (long long)extent(w, i), (long long)size);
        w->out[i] = room / w->stride[i] + 1;
        /* A window that begins in the padding behind the input is none. */
        if (up && room % w->stride[i] && w->out[i] * w->stride[i] < w->in[i] + w->begin[i])
            w->out[i]++;
    }
    return 0;
}

static int size_transposed(const struct syn_onnx_node *node, struct syn_onnx_window *w,
                           struct syn_error *error)
{
    int64_t more[2] = {0, 0};
    if (syn_onnx_attribute(node, "output_shape"))
        return syn_onnx_wrong(node, error, "output_shape; write pads and output_padding");
    int status = take_list(node, "output_padding", w->axes, 0, more, error);
    for (unsigned i = 0; status == 0 && i < w->axes; i++) {
        w->out[i] =
            (w->in[i] - 1) * w->stride[i] + extent(w, i) + more[i] - w->begin[i] - w->end[i];
        if (w->out[i] < 1 || w->out[i] > REACH)
            status = syn_onnx_wrong(node, error, "an output of size %lld", (long long)w->out[i]);
    }
    return status;
}

/* ---- kernels ---- */

static int kernel_of_conv(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                          struct syn_onnx_window *w, struct syn_error *error)
{
    const struct syn_onnx_value *weights = syn_onnx_in(graph, node, 1);
    const struct syn_onnx_value *bias = syn_onnx_in(graph, node, 2);
    const bool transposed = node->op->id == SYN_ONNX_CONV_TRANSPOSE;
    char text[80];
    if (weights->rank != w->axes + 2)
        return syn_onnx_wrong(node, error, "weights of shape %s",
                              syn_onnx_shape_text(weights, text));
    w->groups = syn_onnx_integer(node, "group", 1);
    if (w->groups < 1 || w->groups > w->channels_in || w->channels_in % w->groups)
        return syn_onnx_wrong(node, error, "%lld groups of %lld channels", (long long)w->groups,
                              (long long)w->channels_in);
    w->channels_out = transposed ? weights->dims[1] * w->groups : weights->dims[0];
    const int64_t want = transposed ? w->channels_in : w->channels_in / w->groups;
    if (weights->dims[!transposed] != want || w->channels_out % w->groups)
        return syn_onnx_wrong(node, error, "weights of shape %s for %lld channels in %lld groups",
                              syn_onnx_shape_text(weights, text), (long long)w->channels_in,
                              (long long)w->groups);
    if (bias && (int64_t)bias->count != w->channels_out)
        return syn_onnx_wrong(node, error, "a bias of %zu numbers for %lld channels", bias->count,
                              (long long)w->channels_out);
    int64_t said[2] = {weights->dims[2], w->axes == 2 ? weights->dims[3] : 1};
    w->kernel[0] = said[0];
    w->kernel[1] = said[1];
    int status = take_list(node, "kernel_shape", w->axes, 1, said, error);
    if (status == 0 && (said[0] != w->kernel[0] || said[1] != w->kernel[1]))
        status = syn_onnx_wrong(node, error, "kernel_shape is not that of its weights");
    return status;
}

static int kernel_of_pool(const struct syn_onnx_node *node, struct syn_onnx_window *w,
                          struct syn_error *error)
{
    w->channels_out = w->channels_in;
    if (is_global(node)) {
        w->kernel[0] = w->in[0];
        w->kernel[1] = w->in[1];
        return 0;
    }
    if (!syn_onnx_attribute(node, "kernel_shape"))
        return syn_onnx_wrong(node, error, "kernel_shape is missing");
    return take_list(node, "kernel_shape", w->axes, 1, w->kernel, error);
}

int syn_onnx_window_of(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                       struct syn_onnx_window *w, struct syn_error *error)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    char text[80];
    *w = (struct syn_onnx_window){.in = {1, 1},
                                  .out = {1, 1},
                                  .kernel = {1, 1},
                                  .stride = {1, 1},
                                  .dilation = {1, 1},
                                  .groups = 1};
    if (x->rank != 3 && x->rank != 4)
        return syn_onnx_wrong(node, error, "an input of shape %s; 1xCxHxW or 1xCxL is read",
                              syn_onnx_shape_text(x, text));
    w->axes = x->rank - 2u;
    w->channels_in = x->dims[1];
    for (unsigned i = 0; i < w->axes; i++)
        w->in[i] = x->dims[2 + i];
    if (syn_onnx_integer(node, "channels_last", 0) || syn_onnx_integer(node, "storage_order", 0))
        return syn_onnx_wrong(node, error,
                              "channels in the last place; they are read in the "
                              "second");
    int status =
        is_conv(node) ? kernel_of_conv(graph, node, w, error) : kernel_of_pool(node, w, error);
    if (status == 0)
        status = take_list(node, "strides", w->axes, 1, w->stride, error);
    if (status == 0)
        status = take_list(node, "dilations", w->axes, 1, w->dilation, error);
    if (status == 0)
        status = take_pads(node, w, error);
    if (status == 0)
        status = pad_automatically(node, w, error);
    if (status < 0)
        return status;
    return node->op->id == SYN_ONNX_CONV_TRANSPOSE ? size_transposed(node, w, error)
                                                   : size_outputs(node, w, error);
}

/* ---- shapes ---- */

static int take_shape(const struct syn_onnx_value *x, const struct syn_onnx_window *w,
                      struct syn_onnx_shape *shape)
{
    shape->type = x->type;
    shape->rank = x->rank;
    shape->dims[0] = x->dims[0];
    shape->dims[1] = w->channels_out;
    for (unsigned i = 0; i < w->axes; i++)
        shape->dims[2 + i] = w->out[i];
    return 0;
}

SYN_ONNX_SHAPE(conv)
{
    struct syn_onnx_window w;
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    int status = syn_onnx_window_of(graph, node, &w, error);
    if (status < 0)
        return status;
    const double macs = (double)syn_onnx_in(graph, node, 1)->count * (double)w.out[0] *
                        (double)w.out[1] * x->dims[0];
    shape->macs = macs > 1e18 ? UINT64_MAX : (uint64_t)macs;
    return take_shape(x, &w, shape);
}

SYN_ONNX_SHAPE(pool)
{
    struct syn_onnx_window w;
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    int status = syn_onnx_window_of(graph, node, &w, error);
    if (status < 0)
        return status;
    const double sums = (double)x->dims[0] * (double)w.channels_in * (double)w.out[0] *
                        (double)w.out[1] * (double)w.kernel[0] * (double)w.kernel[1];
    shape->macs = sums > 1e18 ? UINT64_MAX : (uint64_t)sums;
    return take_shape(x, &w, shape);
}

/* ---- computing ---- */

/* The outputs [first, last) of one axis whose window has input under tap `tap`. */
static void span(const struct syn_onnx_window *w, unsigned axis, int64_t tap, int64_t *first,
                 int64_t *last)
{
    const int64_t offset = tap * w->dilation[axis] - w->begin[axis];
    const int64_t step = w->stride[axis];
    *first = offset < 0 ? (-offset + step - 1) / step : 0;
    *last = w->in[axis] <= offset ? 0 : (w->in[axis] - 1 - offset) / step + 1;
    if (*last > w->out[axis])
        *last = w->out[axis];
}

/* Adds one channel, seen through one tap of the kernel, to one output channel. */
static void add_tap(const struct syn_onnx_window *w, const double *in, double weight, int64_t ky,
                    int64_t kx, double *out)
{
    int64_t y0, y1, x0, x1;
    span(w, 0, ky, &y0, &y1);
    span(w, 1, kx, &x0, &x1);
    for (int64_t y = y0; y < y1; y++) {
        const double *from = in +
                             (y * w->stride[0] + ky * w->dilation[0] - w->begin[0]) * w->in[1] +
                             kx * w->dilation[1] - w->begin[1];
        double *to = out + y * w->out[1];
        for (int64_t x = x0; x < x1; x++)
            to[x] += weight * from[x * w->stride[1]];
    }
}

/* The transposed: what an input pixel gives to outputs. */
static void spread_tap(const struct syn_onnx_window *w, const double *in, double weight, int64_t ky,
                       int64_t kx, double *out)
{
    for (int64_t y = 0; y < w->in[0]; y++)
        for (int64_t x = 0; x < w->in[1]; x++) {
            const int64_t row = y * w->stride[0] + ky * w->dilation[0] - w->begin[0];
            const int64_t column = x * w->stride[1] + kx * w->dilation[1] - w->begin[1];
            if (row >= 0 && row < w->out[0] && column >= 0 && column < w->out[1])
                out[row * w->out[1] + column] += weight * in[y * w->in[1] + x];
        }
}

typedef void (*tap_fn)(const struct syn_onnx_window *w, const double *in, double weight, int64_t ky,
                       int64_t kx, double *out);

static void take_taps(const struct syn_onnx_window *w, const double *weights, const double *in,
                      double *out, tap_fn tap)
{
    for (int64_t ky = 0; ky < w->kernel[0]; ky++)
        for (int64_t kx = 0; kx < w->kernel[1]; kx++)
            tap(w, in, weights[ky * w->kernel[1] + kx], ky, kx, out);
}

static void convolve(const struct syn_onnx_window *w, const double *weights, bool transposed,
                     const double *in, double *out)
{
    const int64_t in_plane = w->in[0] * w->in[1], out_plane = w->out[0] * w->out[1];
    const int64_t taps = w->kernel[0] * w->kernel[1];
    const int64_t ins = w->channels_in / w->groups, outs = w->channels_out / w->groups;
    for (int64_t o = 0; o < w->channels_out; o++)
        for (int64_t i = 0; i < ins; i++) {
            const int64_t channel = o / outs * ins + i;
            const int64_t kernel = transposed ? channel * outs + o % outs : o * ins + i;
            take_taps(w, weights + kernel * taps, in + channel * in_plane, out + o * out_plane,
                      transposed ? spread_tap : add_tap);
        }
}

static void start_sums(const struct syn_onnx_value *bias, int64_t channels, size_t plane,
                       double *out)
{
    for (int64_t o = 0; o < channels; o++)
        for (size_t i = 0; i < plane; i++)
            *out++ = bias ? bias->data[o] : 0;
}

static void compute_any(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                        struct syn_onnx_value *out, bool transposed)
{
    struct syn_onnx_window w;
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    (void)syn_onnx_window_of(graph, node, &w, NULL); /* it was right when the shape was found */
    const size_t plane = (size_t)(w.out[0] * w.out[1]), count = (size_t)w.channels_out * plane;
    for (uint32_t n = 0; n < x->dims[0]; n++) {
        start_sums(syn_onnx_in(graph, node, 2), w.channels_out, plane, out->data + n * count);
        convolve(&w, syn_onnx_in(graph, node, 1)->data, transposed,
                 x->data + n * (x->count / x->dims[0]), out->data + n * count);
    }
}

SYN_ONNX_COMPUTE(conv)
{
    compute_any(graph, node, out, false);
}

SYN_ONNX_COMPUTE(conv_transpose)
{
    compute_any(graph, node, out, true);
}

struct pooling {
    struct syn_onnx_window w;
    bool average, with_padding;
};

static double pool_one(const struct pooling *p, const double *plane, int64_t y, int64_t x)
{
    const struct syn_onnx_window *w = &p->w;
    double best = -HUGE_VAL, sum = 0, count = 0;
    for (int64_t ky = 0; ky < w->kernel[0]; ky++)
        for (int64_t kx = 0; kx < w->kernel[1]; kx++) {
            const int64_t row = y * w->stride[0] + ky * w->dilation[0] - w->begin[0];
            const int64_t column = x * w->stride[1] + kx * w->dilation[1] - w->begin[1];
            if (row < 0 || row >= w->in[0] || column < 0 || column >= w->in[1])
                continue;
            const double value = plane[row * w->in[1] + column];
            best = value > best ? value : best;
            sum += value;
            count++;
        }
    if (p->with_padding)
        count = (double)(w->kernel[0] * w->kernel[1]);
    return !p->average ? best : count > 0 ? sum / count : 0;
}

SYN_ONNX_COMPUTE(pool)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    struct pooling p = {.average = node->op->id == SYN_ONNX_AVERAGE_POOL ||
                                   node->op->id == SYN_ONNX_GLOBAL_AVERAGE_POOL,
                        .with_padding = syn_onnx_integer(node, "count_include_pad", 0) != 0};
    (void)syn_onnx_window_of(graph, node, &p.w, NULL);
    double *to = out->data;
    for (int64_t c = 0; c < x->dims[0] * p.w.channels_in; c++)
        for (int64_t row = 0; row < p.w.out[0]; row++)
            for (int64_t column = 0; column < p.w.out[1]; column++)
                *to++ = pool_one(&p, x->data + c * p.w.in[0] * p.w.in[1], row, column);
}
