# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes a network of nets.py in numpy, as the specification of ONNX says: the oracle of the
importer's tests. Slow and plain; shares nothing with core/import/onnx."""
import numpy as np
from onnx import helper, mapping, numpy_helper


def windows(x, kernel, strides, dilations, pads, fill):
    """x as [N, C, out..., kernel...] for one or two axes."""
    axes = len(kernel)
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[i + axes]) for i in range(axes)],
               constant_values=fill)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    view = np.lib.stride_tricks.sliding_window_view(x, extent, tuple(range(2, 2 + axes)))
    index = (slice(None), slice(None)) + tuple(slice(None, None, s) for s in strides)
    index += tuple(slice(None, None, d) for d in dilations)
    return view[index]


def geometry(x, kernel, a):
    axes = len(kernel)
    return (kernel, a.get("strides", [1] * axes), a.get("dilations", [1] * axes),
            a.get("pads", [0] * 2 * axes))


def precise(f):
    """Sums in double, a result in float."""
    def run(*inputs, **a):
        floats = all(i is None or i.dtype.kind == "f" for i in inputs)
        y = f(*[None if i is None else i.astype(np.float64) if floats else i for i in inputs], **a)
        return y.astype(np.float32) if floats else y
    return run


@precise
def conv(x, w, b=None, **a):
    axes, groups = w.ndim - 2, a.get("group", 1)
    parts = []
    for g in range(groups):
        ins, outs = x.shape[1] // groups, w.shape[0] // groups
        v = windows(x[:, g * ins:(g + 1) * ins], *geometry(x, w.shape[2:], a), 0)
        k = w[g * outs:(g + 1) * outs]
        sums = np.tensordot(v, k, ([1] + list(range(2 + axes, 2 + 2 * axes)),
                                   list(range(1, 2 + axes))))
        parts.append(np.moveaxis(sums, -1, 1))
    y = np.concatenate(parts, 1)
    return y if b is None else y + b.reshape(-1, *[1] * axes)


@precise
def conv_transpose(x, w, b=None, **a):
    stride, pads = a["strides"], a.get("pads", [0] * 4)
    more = a.get("output_padding", [0, 0])
    size = [(x.shape[2 + i] - 1) * stride[i] + w.shape[2 + i] + more[i] for i in range(2)]
    full = np.zeros((x.shape[0], w.shape[1], *size), x.dtype)
    for y in range(x.shape[2]):
        for z in range(x.shape[3]):
            part = np.tensordot(x[:, :, y, z], w, (1, 0))
            full[:, :, y * stride[0]:y * stride[0] + w.shape[2],
                 z * stride[1]:z * stride[1] + w.shape[3]] += part
    out = full[:, :, pads[0]:full.shape[2] - pads[2], pads[1]:full.shape[3] - pads[3]]
    return out if b is None else out + b.reshape(-1, 1, 1)


def pool(x, reduce, **a):
    v = windows(x, *geometry(x, a["kernel_shape"], a), 0)
    return reduce(v, axis=tuple(range(x.ndim, v.ndim)))


def along(scale, x, axis):
    return scale.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]) \
        if scale.ndim else scale


def quantize(x, s, z=np.uint8(0), axis=1):
    info = np.iinfo(z.dtype)
    q = np.rint(np.float32(x) / along(s, x, axis)) + along(z, x, axis).astype(np.float64)
    return np.clip(q, info.min, info.max).astype(z.dtype)


def dequantize(q, s, z=None, axis=1):
    zero = 0 if z is None else along(z, q, axis).astype(np.float64)
    return (q.astype(np.float64) - zero).astype(np.float32) * along(s, q, axis)


def integers(x, z):
    return x.astype(np.int64) - (0 if z is None else z.astype(np.int64))


def requantize(sums, factor, z):
    info = np.iinfo(z.dtype)
    return np.clip(np.rint(sums * factor) + z, info.min, info.max).astype(z.dtype)


def qlinear_conv(x, xs, xz, w, ws, wz, ys, yz, b=None, **a):
    """Integer sums, then one multiplication: not by way of floats as the importer does."""
    wz = along(wz, w, 0).astype(np.int64)
    sums = conv(integers(x, xz), w.astype(np.int64) - wz, None if b is None else
                b.astype(np.int64), **a)
    factor = along(np.float64(xs) * ws.astype(np.float64) / np.float64(ys), sums, 1)
    return requantize(sums, factor, yz)


def qlinear_matmul(a, as_, az, b, bs, bz, ys, yz):
    return requantize(integers(a, az) @ integers(b, bz), np.float64(as_) * bs / ys, yz)


def qgemm(a, as_, az, b, bs, bz, c=None, ys=None, yz=None, transB=0, **_):
    w = integers(b, bz)
    sums = integers(a, az) @ (w.T if transB else w) + (0 if c is None else c.astype(np.int64))
    factor = np.float64(as_) * bs.astype(np.float64)
    return requantize(sums, factor / ys, yz) if ys is not None else sums * factor


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def reshape(x, shape, **_):
    """The batch is that of the test, not of the file."""
    shape = [x.shape[i] if d == 0 else int(d) for i, d in enumerate(np.ravel(shape))]
    shape[0] = x.shape[0]
    return x.reshape(shape)


def matrix(x, axis=1):
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


@precise
def gemm(a, b, c=0, alpha=1., beta=1., transB=0, **_):
    return alpha * (a @ (b.T if transB else b)) + beta * c


def qbinary(f):
    return lambda a, as_, az, b, bs, bz, ys, yz: quantize(
        f(dequantize(a, as_, az), dequantize(b, bs, bz)), ys, yz)


OPS = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "ConvInteger": lambda x, w, xz=None, wz=None, **a: conv(integers(x, xz), integers(w, wz), **a),
    "MatMulInteger": lambda x, w, xz=None, wz=None: integers(x, xz) @ integers(w, wz),
    "QLinearConv": qlinear_conv,
    "QLinearMatMul": qlinear_matmul,
    "QGemm": qgemm,
    "QLinearAdd": qbinary(np.add),
    "QLinearGlobalAveragePool": lambda x, xs, xz, ys, yz, **_: quantize(
        dequantize(x, xs, xz).mean((2, 3), keepdims=True), ys, yz),
    "QLinearAveragePool": lambda x, xs, xz, ys, yz, **a: quantize(
        pool(dequantize(x, xs, xz), np.mean, **a), ys, yz),
    "QLinearConcat": lambda ys, yz, *parts, axis: quantize(np.concatenate(
        [dequantize(*parts[i:i + 3]) for i in range(0, len(parts), 3)], axis), ys, yz),
    "Gemm": gemm,
    "MatMul": precise(np.matmul),
    "Relu": lambda x: np.maximum(x, 0),
    "Abs": np.abs,
    "Clip": lambda x, low=None, high=None, min=None, max=None: np.clip(
        x, min if low is None else low, max if high is None else high),
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide,
    "MaxPool": lambda x, **a: pool(x, np.max, **a),
    "AveragePool": lambda x, **a: pool(x, np.mean, **a),
    "GlobalAveragePool": lambda x: x.mean(tuple(range(2, x.ndim)), keepdims=True),
    "GlobalMaxPool": lambda x: x.max(tuple(range(2, x.ndim)), keepdims=True),
    "ReduceMean": lambda x, axes, keepdims=1: x.mean(tuple(axes), keepdims=bool(keepdims)),
    "Flatten": matrix,
    "Reshape": reshape,
    "Transpose": lambda x, perm: x.transpose(perm),
    "Squeeze": lambda x, axes: x.squeeze(tuple(int(i) for i in axes)),
    "Unsqueeze": lambda x, axes: np.expand_dims(x, tuple(int(i) for i in axes)),
    "Identity": lambda x: x,
    "Dropout": lambda x, *_, **__: x,
    "Cast": lambda x, to: x.astype(mapping.TENSOR_TYPE_TO_NP_TYPE[to]),
    "ConstantOfShape": lambda n, value: np.full(n, numpy_helper.to_array(value)),
    "BatchNormalization": lambda x, s, b, m, v, epsilon=1e-5: (
        (x - m.reshape(-1, 1, 1)) / np.sqrt(v.reshape(-1, 1, 1) + epsilon) * s.reshape(-1, 1, 1)
        + b.reshape(-1, 1, 1)),
    "Softmax": softmax,
    "Concat": lambda *x, axis: np.concatenate(x, axis),
    "Shape": lambda x: np.array([1, *x.shape[1:]], np.int64),
    "Gather": lambda x, i, axis=0: x[i],
    "QuantizeLinear": quantize,
    "DequantizeLinear": dequantize,
}


def attribute(a):
    value = helper.get_attribute_value(a)
    return list(value) if isinstance(value, tuple) or hasattr(value, "append") else value


def evaluate(model, x, output=None):
    """The value `output` (that of the graph) for a batch of inputs."""
    graph = model.graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    real = [i for i in graph.input if i.name not in values]
    values[real[0].name] = x
    for node in graph.node:
        if node.op_type == "Constant":
            values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
            continue
        a = {i.name: attribute(i) for i in node.attribute}
        values[node.output[0]] = OPS[node.op_type](
            *[values[i] if i else None for i in node.input], **a)
    return values[output or graph.output[0].name]
