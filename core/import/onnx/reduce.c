/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operators that make one number of several: ReduceMean, ArgMax, Softmax and LogSoftmax. */
#include "core/import/onnx/operators.h"

#include <math.h>

/* ---- ReduceMean ---- */

static int mean_axes(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                     unsigned *bits, struct syn_error *error)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    bool given;
    int status = syn_onnx_axes(graph, node, x->rank, &given, bits, error);
    if (status == 0 && *bits == 0)
        status = syn_onnx_wrong(node, error, "over all axes, also that of the batch");
    return status;
}

SYN_ONNX_SHAPE(mean)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const bool keep = syn_onnx_integer(node, "keepdims", 1) != 0;
    unsigned bits;
    int status = mean_axes(graph, node, &bits, error);
    shape->type = x->type;
    for (unsigned i = 0; status == 0 && i < x->rank; i++)
        if (!(bits >> i & 1))
            shape->dims[shape->rank++] = x->dims[i];
        else if (keep)
            shape->dims[shape->rank++] = 1;
    return status;
}

SYN_ONNX_COMPUTE(mean)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    unsigned bits;
    (void)mean_axes(graph, node, &bits, NULL);
    for (size_t i = 0; i < out->count; i++)
        out->data[i] = 0;
    for (size_t at = 0; at < x->count; at++) {
        size_t rest = at, to = 0, step = 1;
        for (unsigned i = x->rank; i-- > 0; rest /= x->dims[i])
            if (!(bits >> i & 1)) {
                to += rest % x->dims[i] * step;
                step *= x->dims[i];
            }
        out->data[to] += x->data[at];
    }
    for (size_t i = 0; i < out->count; i++)
        out->data[i] *= (double)out->count / (double)x->count;
}

/* ---- along one axis ---- */

struct line {
    unsigned axis;
    size_t outer, length, inner;
};

static int line_of(const struct syn_onnx_node *node, const struct syn_onnx_value *x,
                   int64_t standard, struct line *line, struct syn_error *error)
{
    *line = (struct line){.outer = 1, .inner = 1};
    int status =
        syn_onnx_axis(node, syn_onnx_integer(node, "axis", standard), x->rank, &line->axis, error);
    for (unsigned i = 0; status == 0 && i < x->rank; i++) {
        if (i < line->axis)
            line->outer *= x->dims[i];
        if (i > line->axis)
            line->inner *= x->dims[i];
        if (i == line->axis)
            line->length = x->dims[i];
    }
    return status;
}

/* Until opset 12 everything behind the axis belonged to it. */
static int softmax_line(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                        struct line *line, struct syn_error *error)
{
    const bool old = graph->opset < 13;
    int status = line_of(node, syn_onnx_in(graph, node, 0), old ? 1 : -1, line, error);
    if (old) {
        line->length *= line->inner;
        line->inner = 1;
    }
    return status;
}

SYN_ONNX_SHAPE(softmax)
{
    struct line line;
    int status = softmax_line(graph, node, &line, error);
    return status < 0 ? status : syn_onnx_shape_same(graph, node, shape, error);
}

static void softmax(const double *x, size_t length, size_t step, bool logarithm, double *out)
{
    double top = -HUGE_VAL, sum = 0;
    for (size_t i = 0; i < length; i++)
        top = fmax(top, x[i * step]);
    for (size_t i = 0; i < length; i++)
        sum += exp(x[i * step] - top);
    for (size_t i = 0; i < length; i++)
        out[i * step] = logarithm ? x[i * step] - top - log(sum) : exp(x[i * step] - top) / sum;
}

SYN_ONNX_COMPUTE(softmax)
{
    struct line line;
    const double *x = syn_onnx_in(graph, node, 0)->data;
    (void)softmax_line(graph, node, &line, NULL);
    for (size_t o = 0; o < line.outer; o++)
        for (size_t i = 0; i < line.inner; i++) {
            const size_t at = o * line.length * line.inner + i;
            softmax(x + at, line.length, line.inner, node->op->id == SYN_ONNX_LOG_SOFTMAX,
                    out->data + at);
        }
}

SYN_ONNX_SHAPE(arg_max)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const bool keep = syn_onnx_integer(node, "keepdims", 1) != 0;
    struct line line;
    int status = line_of(node, x, 0, &line, error);
    shape->type = SYN_ONNX_INT64;
    for (unsigned i = 0; status == 0 && i < x->rank; i++)
        if (i != line.axis)
            shape->dims[shape->rank++] = x->dims[i];
        else if (keep)
            shape->dims[shape->rank++] = 1;
    return status;
}

SYN_ONNX_COMPUTE(arg_max)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const bool last = syn_onnx_integer(node, "select_last_index", 0) != 0;
    struct line line;
    (void)line_of(node, x, 0, &line, NULL);
    for (size_t at = 0; at < out->count; at++) {
        const double *from = x->data + at / line.inner * line.length * line.inner + at % line.inner;
        size_t best = 0;
        for (size_t i = 1; i < line.length; i++)
            if (from[i * line.inner] > from[best * line.inner] ||
                (last && !(from[i * line.inner] < from[best * line.inner])))
                best = i;
        out->data[at] = (double)best;
    }
}
