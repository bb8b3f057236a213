# SPDX-License-Identifier: GPL-3.0-or-later
"""ConvNet5 on pictures folded by 2: four processors read the input instead of one, the first
layer works at a quarter of the pixels, and the pooling behind it is gone; the rest is the same."""
import numpy as np

from training import convnet5, fashion
from training.fold import fold, unfold
from training.model import Layer, Model

FOLD = 2
HELP = "Fashion-MNIST classifier, 5 layers, pictures folded by 2"
SOURCE = fashion.LICENCE
THINGS, TESTS = convnet5.THINGS, convnet5.TESTS
EPOCHS = convnet5.EPOCHS
HELD_OUT = convnet5.HELD_OUT
CHOSEN_ON = convnet5.CHOSEN_ON

_LOWER4 = 0x000000000000000F
_UPPER60 = 0xFFFFFFFFFFFFFFF0

MODEL = Model(
    name="ConvNet5-fold2", file="convnet5-fold2", description=HELP, channels=FOLD * FOLD,
    height=28 // FOLD, width=28 // FOLD, data_format="HWC", fold=FOLD, labels=fashion.LABELS,
    layers=(
        Layer("conv1", "conv2d", 60, _LOWER4, _UPPER60, kernel=3, pad=1, relu=True),
        Layer("conv2", "conv2d", 60, _UPPER60, _UPPER60, kernel=3, pad=2, relu=True),
        *convnet5.MODEL.layers[2:],
    ))


def augment(generator, x):
    """As for ConvNet5: the picture is moved, not its squares."""
    return np.ascontiguousarray(fold(convnet5.augment(generator, unfold(x, FOLD)), FOLD))


def _inputs(pictures, labels):
    """int8 inputs (n, 4, 14, 14) and labels."""
    return np.ascontiguousarray(fold(pictures, FOLD)), labels


def test(folder, say):
    return _inputs(*convnet5.test(folder, say))


def training(folder, generator, _):
    data = _inputs(*convnet5.inputs("train", folder))
    return fashion.split(generator, *data, HELD_OUT, augment)
