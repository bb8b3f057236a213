# SPDX-License-Identifier: GPL-3.0-or-later
"""What a microphone hears beside a word: noises and other people, mixed in one window."""
import numpy as np

from training.speech import RATE, WINDOW

SECONDS = 90  # of each kind in the bank
_TALKERS = 5
_FULL = 32767


def _coloured(rng, slope):
    """Noise whose power falls with frequency to the power of `slope`."""
    size = SECONDS * RATE
    spectrum = rng.standard_normal(size // 2 + 1) + 1j * rng.standard_normal(size // 2 + 1)
    spectrum /= np.maximum(np.arange(size // 2 + 1), 20 * SECONDS) ** (slope / 2)
    return np.fft.irfft(spectrum, size)


def _hum(rng):
    """Mains, a fan, an engine: harmonics of a tone that wanders."""
    time = np.cumsum(1 + 0.2 * np.sin(np.arange(SECONDS * RATE) * 6.28 / RATE / 7)) / RATE
    return sum(rng.uniform(0.2, 1) / k * np.sin(6.28 * 55 * k * time + rng.uniform(0, 6.28))
               for k in range(1, 24))


def _babble(rng, clips):
    """Several people who talk without a pause."""
    size = SECONDS * RATE
    talk = np.zeros(size)
    for _ in range(_TALKERS):
        at = 0
        while at < size:
            clip = clips[rng.integers(len(clips), size=1)][0][:size - at]
            talk[at:at + len(clip)] += clip
            at += len(clip)
    return talk


def bank(rng, clips):
    """One row a kind, each with a mean power of 1."""
    rows = [_coloured(rng, 0), _coloured(rng, 1), _coloured(rng, 2), _hum(rng),
            _babble(rng, clips), _babble(rng, clips)]
    return np.stack([row / np.sqrt(np.square(row).mean()) for row in rows]).astype(np.float32)


def piece(rng, noises):
    start = rng.integers(noises.shape[1] - WINDOW)
    return noises[rng.integers(len(noises)), start:start + WINDOW]


def place(rng, clip):
    """The clip anywhere in a window; what is longer loses its ends."""
    window = np.zeros(WINDOW, np.float32)
    room = WINDOW - len(clip)
    if room < 0:
        clip, room = clip[-room // 2:][:WINDOW], 0
    start = rng.integers(room + 1)
    window[start:start + len(clip)] = clip
    return window


def vary(rng, clip):
    """The same word from another throat at another distance: all times and frequencies scaled,
    and a tilt of the spectrum."""
    if not len(clip):
        return clip
    at = np.arange(0, len(clip) - 2, rng.uniform(0.85, 1.18), dtype=np.float32)
    whole = at.astype(np.int32)
    clip = clip.astype(np.float32)
    clip = clip[whole] + (at - whole) * np.diff(clip)[whole]
    tilt = np.float32(rng.uniform(-0.5, 0.5))
    return clip[1:] + tilt * clip[:-1]


def mix(rng, clip, noises, quietest_db, worst_db):
    """One int16 window: the clip (empty: nobody speaks) with noise down to `worst_db` below it,
    its loudest sample down to `quietest_db` below full scale. A fifth of the words has none."""
    level = 10 ** (rng.uniform(quietest_db, -1) / 20)
    noise_db = rng.uniform(worst_db, 30)
    noise = piece(rng, noises)
    if not len(clip):
        window = noise * np.float32(10 ** (-noise_db / 20) / 3)
    else:
        power = np.square(clip, dtype=np.float32).mean()
        window = place(rng, clip)
        if rng.random() > 0.2:
            window += noise * np.sqrt(power) * np.float32(10 ** (-noise_db / 20))
        window /= np.abs(window).max()
    return np.clip(np.rint(window * (level * _FULL)), -_FULL, _FULL).astype(np.int16)


def sensed(windows):
    """int8 as devices/sensors makes it of int16: value / 256, towards zero."""
    return (np.sign(windows) * (np.abs(windows.astype(np.int32)) >> 8)).astype(np.int8)
