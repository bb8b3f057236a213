/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of a graph on its way to the part: layers as the part has them, with weights that
 * are still real numbers; then scales for the values between them; then integers (IMPORT.md).
 *
 * Tensors are numbered as in a model: 0 is the input, i + 1 what layer i gives. A number q of a
 * tensor stands for scale * q, of the input for scale * (q - zero).
 */
#ifndef SYN_CORE_IMPORT_ONNX_NETWORK_H
#define SYN_CORE_IMPORT_ONNX_NETWORK_H

#include "core/import/build/format.h"
#include "core/import/onnx/graph.h"

#include <cjson/cJSON.h>

#define SYN_ONNX_LAYERS_MAX (SYN_MODEL_LAYERS_MAX - 1) /* one may be added at the front */

struct syn_onnx_tensor {
    uint32_t channels, height, width;
    bool one_d;                 /* 1xCxL, 1xN: of no width */
    bool not_negative;          /* all that it holds is zero or more */
    double scale;               /* what the file says, made symmetric; 0 where it says nothing;
                                   after syn_onnx_solve_scales() what the model has */
    double clip_low, clip_high; /* limits that the file sets beside those of 8 bits */
};

struct syn_onnx_layer {
    struct syn_layer part; /* kind, sizes, inputs as a model has them; not resolved */
    char name[SYN_MODEL_NAME_MAX];
    double *weights; /* owned: [out][in / groups][kernel], fan_in numbers an output; or NULL */
    double *bias;    /* owned: one an output, or NULL */
    uint32_t fan_in;
    bool copies;          /* its weights are ones, for what follows no convolution */
    double operand_scale; /* what the file says of an element-wise result before a convolution */
    double step; /* what the file's weights are multiples of, 0 where there is no such number */
    /* After syn_onnx_make_integers(): */
    int8_t *packed; /* owned: weights */
    int8_t *packed_bias;
    int shift;
    double unit; /* of the layer's sum: what one in it stands for */
    double loss; /* of the weights by rounding: root mean square, relative */
};

struct syn_onnx_network {
    struct syn_onnx_tensor tensors[SYN_MODEL_LAYERS_MAX + 1];
    struct syn_onnx_layer layers[SYN_MODEL_LAYERS_MAX];
    unsigned layer_count;
    size_t weight_count;              /* of all layers */
    double zero;                      /* of the input */
    int result;                       /* value of the graph that the last layer computes */
    double result_scale, result_zero; /* how it is read where it is of integers; else scale 0 */
    bool classifies;                  /* the graph went on with a Softmax or ArgMax */
};

/* lower.c. Takes nothing of the graph. Notes go to `imported`. */
int syn_onnx_lower(struct syn_onnx_network *network, const struct syn_onnx_graph *graph,
                   struct syn_imported *imported, struct syn_error *error);
void syn_onnx_network_free(struct syn_onnx_network *network);

/* front.c: adds a layer in front that takes the input's zero point away, where others cannot. */
bool syn_onnx_needs_front(const struct syn_onnx_network *network);
int syn_onnx_add_front(struct syn_onnx_network *network, struct syn_imported *imported,
                       struct syn_error *error);

/* scales.c: one scale for tensors that must agree. */
int syn_onnx_solve_scales(struct syn_onnx_network *network, struct syn_error *error);

/* integers.c: weights, biases and shifts. SYN_EOOR where the bias of layer *at does not fit. */
int syn_onnx_make_integers(struct syn_onnx_network *network, unsigned *at, struct syn_error *error);

/* emit.c: the model. `labels` may be NULL, else an array for the document, which is taken. */
int syn_onnx_emit(const struct syn_onnx_network *network, struct syn_imported *imported,
                  const char *name, const char *description, cJSON *labels, const char *path,
                  struct syn_error *error);

/* A layer that copies `inputs` tensors, not yet connected: what every layer begins as. */
struct syn_onnx_layer syn_onnx_plain_layer(unsigned inputs);

/* A layer whose convolution copies: one 1x1 kernel of one a channel. */
int syn_onnx_make_identity(struct syn_onnx_network *network, unsigned index,
                           struct syn_error *error);

/* Room for weights and, where `bias`, for biases of layer `index`, all zero. */
int syn_onnx_make_weights(struct syn_onnx_network *network, unsigned index, uint32_t outputs,
                          uint32_t fan_in, bool bias, struct syn_error *error);

/* SYN_EUNSUP: "Conv 'c1': words", and the nearest form that the part has as hint. */
int syn_onnx_refuse(const struct syn_onnx_node *node, struct syn_error *error, const char *nearest,
                    const char *fmt, ...) SYN_PRINTF(4, 5);

#endif
