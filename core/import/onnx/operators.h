/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operators that are read: a table of what each takes, what shape it gives and how it computes.
 * What becomes of them on the part is the concern of lower.h.
 */
#ifndef SYN_CORE_IMPORT_ONNX_OPERATORS_H
#define SYN_CORE_IMPORT_ONNX_OPERATORS_H

#include "core/import/onnx/graph.h"

struct syn_onnx_shape {
    int type;
    unsigned rank;
    int64_t dims[SYN_ONNX_RANK_MAX];
    uint64_t macs; /* products of one computation, 0 for what is cheap */
};

struct syn_onnx_op {
    enum syn_onnx_op_id id;
    const char *name;
    unsigned inputs_min, inputs_max;
    unsigned constants;     /* bit n: input n, where given, must not depend on the model's input */
    const char *attributes; /* names, a space between */
    int (*shape)(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                 struct syn_onnx_shape *shape, struct syn_error *error);
    void (*compute)(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                    struct syn_onnx_value *out);
};

const struct syn_onnx_op *syn_onnx_op(enum syn_onnx_op_id id);

/* By name and domain; NULL where unknown. */
const struct syn_onnx_op *syn_onnx_op_find(const char *name, const char *domain);

/* What to use instead of an operator that the part has not: a phrase, never NULL. */
const char *syn_onnx_op_instead(const char *name);

/*
 * How a window moves over the input of a convolution or pooling: [0] along the height, [1] along
 * the width. One-dimensional data have height only; then [1] are ones.
 */
struct syn_onnx_window {
    unsigned axes;
    int64_t in[2], out[2];
    int64_t kernel[2], stride[2], dilation[2];
    int64_t begin[2], end[2]; /* padding */
    int64_t channels_in, channels_out, groups;
};

/* Of Conv, ConvTranspose, MaxPool, AveragePool and the global ones. */
int syn_onnx_window_of(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                       struct syn_onnx_window *window, struct syn_error *error);

/* Limits of a Clip, infinite where there is none; factor and addend of a BatchNormalization. */
void syn_onnx_clip_limits(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                          double *low, double *high);
void syn_onnx_normalization_of(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                               uint32_t channel, double *factor, double *addend);

/* An axis that may count from the end; SYN_EINVAL where it is out of range. */
int syn_onnx_axis(const struct syn_onnx_node *node, int64_t axis, unsigned rank, unsigned *result,
                  struct syn_error *error);

/* Axes of Squeeze, Unsqueeze and ReduceMean, a bit each, and whether there are any said. */
int syn_onnx_axes(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                  unsigned rank, bool *given, unsigned *bits, struct syn_error *error);

/* The axes of a Transpose: dimension i of the result is dimension perm[i] of the input. */
int syn_onnx_permutation(const struct syn_onnx_graph *graph, const struct syn_onnx_node *node,
                         unsigned perm[SYN_ONNX_RANK_MAX], struct syn_error *error);

/* "Conv 'c1': " and the words. Returns SYN_EINVAL. */
int syn_onnx_wrong(const struct syn_onnx_node *node, struct syn_error *error, const char *fmt, ...)
    SYN_PRINTF(3, 4);

/* Shapes and computations, by the file that they are in. */
#define SYN_ONNX_SHAPE(name)                                                                       \
    int syn_onnx_shape_##name(const struct syn_onnx_graph *graph,                                  \
                              const struct syn_onnx_node *node, struct syn_onnx_shape *shape,      \
                              struct syn_error *error)
#define SYN_ONNX_COMPUTE(name)                                                                     \
    void syn_onnx_compute_##name(const struct syn_onnx_graph *graph,                               \
                                 const struct syn_onnx_node *node, struct syn_onnx_value *out)

/* elementwise.c */
SYN_ONNX_SHAPE(same);
SYN_ONNX_SHAPE(broadcast);
SYN_ONNX_SHAPE(cast);
SYN_ONNX_SHAPE(clip);
SYN_ONNX_SHAPE(normalization);
SYN_ONNX_COMPUTE(copy);
SYN_ONNX_COMPUTE(unary);
SYN_ONNX_COMPUTE(binary);
SYN_ONNX_COMPUTE(cast);
SYN_ONNX_COMPUTE(clip);
SYN_ONNX_COMPUTE(normalization);
/* quantize.c */
SYN_ONNX_SHAPE(quantize);
SYN_ONNX_SHAPE(dequantize);
SYN_ONNX_COMPUTE(quantize);
SYN_ONNX_COMPUTE(dequantize);
/* windows.c */
SYN_ONNX_SHAPE(conv);
SYN_ONNX_SHAPE(pool);
SYN_ONNX_COMPUTE(conv);
SYN_ONNX_COMPUTE(conv_transpose);
SYN_ONNX_COMPUTE(pool);
/* matrix.c */
SYN_ONNX_SHAPE(gemm);
SYN_ONNX_SHAPE(matmul);
SYN_ONNX_COMPUTE(gemm);
SYN_ONNX_COMPUTE(matmul);
/* views.c: what moves numbers, and reductions */
SYN_ONNX_SHAPE(flatten);
SYN_ONNX_SHAPE(reshape);
SYN_ONNX_SHAPE(squeeze);
SYN_ONNX_SHAPE(unsqueeze);
SYN_ONNX_SHAPE(transpose);
SYN_ONNX_SHAPE(concat);
SYN_ONNX_SHAPE(fill);
SYN_ONNX_SHAPE(gather);
SYN_ONNX_SHAPE(shape);
SYN_ONNX_COMPUTE(transpose);
SYN_ONNX_COMPUTE(concat);
SYN_ONNX_COMPUTE(fill);
SYN_ONNX_COMPUTE(gather);
SYN_ONNX_COMPUTE(shape);
/* reduce.c */
SYN_ONNX_SHAPE(mean);
SYN_ONNX_SHAPE(arg_max);
SYN_ONNX_SHAPE(softmax);
SYN_ONNX_COMPUTE(mean);
SYN_ONNX_COMPUTE(arg_max);
SYN_ONNX_COMPUTE(softmax);

#endif
