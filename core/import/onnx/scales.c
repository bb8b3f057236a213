/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One scale for each tensor. A convolution reads and gives any scale, since its weights take up the
 * quotient; pooling and copying keep theirs; operands of an element-wise operation and parts of a
 * concatenation must have one. So tensors fall into groups, and each takes the largest scale that
 * the file gives to one of its members: nothing saturates that did not in the file.
 */
#include "core/import/onnx/network.h"

#include <math.h>

struct groups {
    struct syn_onnx_network *network;
    unsigned parent[SYN_MODEL_LAYERS_MAX + 1];
    double scale[SYN_MODEL_LAYERS_MAX + 1];
    unsigned size[SYN_MODEL_LAYERS_MAX + 1];
};

static unsigned find(struct groups *g, unsigned tensor)
{
    while (g->parent[tensor] != tensor)
        tensor = g->parent[tensor] = g->parent[g->parent[tensor]];
    return tensor;
}

static void join(struct groups *g, unsigned a, unsigned b)
{
    g->parent[find(g, a)] = find(g, b);
}

static void join_all(struct groups *g)
{
    const struct syn_onnx_network *n = g->network;
    for (unsigned t = 0; t <= n->layer_count; t++)
        g->parent[t] = t;
    for (unsigned i = 0; i < n->layer_count; i++) {
        const struct syn_layer *part = &n->layers[i].part;
        for (unsigned k = 1; k < part->input_count; k++)
            join(g, part->inputs[k], part->inputs[0]);
        if (part->op == SYN_OP_PASSTHROUGH)
            join(g, i + 1, part->inputs[0]);
    }
}

static void offer(struct groups *g, unsigned tensor, double scale)
{
    const unsigned group = find(g, tensor);
    if (scale > g->scale[group])
        g->scale[group] = scale;
}

/* A sum that is copied on, for a Relu behind it, has the scale that is said behind that. */
static double operand_scale(const struct syn_onnx_network *n, unsigned index)
{
    const struct syn_onnx_layer *layer = &n->layers[index];
    return layer->operand_scale > 0 || !layer->copies ? layer->operand_scale
                                                      : n->tensors[index + 1].scale;
}

/* What pooling gives is never larger than what it reads, so that its scale does not count. */
static void collect(struct groups *g)
{
    const struct syn_onnx_network *n = g->network;
    offer(g, 0, n->tensors[0].scale);
    for (unsigned i = 0; i < n->layer_count; i++) {
        const struct syn_layer *part = &n->layers[i].part;
        const bool copies = part->op == SYN_OP_PASSTHROUGH && part->eltwise == SYN_ELTWISE_NONE;
        if (!copies)
            offer(g, i + 1, n->tensors[i + 1].scale);
        if (part->eltwise != SYN_ELTWISE_NONE)
            offer(g, part->inputs[0], operand_scale(n, i));
    }
    for (unsigned t = 0; t <= n->layer_count; t++)
        g->size[find(g, t)]++;
}

static int missing(const struct syn_onnx_layer *layer, struct syn_error *error)
{
    syn_error_set(error, SYN_EUNSUP,
                  "what layer %s gives is not quantized: no QuantizeLinear "
                  "follows it",
                  layer->name);
    syn_error_hint(error, "quantize activations as well as weights: onnxruntime's quantize_static "
                          "with QuantFormat.QDQ");
    return SYN_EUNSUP;
}

/* A limit of the file must be that of 8 bits, or become it where the tensor stands alone. */
static int meet_clip(const struct syn_onnx_layer *layer, const struct syn_onnx_tensor *tensor,
                     bool alone, double *scale, struct syn_error *error)
{
    if (alone && tensor->clip_high < HUGE_VAL)
        *scale = fmin(*scale, tensor->clip_high / 127.5);
    if (tensor->clip_high >= 126 * *scale && tensor->clip_low <= -126 * *scale)
        return 0;
    syn_error_set(error, SYN_EUNSUP,
                  "layer %s is clipped to %g and %g, while its 8 bits reach "
                  "from %g to %g",
                  layer->name, tensor->clip_low, tensor->clip_high, -128 * *scale, 127 * *scale);
    syn_error_hint(error, "nearest: Relu, or a Clip at the limits of the QuantizeLinear after it");
    return SYN_EUNSUP;
}

int syn_onnx_solve_scales(struct syn_onnx_network *n, struct syn_error *error)
{
    struct groups g = {.network = n};
    int status = 0;
    join_all(&g);
    collect(&g);
    const double input = n->tensors[0].scale;
    for (unsigned i = 0; status == 0 && i < n->layer_count; i++) {
        const unsigned group = find(&g, i + 1);
        double scale = g.scale[group];
        if (n->layers[i].part.output_width == 32)
            continue;
        if (!(scale > 0))
            return missing(&n->layers[i], error);
        status = meet_clip(&n->layers[i], &n->tensors[i + 1], g.size[group] == 1, &scale, error);
        n->tensors[i + 1].scale = scale;
    }
    if (status == 0 && fabs(g.scale[find(&g, 0)] - input) > 1e-6 * input)
        return SYN_EOOR; /* the input cannot have another: somebody must be put between */
    return status;
}
