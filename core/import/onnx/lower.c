/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/onnx/lower.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int syn_onnx_refuse(const struct syn_onnx_node *node, struct syn_error *error, const char *nearest,
                    const char *fmt, ...)
{
    char text[120], words[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    syn_error_set(error, SYN_EUNSUP, "%s: %s", syn_onnx_node_text(node, text), words);
    syn_error_hint(error, "nearest: %s", nearest);
    return SYN_EUNSUP;
}

/* ---- values and tensors ---- */

struct syn_onnx_ref syn_onnx_ref_of(const struct syn_onnx_lowering *l,
                                    const struct syn_onnx_node *node, unsigned i)
{
    if (i >= node->input_count || node->inputs[i] < 0)
        return (struct syn_onnx_ref){.tensor = -1, .factor = 1};
    return l->refs[node->inputs[i]];
}

bool syn_onnx_is_shared(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                        unsigned i)
{
    return l->refs[node->inputs[i]].shared || l->graph->values[node->inputs[i]].readers > 1;
}

int syn_onnx_gives(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, int tensor)
{
    l->refs[node->output] = (struct syn_onnx_ref){.tensor = tensor, .factor = 1};
    return 0;
}

int syn_onnx_lower_alias(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    l->refs[node->output] = syn_onnx_ref_of(l, node, 0);
    l->refs[node->output].shared = syn_onnx_is_shared(l, node, 0);
    return 0;
}

int syn_onnx_open_layer(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                        unsigned i)
{
    const int tensor = syn_onnx_ref_of(l, node, i).tensor;
    return tensor < 1 || syn_onnx_is_shared(l, node, i) ? -1 : tensor - 1;
}

int syn_onnx_open_copy(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int open = syn_onnx_open_layer(l, node, 0);
    return open >= 0 && l->network->layers[open].part.op == SYN_OP_PASSTHROUGH ? open : -1;
}

static void map_of(const struct syn_onnx_value *v, struct syn_onnx_tensor *map)
{
    map->channels = v->rank > 1 ? v->dims[1] : v->count > UINT32_MAX ? 0 : (uint32_t)v->count;
    map->height = v->rank > 2 ? v->dims[2] : 1;
    map->width = v->rank > 3 ? v->dims[3] : 1;
    map->one_d = v->rank == 3;
}

int syn_onnx_check_map(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, unsigned i)
{
    const struct syn_onnx_value *v = &l->graph->values[node->inputs[i]];
    struct syn_onnx_tensor *tensor = &l->network->tensors[l->refs[node->inputs[i]].tensor];
    struct syn_onnx_tensor map = {0};
    char text[80];
    map_of(v, &map);
    if (v->rank > 4 || v->rank < 2 || v->dims[0] != 1)
        return syn_onnx_refuse(node, l->error, "1xCxHxW, 1xCxL or 1xN", "an input of shape %s",
                               syn_onnx_shape_text(v, text));
    if (tensor == l->network->tensors && !l->used_input) {
        tensor->channels = map.channels;
        tensor->height = map.height;
        tensor->width = map.width;
        tensor->one_d = map.one_d;
    }
    if (map.channels != tensor->channels || map.height != tensor->height ||
        map.width != tensor->width)
        return syn_onnx_refuse(node, l->error,
                               "Reshape and Flatten to 1xN in front of a Gemm or MatMul",
                               "reads %ux%ux%u numbers as %s", tensor->channels, tensor->height,
                               tensor->width, syn_onnx_shape_text(v, text));
    return 0;
}

/* ---- layers ---- */

/* Whether another layer than `index` is called so. */
static bool is_taken(const struct syn_onnx_network *n, const char *name, unsigned index)
{
    bool taken = strcmp(name, "input") == 0;
    for (unsigned i = 0; i < n->layer_count; i++)
        taken |= i != index && strcmp(n->layers[i].name, name) == 0;
    return taken;
}

/* After the node, without what other tools might not like; else after the operator. */
void syn_onnx_name_layer(struct syn_onnx_network *n, const struct syn_onnx_node *node,
                         unsigned index)
{
    char *name = n->layers[index].name;
    char base[40];
    size_t used = 0;
    const char *from = node->name;
    while (*from == '/')
        from++;
    for (; *from && used + 1 < sizeof base; from++)
        base[used++] = isalnum((unsigned char)*from) || strchr("._-", *from) ? *from : '.';
    base[used] = name[0] = '\0';
    if (!used)
        (void)snprintf(base, sizeof base, "%s", node->op->name);
    (void)snprintf(name, SYN_MODEL_NAME_MAX, "%s", base);
    for (unsigned i = 2; is_taken(n, name, index); i++)
        (void)snprintf(name, SYN_MODEL_NAME_MAX, "%s-%u", base, i);
}

struct syn_onnx_layer syn_onnx_plain_layer(unsigned inputs)
{
    return (struct syn_onnx_layer){.part = {.pool_first = true,
                                            .kernel_h = 1,
                                            .kernel_w = 1,
                                            .dilation_h = 1,
                                            .dilation_w = 1,
                                            .groups = 1,
                                            .pool_h = 1,
                                            .pool_w = 1,
                                            .output_width = 8,
                                            .input_count = (uint8_t)inputs}};
}

int syn_onnx_new_layer(struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                       const int *tensors, unsigned count)
{
    struct syn_onnx_network *n = l->network;
    if (n->layer_count == SYN_ONNX_LAYERS_MAX)
        return syn_onnx_refuse(node, l->error, "fewer layers", "more than %d layers",
                               SYN_ONNX_LAYERS_MAX);
    struct syn_onnx_layer *layer = &n->layers[n->layer_count];
    *layer = syn_onnx_plain_layer(count);
    for (unsigned i = 0; i < count; i++)
        layer->part.inputs[i] = (uint16_t)tensors[i];
    const struct syn_onnx_tensor *from = &n->tensors[tensors[0]];
    n->tensors[n->layer_count + 1] = (struct syn_onnx_tensor){.channels = from->channels,
                                                              .height = from->height,
                                                              .width = from->width,
                                                              .one_d = from->one_d,
                                                              .not_negative = from->not_negative,
                                                              .clip_low = -HUGE_VAL,
                                                              .clip_high = HUGE_VAL};
    for (unsigned i = 0; i < count; i++)
        l->used_input |= tensors[i] == 0;
    syn_onnx_name_layer(n, node, n->layer_count);
    return (int)n->layer_count++;
}

int syn_onnx_make_weights(struct syn_onnx_network *n, unsigned index, uint32_t outputs,
                          uint32_t fan_in, bool bias, struct syn_error *error)
{
    struct syn_onnx_layer *layer = &n->layers[index];
    const uint64_t count = (uint64_t)outputs * fan_in;
    if (count > SYN_ONNX_CONSTANT_MAX - n->weight_count) {
        syn_error_set(error, SYN_EUNSUP, "layer %s: more than %u weights in all", layer->name,
                      SYN_ONNX_CONSTANT_MAX);
        return SYN_EUNSUP;
    }
    n->weight_count += (size_t)count;
    layer->fan_in = fan_in;
    layer->part.out.channels = (uint16_t)outputs;
    layer->weights = calloc((size_t)count + 1, sizeof *layer->weights);
    layer->bias = bias ? calloc((size_t)outputs + 1, sizeof *layer->bias) : NULL;
    if (layer->weights && (layer->bias || !bias))
        return 0;
    syn_error_set(error, SYN_ENOMEM, "not enough memory for weights");
    return SYN_ENOMEM;
}

int syn_onnx_make_identity(struct syn_onnx_network *n, unsigned index, struct syn_error *error)
{
    struct syn_onnx_layer *layer = &n->layers[index];
    const struct syn_onnx_tensor *tensor = &n->tensors[index + 1];
    layer->part.op = tensor->one_d ? SYN_OP_CONV1D : SYN_OP_CONV2D;
    if (tensor->channels > 2048)
        return syn_error_set(error, SYN_EUNSUP, "layer %s: %u channels; the part has 2048",
                             layer->name, tensor->channels);
    int status = syn_onnx_make_weights(n, index, tensor->channels, tensor->channels, false, error);
    for (uint32_t c = 0; status == 0 && c < tensor->channels; c++)
        layer->weights[(size_t)c * tensor->channels + c] = 1;
    layer->step = 1. / 64;
    layer->copies = true;
    return status;
}

/* What was the layer's result is now what its convolution reads. */
static void keep_operand_scale(struct syn_onnx_network *n, int tensor)
{
    n->layers[tensor - 1].operand_scale = n->tensors[tensor].scale;
    n->tensors[tensor].scale = 0;
}

int syn_onnx_layer_for_conv(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int tensor = syn_onnx_ref_of(l, node, 0).tensor, open = syn_onnx_open_copy(l, node);
    int status = syn_onnx_check_map(l, node, 0);
    if (status < 0)
        return status;
    if (open < 0)
        return syn_onnx_new_layer(l, node, &tensor, 1);
    keep_operand_scale(l->network, tensor);
    syn_onnx_name_layer(l->network, node, (unsigned)open);
    return open;
}

/* A layer that copies, for what follows no convolution: the open one, or a new one. */
static int layer_to_copy(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int tensor = syn_onnx_ref_of(l, node, 0).tensor, open = syn_onnx_open_copy(l, node);
    if (open < 0)
        return syn_onnx_new_layer(l, node, &tensor, 1);
    keep_operand_scale(l->network, tensor);
    return open;
}

int syn_onnx_layer_of_sums(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int open = syn_onnx_open_layer(l, node, 0);
    if (open >= 0 && l->network->layers[open].part.op != SYN_OP_PASSTHROUGH &&
        l->network->layers[open].part.activation == SYN_ACT_NONE)
        return open;
    const int index = layer_to_copy(l, node);
    if (index < 0)
        return index;
    struct syn_onnx_layer *layer = &l->network->layers[index];
    int status = syn_onnx_make_identity(l->network, (unsigned)index, l->error);
    if (status == 0)
        status =
            syn_imported_note(l->imported,
                              "layer %s copies with a 1x1 convolution of %u x %u weights, for "
                              "a %s that follows none",
                              layer->name, layer->part.out.channels, layer->fan_in, node->written);
    return status < 0 ? status : index;
}

/* ---- what only moves numbers, and what is left out at the end ---- */

static int lower_transpose(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const struct syn_onnx_value *x = syn_onnx_in(l->graph, node, 0);
    unsigned perm[SYN_ONNX_RANK_MAX];
    int last = -1, status = syn_onnx_permutation(l->graph, node, perm, l->error);
    for (unsigned i = 0; status == 0 && i < x->rank; i++) {
        if (x->dims[perm[i]] == 1)
            continue;
        if ((int)perm[i] < last)
            return syn_onnx_refuse(node, l->error, "a graph with channels in the second place",
                                   "moves numbers, which the part cannot");
        last = (int)perm[i];
    }
    return status < 0 ? status : syn_onnx_lower_alias(l, node);
}

/* The class stays the same, since these keep the order of the outputs. */
static int lower_end(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    if (!l->ended) {
        l->network->result = node->inputs[0];
        l->ended = true;
        int status = syn_imported_note(l->imported,
                                       "%s at the end is left out: the outputs are those before it",
                                       node->written);
        if (status < 0)
            return status;
    }
    l->network->classifies |= node->op->id != SYN_ONNX_SIGMOID;
    return syn_onnx_lower_alias(l, node);
}

/* ---- all ---- */

static const syn_onnx_lower_fn lower_fns[SYN_ONNX_OPS] = {
    [SYN_ONNX_ABS] = syn_onnx_lower_activation,
    [SYN_ONNX_ADD] = syn_onnx_lower_arithmetic,
    [SYN_ONNX_ARG_MAX] = lower_end,
    [SYN_ONNX_AVERAGE_POOL] = syn_onnx_lower_pool,
    [SYN_ONNX_BATCH_NORMALIZATION] = syn_onnx_lower_normalization,
    [SYN_ONNX_CAST] = syn_onnx_lower_cast,
    [SYN_ONNX_CLIP] = syn_onnx_lower_clip,
    [SYN_ONNX_CONCAT] = syn_onnx_lower_concat,
    [SYN_ONNX_CONV] = syn_onnx_lower_conv,
    [SYN_ONNX_CONV_TRANSPOSE] = syn_onnx_lower_conv,
    [SYN_ONNX_DEQUANTIZE] = syn_onnx_lower_dequantize,
    [SYN_ONNX_DIV] = syn_onnx_lower_arithmetic,
    [SYN_ONNX_DROPOUT] = syn_onnx_lower_alias,
    [SYN_ONNX_FLATTEN] = syn_onnx_lower_alias,
    [SYN_ONNX_GEMM] = syn_onnx_lower_product,
    [SYN_ONNX_GLOBAL_AVERAGE_POOL] = syn_onnx_lower_pool,
    [SYN_ONNX_GLOBAL_MAX_POOL] = syn_onnx_lower_pool,
    [SYN_ONNX_IDENTITY] = syn_onnx_lower_alias,
    [SYN_ONNX_LOG_SOFTMAX] = lower_end,
    [SYN_ONNX_MATMUL] = syn_onnx_lower_product,
    [SYN_ONNX_MAX_POOL] = syn_onnx_lower_pool,
    [SYN_ONNX_MUL] = syn_onnx_lower_arithmetic,
    [SYN_ONNX_QUANTIZE] = syn_onnx_lower_quantize,
    [SYN_ONNX_REDUCE_MEAN] = syn_onnx_lower_mean,
    [SYN_ONNX_RELU] = syn_onnx_lower_activation,
    [SYN_ONNX_RESHAPE] = syn_onnx_lower_alias,
    [SYN_ONNX_SIGMOID] = lower_end,
    [SYN_ONNX_SOFTMAX] = lower_end,
    [SYN_ONNX_SQUEEZE] = syn_onnx_lower_alias,
    [SYN_ONNX_SUB] = syn_onnx_lower_arithmetic,
    [SYN_ONNX_TRANSPOSE] = lower_transpose,
    [SYN_ONNX_UNSQUEEZE] = syn_onnx_lower_alias,
};

/* Operators that read the input's numbers need to know what a byte of a window stands for. */
static bool needs_scale(enum syn_onnx_op_id id)
{
    return lower_fns[id] != syn_onnx_lower_alias && id != SYN_ONNX_QUANTIZE &&
           id != SYN_ONNX_DEQUANTIZE && id != SYN_ONNX_TRANSPOSE && id != SYN_ONNX_CAST;
}

/* What may read integers of 8 bits without knowing what they stand for. */
static bool reads_integers(enum syn_onnx_op_id id)
{
    return !needs_scale(id) || lower_fns[id] == lower_end || id == SYN_ONNX_MAX_POOL ||
           id == SYN_ONNX_GLOBAL_MAX_POOL || id == SYN_ONNX_CONCAT;
}

static int check_types(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    for (unsigned i = 0; !reads_integers(node->op->id) && i < node->input_count; i++) {
        const struct syn_onnx_value *value = syn_onnx_in(l->graph, node, i);
        if (value && !value->constant && value->type != SYN_ONNX_FLOAT &&
            value->type != SYN_ONNX_DOUBLE)
            return syn_onnx_refuse(node, l->error, "DequantizeLinear before it",
                                   "reads integers as they are");
    }
    return 0;
}

static int check_node(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const enum syn_onnx_op_id id = node->op->id;
    const bool passes = lower_fns[id] == syn_onnx_lower_alias || id == SYN_ONNX_CAST ||
                        lower_fns[id] == lower_end || id == SYN_ONNX_QUANTIZE ||
                        id == SYN_ONNX_DEQUANTIZE;
    if (!lower_fns[id])
        return syn_onnx_refuse(node, l->error, syn_onnx_op_instead(node->op->name),
                               "the part has none like it");
    if (l->ended && !passes)
        return syn_onnx_refuse(node, l->error, "Relu, or a model that ends there",
                               "comes after a Softmax, Sigmoid or ArgMax, which only the end of a "
                               "model may have");
    const bool weighs = lower_fns[id] == syn_onnx_lower_conv || id == SYN_ONNX_GEMM ||
                        id == SYN_ONNX_MATMUL || passes;
    for (unsigned i = 0; !weighs && i < node->input_count; i++)
        if (!syn_onnx_is_near(syn_onnx_ref_of(l, node, i).factor, 1))
            return syn_onnx_refuse(node, l->error, "the same scale in both",
                                   "reads what was dequantized with another scale than quantized");
    for (unsigned i = 0; needs_scale(id) && i < node->input_count; i++)
        if (syn_onnx_ref_of(l, node, i).tensor == 0 && !(l->network->tensors[0].scale > 0)) {
            (void)syn_onnx_refuse(node, l->error, "",
                                  "reads the input in floating point: the "
                                  "model is not quantized, or not from its input on");
            syn_error_hint(l->error,
                           "quantize it to int8 first: onnxruntime.quantization.quantize_static("
                           "FILE, FILE2, reader, quant_format=QuantFormat.QDQ)");
            return SYN_EUNSUP;
        }
    return check_types(l, node);
}

static int lower_nodes(struct syn_onnx_lowering *l)
{
    int status = 0;
    for (unsigned i = 0; status == 0 && i < l->graph->node_count; i++) {
        const struct syn_onnx_node *node = &l->graph->nodes[i];
        status = check_node(l, node);
        if (status == 0)
            status = lower_fns[node->op->id](l, node);
    }
    return status;
}

/* What no QuantizeLinear follows may come out as sums of 32 bits. */
static int finish_last(struct syn_onnx_lowering *l)
{
    struct syn_onnx_network *n = l->network;
    if (n->layer_count == 0)
        return syn_error_set(l->error, SYN_EUNSUP, "the graph has nothing that the part computes");
    struct syn_onnx_layer *last = &n->layers[n->layer_count - 1];
    if (n->tensors[n->layer_count].scale > 0 || last->part.op == SYN_OP_PASSTHROUGH ||
        last->part.activation != SYN_ACT_NONE || n->tensors[n->layer_count].clip_high < HUGE_VAL)
        return 0;
    last->part.output_width = 32;
    return 0;
}

int syn_onnx_lower(struct syn_onnx_network *network, const struct syn_onnx_graph *graph,
                   struct syn_imported *imported, struct syn_error *error)
{
    struct syn_onnx_lowering l = {
        .network = network, .graph = graph, .imported = imported, .error = error};
    network->layer_count = 0;
    network->weight_count = 0;
    network->result = graph->output;
    l.refs = calloc(graph->value_count, sizeof *l.refs);
    if (!l.refs)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for layers");
    for (unsigned i = 0; i < graph->value_count; i++)
        l.refs[i] = (struct syn_onnx_ref){.tensor = -1, .factor = 1};
    l.refs[graph->input].tensor = 0;
    network->tensors[0] = (struct syn_onnx_tensor){.clip_low = -HUGE_VAL, .clip_high = HUGE_VAL};
    map_of(&graph->values[graph->input], &network->tensors[0]);
    int status = lower_nodes(&l);
    if (status == 0)
        status = finish_last(&l);
    if (status == 0 && !syn_onnx_is_near(l.refs[network->result].factor, 1))
        status = syn_error_set(error, SYN_EUNSUP,
                               "the output is dequantized with another scale than quantized");
    network->result_scale = l.refs[network->result].scale;
    network->result_zero = l.refs[network->result].zero;
    free(l.refs);
    return status;
}

void syn_onnx_network_free(struct syn_onnx_network *n)
{
    for (unsigned i = 0; i < n->layer_count; i++) {
        free(n->layers[i].weights);
        free(n->layers[i].bias);
        free(n->layers[i].packed);
        free(n->layers[i].packed_bias);
    }
    n->layer_count = 0;
}
