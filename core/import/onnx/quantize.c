/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QuantizeLinear and DequantizeLinear: scales and zero points, checked once, and ONNX's rounding.
 */
#include "core/import/onnx/operators.h"

#include <math.h>

/* ---- shapes ---- */

static int check_scales(const struct syn_onnx_node *node, const struct syn_onnx_value *scale,
                        struct syn_error *error)
{
    for (size_t i = 0; i < scale->count; i++) {
        if (!isfinite(scale->data[i]))
            return syn_onnx_wrong(node, error, "scale %zu is %s, which is no scale", i,
                                  isnan(scale->data[i]) ? "NaN" : "infinite");
        if (!(scale->data[i] > 0))
            return syn_onnx_wrong(node, error, "scale %zu is %g; scales are above zero", i,
                                  scale->data[i]);
        if (scale->data[i] < 1e-30 || scale->data[i] > 1e30)
            return syn_onnx_wrong(node, error, "scale %zu is %g, beyond what a float can multiply",
                                  i, scale->data[i]);
    }
    return 0;
}

/* One scale, or one for each place along the axis. */
static int check_axis(const struct syn_onnx_node *node, const struct syn_onnx_value *x,
                      const struct syn_onnx_value *scale, struct syn_error *error)
{
    unsigned axis = 0;
    if (syn_onnx_integer(node, "block_size", 0))
        return syn_onnx_wrong(node, error,
                              "scales of blocks; one scale, or one a channel, is read");
    if (scale->count == 1)
        return 0;
    int status = syn_onnx_axis(node, syn_onnx_integer(node, "axis", 1), x->rank, &axis, error);
    if (status == 0 && (scale->rank != 1 || scale->count != x->dims[axis]))
        status =
            syn_onnx_wrong(node, error, "%zu scales for %u channels", scale->count, x->dims[axis]);
    return status;
}

static int check_common(const struct syn_onnx_node *node, const struct syn_onnx_value *x,
                        const struct syn_onnx_value *scale, const struct syn_onnx_value *zero,
                        struct syn_error *error)
{
    if (zero && zero->count != scale->count)
        return syn_onnx_wrong(node, error, "%zu scales and %zu zero points", scale->count,
                              zero->count);
    int status = check_scales(node, scale, error);
    return status < 0 ? status : check_axis(node, x, scale, error);
}

static void take_shape(const struct syn_onnx_value *x, int type, struct syn_onnx_shape *shape)
{
    shape->type = type;
    shape->rank = x->rank;
    for (unsigned i = 0; i < x->rank; i++)
        shape->dims[i] = x->dims[i];
}

SYN_ONNX_SHAPE(quantize)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_value *zero = syn_onnx_in(graph, node, 2);
    const int64_t said = syn_onnx_integer(node, "output_dtype", 0);
    const int type = zero ? zero->type : said ? (int)said : SYN_ONNX_UINT8;
    if (type != SYN_ONNX_INT8 && type != SYN_ONNX_UINT8)
        return syn_onnx_wrong(node, error, "to ONNX type %d; the part has 8 bits", type);
    if (x->type != SYN_ONNX_FLOAT && x->type != SYN_ONNX_DOUBLE)
        return syn_onnx_wrong(node, error, "its input is not of floats");
    take_shape(x, type, shape);
    return check_common(node, x, syn_onnx_in(graph, node, 1), zero, error);
}

SYN_ONNX_SHAPE(dequantize)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_value *zero = syn_onnx_in(graph, node, 2);
    if (x->type != SYN_ONNX_INT8 && x->type != SYN_ONNX_UINT8 && x->type != SYN_ONNX_INT32)
        return syn_onnx_wrong(node, error, "ONNX type %d; the part has 8 bits", x->type);
    if (zero && zero->type != x->type)
        return syn_onnx_wrong(node, error, "the zero point is of another type");
    take_shape(x, SYN_ONNX_FLOAT, shape);
    return check_common(node, x, syn_onnx_in(graph, node, 1), zero, error);
}

/* ---- computing ---- */

/* Runs of elements that share a scale. */
struct runs {
    size_t length, scales;
};

static struct runs runs_of(const struct syn_onnx_node *node, const struct syn_onnx_value *x,
                           const struct syn_onnx_value *scale)
{
    struct runs runs = {.length = x->count, .scales = scale->count};
    int64_t axis = syn_onnx_integer(node, "axis", 1);
    if (scale->count == 1)
        return runs;
    if (axis < 0)
        axis += x->rank;
    for (unsigned i = 0; i <= (unsigned)axis; i++)
        runs.length /= x->dims[i];
    return runs;
}

SYN_ONNX_COMPUTE(quantize)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_value *scale = syn_onnx_in(graph, node, 1);
    const struct syn_onnx_value *zero = syn_onnx_in(graph, node, 2);
    const struct runs runs = runs_of(node, x, scale);
    const double low = out->type == SYN_ONNX_INT8 ? -128 : 0, high = low + 255;
    for (size_t i = 0; i < x->count; i++) {
        const size_t s = i / runs.length % runs.scales;
        double q = rint((double)((float)x->data[i] / (float)scale->data[s])); /* half to even */
        q += zero ? zero->data[s] : 0;
        out->data[i] = q > low ? q < high ? q : high : low;
    }
}

SYN_ONNX_COMPUTE(dequantize)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_value *scale = syn_onnx_in(graph, node, 1);
    const struct syn_onnx_value *zero = syn_onnx_in(graph, node, 2);
    const struct runs runs = runs_of(node, x, scale);
    for (size_t i = 0; i < x->count; i++) {
        const size_t s = i / runs.length % runs.scales;
        out->data[i] = (x->data[i] - (zero ? zero->data[s] : 0)) * scale->data[s];
    }
}
