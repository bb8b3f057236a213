# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels or samples folded into channels, as a sensing task does (devices/base/fold.h)."""


def fold(x, f):
    """(n, c, h, w) to (n, c f f, h / f, w / f): channel (dy f + dx) c + k is channel k of the
    pixels dy rows and dx columns into each square of f by f."""
    n, c, high, wide = x.shape
    squares = x.reshape(n, c, high // f, f, wide // f, f)
    return squares.transpose(0, 3, 5, 1, 2, 4).reshape(n, c * f * f, high // f, wide // f)


def unfold(x, f):
    """What fold() was given."""
    n, c, high, wide = x.shape
    squares = x.reshape(n, f, f, c // (f * f), high, wide)
    return squares.transpose(0, 3, 4, 1, 5, 2).reshape(n, c // (f * f), high * f, wide * f)


def fold_samples(x, f):
    """(n, length) to (n, f, length / f): channel d is sample d of each f consecutive ones."""
    return x.reshape(len(x), -1, f).transpose(0, 2, 1)
