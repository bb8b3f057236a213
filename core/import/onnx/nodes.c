/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes of the file become nodes of the graph, with shapes; what is constant is computed at once.
 */
#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDED_MACS_MAX (1u << 24) /* of a constant that is computed while reading */

const char *syn_onnx_node_text(const struct syn_onnx_node *node, char text[120])
{
    (void)snprintf(text, 120, node->name[0] ? "%.40s '%s'" : "%.40s", node->written, node->name);
    return text;
}

int syn_onnx_wrong(const struct syn_onnx_node *node, struct syn_error *error, const char *fmt, ...)
{
    char text[120], words[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    return syn_error_set(error, SYN_EINVAL, "%s: %s", syn_onnx_node_text(node, text), words);
}

void syn_onnx_compute_node(const struct syn_onnx_graph *g, const struct syn_onnx_node *node,
                           struct syn_onnx_value *out)
{
    node->op->compute(g, node, out);
    if (out->type == SYN_ONNX_FLOAT)
        for (size_t i = 0; i < out->count; i++)
            out->data[i] = (double)(float)out->data[i];
}

/* ---- adding ---- */

static int check_inputs(const struct syn_onnx_graph *g, const struct syn_onnx_node *node,
                        struct syn_error *error)
{
    const struct syn_onnx_op *op = node->op;
    if (node->input_count < op->inputs_min || node->input_count > op->inputs_max)
        return syn_onnx_wrong(node, error, "%u inputs", node->input_count);
    for (unsigned i = 0; i < node->input_count; i++) {
        const struct syn_onnx_value *value = syn_onnx_in(g, node, i);
        if (!value && i < op->inputs_min)
            return syn_onnx_wrong(node, error, "input %u is left out", i);
        if (value && i < 32 && op->constants >> i & 1 && !value->constant)
            return syn_onnx_wrong(node, error,
                                  "input %u depends on the model's input; the part "
                                  "needs a constant there",
                                  i);
    }
    return 0;
}

static bool is_constant(const struct syn_onnx_graph *g, const struct syn_onnx_node *node)
{
    bool constant = true;
    for (unsigned i = 0; i < node->input_count; i++)
        constant &= node->inputs[i] < 0 || g->values[node->inputs[i]].constant;
    return constant || node->op->id == SYN_ONNX_SHAPE;
}

static int append(struct syn_onnx_graph *g, const struct syn_onnx_node *node,
                  struct syn_error *error)
{
    if (g->node_count == SYN_ONNX_NODES_MAX)
        return syn_error_set(error, SYN_EINVAL, "more than %d nodes", SYN_ONNX_NODES_MAX);
    if (g->node_count == g->node_room) {
        const unsigned room = g->node_room ? 2 * g->node_room : 64;
        struct syn_onnx_node *nodes = realloc(g->nodes, room * sizeof *nodes);
        if (!nodes)
            return syn_error_set(error, SYN_ENOMEM, "not enough memory for %u nodes", room);
        g->nodes = nodes;
        g->node_room = room;
    }
    g->values[node->output].producer = (int)g->node_count;
    g->nodes[g->node_count++] = *node;
    return 0;
}

/* Weights that were dequantized with one scale are known to be multiples of it. */
static double step_of(const struct syn_onnx_graph *g, const struct syn_onnx_node *node)
{
    switch (node->op->id) {
    case SYN_ONNX_DEQUANTIZE:
        return syn_onnx_in(g, node, 1)->count == 1 ? syn_onnx_in(g, node, 1)->data[0] : 0;
    case SYN_ONNX_TRANSPOSE:
    case SYN_ONNX_RESHAPE:
    case SYN_ONNX_IDENTITY:
        return syn_onnx_in(g, node, 0)->step;
    default:
        return 0;
    }
}

static int fold(struct syn_onnx_graph *g, const struct syn_onnx_node *node, struct syn_error *error)
{
    struct syn_onnx_value *out = &g->values[node->output];
    if (out->count > SYN_ONNX_CONSTANT_MAX - g->constants)
        return syn_error_set(error, SYN_EINVAL, "more than %u constant numbers",
                             SYN_ONNX_CONSTANT_MAX);
    out->data = malloc((out->count + 1) * sizeof *out->data);
    if (!out->data)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for constants");
    g->constants += out->count;
    out->constant = true;
    out->producer = -1;
    out->step = step_of(g, node);
    syn_onnx_compute_node(g, node, out);
    return 0;
}

static int shape_output(struct syn_onnx_graph *g, struct syn_onnx_node *node,
                        struct syn_error *error)
{
    struct syn_onnx_shape shape = {.type = SYN_ONNX_FLOAT};
    int status = check_inputs(g, node, error);
    if (status == 0)
        status = node->op->shape(g, node, &shape, error);
    if (status == 0 && node->output < 0)
        status = node->output = syn_onnx_add_value(g, NULL, error);
    if (status < 0)
        return status;
    status = syn_onnx_shape_value(g, node->output, shape.type, shape.rank, shape.dims, error);
    if (status == 0 && g->values[node->output].count == 0)
        status = syn_onnx_wrong(node, error, "its output is empty");
    if (shape.macs > SYN_ONNX_MACS_MAX - g->macs)
        return syn_onnx_wrong(node, error, "more than %g products in one inference",
                              (double)SYN_ONNX_MACS_MAX);
    g->macs += shape.macs;
    if (status == 0 && is_constant(g, node) && shape.macs > FOLDED_MACS_MAX)
        status = syn_onnx_wrong(node, error, "a large operation on constants alone");
    return status;
}

int syn_onnx_add_node(struct syn_onnx_graph *g, struct syn_onnx_node *node, struct syn_error *error)
{
    int status = shape_output(g, node, error);
    const int output = node->output;
    if (status == 0 && is_constant(g, node)) {
        status = fold(g, node, error);
        free(node->attributes);
    } else if (status == 0) {
        status = append(g, node, error);
        if (status < 0)
            free(node->attributes);
    } else {
        free(node->attributes);
    }
    node->attributes = NULL;
    return status < 0 ? status : output;
}

/* ---- from the file ---- */

static int unknown_input(const struct syn_onnx_graph *g, const Onnx__NodeProto *proto,
                         const char *name, struct syn_error *error)
{
    char type[40], text[SYN_ONNX_NAME_MAX];
    const int value = syn_onnx_find(g, name);
    syn_onnx_text(type, sizeof type, proto->op_type, strlen(proto->op_type));
    syn_onnx_text(text, sizeof text, name, strlen(name));
    if (value < 0)
        return syn_error_set(error, SYN_EINVAL, "%s reads '%s', which nothing gives", type, text);
    return syn_error_set(error, SYN_EINVAL,
                         "%s reads '%s' before it is there: nodes are not in topological order, "
                         "or it is a second output, which no operator here has",
                         type, text);
}

int syn_onnx_read_inputs(const struct syn_onnx_graph *g, const Onnx__NodeProto *proto,
                         int inputs[SYN_ONNX_INPUTS_MAX], unsigned *count, struct syn_error *error)
{
    if (proto->n_input > SYN_ONNX_INPUTS_MAX)
        return syn_error_set(error, SYN_EINVAL, "a node with %zu inputs; at most %d are read",
                             proto->n_input, SYN_ONNX_INPUTS_MAX);
    *count = (unsigned)proto->n_input;
    for (unsigned i = 0; i < *count; i++) {
        inputs[i] = -1;
        if (!*proto->input[i])
            continue;
        inputs[i] = syn_onnx_find(g, proto->input[i]);
        if (inputs[i] < 0 || !g->values[inputs[i]].known)
            return unknown_input(g, proto, proto->input[i], error);
    }
    while (*count && inputs[*count - 1] < 0)
        --*count;
    return 0;
}

static int unsupported(const Onnx__NodeProto *proto, struct syn_error *error)
{
    char type[40], name[SYN_ONNX_NAME_MAX];
    const bool other = proto->domain && *proto->domain && strcmp(proto->domain, "ai.onnx") != 0;
    syn_onnx_text(type, sizeof type, proto->op_type, strlen(proto->op_type));
    syn_onnx_text(name, sizeof name, proto->name, proto->name ? strlen(proto->name) : 0);
    syn_error_set(error, SYN_EUNSUP, "operator %s%s%s%s%s: the part has none like it", type,
                  *name ? " '" : "", name, *name ? "'" : "",
                  other ? " (of a domain of its own)" : "");
    syn_error_hint(error, "nearest: %s", syn_onnx_op_instead(type));
    return SYN_EUNSUP;
}

/* Constant: its tensor, or a number or list of numbers. */
static int add_constant(struct syn_onnx_graph *g, const Onnx__NodeProto *proto, int output,
                        struct syn_error *error)
{
    const Onnx__AttributeProto *a = proto->n_attribute == 1 ? proto->attribute[0] : NULL;
    double numbers[SYN_ONNX_INPUTS_MAX];
    const size_t count = a ? a->n_ints + a->n_floats : 0;
    g->values[output].producer = -1;
    if (a && a->t)
        return syn_onnx_read_tensor(g, output, a->t, error);
    if (!a || count > SYN_ONNX_INPUTS_MAX || !(count || a->has_f || a->has_i))
        return syn_error_set(error, SYN_EUNSUP, "Constant: neither a tensor nor a few numbers");
    for (size_t i = 0; i < count; i++)
        numbers[i] = a->n_ints ? (double)a->ints[i] : (double)a->floats[i];
    if (!count)
        numbers[0] = a->has_f ? (double)a->f : (double)a->i;
    const int made =
        syn_onnx_add_constant(g, a->n_floats || a->has_f ? SYN_ONNX_FLOAT : SYN_ONNX_INT64,
                              (unsigned)count, numbers, error);
    if (made < 0)
        return made;
    char *name = g->values[output].name;
    g->values[output] = g->values[made];
    g->values[output].name = name;
    g->values[made].data = NULL;
    return 0;
}

int syn_onnx_add_proto_node(struct syn_onnx_graph *g, const Onnx__NodeProto *proto,
                            struct syn_error *error)
{
    const int output = proto->n_output ? syn_onnx_find(g, proto->output[0]) : -1;
    if (!proto->op_type || output < 0)
        return syn_error_set(error, SYN_EINVAL, "a node without operator or output");
    if (strcmp(proto->op_type, "Constant") == 0)
        return add_constant(g, proto, output, error);
    int status = syn_onnx_expand(g, proto, error);
    if (status != SYN_ENOENT)
        return status;
    struct syn_onnx_node node = {.op = syn_onnx_op_find(proto->op_type, proto->domain),
                                 .output = output};
    if (!node.op)
        return unsupported(proto, error);
    node.written = node.op->name;
    syn_onnx_text(node.name, sizeof node.name, proto->name, proto->name ? strlen(proto->name) : 0);
    status = syn_onnx_read_inputs(g, proto, node.inputs, &node.input_count, error);
    if (status == 0)
        status = syn_onnx_read_attributes(&node, proto, node.op->attributes, error);
    if (status < 0) {
        free(node.attributes);
        return status;
    }
    status = syn_onnx_add_node(g, &node, error);
    return status < 0 ? status : 0;
}
