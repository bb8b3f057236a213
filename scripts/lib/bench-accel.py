#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# the arithmetic of virtual wearables on one core: portable, AVX2, XNNPACK beside a MAX78000 [--full]
import json
import os
import subprocess
import sys

import machine
from planner_tables import figure, print_aligned, print_markdown

BUILD = "build/release"
PROGRAM = f"{BUILD}/tests/bench/bench_accel"
WAYS = ("portable", "fastest", "xnnpack", "max78000")
ROUNDS, ROUNDS_FULL = 7, 30


def ask(rounds):
    """The rows that bench_accel prints."""
    done = subprocess.run([PROGRAM, "--json", "--rounds", str(rounds)], check=True,
                          stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def speed(rows, way):
    """GMAC/s of rows together; None where one of them was not measured this way."""
    times = [row[f"{way}_ns"] for row in rows]
    return None if None in times else sum(row["macs"] for row in rows) / sum(times)


def ratio(rows, way, other):
    mine, others = speed(rows, way), speed(rows, other)
    return None if mine is None or others is None else mine / others


def distinct(layers):
    """One row for each shape, that of its fastest time in every way."""
    found = {}
    for row in layers:
        one = found.setdefault((row["kind"], row["shape"]), {**row, "count": 0})
        one["count"] += 1
        for way in WAYS:
            if row[f"{way}_ns"] is not None:
                one[f"{way}_ns"] = min(one[f"{way}_ns"], row[f"{way}_ns"])
    return list(found.values())


# ---- rows of words: the head first ----


def speeds(rows):
    return (*(figure(speed(rows, way)) for way in WAYS), figure(ratio(rows, "fastest", "portable")),
            figure(ratio(rows, "fastest", "xnnpack")), figure(ratio(rows, "fastest", "max78000")))


def head(*first):
    return (*first, "portable", "fastest", "XNNPACK", "MAX78000", "/ portable", "/ XNNPACK",
            "/ MAX78000")


def models(rows):
    yield head("", "MMAC", "MAX78000 ms", "fastest ms")
    for row in rows:
        yield (row["model"], figure(row["macs"] / 1e6, 1), figure(row["max78000_ns"] / 1e6, 3),
               figure(row["fastest_ns"] / 1e6, 3), *speeds([row]))


def kinds(layers):
    yield head("", "shapes")
    for kind in dict.fromkeys(row["kind"] for row in layers):
        mine = [row for row in layers if row["kind"] == kind]
        yield (kind, str(len(mine)), *speeds(mine))


def shapes(layers):
    yield head("", "C x H x W", "layers")
    for row in layers:
        yield (row["kind"], row["shape"], str(row["count"]), *speeds([row]))


# ---- sentences ----


def least(rows, other):
    known = [row for row in rows if ratio([row], "fastest", other) is not None]
    return min(known, key=lambda row: ratio([row], "fastest", other), default=None)


def against_part(rows):
    row = least(rows, "max78000")
    return (f"Least against a MAX78000 at 50 MHz: {row['model']}, "
            f"{ratio([row], 'fastest', 'max78000'):.1f} x.")


def against_xnnpack(layers):
    row = least(layers, "xnnpack")
    if not row:
        return "XNNPACK was not there to build with."
    slow = sum((ratio([r], "fastest", "xnnpack") or 1) < 0.5 for r in layers)
    return (f"Least against XNNPACK: {row['kind']} {row['shape']}, "
            f"{ratio([row], 'fastest', 'xnnpack'):.2f}; {slow} of {len(layers)} shapes are below "
            "half of it.")


def wide(layers):
    mine = [row for row in layers if row["kind"] == "conv2d 3x3" and row["shape"].startswith("64x")]
    return "3x3 over 64 channels: " + ", ".join(
        f"{speed([row], 'fastest'):.1f} ({row['shape']})" for row in mine) + " GMAC/s."


def sections(figures):
    layers = distinct(figures["layers"])
    yield (f"Whole models, GMAC/s; fastest: {figures['kernels']}",
           ("Through the executor, with loading, pooling and element-wise operations; the column "
            "of XNNPACK has its convolutions alone.", against_part(figures["models"])),
           models(figures["models"]))
    yield ("Convolutions by kind, GMAC/s",
           ("A transposed convolution counts the zeros between its pixels, which only the "
            "portable kernels gather.", wide(layers), against_xnnpack(layers)), kinds(layers))
    yield "Convolutions by shape, GMAC/s", (), shapes(layers)


def show(figures):
    print(machine.line(figures["machine"]))
    for title, sentences, rows in sections(figures):
        print(f"\n{title}\n", *sentences, *([""] if sentences else []), sep="\n")
        print_aligned(rows)


def markdown(figures):
    print("<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n# How fast a virtual wearable "
          "computes\n\nMade by `scripts/bench accel --markdown` on one core of "
          f"{machine.line(figures['machine'])}.")
    for title, sentences, rows in sections(figures):
        print(f"\n## {title}\n", "\n".join(f"* {s}" for s in sentences), "", sep="\n")
        print_markdown(rows)


def main():
    about = machine.describe(BUILD)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = ask(ROUNDS_FULL if "--full" in sys.argv[1:] else ROUNDS)
    figures = {"bench": "accel", "machine": about, "kernels": rows[0]["kernels"],
               "models": [row for row in rows if row["kind"] == "model"],
               "layers": [row for row in rows if row["kind"] != "model"]}
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
    elif "--markdown" in sys.argv[1:]:
        markdown(figures)
    else:
        show(figures)


main()
