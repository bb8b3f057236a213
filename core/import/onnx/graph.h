/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A checked ONNX graph: one input, one output, nodes in an order in which each reads only what is
 * there, every shape known, everything that does not depend on the input computed. Operators that
 * compute in quantized form (QLinearConv and its like) have become DequantizeLinear, the operator
 * itself and QuantizeLinear, so that whoever reads the graph meets one form only.
 *
 * Numbers of every type are held as double, which is exact for all types that are read but 64-bit
 * integers beyond 2^53. Sums are doubles; results are rounded to floats, as other runtimes have
 * them, and to integers as ONNX says.
 */
#ifndef SYN_CORE_IMPORT_ONNX_GRAPH_H
#define SYN_CORE_IMPORT_ONNX_GRAPH_H

#include "core/base/error.h"

#include <onnx.pb-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_ONNX_NODES_MAX    4096
#define SYN_ONNX_VALUES_MAX   16384
#define SYN_ONNX_INPUTS_MAX   64
#define SYN_ONNX_RANK_MAX     6
#define SYN_ONNX_CONSTANT_MAX (1u << 24) /* elements of all constants */
#define SYN_ONNX_ELEMENTS_MAX (1u << 26) /* of all values */
#define SYN_ONNX_MACS_MAX     (1ull << 34)
#define SYN_ONNX_NAME_MAX     64
#define SYN_ONNX_OPSET_MIN    10
#define SYN_ONNX_OPSET_MAX    21

/* ONNX's own numbers; others are refused. */
enum syn_onnx_type {
    SYN_ONNX_FLOAT = 1,
    SYN_ONNX_UINT8 = 2,
    SYN_ONNX_INT8 = 3,
    SYN_ONNX_INT32 = 6,
    SYN_ONNX_INT64 = 7,
    SYN_ONNX_BOOL = 9,
    SYN_ONNX_DOUBLE = 11
};

/* The rows of operators.c. */
enum syn_onnx_op_id {
    SYN_ONNX_ABS,
    SYN_ONNX_ADD,
    SYN_ONNX_ARG_MAX,
    SYN_ONNX_AVERAGE_POOL,
    SYN_ONNX_BATCH_NORMALIZATION,
    SYN_ONNX_CAST,
    SYN_ONNX_CLIP,
    SYN_ONNX_CONCAT,
    SYN_ONNX_CONSTANT_OF_SHAPE,
    SYN_ONNX_CONV,
    SYN_ONNX_CONV_TRANSPOSE,
    SYN_ONNX_DEQUANTIZE,
    SYN_ONNX_DIV,
    SYN_ONNX_DROPOUT,
    SYN_ONNX_FLATTEN,
    SYN_ONNX_GATHER,
    SYN_ONNX_GEMM,
    SYN_ONNX_GLOBAL_AVERAGE_POOL,
    SYN_ONNX_GLOBAL_MAX_POOL,
    SYN_ONNX_IDENTITY,
    SYN_ONNX_LOG_SOFTMAX,
    SYN_ONNX_MATMUL,
    SYN_ONNX_MAX_POOL,
    SYN_ONNX_MUL,
    SYN_ONNX_QUANTIZE,
    SYN_ONNX_REDUCE_MEAN,
    SYN_ONNX_RELU,
    SYN_ONNX_RESHAPE,
    SYN_ONNX_SHAPE,
    SYN_ONNX_SIGMOID,
    SYN_ONNX_SOFTMAX,
    SYN_ONNX_SQUEEZE,
    SYN_ONNX_SUB,
    SYN_ONNX_TRANSPOSE,
    SYN_ONNX_UNSQUEEZE,
    SYN_ONNX_OPS
};

struct syn_onnx_value {
    char *name; /* owned; NULL for what the graph has no name for */
    uint8_t type;
    uint8_t rank;
    bool known;    /* type and shape are */
    bool constant; /* data are those of every inference */
    uint32_t dims[SYN_ONNX_RANK_MAX];
    size_t count;
    int producer;     /* node, -1 for the input and initializers */
    unsigned readers; /* nodes that read it, and one for the output of the graph */
    int last_reader;  /* node, -1 */
    double step;      /* what all numbers of a constant are multiples of, 0 where not known */
    double *data;     /* owned; while the graph computes, or for good where constant */
};

struct syn_onnx_attribute {
    char name[24];
    char text[24];
    int64_t integer;
    double number;
    int type;       /* of `number`, where it is a tensor of one */
    unsigned count; /* of list */
    int64_t list[2 * SYN_ONNX_RANK_MAX];
};

struct syn_onnx_node {
    const struct syn_onnx_op *op;
    char name[SYN_ONNX_NAME_MAX];          /* for messages; may be empty */
    const char *written;                   /* as the file calls the operator, static */
    struct syn_onnx_attribute *attributes; /* owned */
    unsigned attribute_count;
    unsigned input_count;
    int inputs[SYN_ONNX_INPUTS_MAX]; /* values; -1 where left out */
    int output;
};

struct syn_onnx_graph {
    int64_t opset;
    struct syn_onnx_value *values;
    unsigned value_count, value_room;
    struct syn_onnx_node *nodes;
    unsigned node_count, node_room;
    int input, output; /* values */
    size_t elements, constants;
    uint64_t macs;
    int *buckets; /* of names, see names.c */
};

/* Reads and checks. Returns 0, SYN_EINVAL, SYN_ECORRUPT, SYN_EUNSUP or SYN_ENOMEM with words. The
 * caller ends with syn_onnx_graph_free(), also after an error. Keeps nothing of `model`. */
int syn_onnx_graph_build(struct syn_onnx_graph *graph, const Onnx__ModelProto *model,
                         struct syn_error *error);
void syn_onnx_graph_free(struct syn_onnx_graph *graph);

/*
 * Computes the value `output` (one that the input leads to) for `input`, elements of the graph's
 * input in its own type. Returns 0 or SYN_ENOMEM. Not for two threads at once with one graph.
 */
int syn_onnx_graph_run(struct syn_onnx_graph *graph, const double *input, int output, float *result,
                       struct syn_error *error);

/* The n-th input of a node, NULL where it is left out. */
const struct syn_onnx_value *syn_onnx_in(const struct syn_onnx_graph *graph,
                                         const struct syn_onnx_node *node, unsigned i);

const struct syn_onnx_attribute *syn_onnx_attribute(const struct syn_onnx_node *node,
                                                    const char *name);
int64_t syn_onnx_integer(const struct syn_onnx_node *node, const char *name, int64_t standard);
double syn_onnx_number(const struct syn_onnx_node *node, const char *name, double standard);

/* "Conv 'features.0'" for messages. */
const char *syn_onnx_node_text(const struct syn_onnx_node *node, char text[120]);

/* "1x3x28x28" */
const char *syn_onnx_shape_text(const struct syn_onnx_value *value, char text[80]);

#endif
