/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operators that give numbers another shape or place. */
#include "core/import/onnx/operators.h"

#include <string.h>

int syn_onnx_axis(const struct syn_onnx_node *node, int64_t axis, unsigned rank, unsigned *result,
                  struct syn_error *error)
{
    *result = 0;
    if (axis < -(int64_t)rank || axis >= (int64_t)rank) {
        (void)syn_onnx_wrong(node, error, "axis %lld of %u dimensions", (long long)axis, rank);
        return SYN_EINVAL;
    }
    *result = (unsigned)(axis < 0 ? axis + rank : axis);
    return 0;
}

/* ---- Flatten, Reshape, Squeeze, Unsqueeze ---- */

SYN_ONNX_SHAPE(flatten)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    unsigned axis;
    int status = syn_onnx_axis(node, syn_onnx_integer(node, "axis", 1), x->rank + 1u, &axis, error);
    shape->type = x->type;
    shape->rank = 2;
    shape->dims[0] = shape->dims[1] = 1;
    for (unsigned i = 0; i < x->rank; i++)
        shape->dims[i >= axis] *= x->dims[i];
    return status;
}

/* One dimension of a Reshape: 0 keeps it, -1 is what is left over (`open` remembers it). */
static int reshape_dim(const struct syn_onnx_node *node, const struct syn_onnx_value *x, unsigned i,
                       struct syn_onnx_shape *shape, int *open, struct syn_error *error)
{
    const int64_t dim = shape->dims[i];
    if (dim == 0 && !syn_onnx_integer(node, "allowzero", 0) && i < x->rank)
        shape->dims[i] = x->dims[i];
    else if (dim == -1 && *open < 0)
        *open = (int)i;
    else if (dim < 1 || dim > (int64_t)x->count)
        return syn_onnx_wrong(node, error, "dimension %u of %lld", i, (long long)dim);
    return 0;
}

SYN_ONNX_SHAPE(reshape)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0), *to = syn_onnx_in(graph, node, 1);
    int open = -1, status = 0;
    uint64_t rest = x->count;
    if (to->rank != 1 || to->count > SYN_ONNX_RANK_MAX)
        return syn_onnx_wrong(node, error, "to %zu dimensions", to->count);
    shape->type = x->type;
    shape->rank = (unsigned)to->count;
    for (unsigned i = 0; status == 0 && i < shape->rank; i++) {
        const double dim = to->data[i];
        shape->dims[i] = dim >= -1 && dim <= (double)x->count ? (int64_t)dim : -2;
        status = reshape_dim(node, x, i, shape, &open, error);
        if (status == 0 && (int)i != open) {
            if (rest % (uint64_t)shape->dims[i])
                return syn_onnx_wrong(node, error, "%zu numbers do not fill its shape", x->count);
            rest /= (uint64_t)shape->dims[i];
        }
    }
    if (status == 0 && open >= 0)
        shape->dims[open] = (int64_t)rest;
    else if (status == 0 && rest != 1)
        status = syn_onnx_wrong(node, error, "%zu numbers do not fill its shape", x->count);
    return status;
}

/* Axes as an attribute (to opset 12) or as an input; a bit each. All, where there are none. */
int syn_onnx_axes(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                  unsigned rank, bool *given, unsigned *bits, struct syn_error *error)
{
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, "axes");
    const struct syn_onnx_value *input = a ? NULL : syn_onnx_in(graph, node, 1);
    const size_t count = a ? a->count : input ? input->count : 0;
    *given = a || input;
    *bits = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned axis;
        const double number = a ? (double)a->list[i] : input->data[i];
        const bool fits = number >= -SYN_ONNX_RANK_MAX && number < SYN_ONNX_RANK_MAX;
        int status =
            syn_onnx_axis(node, fits ? (int64_t)number : SYN_ONNX_RANK_MAX, rank, &axis, error);
        if (status < 0)
            return status;
        if (*bits >> axis & 1)
            return syn_onnx_wrong(node, error, "axis %u twice", axis);
        *bits |= 1u << axis;
    }
    return 0;
}

SYN_ONNX_SHAPE(squeeze)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    bool given;
    unsigned bits;
    int status = syn_onnx_axes(graph, node, x->rank, &given, &bits, error);
    shape->type = x->type;
    for (unsigned i = 0; status == 0 && i < x->rank; i++) {
        const bool gone = given ? bits >> i & 1 : x->dims[i] == 1;
        if (gone && x->dims[i] != 1)
            status = syn_onnx_wrong(node, error, "axis %u is not of size 1", i);
        if (!gone)
            shape->dims[shape->rank++] = x->dims[i];
    }
    return status;
}

SYN_ONNX_SHAPE(unsqueeze)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, "axes");
    const struct syn_onnx_value *input = syn_onnx_in(graph, node, 1);
    const size_t count = a ? a->count : input ? input->count : 0;
    bool given;
    unsigned bits, from = 0;
    if (count == 0 || x->rank + count > SYN_ONNX_RANK_MAX)
        return syn_onnx_wrong(node, error, "%zu axes more", count);
    shape->type = x->type;
    shape->rank = x->rank + (unsigned)count;
    int status = syn_onnx_axes(graph, node, shape->rank, &given, &bits, error);
    for (unsigned i = 0; status == 0 && i < shape->rank; i++)
        shape->dims[i] = bits >> i & 1 ? 1 : x->dims[from++];
    return status;
}

/* ---- Transpose ---- */

int syn_onnx_permutation(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                         unsigned perm[SYN_ONNX_RANK_MAX], struct syn_error *error)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, "perm");
    unsigned seen = 0;
    if (a && a->count != x->rank)
        return syn_onnx_wrong(node, error, "perm has %u numbers for %u axes", a->count, x->rank);
    for (unsigned i = 0; i < x->rank; i++) {
        const int64_t axis = a ? a->list[i] : x->rank - 1 - (int64_t)i;
        if (axis < 0 || axis >= x->rank || seen >> axis & 1)
            return syn_onnx_wrong(node, error, "perm is no permutation");
        seen |= 1u << axis;
        perm[i] = (unsigned)axis;
    }
    return 0;
}

SYN_ONNX_SHAPE(transpose)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    unsigned perm[SYN_ONNX_RANK_MAX] = {0};
    int status = syn_onnx_permutation(graph, node, perm, error);
    shape->type = x->type;
    shape->rank = x->rank;
    for (unsigned i = 0; status == 0 && i < x->rank; i++)
        shape->dims[i] = x->dims[perm[i]];
    return status;
}

SYN_ONNX_COMPUTE(transpose)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    unsigned perm[SYN_ONNX_RANK_MAX] = {0};
    size_t steps[SYN_ONNX_RANK_MAX] = {0}, step = 1;
    (void)syn_onnx_permutation(graph, node, perm, NULL);
    for (unsigned i = x->rank; i-- > 0; step *= x->dims[i])
        steps[i] = step;
    for (size_t at = 0; at < out->count; at++) {
        size_t rest = at, from = 0;
        for (unsigned i = out->rank; i-- > 0; rest /= out->dims[i])
            from += rest % out->dims[i] * steps[perm[i]];
        out->data[at] = x->data[from];
    }
}

/* ---- Concat ---- */

static int check_part(const struct syn_onnx_node *node, const struct syn_onnx_value *first,
                      const struct syn_onnx_value *part, unsigned axis, struct syn_error *error)
{
    char a[80], b[80];
    bool fits = part->rank == first->rank && part->type == first->type;
    for (unsigned i = 0; fits && i < first->rank; i++)
        fits = i == axis || part->dims[i] == first->dims[i];
    return fits ? 0
                : syn_onnx_wrong(node, error, "parts of shapes %s and %s",
                                 syn_onnx_shape_text(first, a), syn_onnx_shape_text(part, b));
}

SYN_ONNX_SHAPE(concat)
{
    const struct syn_onnx_value *first = syn_onnx_in(graph, node, 0);
    unsigned axis;
    if (!syn_onnx_attribute(node, "axis"))
        return syn_onnx_wrong(node, error, "axis is missing");
    int status = syn_onnx_axis(node, syn_onnx_integer(node, "axis", 0), first->rank, &axis, error);
    shape->type = first->type;
    shape->rank = first->rank;
    for (unsigned i = 0; i < first->rank; i++)
        shape->dims[i] = first->dims[i];
    for (unsigned i = 1; status == 0 && i < node->input_count; i++) {
        const struct syn_onnx_value *part = syn_onnx_in(graph, node, i);
        if (!part)
            return syn_onnx_wrong(node, error, "part %u is left out", i);
        status = check_part(node, first, part, axis, error);
        shape->dims[axis] += part->dims[axis < part->rank ? axis : 0];
    }
    return status;
}

SYN_ONNX_COMPUTE(concat)
{
    unsigned axis;
    size_t outer = 1, done = 0;
    (void)syn_onnx_axis(node, syn_onnx_integer(node, "axis", 0), out->rank, &axis, NULL);
    for (unsigned i = 0; i < axis; i++)
        outer *= out->dims[i];
    const size_t row = out->count / outer;
    for (unsigned n = 0; n < node->input_count; n++) {
        const struct syn_onnx_value *part = syn_onnx_in(graph, node, n);
        const size_t piece = part->count / outer;
        for (size_t i = 0; i < outer; i++)
            memcpy(out->data + i * row + done, part->data + i * piece, piece * sizeof(double));
        done += piece;
    }
}

/* ---- ConstantOfShape ---- */

SYN_ONNX_SHAPE(fill)
{
    const struct syn_onnx_value *dims = syn_onnx_in(graph, node, 0);
    const struct syn_onnx_attribute *value = syn_onnx_attribute(node, "value");
    if (dims->rank != 1 || dims->count > SYN_ONNX_RANK_MAX)
        return syn_onnx_wrong(node, error, "%zu dimensions", dims->count);
    shape->type = value ? value->type : SYN_ONNX_FLOAT;
    shape->rank = (unsigned)dims->count;
    for (unsigned i = 0; i < shape->rank; i++) {
        if (!(dims->data[i] >= 1 && dims->data[i] <= SYN_ONNX_CONSTANT_MAX))
            return syn_onnx_wrong(node, error, "a dimension of %g", dims->data[i]);
        shape->dims[i] = (int64_t)dims->data[i];
    }
    return 0;
}

SYN_ONNX_COMPUTE(fill)
{
    (void)graph;
    for (size_t i = 0; i < out->count; i++)
        out->data[i] = syn_onnx_number(node, "value", 0);
}

/* ---- Gather and Shape, as exporters write them around Reshape ---- */

SYN_ONNX_SHAPE(gather)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0), *at = syn_onnx_in(graph, node, 1);
    if (x->rank != 1 || at->rank > 1 || syn_onnx_integer(node, "axis", 0) != 0)
        return syn_onnx_wrong(node, error, "only numbers out of a constant list are gathered");
    shape->type = x->type;
    shape->rank = at->rank;
    shape->dims[0] = (int64_t)at->count;
    for (size_t i = 0; i < at->count; i++)
        if (!(at->data[i] >= -(double)x->count && at->data[i] < (double)x->count))
            return syn_onnx_wrong(node, error, "index %g of %zu numbers", at->data[i], x->count);
    return 0;
}

SYN_ONNX_COMPUTE(gather)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0), *at = syn_onnx_in(graph, node, 1);
    for (size_t i = 0; i < out->count; i++)
        out->data[i] =
            x->data[(size_t)(at->data[i] < 0 ? at->data[i] + (double)x->count : at->data[i])];
}

SYN_ONNX_SHAPE(shape)
{
    (void)error;
    if (syn_onnx_attribute(node, "start") || syn_onnx_attribute(node, "end"))
        return syn_onnx_wrong(node, error, "a part of a shape");
    shape->type = SYN_ONNX_INT64;
    shape->rank = 1;
    shape->dims[0] = syn_onnx_in(graph, node, 0)->rank;
    return 0;
}

SYN_ONNX_COMPUTE(shape)
{
    const struct syn_onnx_value *x = syn_onnx_in(graph, node, 0);
    for (unsigned i = 0; i < x->rank; i++)
        out->data[i] = x->dims[i];
}
