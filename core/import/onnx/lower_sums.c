/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What works on the sums of a convolution (activation, factors, addends), and on several tensors.
 */
#include "core/import/onnx/lower.h"

#include <math.h>
#include <stdlib.h>

/* ---- activations ---- */

int syn_onnx_activate(struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                      uint8_t activation)
{
    const int index = syn_onnx_layer_of_sums(l, node);
    if (index < 0)
        return index;
    l->network->layers[index].part.activation = activation;
    l->network->tensors[index + 1].not_negative = true;
    return syn_onnx_gives(l, node, index + 1);
}

int syn_onnx_lower_activation(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    if (l->network->tensors[syn_onnx_ref_of(l, node, 0).tensor].not_negative)
        return syn_onnx_lower_alias(l, node);
    return syn_onnx_activate(l, node, node->op->id == SYN_ONNX_ABS ? SYN_ACT_ABS : SYN_ACT_RELU);
}

/* The tensor that a Clip cuts: that of a convolution that nobody else reads, or of a copy. */
static int clipped_tensor(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int open = syn_onnx_open_layer(l, node, 0);
    if (open >= 0 && l->network->layers[open].part.op != SYN_OP_PASSTHROUGH)
        return open + 1;
    const int index = syn_onnx_layer_of_sums(l, node);
    return index < 0 ? index : index + 1;
}

/* Limits from zero on are Relu; others must be those of 8 bits, which scales.c sees to. */
int syn_onnx_lower_clip(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    double low, high;
    syn_onnx_clip_limits(l->graph, node, &low, &high);
    if (low > 0 || !(high > 0))
        return syn_onnx_refuse(node, l->error, "Relu, or Clip to the limits of int8",
                               "limits %g and %g, without zero between them", low, high);
    if (!(low > -HUGE_VAL || high < HUGE_VAL))
        return syn_onnx_lower_alias(l, node);
    const int tensor = clipped_tensor(l, node);
    if (tensor < 0)
        return tensor;
    struct syn_onnx_tensor *t = &l->network->tensors[tensor];
    if (low >= 0 && !t->not_negative) {
        l->network->layers[tensor - 1].part.activation = SYN_ACT_RELU;
        t->not_negative = true;
    }
    if (low < 0)
        t->clip_low = fmax(low, t->clip_low);
    t->clip_high = fmin(high, t->clip_high);
    return syn_onnx_gives(l, node, tensor);
}

/* ---- a factor and an addend a channel ---- */

struct affine {
    double *factors, *addends;
};

static int make_affine(struct affine *a, uint32_t channels, struct syn_error *error)
{
    a->factors = calloc((size_t)channels + 1, sizeof *a->factors);
    a->addends = calloc((size_t)channels + 1, sizeof *a->addends);
    if (a->factors && a->addends)
        return 0;
    syn_error_set(error, SYN_ENOMEM, "out of memory");
    return SYN_ENOMEM;
}

static void free_affine(struct affine *a)
{
    free(a->factors);
    free(a->addends);
}

static int need_bias(struct syn_onnx_layer *layer, struct syn_error *error)
{
    if (!layer->bias)
        layer->bias = calloc((size_t)layer->part.out.channels + 1, sizeof *layer->bias);
    return layer->bias ? 0 : syn_error_set(error, SYN_ENOMEM, "out of memory");
}

static int apply(struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                 const struct affine *a)
{
    int status = syn_onnx_check_map(l, node, 0);
    const int index = status < 0 ? status : syn_onnx_layer_of_sums(l, node);
    if (index < 0)
        return index;
    struct syn_onnx_layer *layer = &l->network->layers[index];
    if ((status = need_bias(layer, l->error)) < 0)
        return status;
    bool scaled = false;
    for (uint32_t o = 0; o < layer->part.out.channels; o++) {
        for (uint32_t i = 0; i < layer->fan_in; i++)
            layer->weights[(size_t)o * layer->fan_in + i] *= a->factors[o];
        layer->bias[o] = layer->bias[o] * a->factors[o] + a->addends[o];
        scaled |= a->factors[o] < 1 || a->factors[o] > 1;
    }
    layer->step = scaled ? 0 : layer->step;
    l->network->tensors[index + 1].not_negative = false;
    return syn_onnx_gives(l, node, index + 1);
}

int syn_onnx_lower_normalization(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const uint32_t channels = syn_onnx_in(l->graph, node, 0)->dims[1];
    struct affine a = {0};
    int status = make_affine(&a, channels, l->error);
    for (uint32_t c = 0; status == 0 && c < channels; c++) {
        syn_onnx_normalization_of(l->graph, node, c, &a.factors[c], &a.addends[c]);
        if (!isfinite(a.factors[c]) || !isfinite(a.addends[c]))
            status = syn_onnx_wrong(node, l->error, "channel %u is divided by nothing", c);
    }
    if (status == 0)
        status = apply(l, node, &a);
    free_affine(&a);
    return status;
}

/* The number of a constant that meets channel `c` of a value; only channels may tell them apart. */
static bool constant_at(const struct syn_onnx_value *constant, const struct syn_onnx_value *value,
                        uint32_t c, double *number)
{
    const unsigned from_end = value->rank - 2u;
    if (constant->count != 1 && (constant->rank <= from_end || constant->count != value->dims[1] ||
                                 constant->dims[constant->rank - 1 - from_end] != value->dims[1]))
        return false;
    *number = constant->data[constant->count == 1 ? 0 : c];
    return isfinite(*number);
}

static void affine_of(enum syn_onnx_op_id op, bool turned, double number, double *factor,
                      double *addend)
{
    *factor = op == SYN_ONNX_MUL ? number : op == SYN_ONNX_DIV ? 1 / number : 1;
    *addend = op == SYN_ONNX_ADD || turned ? number : op == SYN_ONNX_SUB ? -number : 0;
    if (turned && op == SYN_ONNX_SUB)
        *factor = -1;
    if (op == SYN_ONNX_MUL)
        *addend = 0;
}

/* The node with its inputs the other way round, so that input 0 is never the constant. */
static int lower_constant(struct syn_onnx_lowering *l, struct syn_onnx_node node)
{
    const bool turned = syn_onnx_ref_of(l, &node, 0).tensor < 0;
    if (turned) {
        const int first = node.inputs[0];
        node.inputs[0] = node.inputs[1];
        node.inputs[1] = first;
    }
    const struct syn_onnx_value *value = syn_onnx_in(l->graph, &node, 0);
    const struct syn_onnx_value *constant = syn_onnx_in(l->graph, &node, 1);
    struct affine a = {0};
    if (value->rank < 2 || l->graph->values[node.output].count != value->count)
        return syn_onnx_refuse(&node, l->error, "a number, or one for each channel",
                               "a constant that makes its input larger");
    int status = make_affine(&a, value->dims[1], l->error);
    for (uint32_t c = 0; status == 0 && c < value->dims[1]; c++) {
        double number = 0;
        if (!constant_at(constant, value, c, &number) ||
            (node.op->id == SYN_ONNX_DIV && !(fabs(number) > 0)))
            status = syn_onnx_refuse(&node, l->error, "a number, or one for each channel",
                                     "a constant that changes from pixel to pixel, or is no "
                                     "number");
        affine_of(node.op->id, turned, number, &a.factors[c], &a.addends[c]);
    }
    if (status == 0)
        status = apply(l, &node, &a);
    free_affine(&a);
    return status;
}

/* ---- several tensors ---- */

static int lower_eltwise(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int tensors[] = {syn_onnx_ref_of(l, node, 0).tensor, syn_onnx_ref_of(l, node, 1).tensor};
    const struct syn_onnx_value *a = syn_onnx_in(l->graph, node, 0);
    const struct syn_onnx_value *b = syn_onnx_in(l->graph, node, 1);
    const struct syn_onnx_value *out = &l->graph->values[node->output];
    if (node->op->id == SYN_ONNX_MUL || node->op->id == SYN_ONNX_DIV)
        return syn_onnx_refuse(node, l->error, "Add or Sub of two activations, Mul by constants",
                               "a product of two activations");
    if (a->count != out->count || b->count != out->count)
        return syn_onnx_refuse(node, l->error, "two operands of one shape",
                               "operands of different shapes");
    int status = syn_onnx_check_map(l, node, 0);
    if (status == 0)
        status = syn_onnx_check_map(l, node, 1);
    if (status < 0)
        return status;
    const bool positive = node->op->id == SYN_ONNX_ADD &&
                          l->network->tensors[tensors[0]].not_negative &&
                          l->network->tensors[tensors[1]].not_negative;
    const int index = syn_onnx_new_layer(l, node, tensors, 2);
    if (index < 0)
        return index;
    l->network->layers[index].part.eltwise =
        node->op->id == SYN_ONNX_ADD ? SYN_ELTWISE_ADD : SYN_ELTWISE_SUB;
    l->network->tensors[index + 1].not_negative = positive;
    return syn_onnx_gives(l, node, index + 1);
}

int syn_onnx_lower_arithmetic(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const bool both =
        syn_onnx_ref_of(l, node, 0).tensor >= 0 && syn_onnx_ref_of(l, node, 1).tensor >= 0;
    return both ? lower_eltwise(l, node) : lower_constant(l, *node);
}

static int check_parts(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    if (node->input_count > SYN_LAYER_INPUTS_MAX)
        return syn_onnx_refuse(node, l->error, "Concat of at most 16", "%u parts",
                               node->input_count);
    const struct syn_onnx_value *first = syn_onnx_in(l->graph, node, 0);
    const int64_t axis = syn_onnx_integer(node, "axis", 0);
    if ((axis < 0 ? axis + first->rank : axis) != 1)
        return syn_onnx_refuse(node, l->error, "Concat of channels (axis 1)", "along axis %lld",
                               (long long)axis);
    for (unsigned i = 0; i < node->input_count; i++) {
        const struct syn_onnx_ref part = syn_onnx_ref_of(l, node, i);
        const struct syn_onnx_ref one = syn_onnx_ref_of(l, node, 0);
        if (part.tensor < 0)
            return syn_onnx_refuse(node, l->error, "Concat of activations", "a constant part");
        if (fabs(part.scale - one.scale) > 1e-6 * one.scale || fabs(part.zero - one.zero) > 0.25)
            return syn_onnx_refuse(node, l->error, "QLinearConcat",
                                   "quantized parts of different scales");
        int status = syn_onnx_check_map(l, node, i);
        if (status < 0)
            return status;
    }
    return 0;
}

/*
 * The tensor of part `i`, whose channels begin at `offset`: a copy cannot write to a place that is
 * no multiple of 4, a convolution can.
 */
static int concat_part(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, unsigned i,
                       uint32_t offset)
{
    const int tensor = syn_onnx_ref_of(l, node, i).tensor;
    if (offset % 4 == 0 || tensor < 1 ||
        l->network->layers[tensor - 1].part.op != SYN_OP_PASSTHROUGH)
        return tensor;
    struct syn_onnx_node alone = *node;
    alone.inputs[0] = node->inputs[i];
    alone.input_count = 1;
    const int index = syn_onnx_layer_of_sums(l, &alone);
    return index < 0 ? index : index + 1;
}

int syn_onnx_lower_concat(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    int tensors[SYN_LAYER_INPUTS_MAX];
    bool positive = true;
    uint32_t offset = 0;
    int status = check_parts(l, node);
    if (status < 0)
        return status;
    for (unsigned i = 0; i < node->input_count; i++) {
        tensors[i] = concat_part(l, node, i, offset);
        if (tensors[i] < 0)
            return tensors[i];
        offset += l->network->tensors[tensors[i]].channels;
        positive &= l->network->tensors[tensors[i]].not_negative;
    }
    const struct syn_onnx_ref first = syn_onnx_ref_of(l, node, 0);
    const int index = syn_onnx_new_layer(l, node, tensors, node->input_count);
    if (index < 0)
        return index;
    l->network->tensors[index + 1].channels = l->graph->values[node->output].dims[1];
    l->network->tensors[index + 1].not_negative = positive;
    (void)syn_onnx_gives(l, node, index + 1);
    l->refs[node->output].scale = first.scale;
    l->refs[node->output].zero = first.zero;
    return 0;
}
