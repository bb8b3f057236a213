# SPDX-License-Identifier: GPL-3.0-or-later
"""Who speaks: accents and variants of espeak-ng. No variant speaks in two parts, and relatives
(iven, iven2, ...) stay together; the test has two accents besides, which are in no training."""

_ACCENTS = ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029")

ACCENTS = {
    "train": _ACCENTS,
    "held-out": _ACCENTS,
    "test": _ACCENTS + ("en-gb-x-rp", "en-us-nyc"),
}

VARIANTS = {
    "train": tuple("""
Alex Andrea AnxiousAndy Denis Henrique Jacky Marco Mario Michael Nguyen RicishayMax RicishayMax2
RicishayMax3 Storm Tweaky adam anika anikaRobot announcer antonio aunty benjamin boris caleb croak
ed edward edward2 f1 f3 f4 fast grandma kaukovalta klatt klatt2 klatt3 klatt4 klatt5 klatt6 m1 m2
m4 m6 m8 marcelo michel miguel pablo rob robert robosoft robosoft2 robosoft3 robosoft4 robosoft5
robosoft6 robosoft7 robosoft8 sandro shelby travis whisper whisperf UniRobot
""".split()),
    "held-out": ("Annie", "Diogo", "Gene", "Gene2", "Lee", "john", "m5", "max", "pedro", "quincy"),
    "test": ("Alicia", "Andy", "Hugo", "Mike", "belinda", "david", "f2", "f5", "grandpa",
             "gustave", "iven", "iven2", "iven3", "iven4", "linda", "m3", "m7", "norbert", "paul",
             "steph", "steph2", "steph3", "victor", "zac"),
}
