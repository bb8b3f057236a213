# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds small ONNX networks and computes them in numpy: the oracle of the importer's tests."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper


class Net:
    """A graph under construction. Every method adds a node and returns the name of its output."""

    def __init__(self, name, shape, kind=TensorProto.FLOAT, opset=13):
        self.name, self.shape, self.kind, self.opset = name, shape, kind, opset
        self.nodes, self.constants, self.count = [], [], 0
        self.props = {}

    def fresh(self, word):
        self.count += 1
        return f"{word}{self.count}"

    def const(self, array, word="c"):
        name = self.fresh(word)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def op(self, kind, inputs, domain=None, **attributes):
        out = self.fresh(kind.lower())
        self.nodes.append(helper.make_node(kind, inputs, [out], name=out, domain=domain,
                                           **attributes))
        return out

    def quant(self, x, scale, zero=0, dtype=np.int8):
        """QuantizeLinear and DequantizeLinear."""
        s, z = self.const(np.float32(scale), "s"), self.const(dtype(zero), "z")
        return self.op("DequantizeLinear", [self.op("QuantizeLinear", [x, s, z]), s, z])

    def weights(self, integers, scale, axis=0):
        """8-bit weights that are dequantized, with one scale or one a channel."""
        q, s = self.const(integers.astype(np.int8), "w"), self.const(np.float32(scale), "s")
        z = self.const(np.zeros(np.shape(scale), np.int8), "z")
        return self.op("DequantizeLinear", [q, s, z], **({"axis": axis} if np.ndim(scale) else {}))

    def bias(self, integers, scale):
        q = self.const(integers.astype(np.int32), "b")
        s = self.const(np.float32(scale), "s")
        return self.op("DequantizeLinear", [q, s], **({"axis": 0} if np.ndim(scale) else {}))

    def model(self, output, out_shape, out_kind=TensorProto.FLOAT, microsoft=False):
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info("x", self.kind, self.shape)],
            [helper.make_tensor_value_info(output, out_kind, out_shape)], self.constants)
        opsets = [helper.make_opsetid("", self.opset)]
        if microsoft:
            opsets.append(helper.make_opsetid("com.microsoft", 1))
        model = helper.make_model(graph, producer_name="synergy tests", opset_imports=opsets)
        model.ir_version = 7
        helper.set_model_props(model, self.props)
        return model
