/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gemm and MatMul with a constant second operand. */
#include "core/import/onnx/operators.h"

struct product {
    size_t rows, inner, columns;
    bool trans_a, trans_b;
};

static int wrong_shapes(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                        struct syn_error *error)
{
    char a[80], b[80];
    return syn_onnx_wrong(node, error, "shapes %s and %s do not go together",
                          syn_onnx_shape_text(syn_onnx_in(graph, node, 0), a),
                          syn_onnx_shape_text(syn_onnx_in(graph, node, 1), b));
}

static struct product gemm_of(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node)
{
    const struct syn_onnx_value *a = syn_onnx_in(graph, node, 0), *b = syn_onnx_in(graph, node, 1);
    const bool trans_a = syn_onnx_integer(node, "transA", 0) != 0;
    const bool trans_b = syn_onnx_integer(node, "transB", 0) != 0;
    return (struct product){a->dims[trans_a], a->dims[!trans_a], b->dims[!trans_b], trans_a,
                            trans_b};
}

SYN_ONNX_SHAPE(gemm)
{
    const struct syn_onnx_value *a = syn_onnx_in(graph, node, 0), *b = syn_onnx_in(graph, node, 1);
    const struct syn_onnx_value *c = syn_onnx_in(graph, node, 2);
    if (a->rank != 2 || b->rank != 2)
        return syn_onnx_wrong(node, error, "its operands are no matrices");
    const struct product p = gemm_of(graph, node);
    if (b->dims[p.trans_b] != p.inner)
        return wrong_shapes(graph, node, error);
    if (c && c->count != 1 && (c->count != p.columns || c->dims[c->rank - 1] != p.columns))
        return syn_onnx_wrong(node, error, "%zu numbers to add to %zu outputs", c->count,
                              p.columns);
    shape->rank = 2;
    shape->dims[0] = (int64_t)p.rows;
    shape->dims[1] = (int64_t)p.columns;
    shape->macs = (uint64_t)p.rows * p.inner * p.columns;
    return 0;
}

SYN_ONNX_SHAPE(matmul)
{
    const struct syn_onnx_value *a = syn_onnx_in(graph, node, 0), *b = syn_onnx_in(graph, node, 1);
    if (a->rank < 2 || b->rank != 2)
        return syn_onnx_wrong(node, error, "a product with a constant matrix is read, no other");
    if (a->dims[a->rank - 1] != b->dims[0])
        return wrong_shapes(graph, node, error);
    shape->rank = a->rank;
    for (unsigned i = 0; i + 1 < a->rank; i++)
        shape->dims[i] = a->dims[i];
    shape->dims[a->rank - 1] = b->dims[1];
    shape->macs = (uint64_t)a->count * b->dims[1];
    return 0;
}

static void multiply(const struct product *p, const double *a, const double *b, double *out)
{
    for (size_t r = 0; r < p->rows; r++)
        for (size_t c = 0; c < p->columns; c++) {
            double sum = 0;
            for (size_t k = 0; k < p->inner; k++)
                sum += a[p->trans_a ? k * p->rows + r : r * p->inner + k] *
                       b[p->trans_b ? c * p->inner + k : k * p->columns + c];
            out[r * p->columns + c] = sum;
        }
}

SYN_ONNX_COMPUTE(gemm)
{
    const struct syn_onnx_value *c = syn_onnx_in(graph, node, 2);
    const struct product p = gemm_of(graph, node);
    const double alpha = syn_onnx_number(node, "alpha", 1), beta = syn_onnx_number(node, "beta", 1);
    multiply(&p, syn_onnx_in(graph, node, 0)->data, syn_onnx_in(graph, node, 1)->data, out->data);
    for (size_t i = 0; i < out->count; i++) {
        out->data[i] *= alpha;
        if (c)
            out->data[i] += beta * c->data[c->count == 1 ? 0 : i % p.columns];
    }
}

SYN_ONNX_COMPUTE(matmul)
{
    const struct syn_onnx_value *a = syn_onnx_in(graph, node, 0), *b = syn_onnx_in(graph, node, 1);
    const struct product p = {a->count / b->dims[0], b->dims[0], b->dims[1], false, false};
    multiply(&p, a->data, b->data, out->data);
}
