/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of syn_onnx_graph_build(), each in a file of its own; for nobody else. */
#ifndef SYN_CORE_IMPORT_ONNX_BUILD_H
#define SYN_CORE_IMPORT_ONNX_BUILD_H

#include "core/import/onnx/graph.h"
#include "core/import/onnx/operators.h"

/* names.c: values by name. -1 where there is none. */
int syn_onnx_find(const struct syn_onnx_graph *graph, const char *name);

/* A new value, `name` may be NULL; its index, or negative with words (the name is taken). */
int syn_onnx_add_value(struct syn_onnx_graph *graph, const char *name, struct syn_error *error);

/* Sets type and dims of a value that is new, and checks that they stay within the bounds. */
int syn_onnx_shape_value(struct syn_onnx_graph *graph, int value, int type, unsigned rank,
                         const int64_t *dims, struct syn_error *error);

/* A constant without a name, of `count` numbers in one dimension (0: a scalar, one number). */
int syn_onnx_add_constant(struct syn_onnx_graph *graph, int type, unsigned count,
                          const double *numbers, struct syn_error *error);

/* tensor.c: a TensorProto's shape, type and data become those of `value`. */
int syn_onnx_read_tensor(struct syn_onnx_graph *graph, int value, const Onnx__TensorProto *tensor,
                         struct syn_error *error);

/* tensor.c: the only number of a tensor, and its type. */
int syn_onnx_read_number(const Onnx__TensorProto *tensor, double *number, int *type,
                         struct syn_error *error);

/* attributes.c: those of a node, as the operator knows them. */
int syn_onnx_read_attributes(struct syn_onnx_node *node, const Onnx__NodeProto *proto,
                             const char *known, struct syn_error *error);

/* order.c: the nodes that lead to `output`, one flag each. Cycles are refused. */
int syn_onnx_order(const struct syn_onnx_graph *graph, const Onnx__GraphProto *proto, bool *needed,
                   struct syn_error *error);

/* nodes.c: adds a node of the file, in as many nodes as it takes, with shapes and constants. */
int syn_onnx_add_proto_node(struct syn_onnx_graph *graph, const Onnx__NodeProto *proto,
                            struct syn_error *error);

/* nodes.c: adds a node, whose output may be a value that has a name or -1 for a new one. Takes
 * node->attributes. Returns the output's value, or negative with words. */
int syn_onnx_add_node(struct syn_onnx_graph *graph, struct syn_onnx_node *node,
                      struct syn_error *error);

/* expand.c: a quantized operator; SYN_ENOENT where it is none of those. */
int syn_onnx_expand(struct syn_onnx_graph *graph, const Onnx__NodeProto *proto,
                    struct syn_error *error);

/* nodes.c: computes the output of a node; floats are rounded to what a float holds. */
void syn_onnx_compute_node(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                           struct syn_onnx_value *out);

/* nodes.c: inputs of a node of the file as values. */
int syn_onnx_read_inputs(const struct syn_onnx_graph *graph, const Onnx__NodeProto *proto,
                         int inputs[SYN_ONNX_INPUTS_MAX], unsigned *count, struct syn_error *error);

#endif
