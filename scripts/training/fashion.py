# SPDX-License-Identifier: GPL-3.0-or-later
"""Fashion-MNIST as Debian packages it."""
import gzip
import os
import struct

import numpy as np

from training import TrainingError
from training.model import Material

FOLDER = "/usr/share/datasets/fashion-mnist"
LICENCE = "Fashion-MNIST (Zalando SE, MIT licence; Debian package dataset-fashion-mnist)"
LABELS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def _idx(path, rank):
    """An IDX file of bytes: magic 0x000008RR, RR sizes, data; all big-endian."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise TrainingError(f"{path} is missing: install the Debian package "
                            "dataset-fashion-mnist, or name its folder with --data") from None
    except (OSError, EOFError) as error:
        raise TrainingError(f"cannot read {path}: {error}") from None
    head = 4 + 4 * rank
    if len(data) < head or struct.unpack(">I", data[:4])[0] != 0x800 + rank:
        raise TrainingError(f"{path} is not an IDX file of bytes with {rank} dimensions")
    sizes = struct.unpack(f">{rank}I", data[4:head])
    if len(data) - head != np.prod(sizes):
        raise TrainingError(f"{path} is cut short: {len(data) - head} bytes for sizes {sizes}")
    return np.frombuffer(data, np.uint8, offset=head).reshape(sizes)


def load(part, folder):
    """Pictures (n, 28, 28) and labels (n), both uint8, of part "train" or "t10k"."""
    folder = folder or FOLDER
    pictures = _idx(os.path.join(folder, f"{part}-images-idx3-ubyte.gz"), 3)
    labels = _idx(os.path.join(folder, f"{part}-labels-idx1-ubyte.gz"), 1)
    if len(pictures) != len(labels) or pictures.shape[1:] != (28, 28):
        raise TrainingError(f"{folder}: {part} pictures and labels do not belong together")
    return pictures, labels


def split(generator, x, labels, held_out, augment):
    """Material of a data set, `held_out` pictures of which choose the epoch."""
    order = generator.permutation(len(x))
    kept, rest = order[:held_out], order[held_out:]
    return Material(x[rest], labels[rest], (x[kept], labels[kept]), x[rest[:500]], augment)
