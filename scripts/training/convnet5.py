# SPDX-License-Identifier: GPL-3.0-or-later
"""ConvNet5 on Fashion-MNIST; geometry of the vendor's MNIST network (mnist-chw-ai85.yaml)."""
import numpy as np

from training import fashion
from training.model import Layer, Model

HELP = "Fashion-MNIST classifier, 5 layers, 71,158 bytes"
SOURCE = fashion.LICENCE
THINGS = "pictures"
TESTS = "Fashion-MNIST t10k, input int8 = pixel - 128"
EPOCHS = (34, 10)  # float, quantization-aware
HELD_OUT = 5000  # training pictures that choose the epoch
CHOSEN_ON = f"{HELD_OUT} pictures of the training set"

_FIRST = 0x0000000000000001
_UPPER60 = 0xFFFFFFFFFFFFFFF0
_UPPER56 = 0x0FFFFFFFFFFFFFF0
_LOWER12 = 0x0000000000000FFF
_LOWER10 = 0x00000000000003FF

MODEL = Model(
    name="ConvNet5", file="convnet5", description="Fashion-MNIST classifier, 5 layers",
    channels=1, height=28, width=28, data_format="CHW", labels=fashion.LABELS,
    measured=({"part": "MAX78000", "hz": 50_000_000, "infer_ns": 1_410_000,
               "source": "msdk, Examples/MAX78000/CNN/mnist/README.md"},
              {"part": "MAX78002", "hz": 200_000_000, "infer_ns": 410_000, "energy_nj": 99_000,
               "source": "ADI AN7664, Table 4 (MAX78002 EVKIT, 1.0 V), mnist"}),
    layers=(
        Layer("conv1", "conv2d", 60, _FIRST, _UPPER60, kernel=3, pad=1, relu=True),
        Layer("conv2", "conv2d", 60, _UPPER60, _UPPER60, kernel=3, pad=2, pool="max", relu=True),
        Layer("conv3", "conv2d", 56, _UPPER60, _UPPER56, kernel=3, pad=1, pool="max", relu=True),
        Layer("conv4", "conv2d", 12, _UPPER56, _LOWER12, kernel=3, pad=1, pool="avg", relu=True),
        Layer("fc", "linear", 10, _LOWER12, _LOWER10, bias=True, flatten=True, wide=True),
    ))


def augment(generator, x):
    """Half of the pictures mirrored, all moved by up to one pixel; new pixels are background."""
    n, _, high, wide = x.shape
    canvas = np.pad(x[:, 0], ((0, 0), (1, 1), (1, 1)), constant_values=-128)
    rows = np.arange(high) + generator.integers(0, 3, (n, 1))
    cols = np.arange(wide) + generator.integers(0, 3, (n, 1))
    mirrored = generator.random(n) < 0.5
    cols[mirrored] = cols[mirrored, ::-1]
    return canvas[np.arange(n)[:, None, None], rows[:, :, None], cols[:, None, :]][:, None]


def inputs(part, folder):
    """int8 inputs (n, 1, 28, 28) and labels."""
    pictures, labels = fashion.load(part, folder)
    return (pictures.astype(np.int16) - 128).astype(np.int8)[:, None], labels


def test(folder, _):
    return inputs("t10k", folder)


def training(folder, generator, _):
    return fashion.split(generator, *inputs("train", folder), HELD_OUT, augment)
