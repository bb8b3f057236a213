#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of this folder that PyTorch's own exporter writes: `make_torch.py` (Debian:
python3-torch, python3-onnx). good/torch_static: trained modules converted to integers after
calibration (uint8, zero points). good/torch_fake: FakeQuantize with a scale for each channel."""
import warnings

import numpy as np
import onnx
import torch
import torch.ao.quantization as tq
from torch import nn

from make import FOLDER, write_expected

warnings.filterwarnings("ignore")


class Static(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.dq = tq.QuantStub(), tq.DeQuantStub()
        for i, (ins, outs) in enumerate(((1, 8), (8, 12), (12, 12)), 1):
            setattr(self, f"c{i}", nn.Conv2d(ins, outs, 3, padding=1))
            setattr(self, f"b{i}", nn.BatchNorm2d(outs))
            setattr(self, f"r{i}", nn.ReLU())
        self.pool, self.mean = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)
        self.fc, self.add = nn.Linear(12, 10), torch.nn.quantized.FloatFunctional()

    def forward(self, x):
        x = self.pool(self.r1(self.b1(self.c1(self.q(x)))))
        x = self.pool(self.r2(self.b2(self.c2(x))))
        x = self.add.add(x, self.r3(self.b3(self.c3(x))))
        return self.dq(self.fc(torch.flatten(self.mean(x), 1)))


class Fake(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.fc = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 8, 3), nn.Linear(200, 10)
        for name in ("c1", "c2", "fc"):
            w = getattr(self, name).weight.detach()
            self.register_buffer(f"s_{name}", w.abs().amax(dim=tuple(range(1, w.dim()))) / 127)

    def weight(self, name):
        scale = getattr(self, f"s_{name}")
        return torch.fake_quantize_per_channel_affine(
            getattr(self, name).weight, scale, torch.zeros(len(scale), dtype=torch.int32), 0, -128,
            127)

    def forward(self, x):
        quant = lambda v, scale: torch.fake_quantize_per_tensor_affine(v, scale, 0, -128, 127)
        x = quant(x, 1 / 128.)
        x = quant(torch.relu(nn.functional.conv2d(x, self.weight("c1"), self.c1.bias)), 0.01)
        x = nn.functional.max_pool2d(x, 2)
        x = quant(torch.relu(nn.functional.conv2d(x, self.weight("c2"), self.c2.bias)), 0.006)
        x = nn.functional.max_pool2d(x, 2)
        return nn.functional.linear(x.view(x.size(0), -1), self.weight("fc"), self.fc.bias)


def static():
    torch.backends.quantized.engine = "qnnpack"
    m = tq.fuse_modules(Static().eval(), [[f"c{i}", f"b{i}", f"r{i}"] for i in (1, 2, 3)])
    m.qconfig = tq.get_default_qconfig("qnnpack")
    m = tq.prepare(m)
    for _ in range(20):
        m(torch.rand(8, 1, 28, 28))
    m = tq.convert(m)
    return m, (float(m.q.scale), 0), True


def fake():
    return Fake().eval(), (1 / 128, 0), False


def main():
    random = np.random.default_rng(6)
    for build in (static, fake):
        torch.manual_seed(1)
        module, (scale, zero), unsigned = build()
        name = "torch_" + build.__name__
        path = f"{FOLDER}/good/{name}.onnx"
        torch.onnx.export(module, torch.rand(1, 1, 28, 28), path, opset_version=13)
        write_expected(f"{FOLDER}/good", name, onnx.load(path), random, scale, zero, unsigned)


main()
