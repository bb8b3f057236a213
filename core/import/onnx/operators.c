/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/onnx/operators.h"

#include <string.h>

#define WINDOW "auto_pad kernel_shape strides dilations pads"

/* The first line of a row: name, inputs, which of them are constants, attributes. */
static const struct syn_onnx_op ops[SYN_ONNX_OPS] = {
    [SYN_ONNX_ABS] = {SYN_ONNX_ABS, "Abs", 1, 1, 0, "", syn_onnx_shape_same,
                      syn_onnx_compute_unary},
    [SYN_ONNX_ADD] = {SYN_ONNX_ADD, "Add", 2, 2, 0, "", syn_onnx_shape_broadcast,
                      syn_onnx_compute_binary},
    [SYN_ONNX_ARG_MAX] = {SYN_ONNX_ARG_MAX, "ArgMax", 1, 1, 0, "axis keepdims select_last_index",
                          syn_onnx_shape_arg_max, syn_onnx_compute_arg_max},
    [SYN_ONNX_AVERAGE_POOL] = {SYN_ONNX_AVERAGE_POOL, "AveragePool", 1, 1, 0,
                               WINDOW " ceil_mode count_include_pad channels_last",
                               syn_onnx_shape_pool, syn_onnx_compute_pool},
    [SYN_ONNX_BATCH_NORMALIZATION] = {SYN_ONNX_BATCH_NORMALIZATION, "BatchNormalization", 5, 5,
                                      0x1e, "epsilon momentum training_mode",
                                      syn_onnx_shape_normalization, syn_onnx_compute_normalization},
    [SYN_ONNX_CAST] = {SYN_ONNX_CAST, "Cast", 1, 1, 0, "to saturate", syn_onnx_shape_cast,
                       syn_onnx_compute_cast},
    [SYN_ONNX_CLIP] = {SYN_ONNX_CLIP, "Clip", 1, 3, 6, "min max", syn_onnx_shape_clip,
                       syn_onnx_compute_clip},
    [SYN_ONNX_CONCAT] = {SYN_ONNX_CONCAT, "Concat", 1, SYN_ONNX_INPUTS_MAX, 0, "axis",
                         syn_onnx_shape_concat, syn_onnx_compute_concat},
    [SYN_ONNX_CONSTANT_OF_SHAPE] = {SYN_ONNX_CONSTANT_OF_SHAPE, "ConstantOfShape", 1, 1, 1, "value",
                                    syn_onnx_shape_fill, syn_onnx_compute_fill},
    [SYN_ONNX_CONV] = {SYN_ONNX_CONV, "Conv", 2, 3, 6, WINDOW " group", syn_onnx_shape_conv,
                       syn_onnx_compute_conv},
    [SYN_ONNX_CONV_TRANSPOSE] = {SYN_ONNX_CONV_TRANSPOSE, "ConvTranspose", 2, 3, 6,
                                 WINDOW " group output_padding output_shape", syn_onnx_shape_conv,
                                 syn_onnx_compute_conv_transpose},
    [SYN_ONNX_DEQUANTIZE] = {SYN_ONNX_DEQUANTIZE, "DequantizeLinear", 2, 3, 6, "axis block_size",
                             syn_onnx_shape_dequantize, syn_onnx_compute_dequantize},
    [SYN_ONNX_DIV] = {SYN_ONNX_DIV, "Div", 2, 2, 2, "", syn_onnx_shape_broadcast,
                      syn_onnx_compute_binary},
    [SYN_ONNX_DROPOUT] = {SYN_ONNX_DROPOUT, "Dropout", 1, 3, 6, "ratio seed", syn_onnx_shape_same,
                          syn_onnx_compute_copy},
    [SYN_ONNX_FLATTEN] = {SYN_ONNX_FLATTEN, "Flatten", 1, 1, 0, "axis", syn_onnx_shape_flatten,
                          syn_onnx_compute_copy},
    [SYN_ONNX_GATHER] = {SYN_ONNX_GATHER, "Gather", 2, 2, 3, "axis", syn_onnx_shape_gather,
                         syn_onnx_compute_gather},
    [SYN_ONNX_GEMM] = {SYN_ONNX_GEMM, "Gemm", 2, 3, 6, "alpha beta transA transB",
                       syn_onnx_shape_gemm, syn_onnx_compute_gemm},
    [SYN_ONNX_GLOBAL_AVERAGE_POOL] = {SYN_ONNX_GLOBAL_AVERAGE_POOL, "GlobalAveragePool", 1, 1, 0,
                                      "channels_last", syn_onnx_shape_pool, syn_onnx_compute_pool},
    [SYN_ONNX_GLOBAL_MAX_POOL] = {SYN_ONNX_GLOBAL_MAX_POOL, "GlobalMaxPool", 1, 1, 0, "",
                                  syn_onnx_shape_pool, syn_onnx_compute_pool},
    [SYN_ONNX_IDENTITY] = {SYN_ONNX_IDENTITY, "Identity", 1, 1, 0, "", syn_onnx_shape_same,
                           syn_onnx_compute_copy},
    [SYN_ONNX_LOG_SOFTMAX] = {SYN_ONNX_LOG_SOFTMAX, "LogSoftmax", 1, 1, 0, "axis",
                              syn_onnx_shape_softmax, syn_onnx_compute_softmax},
    [SYN_ONNX_MATMUL] = {SYN_ONNX_MATMUL, "MatMul", 2, 2, 2, "", syn_onnx_shape_matmul,
                         syn_onnx_compute_matmul},
    [SYN_ONNX_MAX_POOL] = {SYN_ONNX_MAX_POOL, "MaxPool", 1, 1, 0, WINDOW " ceil_mode storage_order",
                           syn_onnx_shape_pool, syn_onnx_compute_pool},
    [SYN_ONNX_MUL] = {SYN_ONNX_MUL, "Mul", 2, 2, 0, "", syn_onnx_shape_broadcast,
                      syn_onnx_compute_binary},
    [SYN_ONNX_QUANTIZE] = {SYN_ONNX_QUANTIZE, "QuantizeLinear", 2, 3, 6,
                           "axis saturate block_size output_dtype", syn_onnx_shape_quantize,
                           syn_onnx_compute_quantize},
    [SYN_ONNX_REDUCE_MEAN] = {SYN_ONNX_REDUCE_MEAN, "ReduceMean", 1, 2, 2,
                              "axes keepdims noop_with_empty_axes", syn_onnx_shape_mean,
                              syn_onnx_compute_mean},
    [SYN_ONNX_RELU] = {SYN_ONNX_RELU, "Relu", 1, 1, 0, "", syn_onnx_shape_same,
                       syn_onnx_compute_unary},
    [SYN_ONNX_RESHAPE] = {SYN_ONNX_RESHAPE, "Reshape", 2, 2, 2, "allowzero", syn_onnx_shape_reshape,
                          syn_onnx_compute_copy},
    [SYN_ONNX_SHAPE] = {SYN_ONNX_SHAPE, "Shape", 1, 1, 0, "start end", syn_onnx_shape_shape,
                        syn_onnx_compute_shape},
    [SYN_ONNX_SIGMOID] = {SYN_ONNX_SIGMOID, "Sigmoid", 1, 1, 0, "", syn_onnx_shape_same,
                          syn_onnx_compute_unary},
    [SYN_ONNX_SOFTMAX] = {SYN_ONNX_SOFTMAX, "Softmax", 1, 1, 0, "axis", syn_onnx_shape_softmax,
                          syn_onnx_compute_softmax},
    [SYN_ONNX_SQUEEZE] = {SYN_ONNX_SQUEEZE, "Squeeze", 1, 2, 2, "axes", syn_onnx_shape_squeeze,
                          syn_onnx_compute_copy},
    [SYN_ONNX_SUB] = {SYN_ONNX_SUB, "Sub", 2, 2, 0, "", syn_onnx_shape_broadcast,
                      syn_onnx_compute_binary},
    [SYN_ONNX_TRANSPOSE] = {SYN_ONNX_TRANSPOSE, "Transpose", 1, 1, 0, "perm",
                            syn_onnx_shape_transpose, syn_onnx_compute_transpose},
    [SYN_ONNX_UNSQUEEZE] = {SYN_ONNX_UNSQUEEZE, "Unsqueeze", 1, 2, 2, "axes",
                            syn_onnx_shape_unsqueeze, syn_onnx_compute_copy},
};

/* The nearest that the part has, by what the name begins with; the last row is for all others. */
static const struct {
    const char *begins, *instead;
} nearest[] = {
    {"LSTM", "Conv over the length of a window (1-D, kernels to 9): the part keeps no state"},
    {"GRU", "Conv over the length of a window (1-D, kernels to 9): the part keeps no state"},
    {"RNN", "Conv over the length of a window (1-D, kernels to 9): the part keeps no state"},
    {"DynamicQuantizeLinear", "static quantization (QuantizeLinear with constant scales)"},
    {"Resize", "ConvTranspose 3x3 of stride 2, which doubles height and width"},
    {"Upsample", "ConvTranspose 3x3 of stride 2, which doubles height and width"},
    {"DepthToSpace", "ConvTranspose 3x3 of stride 2, which doubles height and width"},
    {"SpaceToDepth", "folding the window before the model ('fold' of the model's input)"},
    {"LeakyRelu", "Relu"},
    {"PRelu", "Relu"},
    {"Elu", "Relu"},
    {"Selu", "Relu"},
    {"Gelu", "Relu"},
    {"Hard", "Relu"},
    {"Mish", "Relu"},
    {"Swish", "Relu"},
    {"Softplus", "Relu"},
    {"Tanh", "Relu; int8's limits cut large values as Clip does"},
    {"QLinearLeakyRelu", "Relu"},
    {"QLinearSigmoid", "Relu"},
    {"LayerNormalization", "BatchNormalization, which goes into the convolution before it"},
    {"InstanceNormalization", "BatchNormalization, which goes into the convolution before it"},
    {"GroupNormalization", "BatchNormalization, which goes into the convolution before it"},
    {"Pad", "padding of 0 to 2 in the convolution itself"},
    {"LpPool", "AveragePool or MaxPool"},
    {"Global", "GlobalAveragePool"},
    {"Reduce", "GlobalAveragePool"},
    {"Max", "MaxPool along height and width; Add or Sub of two values"},
    {"Min", "Add or Sub of two values"},
    {"Attention", "convolutions: no product of two activations"},
    {"Einsum", "MatMul with a constant"},
    {"Split", "two convolutions that read the same value"},
    {"Slice", "a convolution whose other weights are zero"},
    {"If", "two models"},
    {"Loop", "the steps one after the other"},
    {"Scan", "the steps one after the other"},
    {"", "Conv, ConvTranspose, Gemm, MatMul, pooling, Relu, Abs, Add, Sub, Concat"},
};

const struct syn_onnx_op *syn_onnx_op(enum syn_onnx_op_id id)
{
    return &ops[id];
}

const struct syn_onnx_op *syn_onnx_op_find(const char *name, const char *domain)
{
    const bool plain = !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
    for (size_t i = 0; i < SYN_ONNX_OPS; i++)
        if (strcmp(ops[i].name, name) == 0)
            return plain || i == SYN_ONNX_QUANTIZE || i == SYN_ONNX_DEQUANTIZE ? &ops[i] : NULL;
    return NULL;
}

const char *syn_onnx_op_instead(const char *name)
{
    size_t i = 0;
    while (strncmp(nearest[i].begins, name, strlen(nearest[i].begins)) != 0)
        i++;
    return nearest[i].instead;
}
