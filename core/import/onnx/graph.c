/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/onnx/graph.h"

#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"

#include <stdlib.h>
#include <string.h>

static const char *safe(const char *name, char text[SYN_ONNX_NAME_MAX])
{
    syn_onnx_text(text, SYN_ONNX_NAME_MAX, name, name ? strlen(name) : 0);
    return text;
}

/* ---- what the file says of itself ---- */

static bool is_onnx(const char *domain)
{
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

static int check_opset(struct syn_onnx_graph *g, const Onnx__ModelProto *model,
                       struct syn_error *error)
{
    g->opset = 0;
    for (size_t i = 0; i < model->n_opset_import; i++)
        if (is_onnx(model->opset_import[i]->domain))
            g->opset = model->opset_import[i]->version;
    if (g->opset >= SYN_ONNX_OPSET_MIN && g->opset <= SYN_ONNX_OPSET_MAX)
        return 0;
    syn_error_set(error, SYN_EUNSUP, "opset %lld; %d to %d are read", (long long)g->opset,
                  SYN_ONNX_OPSET_MIN, SYN_ONNX_OPSET_MAX);
    syn_error_hint(error, "onnx.version_converter changes the opset of a file");
    return SYN_EUNSUP;
}

/* ---- initializers, input, output ---- */

static int add_initializers(struct syn_onnx_graph *g, const Onnx__GraphProto *proto,
                            struct syn_error *error)
{
    char text[SYN_ONNX_NAME_MAX];
    if (proto->n_sparse_initializer)
        return syn_error_set(error, SYN_EUNSUP, "sparse initializers; save them dense");
    for (size_t i = 0; i < proto->n_initializer; i++) {
        const Onnx__TensorProto *t = proto->initializer[i];
        if (!t->name || !*t->name)
            return syn_error_set(error, SYN_EINVAL, "initializer %zu has no name", i);
        const int value = syn_onnx_add_value(g, t->name, error);
        if (value < 0)
            return value;
        int status = syn_onnx_read_tensor(g, value, t, error);
        if (status == 0 && g->values[value].count == 0)
            status =
                syn_error_set(error, SYN_EINVAL, "initializer '%s' is empty", safe(t->name, text));
        if (status < 0)
            return status;
    }
    return 0;
}

/* The first dimension, that of the batch, becomes one; all others must be numbers. */
static int read_dims(const Onnx__TensorShapeProto *shape, const char *name, int64_t *dims,
                     struct syn_error *error)
{
    if (shape->n_dim < 2 || shape->n_dim > 4)
        return syn_error_set(error, SYN_EUNSUP,
                             "input '%s' has %zu dimensions; 1xCxHxW, 1xCxL and 1xN are read", name,
                             shape->n_dim);
    for (size_t i = 0; i < shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];
        const bool number = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims[i] = number ? d->dim_value : i == 0 ? 1 : 0;
        if (i == 0 && dims[i] < 1)
            dims[i] = 1;
        if (dims[i] < 1)
            return syn_error_set(error, SYN_EUNSUP, "input '%s': dimension %zu is not fixed", name,
                                 i);
        if (i == 0 && dims[i] != 1)
            return syn_error_set(error, SYN_EUNSUP,
                                 "input '%s' is a batch of %lld; the part takes one at a time",
                                 name, (long long)dims[i]);
    }
    return 0;
}

static int add_input(struct syn_onnx_graph *g, const Onnx__ValueInfoProto *info,
                     struct syn_error *error)
{
    char text[SYN_ONNX_NAME_MAX];
    int64_t dims[SYN_ONNX_RANK_MAX];
    const Onnx__TypeProto__Tensor *type =
        info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            ? info->type->tensor_type
            : NULL;
    safe(info->name, text);
    if (g->input >= 0)
        return syn_error_set(error, SYN_EUNSUP,
                             "two inputs, '%s' is one; a model for the part has "
                             "one (join them along channels)",
                             text);
    if (!type || !type->shape)
        return syn_error_set(error, SYN_EINVAL, "input '%s' has no shape", text);
    const int kind = type->elem_type;
    if (kind != SYN_ONNX_FLOAT && kind != SYN_ONNX_UINT8 && kind != SYN_ONNX_INT8)
        return syn_error_set(error, SYN_EUNSUP,
                             "input '%s' has ONNX type %d; float, int8 and uint8 are read", text,
                             kind);
    int status = read_dims(type->shape, text, dims, error);
    if (status < 0 || (status = syn_onnx_add_value(g, info->name, error)) < 0)
        return status;
    g->input = status;
    return syn_onnx_shape_value(g, g->input, kind, (unsigned)type->shape->n_dim, dims, error);
}

static int add_inputs(struct syn_onnx_graph *g, const Onnx__GraphProto *proto,
                      struct syn_error *error)
{
    int status = 0;
    g->input = -1;
    for (size_t i = 0; status == 0 && i < proto->n_input; i++) {
        const char *name = proto->input[i]->name;
        if (!name || !*name)
            return syn_error_set(error, SYN_EINVAL, "an input has no name");
        if (syn_onnx_find(g, name) < 0) /* old files list initializers as inputs, too */
            status = add_input(g, proto->input[i], error);
    }
    if (status == 0 && g->input < 0)
        status = syn_error_set(error, SYN_EINVAL, "the graph has no input");
    return status;
}

/* Every output of every node gets its value, so that names are known to be unique. */
static int declare_outputs(struct syn_onnx_graph *g, const Onnx__GraphProto *proto,
                           struct syn_error *error)
{
    for (size_t i = 0; i < proto->n_node; i++)
        for (size_t k = 0; k < proto->node[i]->n_output; k++) {
            if (!*proto->node[i]->output[k])
                continue;
            const int value = syn_onnx_add_value(g, proto->node[i]->output[k], error);
            if (value < 0)
                return value;
            g->values[value].producer = (int)i;
        }
    return 0;
}

static int find_output(struct syn_onnx_graph *g, const Onnx__GraphProto *proto,
                       struct syn_error *error)
{
    char text[SYN_ONNX_NAME_MAX];
    if (proto->n_output != 1)
        return syn_error_set(error, SYN_EUNSUP, "%zu outputs; a model for the part has one",
                             proto->n_output);
    const char *name = proto->output[0]->name;
    g->output = syn_onnx_find(g, name);
    if (g->output < 0)
        return syn_error_set(error, SYN_EINVAL, "nothing gives the output '%s'", safe(name, text));
    return 0;
}

/* ---- nodes ---- */

static int add_nodes(struct syn_onnx_graph *g, const Onnx__GraphProto *proto,
                     struct syn_error *error)
{
    bool *needed = calloc(proto->n_node + 1, sizeof *needed);
    if (!needed)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for the graph");
    int status = syn_onnx_order(g, proto, needed, error);
    for (size_t i = 0; status == 0 && i < proto->n_node; i++)
        if (needed[i])
            status = syn_onnx_add_proto_node(g, proto->node[i], error);
    free(needed);
    return status;
}

static void count_readers(struct syn_onnx_graph *g)
{
    for (unsigned i = 0; i < g->node_count; i++)
        for (unsigned k = 0; k < g->nodes[i].input_count; k++)
            if (g->nodes[i].inputs[k] >= 0) {
                struct syn_onnx_value *value = &g->values[g->nodes[i].inputs[k]];
                value->readers++;
                value->last_reader = (int)i;
            }
    g->values[g->output].readers++;
}

static int check_output(const struct syn_onnx_graph *g, struct syn_error *error)
{
    if (!g->values[g->output].known || g->values[g->output].constant)
        return syn_error_set(error, SYN_EINVAL, "the output does not depend on the input");
    return 0;
}

int syn_onnx_graph_build(struct syn_onnx_graph *g, const Onnx__ModelProto *model,
                         struct syn_error *error)
{
    const Onnx__GraphProto *proto = model->graph;
    *g = (struct syn_onnx_graph){.input = -1, .output = -1};
    if (!proto)
        return syn_error_set(error, SYN_EINVAL, "an ONNX file without a graph");
    if (proto->n_node > SYN_ONNX_NODES_MAX)
        return syn_error_set(error, SYN_EINVAL, "%zu nodes; at most %d are read", proto->n_node,
                             SYN_ONNX_NODES_MAX);
    int status = check_opset(g, model, error);
    if (status == 0)
        status = add_initializers(g, proto, error);
    if (status == 0)
        status = add_inputs(g, proto, error);
    if (status == 0)
        status = declare_outputs(g, proto, error);
    if (status == 0)
        status = find_output(g, proto, error);
    if (status == 0)
        status = add_nodes(g, proto, error);
    if (status == 0)
        status = check_output(g, error);
    if (status == 0)
        count_readers(g);
    return status;
}

void syn_onnx_graph_free(struct syn_onnx_graph *g)
{
    for (unsigned i = 0; i < g->value_count; i++) {
        free(g->values[i].name);
        free(g->values[i].data);
    }
    for (unsigned i = 0; i < g->node_count; i++)
        free(g->nodes[i].attributes);
    free(g->values);
    free(g->nodes);
    free(g->buckets);
    *g = (struct syn_onnx_graph){0};
}

const struct syn_onnx_value *syn_onnx_in(const struct syn_onnx_graph *graph,
                                         const struct syn_onnx_node *node, unsigned i)
{
    return i < node->input_count && node->inputs[i] >= 0 ? &graph->values[node->inputs[i]] : NULL;
}

/* ---- computing ---- */

static void drop(struct syn_onnx_graph *g, int value)
{
    if (!g->values[value].constant) {
        free(g->values[value].data);
        g->values[value].data = NULL;
    }
}

static int compute(struct syn_onnx_graph *g, int at, int output)
{
    const struct syn_onnx_node *node = &g->nodes[at];
    struct syn_onnx_value *out = &g->values[node->output];
    out->data = malloc(out->count * sizeof *out->data);
    if (!out->data)
        return SYN_ENOMEM;
    syn_onnx_compute_node(g, node, out);
    for (unsigned i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && g->values[node->inputs[i]].last_reader == at &&
            node->inputs[i] != output)
            drop(g, node->inputs[i]);
    return 0;
}

int syn_onnx_graph_run(struct syn_onnx_graph *g, const double *input, int output, float *result,
                       struct syn_error *error)
{
    struct syn_onnx_value *in = &g->values[g->input];
    const struct syn_onnx_value *out = &g->values[output];
    int status = SYN_ENOMEM;
    in->data = malloc(in->count * sizeof *in->data);
    if (in->data) {
        memcpy(in->data, input, in->count * sizeof *input);
        status = 0;
    }
    for (int i = 0; status == 0 && i <= out->producer; i++)
        status = compute(g, i, output);
    for (size_t i = 0; status == 0 && i < out->count; i++)
        result[i] = (float)out->data[i];
    for (unsigned i = 0; i < g->value_count; i++)
        drop(g, (int)i);
    return status < 0 ? syn_error_set(error, status, "not enough memory to compute the graph") : 0;
}
