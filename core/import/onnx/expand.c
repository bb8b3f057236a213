/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operators that compute in quantized form: their inputs go through DequantizeLinear, their output
 * through QuantizeLinear, and between them stands the plain operator.
 */
#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"

#include <stdlib.h>
#include <string.h>

#define NONE 255

/* Where an operator has value, scale and zero point of its operands and its result. */
static const struct form {
    const char *name;
    enum syn_onnx_op_id op;
    uint8_t x[3], w[3];
    uint8_t bias;
    uint8_t y[2];
} forms[] = {
    {"QLinearConv", SYN_ONNX_CONV, {0, 1, 2}, {3, 4, 5}, 8, {6, 7}},
    {"QLinearMatMul", SYN_ONNX_MATMUL, {0, 1, 2}, {3, 4, 5}, NONE, {6, 7}},
    {"QGemm", SYN_ONNX_GEMM, {0, 1, 2}, {3, 4, 5}, 6, {7, 8}},
    {"QLinearAdd", SYN_ONNX_ADD, {0, 1, 2}, {3, 4, 5}, NONE, {6, 7}},
    {"QLinearMul", SYN_ONNX_MUL, {0, 1, 2}, {3, 4, 5}, NONE, {6, 7}},
    {"QLinearAveragePool", SYN_ONNX_AVERAGE_POOL, {0, 1, 2}, {NONE, NONE, NONE}, NONE, {3, 4}},
    {"QLinearGlobalAveragePool",
     SYN_ONNX_GLOBAL_AVERAGE_POOL,
     {0, 1, 2},
     {NONE, NONE, NONE},
     NONE,
     {3, 4}},
    {"ConvInteger", SYN_ONNX_CONV, {0, NONE, 2}, {1, NONE, 3}, NONE, {NONE, NONE}},
    {"MatMulInteger", SYN_ONNX_MATMUL, {0, NONE, 2}, {1, NONE, 3}, NONE, {NONE, NONE}},
};

struct expansion {
    struct syn_onnx_graph *graph;
    const struct form *form;
    const char *written;
    char name[SYN_ONNX_NAME_MAX];
    int inputs[SYN_ONNX_INPUTS_MAX];
    unsigned count;
    int output;
    struct syn_error *error;
};

static int input(const struct expansion *e, uint8_t at)
{
    return at == NONE || at >= e->count ? -1 : e->inputs[at];
}

static struct syn_onnx_node node_of(const struct expansion *e, enum syn_onnx_op_id id)
{
    struct syn_onnx_node node = {.op = syn_onnx_op(id), .written = e->written, .output = -1};
    memcpy(node.name, e->name, sizeof node.name);
    return node;
}

static int give_axis(struct syn_onnx_node *node, int64_t axis, struct syn_error *error)
{
    node->attributes = calloc(1, sizeof *node->attributes);
    if (!node->attributes)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for attributes");
    node->attribute_count = 1;
    node->attributes->integer = axis;
    (void)strcpy(node->attributes->name, "axis");
    return 0;
}

static int dequantize(const struct expansion *e, int value, int scale, int zero, int64_t axis)
{
    const double one = 1;
    struct syn_onnx_node node = node_of(e, SYN_ONNX_DEQUANTIZE);
    if (value < 0)
        return syn_onnx_wrong(&node, e->error, "an operand is left out");
    if (scale < 0)
        scale = syn_onnx_add_constant(e->graph, SYN_ONNX_FLOAT, 0, &one, e->error);
    if (scale < 0)
        return scale;
    node.inputs[0] = value;
    node.inputs[1] = scale;
    node.inputs[2] = zero;
    node.input_count = zero < 0 ? 2 : 3;
    int status = give_axis(&node, axis, e->error);
    return status < 0 ? status : syn_onnx_add_node(e->graph, &node, e->error);
}

static int product(const struct expansion *e, int a, int b)
{
    struct syn_onnx_node node = node_of(e, SYN_ONNX_MUL);
    node.inputs[0] = a;
    node.inputs[1] = b;
    node.input_count = 2;
    if (a < 0 || b < 0)
        return syn_onnx_wrong(&node, e->error, "a scale is left out");
    return syn_onnx_add_node(e->graph, &node, e->error);
}

/* The axis of the outputs in the second operand, along which scales may differ. */
static int64_t weight_axis(const struct expansion *e, const struct syn_onnx_node *node)
{
    if (e->form->op == SYN_ONNX_CONV)
        return 0;
    return syn_onnx_integer(node, "transB", 0) ? 0 : -1;
}

/* A bias is an integer in units of both scales' product. */
static int dequantize_bias(const struct expansion *e, const struct syn_onnx_node *node)
{
    const int bias = input(e, e->form->bias);
    const double alpha = syn_onnx_number(node, "alpha", 1);
    if (bias < 0)
        return -1;
    int scale = product(e, input(e, e->form->x[1]), input(e, e->form->w[1]));
    if (scale >= 0 && (alpha < 1 || alpha > 1)) {
        const int factor = syn_onnx_add_constant(e->graph, SYN_ONNX_FLOAT, 0, &alpha, e->error);
        scale = factor < 0 ? factor : product(e, scale, factor);
    }
    return scale < 0 ? scale : dequantize(e, bias, scale, -1, -1);
}

static int quantize(const struct expansion *e, int value, int scale, int zero)
{
    struct syn_onnx_node node = node_of(e, SYN_ONNX_QUANTIZE);
    node.inputs[0] = value;
    node.inputs[1] = scale;
    node.inputs[2] = zero;
    node.input_count = zero < 0 ? 2 : 3;
    node.output = e->output;
    return syn_onnx_add_node(e->graph, &node, e->error);
}

static int add_operands(const struct expansion *e, struct syn_onnx_node *node)
{
    const struct form *f = e->form;
    int made = dequantize(e, input(e, f->x[0]), input(e, f->x[1]), input(e, f->x[2]), 0);
    node->inputs[node->input_count++] = made;
    if (made >= 0 && f->w[0] != NONE) {
        made = dequantize(e, input(e, f->w[0]), input(e, f->w[1]), input(e, f->w[2]),
                          weight_axis(e, node));
        node->inputs[node->input_count++] = made;
    }
    if (made >= 0 && f->bias != NONE && input(e, f->bias) >= 0) {
        made = dequantize_bias(e, node);
        node->inputs[node->input_count++] = made;
    }
    return made < 0 ? made : 0;
}

static int expand_form(struct expansion *e, const Onnx__NodeProto *proto)
{
    struct syn_onnx_node node = node_of(e, e->form->op);
    const int scale = input(e, e->form->y[0]);
    int status = syn_onnx_read_attributes(&node, proto, node.op->attributes, e->error);
    if (status == 0)
        status = add_operands(e, &node);
    if (status < 0) {
        free(node.attributes);
        return status;
    }
    if (scale < 0)
        node.output = e->output;
    const int made = syn_onnx_add_node(e->graph, &node, e->error);
    if (made < 0 || scale < 0)
        return made;
    return quantize(e, made, scale, input(e, e->form->y[1]));
}

/* Scale and zero point of the result, then value, scale and zero point of each part. */
static int expand_concat(struct expansion *e, const Onnx__NodeProto *proto)
{
    struct syn_onnx_node node = node_of(e, SYN_ONNX_CONCAT);
    int status = syn_onnx_read_attributes(&node, proto, node.op->attributes, e->error);
    for (unsigned i = 2; status >= 0 && i + 1 < e->count; i += 3) {
        status = dequantize(e, e->inputs[i], e->inputs[i + 1],
                            i + 2 < e->count ? e->inputs[i + 2] : -1, 0);
        node.inputs[node.input_count++] = status;
    }
    if (status < 0) {
        free(node.attributes);
        return status;
    }
    const int made = syn_onnx_add_node(e->graph, &node, e->error);
    return made < 0 ? made : quantize(e, made, e->inputs[0], e->inputs[1]);
}

static const struct form *form_of(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

int syn_onnx_expand(struct syn_onnx_graph *graph, const Onnx__NodeProto *proto,
                    struct syn_error *error)
{
    const bool concat = strcmp(proto->op_type, "QLinearConcat") == 0;
    struct expansion e = {.graph = graph, .form = form_of(proto->op_type), .error = error};
    if (!e.form && !concat)
        return SYN_ENOENT;
    e.written = concat ? "QLinearConcat" : e.form->name;
    e.output = syn_onnx_find(graph, proto->output[0]);
    syn_onnx_text(e.name, sizeof e.name, proto->name, proto->name ? strlen(proto->name) : 0);
    int status = syn_onnx_read_inputs(graph, proto, e.inputs, &e.count, error);
    if (status == 0 && concat && e.count < 5)
        status = syn_error_set(error, SYN_EINVAL, "QLinearConcat '%s': %u inputs", e.name, e.count);
    if (status == 0)
        status = concat ? expand_concat(&e, proto) : expand_form(&e, proto);
    return status < 0 ? status : 0;
}
