#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# uploads over an LE channel in the virtual machine: share of what the channel carries by itself
"""
One boot of tests/testbed/vm: a virtual wearable here, our radio at several rates, the kernel's
Bluetooth there. The channel by itself (tests/bench/bench_channel) and the upload of what W2 needs
(tests/bench/bench_links), both with messages of 2048 bytes, take turns; the shares are those of
neighbours in time, for a busy host slows both. Exits 77 where there is no virtual machine.
"""
import json
import statistics
import subprocess
import sys

import machine
from planner_tables import figure, percent, print_aligned

BUILD = "build/release"
SCRIPT = "tests/testbed/vm/channel.sh"
RUN = ["python3", "tests/testbed/vm/run", "ble", BUILD, SCRIPT]


def measure():
    """Rate of the radio -> what was measured there, in turns: (channel, upload)."""
    done = subprocess.run(RUN, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
        sys.exit(done.returncode)
    rates, channel = {}, None
    for line in done.stdout.splitlines():
        rate, what, figures = line.split(" ", 2)
        if what == "channel":
            channel = json.loads(figures)
        else:
            rates.setdefault(int(rate), []).append((channel, json.loads(figures)))
    return rates


def in_short(rate, turns):
    shares = [upload["bytes_per_s"] / channel["bytes_per_s"] for channel, upload in turns]
    return {"rate": rate, "turns": len(turns), "shares": shares,
            "share": statistics.median(shares),
            "channel_bytes_per_s": statistics.median(c["bytes_per_s"] for c, _ in turns),
            "bytes_per_s": statistics.median(u["bytes_per_s"] for _, u in turns),
            "window": turns[0][1]["window"], "message_bytes": turns[0][1]["message_bytes"],
            "resent": sum(u["resent"] for _, u in turns)}


def table(rows):
    yield ("radio bytes/s", "turns", "channel bytes/s", "upload bytes/s", "share", "least", "window",
           "message", "resent")
    for r in rows:
        yield (str(r["rate"] or "any"), str(r["turns"]), figure(r["channel_bytes_per_s"], 0),
               figure(r["bytes_per_s"], 0), percent(r["share"]), percent(min(r["shares"])),
               str(r["window"]), str(r["message_bytes"]), str(r["resent"]))


def main():
    about = machine.describe(BUILD)
    rows = [in_short(rate, turns) for rate, turns in measure().items()]
    if "--json" in sys.argv[1:]:
        print(json.dumps({"bench": "ble", "machine": about, "rows": rows}))
        return
    print(machine.line(about))
    print("\nUploads of 442368 bytes over an LE channel; share: of what the channel carries by "
          "itself, medians of the turns\n")
    print_aligned(table(rows))


main()
