# SPDX-License-Identifier: GPL-3.0-or-later
"""Words spoken by espeak-ng: 16 kHz, 16 bit, mono, made from a seed and kept in a cache."""
import concurrent.futures
import hashlib
import io
import os
import subprocess
import wave
from dataclasses import astuple, dataclass

import numpy as np

from training import TrainingError
from training.voices import ACCENTS, VARIANTS
from training.words import KNOWN, LABELS, NOISE, OTHERS, UNKNOWN

RATE = 16000
WINDOW = 16384  # samples that the model hears at once
LICENCE = "words spoken by espeak-ng (GPL-3.0-or-later, its output free)"
# Each known word, others, windows in which nobody speaks.
COUNTS = {"train": (1200, 4000, 800), "held-out": (60, 180, 20), "test": (100, 90, 10)}
_ENDS = ("", "", ".", "?", "!", ",")
_QUIET = 0.01  # of the loudest sample: before and behind it is silence
_VERSION = 1  # of everything below that changes what is made


@dataclass(frozen=True)
class Utterance:
    word: str
    end: str  # changes the melody
    voice: str
    speed: int  # words a minute
    pitch: int
    stretch: float  # of time and of all frequencies: makes other throats
    seed: int  # of room and microphone


class Clips:
    """Sounds of different lengths in one array; an array of numbers picks a list of them.
    Behind the last are `silent` ones of no length."""

    def __init__(self, samples, ends, silent=0):
        self.samples = samples
        self.ends = np.concatenate((ends, np.full(silent, len(samples))))
        self.starts = np.concatenate(([0], self.ends[:-1]))

    def __len__(self):
        return len(self.ends)

    def __getitem__(self, pick):
        return [self.samples[self.starts[i]:self.ends[i]] for i in pick]


def utterances(part, seed):
    """What is said in a part."""
    known, others, _ = COUNTS[part]
    words = [word for word in KNOWN for _ in range(known)]
    words += [OTHERS[part][i % len(OTHERS[part])] for i in range(others)]
    rng = np.random.default_rng([seed, list(COUNTS).index(part)])
    return [Utterance(word, str(rng.choice(_ENDS)),
                      f"{rng.choice(ACCENTS[part])}+{rng.choice(VARIANTS[part])}",
                      int(rng.integers(120, 231)), int(rng.integers(20, 81)),
                      round(float(rng.uniform(0.9, 1.1)), 3), int(rng.integers(1 << 31)))
            for word in words]


def _espeak(said):
    command = ["espeak-ng", "-v", said.voice, "-s", str(said.speed), "-p",
               str(said.pitch), "--stdout", said.word + said.end]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError:
        raise TrainingError("espeak-ng is missing: install the Debian package espeak-ng") from None
    except subprocess.CalledProcessError as error:
        raise TrainingError(f"espeak-ng: {error.stderr.decode().strip()}") from None
    # Written to a pipe, the header cannot know its length.
    with wave.open(io.BytesIO(done.stdout)) as file:
        rate = file.getframerate()
    return rate, np.frombuffer(done.stdout[44:len(done.stdout) & ~1], "<i2").astype(np.float64)


def _resample(rate, x, stretch):
    """To 16 kHz by its spectrum, everything `stretch` times as long."""
    size = int(round(len(x) * RATE / rate * stretch))
    spectrum = np.fft.rfft(x)
    kept = min(len(spectrum), size // 2 + 1)
    return np.fft.irfft(spectrum[:kept], size)


def _trim(x):
    loud = np.flatnonzero(np.abs(x) > _QUIET * np.abs(x).max(initial=1e-9))
    return x[loud[0]:loud[-1] + 1] if len(loud) else x[:0]


def _room(x, rng):
    """Echoes that die away within a fifth of a second, in every third room."""
    if rng.random() > 0.35:
        return x
    size = int(RATE * rng.uniform(0.04, 0.2))
    echo = rng.standard_normal(size) * np.exp(-6.9 * np.arange(size) / size)
    echo *= rng.uniform(0.1, 0.5) / np.sqrt(np.square(echo).sum())
    echo[0] += 1
    return np.fft.irfft(np.fft.rfft(x, len(x) + size) * np.fft.rfft(echo, len(x) + size))


def _microphone(x, rng):
    """A response with a tilt and a wave of up to 6 dB, from a lowest frequency on."""
    spectrum = np.fft.rfft(x)
    octave = np.log2(np.maximum(np.fft.rfftfreq(len(x), 1 / RATE), 20) / 1000)
    gain_db = rng.uniform(-2, 2) * octave + rng.uniform(0, 3) * np.sin(
        octave * rng.uniform(0.5, 2) + rng.uniform(0, 6.28))
    gain_db -= 12 * np.maximum(0, np.log2(rng.uniform(50, 250) / 1000) - octave)
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(x))


def speak(said):
    """int16 samples without silence around them, the loudest at half of full scale."""
    rng = np.random.default_rng(said.seed)
    x = _trim(_resample(*_espeak(said), said.stretch))
    if not len(x):
        raise TrainingError(f"espeak-ng says nothing for '{said.word}' as {said.voice}")
    x = _microphone(_room(x, rng), rng)[:2 * WINDOW]
    return np.round(x * 16384 / np.abs(x).max()).astype(np.int16)


def write(path, samples):
    """A WAV file."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with wave.open(path, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.astype("<i2").tobytes())
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror}") from None


def _version():
    try:
        text = subprocess.run(["espeak-ng", "--version"], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise TrainingError("espeak-ng is missing: install the Debian package espeak-ng") from None
    return text.decode().split("Data")[0].strip()


def _make(said, path, say):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        clips = []
        for clip in pool.map(speak, said):
            clips.append(clip)
            if len(clips) % 2000 == 0:
                say(f"{len(clips)} of {len(said)} words spoken")
    with open(path + ".new", "wb") as file:
        np.savez(file, samples=np.concatenate(clips), ends=np.cumsum([len(c) for c in clips]))
    os.replace(path + ".new", path)


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "synergy", "speech")


def clips(part, seed, folder, say):
    """Clips of a part, from the cache where they are there, what is said in each and by whom."""
    said, silent = utterances(part, seed), COUNTS[part][2]
    text = repr((_VERSION, _version(), [astuple(one) for one in said]))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = os.path.join(folder or cache(), f"{part}-{key}.npz")
    if not os.path.exists(path):
        say(f"{part}: {len(said)} words are spoken by {_version()} into {path}")
        _make(said, path, say)
    words = [one.word for one in said] + [NOISE] * silent
    voices = [one.voice.replace("+", "-") for one in said] + ["nobody"] * silent
    with np.load(path) as file:
        return Clips(file["samples"], file["ends"], silent), words, voices


def labels_of(words):
    return np.array([LABELS.index(word if word in KNOWN else UNKNOWN) for word in words], np.uint8)
