# SPDX-License-Identifier: GPL-3.0-or-later
"""Training in PyTorch: first in float, then with the part's integers simulated.

Values are real numbers: int8 activation / 128, weight * 2^shift / 128, accumulator / 2^14 *
2^shift. All are integers times a power of two and every sum stays below 2^24 steps, so the
simulation in float32 is exact. Rounding passes gradients straight through.
"""
import copy
import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from training.model import Quantized

BATCH = 128
SMOOTHING = 0.05  # of the labels
TOP = 127 / 128  # largest activation
SHIFT_LIMIT = 15  # of the part, either way
SPREAD = 0.5  # standard deviation of fresh accumulators: wide, but few of them saturate


def _straight(x, rounded):
    return x + (rounded - x).detach()


def _round(x, step):
    return _straight(x, torch.floor(x / step + 0.5) * step)


def _fit(weights, shift):
    """Weights limited to what int8 with this shift can hold, and rounded to it."""
    step = 2.0**shift / 128
    return _round(weights.clamp(-128 * step, 127 * step), step)


_MAPS = (F.conv2d, F.max_pool2d, F.avg_pool2d)
_ROWS = (F.conv1d, F.max_pool1d, F.avg_pool1d)


class Net(nn.Module):
    """The model; float until `shifts` is set, then one shift a layer."""

    def __init__(self, model):
        super().__init__()
        self.model, self.shifts = model, None
        self.convolve, self.maximum, self.mean = _ROWS if model.one_d else _MAPS
        weights, biases = [], []
        channels = model.channels
        size = [model.height] if model.one_d else [model.height, model.width]
        for layer in model.layers:
            if layer.pool:
                size = [n // 2 for n in size]
            if layer.flatten:
                channels, size = channels * math.prod(size), [1] * len(size)
            shape = (layer.channels, channels, *[layer.kernel] * len(size))
            weights.append(nn.Parameter(torch.randn(shape)))
            biases.append(nn.Parameter(torch.zeros(layer.channels), requires_grad=layer.bias))
            channels = layer.channels
            size = [n + 2 * layer.pad - layer.kernel + 1 for n in size]
        self.weights, self.biases = nn.ParameterList(weights), nn.ParameterList(biases)

    def kernels(self, i):
        """Weights of layer i as the part would use them."""
        if self.shifts is not None:
            return _fit(self.weights[i], self.shifts[i])
        if self.model.layers[i].wide:  # no shift to widen its range
            return self.weights[i].clamp(-1, TOP)
        return self.weights[i]

    def bias(self, i):
        if not self.model.layers[i].bias:
            return None
        bias = self.biases[i].clamp(-1, TOP)
        return bias if self.shifts is None else _round(bias, 1 / 128)

    def _activate(self, layer, x):
        x = x.clamp(0 if layer.relu else -1, TOP)
        return x if self.shifts is None else _round(x, 1 / 128)

    def _average(self, x):
        x = self.mean(x, 2)
        return x if self.shifts is None else _straight(x, torch.trunc(x * 128) / 128)

    def forward(self, x, last=None):
        """Accumulators of layer `last` (the final one). Maxima are taken before the activation
        of the layer in front: it is monotonic, and there is a quarter left to activate."""
        before = None
        for i, layer in enumerate(self.model.layers):
            if layer.pool == "max":
                x = self.maximum(x, 2)
            if before:
                x = self._activate(before, x)
            if layer.pool == "avg":
                x = self._average(x)
            if layer.flatten:
                x = x.flatten(1).reshape(len(x), -1, *[1] * (x.dim() - 2))
            x = self.convolve(x, self.kernels(i), self.bias(i), padding=layer.pad)
            before = layer
            if i == last:
                break
        return x.flatten(1) if last is None else x


def tensor(x):
    """int8 inputs as the values they stand for."""
    x = torch.from_numpy(x.astype(np.float32) / 128)
    return x.to(memory_format=torch.channels_last) if x.dim() == 4 else x


def calibrate(net, x):
    """Scales fresh weights so that no layer starts silent or saturated: there is no
    normalization that could mend it later."""
    with torch.no_grad():
        for i, weights in enumerate(net.weights):
            weights *= SPREAD / net(tensor(x), i).std()


def choose_shifts(net):
    """Per layer the power of two that rounds and clips its weights with the least error."""

    def error(weights, shift):
        return float((weights - _fit(weights, shift)).square().sum())

    shifts = []
    for layer, weights in zip(net.model.layers, net.weights):
        tries = [0] if layer.wide else range(-SHIFT_LIMIT, SHIFT_LIMIT + 1)
        shifts.append(min(tries, key=lambda s: error(weights.detach(), s)))
    return shifts


def accuracy(net, x, labels):
    right = 0
    with torch.no_grad():
        for i in range(0, len(x), 500):
            guess = net(tensor(x[i:i + 500])).argmax(1).numpy()
            right += int((guess == labels[i:i + 500]).sum())
    return right / len(x)


def _epoch(net, material, generator, optimizer, schedule):
    order, total = generator.permutation(len(material.x)), 0.0
    batches = len(material.x) // BATCH
    for b in range(batches):
        pick = order[b * BATCH:(b + 1) * BATCH]
        target = torch.from_numpy(material.labels[pick].astype(np.int64))
        x = tensor(material.augment(generator, material.x[pick]))
        loss = F.cross_entropy(net(x), target, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
    return total / batches


def fit(net, stage, material, generator, epochs, rate, say):
    """Trains; leaves the net in the state of the epoch that was best on what is held out."""
    batches = len(material.x) // BATCH
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=rate,
                                  weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * batches,
                                                   pct_start=0.15)
    best, state = -1.0, None
    for epoch in range(1, epochs + 1):
        start = time.monotonic()
        loss = _epoch(net, material, generator, optimizer, schedule)
        score = accuracy(net, *material.held_out)
        say(f"{stage} epoch {epoch}/{epochs}: loss {loss:.4f}, held-out {100 * score:.2f} %, "
            f"{time.monotonic() - start:.0f} s")
        if score >= best:
            best, state = score, copy.deepcopy(net.state_dict())
    if state:
        net.load_state_dict(state)


def integers(net):
    """What the part will hold: the net's own rounded weights and biases as int8."""
    result = []
    with torch.no_grad():
        for i, layer in enumerate(net.model.layers):
            shift = net.shifts[i]
            weights = (net.kernels(i) * 128 / 2.0**shift).numpy().astype(np.int8)
            bias = (net.bias(i) * 128).numpy().astype(np.int8) if layer.bias else None
            result.append(Quantized(weights, bias, shift))
    return result


def restore(net, document, weights):
    """What integers() gave, from a model that zoo.read() has read."""
    net.shifts = [layer.get("output_shift", 0) for layer in document["layers"]]
    with torch.no_grad():
        for i, (kernels, bias) in enumerate(weights):
            values = torch.from_numpy(kernels.astype(np.float32)) * 2.0**net.shifts[i] / 128
            net.weights[i].copy_(values.reshape(net.weights[i].shape))
            if bias is not None:
                net.biases[i].copy_(torch.from_numpy(bias.astype(np.float32)) / 128)
