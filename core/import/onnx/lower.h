/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of lower.c: nodes of a graph into layers. For nobody else. */
#ifndef SYN_CORE_IMPORT_ONNX_LOWER_H
#define SYN_CORE_IMPORT_ONNX_LOWER_H

#include "core/import/onnx/network.h"
#include "core/import/onnx/operators.h"

/* What a value of the graph is in the network. */
struct syn_onnx_ref {
    int tensor;         /* -1: nothing, a constant */
    bool shared;        /* somebody else reads it, too: its layer cannot go on with what follows */
    double scale, zero; /* where it is of integers: how they are read */
    double factor;      /* of what the tensor stands for: where it was dequantized otherwise */
};

struct syn_onnx_lowering {
    struct syn_onnx_network *network;
    const struct syn_onnx_graph *graph;
    struct syn_imported *imported;
    struct syn_error *error;
    struct syn_onnx_ref *refs; /* of each value */
    bool used_input;           /* a layer reads the input: its shape stands */
    bool ended;                /* by a Softmax or ArgMax */
};

typedef int (*syn_onnx_lower_fn)(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);

/* What input `i` of a node is; tensor -1 where it is constant or left out. */
struct syn_onnx_ref syn_onnx_ref_of(const struct syn_onnx_lowering *l,
                                    const struct syn_onnx_node *node, unsigned i);

/* Whether anybody else reads input `i`, here or before. */
bool syn_onnx_is_shared(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                        unsigned i);

bool syn_onnx_is_near(double a, double b); /* as floats are */

/* The output of `node` is tensor `tensor`, computed by the layer behind it so far. */
int syn_onnx_gives(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, int tensor);

/* The layer that gives input `i`, if it may still be added to; else -1. */
int syn_onnx_open_layer(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                        unsigned i);

/* The same if it does not convolve yet: it copies, pools, adds or concatenates. */
int syn_onnx_open_copy(const struct syn_onnx_lowering *l, const struct syn_onnx_node *node);

/* A new layer that reads `count` tensors; its index, or negative. */
int syn_onnx_new_layer(struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                       const int *tensors, unsigned count);

/* The shape of a node's input as the part has it, checked against that of the tensor. */
int syn_onnx_check_map(struct syn_onnx_lowering *l, const struct syn_onnx_node *node, unsigned i);

/* Calls the layer after `node`, which does more in it than what it was called after. */
void syn_onnx_name_layer(struct syn_onnx_network *network, const struct syn_onnx_node *node,
                         unsigned index);

/* A layer for the convolution that `node` needs on input 0: the open one, or a new one. */
int syn_onnx_layer_for_conv(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);

/* The layer on whose sums `node` works: a convolution without activation; else one that copies. */
int syn_onnx_layer_of_sums(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);

/* lower.c: the output is what the input is, perhaps in another shape. */
int syn_onnx_lower_alias(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
/* lower_quantize.c */
int syn_onnx_lower_quantize(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_dequantize(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_cast(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
/* lower_conv.c */
int syn_onnx_lower_conv(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_product(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
/* lower_pool.c */
int syn_onnx_lower_pool(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_mean(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
/* lower_sums.c: what works on the sums of a convolution, or on two tensors */
int syn_onnx_lower_activation(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_clip(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_normalization(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_arithmetic(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_lower_concat(struct syn_onnx_lowering *l, const struct syn_onnx_node *node);
int syn_onnx_activate(struct syn_onnx_lowering *l, const struct syn_onnx_node *node,
                      uint8_t activation);

#endif
