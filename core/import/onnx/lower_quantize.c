/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QuantizeLinear, DequantizeLinear and Cast: what integers stand for, and scales of tensors. */
#include "core/import/onnx/lower.h"

#include <math.h>

bool syn_onnx_is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b);
}

static int activation_scale(struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                            double *scale, double *zero)
{
    const struct syn_onnx_value *s = syn_onnx_in(l->graph, node, 1);
    const struct syn_onnx_value *z = syn_onnx_in(l->graph, node, 2);
    if (s->count != 1)
        return syn_onnx_refuse(node, l->error, "one scale for the whole activation",
                               "%zu scales of an activation", s->count);
    *scale = s->data[0];
    *zero = z ? z->data[0] : 0;
    return 0;
}

/* How a window's bytes, -128 to 127, are read by whoever takes the input in. */
static int set_input(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, double scale,
                     double zero, bool is_signed)
{
    struct syn_onnx_tensor *input = &l->network->tensors[0];
    const double shifted = is_signed ? zero : zero - 128;
    if (input->scale > 0 && (input->scale < scale || input->scale > scale ||
                             l->network->zero < shifted || l->network->zero > shifted))
        return syn_onnx_refuse(node, l->error, "one QuantizeLinear for the input",
                               "reads the input with another scale than before");
    input->scale = scale;
    l->network->zero = shifted;
    input->not_negative = shifted <= -128;
    return 0;
}

/* 8 bits, made symmetric: half a step at the ends may be lost. */
static double symmetric(double scale, double zero, double low)
{
    return scale * fmax((low + 255 - zero) / 127.5, (zero - low) / 128);
}

/* What is quantized twice, for different readers, keeps the larger scale. */
static void set_scale(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, int tensor,
                      double scale)
{
    struct syn_onnx_tensor *t = &l->network->tensors[tensor];
    const bool again = syn_onnx_is_shared(l, node, 0) && l->refs[node->inputs[0]].tensor == tensor;
    t->scale = again && t->scale > scale ? t->scale : scale;
}

int syn_onnx_lower_quantize(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const struct syn_onnx_ref from = syn_onnx_ref_of(l, node, 0);
    const bool is_signed = l->graph->values[node->output].type == SYN_ONNX_INT8;
    const double low = is_signed ? -128 : 0;
    double scale = 0, zero = 0;
    int status = activation_scale(l, node, &scale, &zero);
    if (status < 0 || (status = syn_onnx_lower_alias(l, node)) < 0)
        return status;
    if (!syn_onnx_is_near(from.factor, 1))
        return syn_onnx_refuse(node, l->error, "the same scale in both",
                               "reads what was dequantized with another scale than quantized");
    if (from.tensor == 0)
        status = set_input(l, node, scale, zero, is_signed);
    else if (zero <= low && !l->network->tensors[from.tensor].not_negative && !l->ended)
        status = syn_onnx_activate(l, node, SYN_ACT_RELU); /* what is below zero is cut off */
    struct syn_onnx_ref *to = &l->refs[node->output];
    if (to->tensor > 0 && !l->ended)
        set_scale(l, node, to->tensor, symmetric(scale, zero, low));
    to->scale = scale;
    to->zero = zero;
    return status;
}

int syn_onnx_lower_dequantize(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const struct syn_onnx_ref from = syn_onnx_ref_of(l, node, 0);
    const int type = syn_onnx_in(l->graph, node, 0)->type;
    double scale = 0, zero = 0;
    int status = activation_scale(l, node, &scale, &zero);
    if (status < 0)
        return status;
    if (type == SYN_ONNX_INT32)
        return syn_onnx_refuse(node, l->error, "QuantizeLinear to 8 bits between layers",
                               "an activation of 32 bits");
    if (from.scale > 0 && fabs(zero - from.zero) > 0.25)
        return syn_onnx_refuse(node, l->error, "the same zero point in both",
                               "another zero point than that of the QuantizeLinear before it");
    if (from.tensor == 0 && !(from.scale > 0))
        status = set_input(l, node, scale, zero, type == SYN_ONNX_INT8);
    (void)syn_onnx_lower_alias(l, node);
    struct syn_onnx_ref *to = &l->refs[node->output];
    if (from.scale > 0 && !syn_onnx_is_near(scale, from.scale))
        to->factor *= scale / from.scale;
    to->scale = to->zero = 0;
    return status;
}

/* Integers that are read as floats stand for themselves. */
int syn_onnx_lower_cast(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int from = syn_onnx_in(l->graph, node, 0)->type, to = l->graph->values[node->output].type;
    const bool from_8 = from == SYN_ONNX_INT8 || from == SYN_ONNX_UINT8;
    const bool floats = to == SYN_ONNX_FLOAT || to == SYN_ONNX_DOUBLE;
    (void)syn_onnx_lower_alias(l, node);
    struct syn_onnx_ref *ref = &l->refs[node->output];
    if (from == to || (!from_8 && floats))
        return 0;
    if (!from_8 || !floats || !(ref->scale > 0) || fabs(ref->zero) > 0)
        return syn_onnx_refuse(node, l->error, "QuantizeLinear and DequantizeLinear",
                               "from ONNX type %d to %d", from, to);
    ref->factor /= ref->scale;
    ref->scale = 0;
    return 0;
}
