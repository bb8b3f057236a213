# SPDX-License-Identifier: GPL-3.0-or-later
"""Description of a model: what its module states and everything else is made from."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One layer in the part's order: pooling, convolution, bias, shift, clamp, activation."""

    name: str
    op: str  # "conv2d", "conv1d" or "linear"
    channels: int  # of the output
    processors: int  # map of the processors that read the input
    output_processors: int = 0  # 0: those of the next layer
    kernel: int = 1
    pad: int = 0
    pool: str = ""  # "max", "avg" or none; always 2x2 (conv1d: 2) with stride 2
    relu: bool = False
    bias: bool = False
    flatten: bool = False
    wide: bool = False  # 32-bit output: no shift, no clamp


@dataclass(frozen=True)
class Model:
    name: str
    file: str  # stem of the files in the zoo
    description: str
    channels: int
    height: int
    width: int  # 0: 1-D, `height` is its length
    data_format: str
    labels: tuple
    layers: tuple
    fold: int = 1  # squares of pixels, or samples, that the sensing task made channels of
    measured: tuple = ()  # what others measured of these layers, as core/model/FORMAT.md says

    @property
    def one_d(self):
        return self.width == 0


@dataclass
class Quantized:
    """The integers of one layer: int8 [out][in][h][w] (conv1d: [out][in][l], linear:
    [out][in]), int8 [out] or None."""

    weights: object
    bias: object
    shift: int


@dataclass
class Material:
    """What is trained with. `x` is picked from with an array of numbers."""

    x: object
    labels: object
    held_out: tuple  # inputs and labels that choose the epoch
    sample: object  # some inputs, by which fresh weights are scaled
    augment: object  # of a generator and what was picked from `x`: inputs, other each time
