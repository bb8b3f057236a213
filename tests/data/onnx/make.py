#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the small networks of this folder: `make.py` (Debian: python3-onnx).

good/NAME.onnx with good/NAME.expected: windows and what the network gives for them, computed by
reference.py. bad/NAME.onnx: what has to be refused. Both are committed, so that tests need no
Python."""
import os
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import reference
from nets import Net

WINDOWS = 3
FOLDER = os.path.dirname(os.path.abspath(__file__))


def ints(random, *shape, most=127):
    """Like trained weights: few are large."""
    return np.clip(np.rint(random.normal(0, most / 3, shape)), -most, most).astype(np.int64)


# ---- networks that are read ----

def qdq(random):
    """Conv, Relu, MaxPool, Conv, Flatten, Gemm with scales that are powers of two."""
    net = Net("qdq", [1, 3, 10, 10])
    x = net.quant("x", 1 / 128)
    x = net.op("Conv", [x, net.weights(ints(random, 8, 3, 3, 3), 1 / 128),
                        net.bias(ints(random, 8, most=40) * 128, 1 / 16384)], pads=[1] * 4)
    x = net.quant(net.op("Relu", [x]), 1 / 64)
    x = net.op("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("Conv", [x, net.weights(ints(random, 4, 8, 3, 3), 1 / 256)], pads=[1] * 4)
    x = net.quant(net.op("Relu", [x]), 1 / 16)
    x = net.op("Flatten", [x])
    x = net.op("Gemm", [x, net.weights(ints(random, 5, 100), 1 / 128),
                        net.bias(ints(random, 5) * 128, 1 / 2048)], transB=1)
    return net.model(x, [1, 5]), (1 / 128, 0)


def asymmetric(random):
    """onnxruntime's standard: uint8 with zero points, weights with a scale a channel; padding."""
    net = Net("asymmetric", [1, 2, 8, 8])
    x = net.quant("x", 1 / 255, 0, np.uint8)
    ws = random.uniform(0.001, 0.01, 6)
    x = net.op("Conv", [x, net.weights(ints(random, 6, 2, 3, 3), ws),
                        net.bias(ints(random, 6, most=20000), ws / 255)], pads=[1] * 4)
    x = net.quant(x, 0.021, 0, np.uint8)
    ws = random.uniform(0.001, 0.006, 4)
    x = net.op("Conv", [x, net.weights(ints(random, 4, 6, 1, 1), ws)])
    x = net.quant(x, 0.018, 131, np.uint8)
    return net.model(x, [1, 4, 8, 8]), (1 / 255, 0)


def no_padding(random):
    """A zero point of the input that goes into the bias, since nothing is padded."""
    net = Net("no_padding", [1, 1, 9, 9])
    x = net.quant("x", 1 / 64, 10)
    x = net.op("Conv", [x, net.weights(ints(random, 4, 1, 3, 3), 0.007)])
    x = net.quant(net.op("Relu", [x]), 0.03)
    x = net.op("Flatten", [net.op("AveragePool", [x], kernel_shape=[7, 7])])
    w = net.weights(ints(random, 4, 3), 0.01)
    x = net.op("Add", [net.op("MatMul", [x, w]), net.const(np.float32([0.1, -0.2, 0.3]))])
    return net.model(x, [1, 3]), (1 / 64, 10)


def normalization(random):
    """Conv, BatchNormalization, Relu; factors and addends as Mul and Add."""
    net = Net("normalization", [1, 2, 6, 6])
    f = lambda low, high, n: net.const(random.uniform(low, high, n).astype(np.float32))
    x = net.quant("x", 1 / 128)
    x = net.op("Conv", [x, net.weights(ints(random, 5, 2, 3, 3), 1 / 256)], pads=[1] * 4)
    x = net.op("BatchNormalization", [x, f(0.5, 2, 5), f(-0.2, 0.2, 5), f(-0.3, 0.3, 5),
                                      f(0.3, 2, 5)])
    x = net.quant(net.op("Relu", [x]), 0.02)
    x = net.op("Conv", [x, net.weights(ints(random, 3, 5, 1, 1), 1 / 128)])
    x = net.op("Mul", [x, net.const(random.uniform(0.5, 1.5, (1, 3, 1, 1)).astype(np.float32))])
    x = net.op("Sub", [x, net.const(np.float32(0.05))])
    x = net.quant(x, 0.03)
    return net.model(x, [1, 3, 6, 6]), (1 / 128, 0)


def residual(random):
    """Two branches of different scales, added, then Relu, which needs a convolution."""
    net = Net("residual", [1, 4, 6, 6])
    x = net.quant("x", 1 / 128)
    a = net.quant(net.op("Relu", [net.op("Conv", [
        x, net.weights(ints(random, 4, 4, 3, 3), 0.004)], pads=[1] * 4)]), 0.017)
    b = net.quant(net.op("Conv", [
        a, net.weights(ints(random, 4, 4, 3, 3), 0.003)], pads=[1] * 4), 0.03)
    c = net.quant(net.op("Relu", [net.op("Add", [a, b])]), 0.033)
    x = net.op("Conv", [c, net.weights(ints(random, 3, 4, 1, 1), 0.01)])
    x = net.quant(x, 0.05)
    return net.model(x, [1, 3, 6, 6]), (1 / 128, 0)


def difference(random):
    """Sub of two branches, pooled, then a convolution in the same layer; Abs."""
    net = Net("difference", [1, 3, 8, 8])
    x = net.quant("x", 1 / 128)
    a = net.quant(net.op("Conv", [x, net.weights(ints(random, 4, 3, 1, 1), 0.01)]), 0.02)
    b = net.quant(net.op("Abs", [net.op("Conv", [
        x, net.weights(ints(random, 4, 3, 3, 3), 0.005)], pads=[1] * 4)]), 0.021)
    c = net.quant(net.op("Sub", [a, b]), 0.03)
    c = net.op("MaxPool", [c], kernel_shape=[2, 2], strides=[2, 2])
    x = net.quant(net.op("Conv", [c, net.weights(ints(random, 2, 4, 3, 3), 0.004)]), 0.04)
    return net.model(x, [1, 2, 2, 2]), (1 / 128, 0)


def concat(random):
    """Parts of different scales behind each other."""
    net = Net("concat", [1, 4, 6, 6])
    x = net.quant("x", 1 / 128)
    a = net.quant(net.op("Relu", [net.op("Conv", [
        x, net.weights(ints(random, 4, 4, 3, 3), 0.004)], pads=[1] * 4)]), 0.017)
    b = net.quant(net.op("Conv", [x, net.weights(ints(random, 8, 4, 1, 1), 0.01)]), 0.025)
    c = net.op("Concat", [a, b], axis=1)
    x = net.quant(net.op("Conv", [c, net.weights(ints(random, 3, 12, 3, 3), 0.003)],
                         pads=[1] * 4), 0.04)
    return net.model(x, [1, 3, 6, 6]), (1 / 128, 0)


def transposed(random):
    """ConvTranspose that doubles height and width."""
    net = Net("transposed", [1, 4, 4, 4])
    x = net.quant("x", 1 / 128)
    x = net.op("ConvTranspose", [x, net.weights(ints(random, 4, 3, 3, 3), 0.005, 1),
                                 net.bias(ints(random, 3, most=9000), 0.005 / 128)],
               strides=[2, 2], pads=[1] * 4, output_padding=[1, 1])
    x = net.quant(net.op("Relu", [x]), 0.012)
    x = net.quant(net.op("Conv", [x, net.weights(ints(random, 2, 3, 3, 3), 0.006)],
                         pads=[1] * 4), 0.02)
    return net.model(x, [1, 2, 8, 8]), (1 / 128, 0)


def one_dimension(random):
    """Sound: Conv of 5 and of 2 taps, MaxPool, GlobalAveragePool, Gemm, Softmax."""
    net = Net("one_dimension", ["N", 2, 32])
    x = net.quant("x", 1 / 128)
    x = net.op("Conv", [x, net.weights(ints(random, 6, 2, 5), 0.005)], pads=[2, 2])
    x = net.quant(net.op("Relu", [x]), 0.02)
    x = net.op("MaxPool", [x], kernel_shape=[2], strides=[2])
    x = net.op("Conv", [x, net.weights(ints(random, 8, 6, 2), 0.005)])
    x = net.quant(net.op("Relu", [x]), 0.03)
    x = net.op("GlobalAveragePool", [x])
    x = net.op("Squeeze", [x, net.const(np.int64([2]))])
    x = net.op("Gemm", [x, net.weights(ints(random, 4, 8), 0.01)], transB=1)
    return net.model(net.op("Softmax", [x]), ["N", 4]), (1 / 128, 0), x


def qlinear(random):
    """QLinearConv, MaxPool on integers, QLinearAdd, QLinearGlobalAveragePool, QGemm."""
    net = Net("qlinear", [1, 3, 8, 8], TensorProto.UINT8, 12)
    s = lambda v: net.const(np.float32(v), "s")
    u = lambda v: net.const(np.uint8(v), "z")
    i = lambda v: net.const(np.int8(v), "z")
    w = lambda *shape: net.const(ints(random, *shape).astype(np.int8), "w")
    b = net.const(ints(random, 4, most=9000).astype(np.int32))
    ws = random.uniform(0.002, 0.006, 4).astype(np.float32)
    x = net.op("QLinearConv", ["x", s(1 / 128), u(128), w(4, 3, 3, 3), net.const(ws),
                               net.const(np.zeros(4, np.int8)), s(0.011), u(0), b], pads=[1] * 4)
    x = net.op("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    y = net.op("QLinearConv", [x, s(0.011), u(0), w(4, 4, 3, 3), s(0.004), i(0), s(0.02), u(120)],
               pads=[1] * 4)
    x = net.op("QLinearAdd", [x, s(0.011), u(0), y, s(0.02), u(120), s(0.025), u(100)],
               "com.microsoft")
    x = net.op("QLinearGlobalAveragePool", [x, s(0.025), u(100), s(0.02), u(110)], "com.microsoft")
    x = net.op("Flatten", [x])
    x = net.op("QGemm", [x, s(0.02), u(110), w(5, 4), s(0.01), i(0),
                         net.const(ints(random, 5, most=3000).astype(np.int32)), s(0.02), u(128)],
               "com.microsoft", transB=1)
    return net.model(x, [1, 5], TensorProto.UINT8, True), (1 / 128, 128), None, (0.02, 128)


def qlinear_more(random):
    """QLinearConcat, QLinearAveragePool, QLinearMatMul."""
    net = Net("qlinear_more", [1, 4, 4, 4], TensorProto.INT8, 12)
    s = lambda v: net.const(np.float32(v), "s")
    i = lambda v: net.const(np.int8(v), "z")
    w = lambda *shape: net.const(ints(random, *shape).astype(np.int8), "w")
    x = ["x", s(1 / 128), i(0)]
    a = net.op("QLinearConv", x + [w(4, 4, 1, 1), s(0.006), i(0), s(0.012), i(0)])
    b = net.op("QLinearConv", x + [w(4, 4, 3, 3), s(0.004), i(0), s(0.015), i(-5)], pads=[1] * 4)
    c = net.op("QLinearConcat", [s(0.016), i(0), a, s(0.012), i(0), b, s(0.015), i(-5)],
               "com.microsoft", axis=1)
    c = net.op("QLinearAveragePool", [c, s(0.016), i(0), s(0.016), i(0)], "com.microsoft",
               kernel_shape=[2, 2], strides=[2, 2])
    c = net.op("Reshape", [c, net.const(np.int64([1, -1]))])
    c = net.op("QLinearMatMul", [c, s(0.016), i(0), w(32, 3), s(0.005), i(0), s(0.02), i(0)])
    return net.model(c, [1, 3], TensorProto.INT8, True), (1 / 128, 0), None, (0.02, 0)


def integer(random):
    """ConvInteger, Cast, Mul by the scales, as exporters write it around static scales."""
    net = Net("integer", [1, 3, 6, 6])
    s, z = net.const(np.float32(1 / 128)), net.const(np.int8(0))
    x = net.op("QuantizeLinear", ["x", s, z])
    x = net.op("ConvInteger", [x, net.const(ints(random, 4, 3, 3, 3).astype(np.int8)), z],
               pads=[1] * 4)
    x = net.op("Mul", [net.op("Cast", [x], to=1), net.const(np.float32(0.004 / 128))])
    x = net.quant(net.op("Relu", [x]), 0.01)
    x = net.quant(net.op("Conv", [x, net.weights(ints(random, 2, 4, 1, 1), 0.01)]), 0.012)
    return net.model(x, [1, 2, 6, 6]), (1 / 128, 0)


def odds(random):
    """Kernels of 1x3 and 2x2, Clip to 6, a depthwise convolution, shapes computed in the graph."""
    net = Net("odds", [1, 4, 8, 8])
    x = net.quant("x", 1 / 16)
    x = net.op("Conv", [x, net.weights(ints(random, 4, 4, 1, 3), 0.005)], pads=[0, 1, 0, 1])
    x = net.op("Clip", [x, net.const(np.float32(0)), net.const(np.float32(6))])
    x = net.quant(x, 6 / 255, -128)
    x = net.op("Conv", [x, net.weights(ints(random, 4, 4, 2, 2), 0.004)], pads=[0, 0, 1, 1])
    x = net.quant(net.op("Relu", [x]), 0.03)
    x = net.op("Conv", [x, net.weights(ints(random, 4, 1, 3, 3), 0.006)], pads=[1] * 4, group=4)
    x = net.op("Identity", [net.op("Dropout", [net.quant(net.op("Relu", [x]), 0.02)])])
    x = net.op("ReduceMean", [x], axes=[2, 3])
    n = net.op("Gather", [net.op("Shape", [x]), net.const(np.int64([0]))])
    x = net.op("Reshape", [x, net.op("Concat", [n, net.const(np.int64([-1]))], axis=0)])
    x = net.op("Gemm", [x, net.weights(ints(random, 4, 6), 0.01)], alpha=0.5)
    return net.model(x, [1, 6]), (1 / 16, 0)


def picture(random):
    """A picture from 0 to 1 that is normalized in the graph, behind its QuantizeLinear."""
    net = Net("picture", [1, 3, 8, 8], opset=10)
    x = net.quant("x", 1 / 255, 0, np.uint8)
    x = net.op("Sub", [x, net.const(np.float32([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1))])
    x = net.op("Div", [x, net.const(np.float32([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1))])
    x = net.quant(x, 2.64 / 127)
    x = net.op("Conv", [x, net.weights(ints(random, 6, 3, 3, 3), 0.003)], pads=[1] * 4)
    x = net.quant(net.op("Relu", [x]), 0.04)
    x = net.op("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = net.quant(net.op("Conv", [x, net.weights(ints(random, 3, 6, 3, 3), 0.002)]), 0.05)
    return net.model(x, [1, 3, 2, 2]), (1 / 255, 0)


def branches(random):
    """What several read: quantized twice with different scales; Clip behind pooling and alone."""
    net = Net("branches", [1, 4, 8, 8])
    x = net.quant("x", 1 / 128)
    c = net.op("Conv", [x, net.weights(ints(random, 6, 4, 3, 3), 0.004)], pads=[1] * 4)
    a, b = net.quant(c, 0.012), net.quant(c, 0.03)
    a = net.op("Clip", [net.op("MaxPool", [a], kernel_shape=[2, 2], strides=[2, 2]),
                        net.const(np.float32(-1)), net.const(np.float32(1))])
    a = net.quant(a, 1 / 127)
    b = net.quant(net.op("AveragePool", [b], kernel_shape=[2, 2], strides=[2, 2]), 0.0271)
    d = net.quant(net.op("Relu", [c]), 0.012, -128)
    d = net.quant(net.op("Conv", [d, net.weights(ints(random, 6, 6, 3, 3), 0.004)]), 0.03)
    a = net.quant(net.op("Conv", [a, net.weights(ints(random, 6, 6, 1, 1), 0.01)]), 0.025)
    x = net.quant(net.op("Add", [a, b]), 0.03)
    x = net.op("GlobalAveragePool", [net.op("Concat", [
        net.op("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2]),
        net.op("MaxPool", [d], kernel_shape=[3, 3], strides=[3, 3])], axis=1)])
    x = net.op("Gemm", [net.op("Flatten", [x]), net.weights(ints(random, 5, 12), 0.01)], transB=1)
    return net.model(x, [1, 5]), (1 / 128, 0)


GOOD = [qdq, asymmetric, no_padding, normalization, residual, difference, concat, transposed,
        one_dimension, qlinear, qlinear_more, integer, odds, picture, branches]


def typed(model):
    """Numbers in typed lists instead of raw bytes; initializers listed as inputs, too."""
    for t in model.graph.initializer:
        array = numpy_helper.to_array(t)
        t.ClearField("raw_data")
        field = {TensorProto.FLOAT: t.float_data, TensorProto.INT64: t.int64_data}.get(
            t.data_type, t.int32_data)
        field.extend(array.flatten().tolist())
        model.graph.input.append(helper.make_tensor_value_info(t.name, t.data_type, t.dims))
    return model


def write_expected(folder, name, model, random, scale, zero, unsigned, before=None, result=None):
    """Random windows and what the network gives for them. A window's byte is the quantized number,
    less 128 where that is unsigned. `result`: scale and zero point of outputs that are integers."""
    constants = [i.name for i in model.graph.initializer]
    info = [i for i in model.graph.input if i.name not in constants][0].type.tensor_type
    shape = [d.dim_value for d in info.shape.dim][1:]
    window = random.integers(-128, 128, (WINDOWS, *shape)).astype(np.int64)
    q = window + 128 if unsigned else window
    if info.elem_type == TensorProto.FLOAT:
        x = (np.float64(np.float32(scale)) * (q - zero)).astype(np.float32)
    else:
        x = q.astype(np.uint8 if unsigned else np.int8)
    y = reference.evaluate(model, x, before).astype(np.float64)
    if result:
        y = (y - result[1]) * np.float64(np.float32(result[0]))
    y = y.reshape(WINDOWS, -1)
    with open(f"{folder}/{name}.expected", "wb") as f:
        f.write(struct.pack("<III", WINDOWS, int(np.prod(shape)), y.shape[1]))
        f.write(window.astype(np.int8).tobytes() + y.astype("<f4").tobytes())
    return y


def write_good(build, folder):
    random = np.random.default_rng(sum(map(ord, build.__name__)))
    model, (scale, zero), *more = build(random)
    before = more[0] if more else None
    result = more[1] if len(more) > 1 else None
    name = build.__name__
    if name == "difference":
        model = typed(model)
    onnx.checker.check_model(model) if not any(o.domain for o in model.opset_import) else None
    onnx.save(model, f"{folder}/{name}.onnx")
    unsigned = name in ("asymmetric", "picture", "qlinear")
    return write_expected(folder, name, model, random, scale, zero, unsigned, before, result)


# ---- networks that are refused ----

def one_conv(kernel=3, size=8, ins=2, **attributes):
    net = Net("bad", [1, ins, size, size])
    random = np.random.default_rng(1)
    x = net.quant("x", 1 / 128)
    groups = attributes.get("group", 1)
    x = net.op("Conv", [x, net.weights(ints(random, 4, ins // groups, kernel, kernel), 0.01)],
               **attributes)
    return net, net.quant(x, 0.02)


def bad_networks():
    def finish(net, x, shape=(1, 4, 1, 1)):
        return net.model(x, shape)

    yield "conv5x5", finish(*one_conv(5))
    yield "stride", finish(*one_conv(3, strides=[2, 2]))
    yield "groups", finish(*one_conv(3, ins=4, group=2))
    yield "one-sided", finish(*one_conv(3, pads=[1, 1, 0, 0]))

    net, x = one_conv()
    yield "lstm", finish(net, net.op("LSTM", [x, net.const(np.zeros((1, 4, 4), np.float32)),
                                             net.const(np.zeros((1, 4, 1), np.float32))],
                                     hidden_size=1))
    net, x = one_conv()
    yield "pool-padding", finish(net, net.op("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2],
                                             pads=[1] * 4))
    net, x = one_conv()
    yield "sigmoid", finish(net, net.op("Relu", [net.op("Sigmoid", [x])]))
    net, x = one_conv()
    yield "product", finish(net, net.op("Mul", [x, x]))
    net, x = one_conv()
    yield "clip", finish(net, net.quant(net.op("Clip", [
        net.op("Conv", [x, net.weights(np.ones((4, 4, 1, 1)), 0.01)]),
        net.const(np.float32(-0.1)), net.const(np.float32(0.5))]), 0.02))
    net, x = one_conv()
    yield "unquantized-between", finish(net, net.quant(net.op("Conv", [
        net.op("Relu", [net.op("Conv", [x, net.weights(np.ones((4, 4, 1, 1)), 0.01)])]),
        net.weights(np.ones((4, 4, 1, 1)), 0.01)]), 0.02))

    net = Net("bad", [1, 2, 8, 8])
    x = net.op("Conv", ["x", net.const(np.ones((4, 2, 3, 3), np.float32))])
    yield "float", finish(net, net.op("Relu", [x]))

    net, x = one_conv()
    model = finish(net, x)
    conv = [n for n in model.graph.node if n.op_type == "Conv"][0]
    last = model.graph.node[-1]
    conv.input[0] = last.output[0]
    yield "cyclic", model

    net, x = one_conv()
    model = finish(net, x)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(reversed(nodes))
    yield "not-sorted", model

    for name, scale in (("scale-nan", np.nan), ("scale-infinite", np.inf), ("scale-zero", 0),
                        ("scale-negative", -0.5)):
        net = Net("bad", [1, 2, 8, 8])
        x = net.quant("x", scale)
        yield name, finish(net, net.op("Relu", [x]))

    net = Net("bad", [1, 2, 8, 8])
    w = np.ones((4, 2, 3, 3), np.float32)
    w[1, 1, 1, 1] = np.nan
    x = net.op("Conv", [net.quant("x", 1 / 128), net.const(w)])
    yield "weight-nan", finish(net, net.quant(x, 0.1))

    net, x = one_conv()
    model = finish(net, x)
    weights = [i for i in model.graph.initializer if i.dims == [4, 2, 3, 3]][0]
    weights.raw_data = weights.raw_data[:-1]
    yield "too-few-bytes", model

    net, x = one_conv()
    model = finish(net, x)
    weights = [i for i in model.graph.initializer if i.dims == [4, 2, 3, 3]][0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    yield "external", model

    net, x = one_conv()
    model = finish(net, x)
    weights = [i for i in model.graph.initializer if i.dims == [4, 2, 3, 3]][0]
    weights.dims[0] = 1 << 40
    yield "huge-dimension", model

    net, x = one_conv()
    model = finish(net, x)
    model.graph.initializer[1].name = model.graph.initializer[0].name
    yield "name-twice", model

    net, x = one_conv()
    model = finish(net, x)
    model.graph.node[0].input[0] = "nobody"
    yield "unknown-value", model

    net, x = one_conv()
    model = finish(net, x)
    model.opset_import[0].version = 9
    yield "opset", model

    net, x = one_conv()
    net.shape = [1, 2, "H", 8]
    yield "open-shape", finish(net, x)

    net, x = one_conv()
    model = finish(net, x)
    model.graph.output.append(helper.make_tensor_value_info(
        model.graph.node[0].output[0], TensorProto.INT8, None))
    yield "two-outputs", model

    net = Net("bad", [1, 8])
    x = net.quant("x", 1 / 128)
    x = net.op("MatMul", [x, net.weights(np.ones((7, 2)), 0.1)])
    yield "wrong-shapes", net.model(x, [1, 2])

    net = Net("bad", [1, 8])
    x = net.quant("x", 1 / 128)
    yield "nothing", net.model(net.op("Identity", [x]), [1, 8])

    net = Net("bad", [1, 8])
    x = net.quant("x", 1 / 128)
    x = net.op("Gemm", [x, net.weights(np.ones((8, 2)), 0.001), net.bias(np.ones(2), 1e6)])
    yield "large-bias", net.model(net.quant(x, 0.01), [1, 2])


def main():
    for folder in ("good", "bad"):
        os.makedirs(f"{FOLDER}/{folder}", exist_ok=True)
    for build in GOOD:
        y = write_good(build, f"{FOLDER}/good")
        print(f"{build.__name__}: outputs from {y.min():.3g} to {y.max():.3g}", file=sys.stderr)
    for name, model in bad_networks():
        onnx.save(model, f"{FOLDER}/bad/{name}.onnx")


if __name__ == "__main__":
    main()
