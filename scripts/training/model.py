# SPDX-License-Identifier: GPL-3.0-or-later
"""Description of a model: what its module states and everything else is made from."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One layer in the part's order: pooling, convolution, bias, shift, clamp, activation."""

    name: str
    op: str  # "conv2d" or "linear"
    channels: int  # of the output
    processors: int  # map of the processors that read the input
    output_processors: int
    kernel: int = 1
    pad: int = 0
    pool: str = ""  # "max", "avg" or none; always 2x2 with stride 2
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
    width: int
    data_format: str
    labels: tuple
    layers: tuple
    fold: int = 1  # squares of pixels that the sensing task made channels of


@dataclass
class Quantized:
    """The integers of one layer: int8 [out][in][h][w] (linear: [out][in]), int8 [out] or None."""

    weights: object
    bias: object
    shift: int
