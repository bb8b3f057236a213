#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ConvNet5 of the zoo as ONNX in QDQ form: convnet5.py exact|scaled OUT.onnx

exact: scales are powers of two, so that the import must give the same integers.
scaled: weights with a scale for each channel, activations with scales that are no powers of two."""
import hashlib
import json
import sys

import numpy as np
import onnx

from nets import Net

FOLDER = __file__.rsplit("/", 1)[0] + "/../../../devices/models/"


def layers(model, blob):
    at, channels = 0, model["input"]["channels"]
    size = model["input"]["height"]
    for layer in model["layers"]:
        pool = layer.get("pool")
        if pool:
            size = (size - pool["size"][0]) // pool["stride"][0] + 1
        out = layer["channels"]
        if layer["op"] == "linear":
            shape = (out, channels * size * size)
        else:
            shape = (out, channels, 3, 3)
        count = int(np.prod(shape))
        w = blob[at:at + count].reshape(shape)
        at += count
        bias = None
        if layer.get("bias"):
            bias = blob[at:at + out]
            at += out
        if layer["op"] != "linear":
            size += 2 * layer["pad"][0] - 2
        channels = out
        yield layer, w, bias
    assert at == len(blob)


def main():
    exact, path = sys.argv[1] == "exact", sys.argv[2]
    model = json.load(open(FOLDER + "convnet5.json"))
    blob = np.fromfile(FOLDER + "convnet5.bin", np.int8)
    random = np.random.default_rng(5)
    net = Net("ConvNet5", [1, 1, 28, 28])
    net.props = {"labels": ",".join(model["labels"])}
    scale = 1 / 128
    x = net.quant("x", scale)
    for layer, w, bias in layers(model, blob):
        real = w.astype(np.float64) / 128
        pool = layer.get("pool")
        if pool:
            x = net.op("MaxPool" if pool["type"] == "max" else "AveragePool", [x],
                       kernel_shape=pool["size"], strides=pool["stride"])
        shift = layer.get("output_shift", 0)
        if exact:
            integers, step = w, 1 / 128
        else:
            step = np.abs(real.reshape(len(w), -1)).max(axis=1) / 127 + 1e-9
            integers = np.rint(real / step.reshape(-1, *[1] * (w.ndim - 1)))
        if layer["op"] == "linear":
            x = net.op("Flatten", [x])
            dq = net.weights(integers, step)
            b = net.bias(bias * (128 if exact else 1), scale * step if exact else scale)
            x = net.op("Gemm", [x, dq, b], transB=1)
            break
        dq = net.weights(integers, step)
        x = net.op("Conv", [x, dq], kernel_shape=[3, 3], pads=[layer["pad"][0]] * 4)
        x = net.op("Relu", [x])
        scale = scale / 2.0**shift
        if not exact:
            scale *= random.uniform(0.9, 1.02)
        x = net.quant(x, scale)
    onnx.save(net.model(x, [1, 10]), path)


main()
