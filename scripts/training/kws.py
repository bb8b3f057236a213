# SPDX-License-Identifier: GPL-3.0-or-later
"""KWS: twenty words and `unknown` in one second of sound; geometry, maps and lack of biases of
the vendor's kws20_v3 (kws20-v3-hwc.yaml)."""
import os
from dataclasses import dataclass

import numpy as np

from training import noise, speech
from training.fold import fold_samples
from training.model import Layer, Material, Model
from training.words import LABELS, NOISE

FOLD = 128
HELP = "keyword spotter, twenty words and unknown, 9 layers, 169,472 bytes"
SOURCE = speech.LICENCE
THINGS = "sounds"
TESTS = "sounds of devices/models/words, a label in turn; input int8 = sample / 256"
CHOSEN_ON = "words of other voices"
EPOCHS = (50, 10)  # float, quantization-aware
SEED = 1  # of the sounds, whatever the seed of the training
_TEST_DB, _TRAIN_DB = (-18, 5), (-20, 3)  # lowest level, noise at worst

_ALL, _LOWER52, _LOWER48 = (1 << 64) - 1, (1 << 52) - 1, (1 << 48) - 1


def _conv(name, channels, processors, kernel=3, **rest):
    return Layer(name, "conv1d", channels, processors, kernel=kernel, relu=True, **rest)


MODEL = Model(
    name="KWS", file="kws", description="Keyword spotter, twenty words and unknown, 9 layers",
    channels=FOLD, height=speech.WINDOW // FOLD, width=0, data_format="HWC", fold=FOLD,
    labels=LABELS,
    measured=({"part": "MAX78000", "hz": 50_000_000, "infer_ns": 1_442_000,
               "source": "msdk, Examples/MAX78000/CNN/kws20_v3/README.md"},),
    layers=(
        _conv("conv0", 100, _ALL, kernel=1),
        _conv("conv1", 96, _LOWER52),
        _conv("conv2", 64, _LOWER48, pad=1, pool="max"),
        _conv("conv3", 48, _ALL),
        _conv("conv4", 64, _LOWER48, pad=1, pool="max"),
        _conv("conv5", 96, _ALL),
        _conv("conv6", 100, _LOWER48, pad=1, pool="avg"),
        _conv("conv7", 64, _LOWER52, kernel=6, pad=1, pool="max"),
        Layer("fc8", "linear", len(LABELS), _ALL, flatten=True, wide=True),
    ))


@dataclass(frozen=True, eq=False)
class Sound:
    word: str
    label: int
    voice: str
    window: object  # int16


def _turns(keys):
    """How many equal ones stand before each."""
    seen, turns = {}, []
    for key in keys:
        turns.append(seen.get(key, 0))
        seen[key] = turns[-1] + 1
    return turns


def sounds(part, folder, say):
    """What is not trained with, the labels in turn."""
    clips, words, voices = speech.clips(part, SEED, folder, say)
    labels = speech.labels_of(words)
    rng = np.random.default_rng([SEED, len(clips)])
    noises = noise.bank(rng, clips)
    turns = _turns(labels)
    order = sorted(range(len(words)), key=lambda i: (turns[i], LABELS[labels[i]]))
    return [Sound(words[i], int(labels[i]), voices[i], noise.mix(rng, clip, noises, *_TEST_DB))
            for i, clip in zip(order, clips[order])]


def inputs(heard):
    """int8 (n, 128, 128) and labels, as the model reads sounds."""
    windows = np.stack([sound.window for sound in heard])
    return _model_input(windows), np.array([sound.label for sound in heard], np.uint8)


def _model_input(windows):
    return np.ascontiguousarray(fold_samples(noise.sensed(windows), FOLD))


def shipped(heard):
    """The few that lie in the repository: the first of each word, four others and two noises, as
    a sensor plays them (devices/sensors/sensor.h)."""
    words = _turns([sound.word for sound in heard])
    labels = _turns([sound.label for sound in heard])
    few = [i for i, sound in enumerate(heard)
           if labels[i] < 4 or (sound.word == NOISE and words[i] < 2)]
    return [heard[i] for i in sorted(few, key=lambda i: (words[i], heard[i].word))]


def test(folder, say):
    heard = sounds("test", folder, say)
    first = shipped(heard)
    return inputs(first + [sound for sound in heard if sound not in first])


def export(target, folder, say, few):
    """WAV files TARGET/WORD/NUMBER-VOICE.wav; returns how many."""
    heard = sounds("test", folder, say)
    chosen = shipped(heard) if few else heard
    for turn, sound in zip(_turns([sound.word for sound in chosen]), chosen):
        speech.write(os.path.join(target, sound.word, f"{turn:02}-{sound.voice}.wav"),
                     sound.window)
    return len(chosen)


def training(folder, generator, say):
    """Words, each time at another place, level and with another noise; other voices say other
    words to choose the epoch."""
    clips, words, _ = speech.clips("train", SEED, folder, say)
    noises = noise.bank(generator, clips)

    def augment(generator, picked):
        return _model_input(np.stack([
            noise.mix(generator, noise.vary(generator, clip), noises, *_TRAIN_DB)
            for clip in picked]))

    sample = augment(generator, clips[generator.integers(len(clips), size=500)])
    return Material(clips, speech.labels_of(words), inputs(sounds("held-out", folder, say)),
                    sample, augment)
