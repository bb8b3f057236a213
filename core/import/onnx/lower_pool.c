/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pooling into layers. The part pools before it convolves: a convolution that follows joins in. */
#include "core/import/onnx/lower.h"

#define WINDOW_MAX 16

static int check_pool(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                      const struct syn_onnx_window *w)
{
    for (unsigned i = 0; i < 2; i++) {
        if (w->begin[i] || w->end[i])
            return syn_onnx_refuse(node, l->error, "pooling without padding",
                                   "padding of %lld and %lld; the part pools without",
                                   (long long)w->begin[i], (long long)w->end[i]);
        if (w->kernel[i] > WINDOW_MAX || w->stride[i] > WINDOW_MAX || w->dilation[i] > WINDOW_MAX)
            return syn_onnx_refuse(node, l->error, "two poolings, one after the other",
                                   "a window of %lld with stride %lld; at most %d",
                                   (long long)w->kernel[i], (long long)w->stride[i], WINDOW_MAX);
        if (w->out[i] != (w->in[i] - (w->kernel[i] - 1) * w->dilation[i] - 1) / w->stride[i] + 1)
            return syn_onnx_refuse(node, l->error, "ceil_mode 0",
                                   "a window that is only half "
                                   "filled (ceil_mode)");
    }
    return 0;
}

/* An element-wise layer may pool its result, if it does nothing more yet. */
static int layer_for_pool(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const int tensor = syn_onnx_ref_of(l, node, 0).tensor;
    const int open = syn_onnx_open_copy(l, node);
    struct syn_layer *part = open < 0 ? NULL : &l->network->layers[open].part;
    if (!part || part->pool != SYN_POOL_NONE)
        return syn_onnx_new_layer(l, node, &tensor, 1);
    part->pool_first = part->eltwise == SYN_ELTWISE_NONE;
    return open;
}

static int add_pool(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, bool average,
                    const struct syn_onnx_window *w)
{
    int status = syn_onnx_check_map(l, node, 0);
    const int index = status < 0 ? status : layer_for_pool(l, node);
    if (index < 0)
        return index;
    struct syn_layer *part = &l->network->layers[index].part;
    struct syn_onnx_tensor *out = &l->network->tensors[index + 1];
    part->pool = average ? SYN_POOL_AVG : SYN_POOL_MAX;
    part->pool_round = average;
    part->pool_h = (uint8_t)w->kernel[0];
    part->pool_w = (uint8_t)w->kernel[1];
    part->pool_stride_h = (uint8_t)w->stride[0];
    part->pool_stride_w = (uint8_t)w->stride[1];
    part->pool_dilation_h = (uint8_t)w->dilation[0];
    part->pool_dilation_w = (uint8_t)w->dilation[1];
    out->height = (uint32_t)w->out[0];
    out->width = (uint32_t)w->out[1];
    const struct syn_onnx_ref from = syn_onnx_ref_of(l, node, 0);
    (void)syn_onnx_gives(l, node, index + 1);
    l->refs[node->output].scale = from.scale; /* integers stay what they are */
    l->refs[node->output].zero = from.zero;
    return 0;
}

int syn_onnx_lower_pool(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const bool average =
        node->op->id == SYN_ONNX_AVERAGE_POOL || node->op->id == SYN_ONNX_GLOBAL_AVERAGE_POOL;
    struct syn_onnx_window w;
    int status = syn_onnx_window_of(l->graph, node, &w, l->error);
    if (status == 0)
        status = check_pool(l, node, &w);
    return status < 0 ? status : add_pool(l, node, average, &w);
}

/* ReduceMean over height and width is an average over all of them. */
int syn_onnx_lower_mean(struct syn_onnx_lowering *l, const struct syn_onnx_node *node)
{
    const struct syn_onnx_value *x = syn_onnx_in(l->graph, node, 0);
    bool given;
    unsigned bits;
    int status = syn_onnx_axes(l->graph, node, x->rank, &given, &bits, l->error);
    if (status < 0)
        return status;
    if (x->rank < 3 || x->rank > 4 || bits != (x->rank == 4 ? 0xcu : 0x4u))
        return syn_onnx_refuse(node, l->error,
                               "ReduceMean over height and width, or "
                               "GlobalAveragePool",
                               "a mean over other axes");
    struct syn_onnx_window w = {.in = {x->dims[2], x->rank == 4 ? x->dims[3] : 1},
                                .out = {1, 1},
                                .stride = {1, 1},
                                .dilation = {1, 1}};
    w.kernel[0] = w.in[0];
    w.kernel[1] = w.in[1];
    status = check_pool(l, node, &w);
    return status < 0 ? status : add_pool(l, node, true, &w);
}
