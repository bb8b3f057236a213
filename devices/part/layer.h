/* SPDX-License-Identifier: MIT */
/*
 * One layer of a convolutional accelerator of the MAX7800x kind, and the tensors between layers.
 *
 * A model is an array of layers in execution order. Tensor 0 is the input of the model; tensor
 * i + 1 is the output of layer i. A chunk is a contiguous range [first, last) of that array and
 * keeps the tensor numbers of its model.
 *
 * Order of work inside a layer (PART.md 4, ai8x-synthesis izer/simulate.py):
 * [element-wise, if !pool_first] -> pooling -> [element-wise, if pool_first] -> convolution
 * -> bias -> shift -> clamp -> activation.
 */
#ifndef SYN_DEVICES_PART_LAYER_H
#define SYN_DEVICES_PART_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_LAYER_INPUTS_MAX 16  /* operands of an element-wise operation */
#define SYN_MODEL_LAYERS_MAX 256 /* of one model; the part itself allows 32 or 128 in one chunk */
#define SYN_LIVE_MAX         8   /* tensors that are live across one cut point */
#define SYN_TENSOR_MAX       (1u << 26) /* elements of one tensor; keeps every size in 32 bits */
#define SYN_FAN_IN_MAX       (1u << 16) /* weights of one output; keeps every sum in 32 bits */

enum syn_op {
    SYN_OP_PASSTHROUGH, /* no convolution: copy, pool or element-wise only */
    SYN_OP_CONV2D,
    SYN_OP_CONV1D,
    SYN_OP_CONVTRANSPOSE2D,
    SYN_OP_LINEAR,
    SYN_OP_COUNT
};

enum syn_pool { SYN_POOL_NONE, SYN_POOL_MAX, SYN_POOL_AVG, SYN_POOL_COUNT };

enum syn_eltwise {
    SYN_ELTWISE_NONE,
    SYN_ELTWISE_ADD,
    SYN_ELTWISE_SUB,
    SYN_ELTWISE_XOR,
    SYN_ELTWISE_OR,
    SYN_ELTWISE_COUNT
};

enum syn_activation { SYN_ACT_NONE, SYN_ACT_RELU, SYN_ACT_ABS, SYN_ACT_COUNT };

/* Shape of a dense C,H,W tensor. 1-D data have height = length and width = 1. */
struct syn_shape {
    uint16_t channels;
    uint16_t height;
    uint16_t width;
};

struct syn_layer {
    uint8_t op;         /* enum syn_op */
    uint8_t eltwise;    /* enum syn_eltwise; NONE with several inputs means concatenation */
    uint8_t pool;       /* enum syn_pool */
    uint8_t activation; /* enum syn_activation */

    bool pool_first; /* pooling before the element-wise operation (the default of the part) */
    bool pool_round; /* average pooling rounds half away from zero instead of towards zero */
    bool flatten;    /* C,H,W is read as C*H*W channels of one pixel (linear only) */
    bool has_bias;   /* one int8 an output channel */
    bool input_chw;  /* input in the part's CHW layout; first layer of a model only */

    uint8_t weight_bits;  /* 1, 2, 4, 8; 0 where the layer has no weights */
    uint8_t output_width; /* 8 or 32 bits */
    int8_t output_shift;  /* total shift is output_shift + 8 - weight_bits, -15..15 */

    uint8_t kernel_h, kernel_w;
    uint8_t pad_h, pad_w;
    uint16_t dilation_h, dilation_w; /* 1 = dense */
    uint8_t pool_h, pool_w;          /* 1 where there is no pooling */
    uint8_t pool_stride_h, pool_stride_w;
    uint8_t pool_dilation_h, pool_dilation_w;
    uint16_t groups; /* 1, or the number of channels (depthwise) */

    uint8_t input_count;                   /* 1..SYN_LAYER_INPUTS_MAX */
    uint16_t inputs[SYN_LAYER_INPUTS_MAX]; /* tensor numbers, all smaller than layer + 1 */

    /* Derived by syn_layer_resolve() from the shapes of the inputs. */
    struct syn_shape in;     /* one operand, or the concatenation; before pooling and flattening */
    struct syn_shape pooled; /* after pooling (= in without); convtranspose: before zero stuffing */
    struct syn_shape out;

    /* Maps of the processors that read the input and that write the output; bit p = processor p. */
    uint64_t processors;
    uint64_t output_processors;
};

/*
 * Fills in, pooled and out of `layer` from the shapes of its inputs (input_count of them). The
 * caller gives out.channels, which only a passthrough layer derives.
 *
 * Fields that are 0 get their default: 1 for kernel (linear and passthrough only), dilation,
 * groups, pooling size, stride and dilation; 8 for output_width; the lowest-numbered processors
 * for the channels of one operand and of the output. weight_bits of a passthrough layer become 0.
 *
 * Returns 0, or SYN_EINVAL with *why (where not NULL) set to a static sentence such as "kernel
 * larger than the padded input" or "operands of an element-wise operation differ in shape".
 */
int syn_layer_resolve(struct syn_layer *layer, const struct syn_shape *inputs, const char **why);

/* Weights of one output channel: in / groups * kernel_h * kernel_w; C*H*W where flattened. */
uint32_t syn_layer_fan_in(const struct syn_layer *layer);

/* Number of weights (not bytes): out * in / groups * kernel_h * kernel_w; 0 for passthrough. */
uint32_t syn_layer_weight_count(const struct syn_layer *layer);

/* Bytes of the weights packed at weight_bits each, rounded up to a byte; bias not included. */
uint32_t syn_layer_weight_bytes(const struct syn_layer *layer);

/* Bytes of the bias: out.channels where has_bias, else 0. */
uint32_t syn_layer_bias_bytes(const struct syn_layer *layer);

/* Multiply-accumulate operations of one inference. */
uint64_t syn_layer_macs(const struct syn_layer *layer);

/* Bytes of a dense tensor of this shape at `width` bits (8 or 32) an element. */
uint32_t syn_tensor_bytes(struct syn_shape shape, unsigned width);

/*
 * Weights of a layer in a file or image: row-major [out][in / groups][kernel_h][kernel_w], for
 * linear [out][C*H*W]; each weight is a two's complement field of weight_bits, the first in the
 * least significant bits of the first byte. 1-bit weights: 0 stands for 0, 1 for -1.
 * (Convtranspose weights are already flipped: correlation form.)
 */
void syn_weights_unpack(const uint8_t *packed, unsigned bits, uint32_t count, int8_t *weights);
void syn_weights_pack(const int8_t *weights, unsigned bits, uint32_t count, uint8_t *packed);

#endif
