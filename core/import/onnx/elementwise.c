/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operators that take numbers one by one. */
#include "core/import/onnx/operators.h"

#include <math.h>
#include <string.h>

/* ---- shapes ---- */

static void shape_of(const struct syn_onnx_value *value, struct syn_onnx_shape *shape)
{
    shape->type = value->type;
    shape->rank = value->rank;
    for (unsigned i = 0; i < value->rank; i++)
        shape->dims[i] = value->dims[i];
}

SYN_ONNX_SHAPE(same)
{
    (void)error;
    shape_of(syn_onnx_in(graph, node, 0), shape);
    return 0;
}

/* The dimension of `value` that meets axis `axis` of a result of `rank` dimensions. */
static uint32_t dim_from_end(const struct syn_onnx_value *value, unsigned rank, unsigned axis)
{
    return axis + value->rank < rank ? 1 : value->dims[axis + value->rank - rank];
}

SYN_ONNX_SHAPE(broadcast)
{
    const struct syn_onnx_value *a = syn_onnx_in(graph, node, 0), *b = syn_onnx_in(graph, node, 1);
    char first[80], second[80];
    shape->type = a->type;
    shape->rank = a->rank > b->rank ? a->rank : b->rank;
    for (unsigned i = 0; i < shape->rank; i++) {
        const uint32_t left = dim_from_end(a, shape->rank, i);
        const uint32_t right = dim_from_end(b, shape->rank, i);
        if (left != right && left != 1 && right != 1)
            return syn_onnx_wrong(node, error, "shapes %s and %s do not go together",
                                  syn_onnx_shape_text(a, first), syn_onnx_shape_text(b, second));
        shape->dims[i] = left == 1 ? right : left;
    }
    return 0;
}

SYN_ONNX_SHAPE(cast)
{
    shape_of(syn_onnx_in(graph, node, 0), shape);
    shape->type = (int)syn_onnx_integer(node, "to", 0);
    switch (shape->type) {
    case SYN_ONNX_UINT8:
    case SYN_ONNX_INT8:
    case SYN_ONNX_FLOAT:
    case SYN_ONNX_DOUBLE:
    case SYN_ONNX_INT32:
    case SYN_ONNX_INT64:
        return 0;
    default:
        return syn_onnx_wrong(node, error,
                              "to ONNX type %d; float, double, int32 and int64 can be "
                              "had",
                              shape->type);
    }
}

SYN_ONNX_SHAPE(clip)
{
    shape_of(syn_onnx_in(graph, node, 0), shape);
    for (unsigned i = 1; i < 3; i++) {
        const struct syn_onnx_value *limit = syn_onnx_in(graph, node, i);
        if (limit && limit->count != 1)
            return syn_onnx_wrong(node, error, "limits are not single numbers");
    }
    return 0;
}

SYN_ONNX_SHAPE(normalization)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    shape_of(x, shape);
    if (x->rank < 2)
        return syn_onnx_wrong(node, error, "its input has no channels");
    if (syn_onnx_integer(node, "training_mode", 0))
        return syn_onnx_wrong(node, error, "training_mode; export the model for inference");
    for (unsigned i = 1; i < 5; i++)
        if (syn_onnx_in(graph, node, i)->count != x->dims[1])
            return syn_onnx_wrong(node, error, "input %u is not one number for each of %u channels",
                                  i, x->dims[1]);
    return 0;
}

/* ---- computing ---- */

SYN_ONNX_COMPUTE(copy)
{
    memcpy(out->data, syn_onnx_in(graph, node, 0)->data, out->count * sizeof *out->data);
}

static double unary(enum syn_onnx_op_id op, double x)
{
    switch (op) {
    case SYN_ONNX_ABS:
        return fabs(x);
    case SYN_ONNX_RELU:
        return x > 0 ? x : 0;
    default:
        return 1 / (1 + exp(-x));
    }
}

SYN_ONNX_COMPUTE(unary)
{
    const double *x = syn_onnx_in(graph, node, 0)->data;
    for (size_t i = 0; i < out->count; i++)
        out->data[i] = unary(node->op->id, x[i]);
}

static double binary(enum syn_onnx_op_id op, double a, double b)
{
    switch (op) {
    case SYN_ONNX_ADD:
        return a + b;
    case SYN_ONNX_SUB:
        return a - b;
    case SYN_ONNX_MUL:
        return a * b;
    default:
        return a / b;
    }
}

/* The place in `value` of what meets the element at `at` of a result of shape `out`. */
static size_t meets(const struct syn_onnx_value *value, const struct syn_onnx_value *out, size_t at)
{
    size_t place = 0, step = 1;
    for (unsigned i = out->rank; i-- > 0;) {
        const uint32_t dim = dim_from_end(value, out->rank, i);
        const size_t index = at % out->dims[i];
        at /= out->dims[i];
        if (dim > 1)
            place += index * step;
        step *= dim;
    }
    return place;
}

SYN_ONNX_COMPUTE(binary)
{
    const struct syn_onnx_value *a = syn_onnx_in(graph, node, 0), *b = syn_onnx_in(graph, node, 1);
    const bool same_a = a->count == out->count, same_b = b->count == out->count;
    for (size_t i = 0; i < out->count; i++)
        out->data[i] = binary(node->op->id, a->data[same_a ? i : meets(a, out, i)],
                              b->data[same_b ? i : meets(b, out, i)]);
}

static double to_integer(double x, double low, double high)
{
    x = trunc(x);
    return x > low ? x < high ? x : high : low; /* also of what is no number */
}

SYN_ONNX_COMPUTE(cast)
{
    static const double limits[][2] = {
        [SYN_ONNX_UINT8] = {0, 255},
        [SYN_ONNX_INT8] = {-128, 127},
        [SYN_ONNX_INT32] = {INT32_MIN, INT32_MAX},
        [SYN_ONNX_INT64] = {-0x1p62, 0x1p62},
    };
    const double *x = syn_onnx_in(graph, node, 0)->data;
    const bool floats = out->type == SYN_ONNX_FLOAT || out->type == SYN_ONNX_DOUBLE;
    for (size_t i = 0; i < out->count; i++)
        out->data[i] = floats ? x[i] : to_integer(x[i], limits[out->type][0], limits[out->type][1]);
}

SYN_ONNX_COMPUTE(clip)
{
    double low, high;
    const double *x = syn_onnx_in(graph, node, 0)->data;
    syn_onnx_clip_limits(graph, node, &low, &high);
    for (size_t i = 0; i < out->count; i++)
        out->data[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

void syn_onnx_clip_limits(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                          double *low, double *high)
{
    const struct syn_onnx_value *min = syn_onnx_in(graph, node, 1);
    const struct syn_onnx_value *max = syn_onnx_in(graph, node, 2);
    *low = min ? min->data[0] : syn_onnx_number(node, "min", -HUGE_VAL);
    *high = max ? max->data[0] : syn_onnx_number(node, "max", HUGE_VAL);
}

void syn_onnx_normalization_of(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                               uint32_t channel, double *factor, double *addend)
{
    const double scale = syn_onnx_in(graph, node, 1)->data[channel];
    const double bias = syn_onnx_in(graph, node, 2)->data[channel];
    const double mean = syn_onnx_in(graph, node, 3)->data[channel];
    const double variance = syn_onnx_in(graph, node, 4)->data[channel];
    *factor = scale / sqrt(variance + syn_onnx_number(node, "epsilon", 1e-5));
    *addend = bias - mean * *factor;
}

SYN_ONNX_COMPUTE(normalization)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const size_t plane = x->count / x->dims[0] / x->dims[1];
    for (uint32_t c = 0; c < x->dims[0] * x->dims[1]; c++) {
        double factor, addend;
        syn_onnx_normalization_of(graph, node, c % x->dims[1], &factor, &addend);
        for (size_t i = 0; i < plane; i++)
            out->data[c * plane + i] = x->data[c * plane + i] * factor + addend;
    }
}
