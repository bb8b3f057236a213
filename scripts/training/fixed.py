# SPDX-License-Identifier: GPL-3.0-or-later
"""The integer arithmetic of the MAX7800x on batches (n, c, h, w), in NumPy and nothing else. What
has a length is as high as that and one wide.

It reads the files of the zoo and shares no code with the training, so it is the judge of what
was written, not an echo of it. int32 throughout, as the part's accumulators.
"""
import numpy as np

from training import TrainingError


def pair(value, along):
    """Of height and width: what the file says of both, or of the length."""
    return value if isinstance(value, list) else [value, along]


def shift_clamp(acc, total_shift):
    """clamp8(floor(0.5 + acc * 2^shift / 128))."""
    if total_shift < 7:
        value = (acc + np.int32(1 << (6 - total_shift))) >> np.int32(7 - total_shift)
    else:
        value = acc << np.int32(total_shift - 7)
    return np.clip(value, -128, 127).astype(np.int32)


def pool(x, spec):
    """Pooling without padding; an average is truncated towards zero."""
    (high, wide), (down, right) = pair(spec["size"], 1), pair(spec["stride"], 1)
    if spec.get("round"):
        raise TrainingError("rounding of average pooling is not supported here")
    rows = (x.shape[2] - high) // down + 1
    cols = (x.shape[3] - wide) // right + 1
    taps = [x[:, :, i:i + down * rows:down, j:j + right * cols:right][:, :, :rows, :cols]
            for i in range(high) for j in range(wide)]
    if spec["type"] == "max":
        return np.maximum.reduce(taps)
    total = np.add.reduce(taps)
    return np.sign(total) * (np.abs(total) // np.int32(high * wide))


def correlate(x, weights, pad):
    """Accumulators (n, out, h, w) of a convolution with stride 1 and zero padding."""
    out, _, high, wide = weights.shape
    x = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    windows = np.lib.stride_tricks.sliding_window_view(x, (high, wide), axis=(2, 3))
    n, _, rows, cols = windows.shape[:4]
    patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * rows * cols, -1)
    acc = patches @ weights.reshape(out, -1).T.astype(np.int32)
    return acc.reshape(n, rows, cols, out).transpose(0, 3, 1, 2)


def layer(x, spec, weights, bias):
    """One layer of the format on int32 values; weights (out, in, h, w)."""
    if "pool" in spec:
        x = pool(x, spec["pool"])
    if spec.get("flatten"):
        x = x.reshape(len(x), -1, 1, 1)
    acc = correlate(x, weights, pair(spec.get("pad", 0), 0))
    if bias is not None:
        acc = acc + np.int32(128) * bias.astype(np.int32)[:, None, None]
    if spec.get("output_width", 8) == 32:
        return acc
    y = shift_clamp(acc, spec.get("output_shift", 0) + 8 - spec.get("weight_bits", 8))
    return np.maximum(y, 0) if spec.get("activation") == "relu" else y


def infer(document, weights, x):
    """Outputs (n, classes), int32, of a model read by zoo.read() for inputs (n, c, h, w) or
    (n, c, length)."""
    x = x.astype(np.int32).reshape(*x.shape[:3], -1)
    for spec, (kernels, bias) in zip(document["layers"], weights):
        x = layer(x, spec, kernels, bias)
    return x.reshape(len(x), -1)


def outputs(document, weights, x, batch=200):
    """infer() in pieces that fit the memory of a small machine."""
    parts = [infer(document, weights, x[i:i + batch]) for i in range(0, len(x), batch)]
    return np.concatenate(parts)
