#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long run in samples: nothing may get stuck, and the counters must agree at its end.

usage: soak.py SYNERGY SECONDS INTERVAL LINE...

The console gets LINE... (which deploy something), `run`, as many samples of INTERVAL seconds of
device time as SECONDS hold, and `stop`. It fails where a pipeline completes nothing in a sample,
where an inference was dropped or an event of a link lost, and where more was sensed than was acted
on and can still have been under way.
"""
import json
import subprocess
import sys

UNDER_WAY = 16  # inferences of a pipeline at the stop: its slots on all its devices


class Console:
    """A console that answers a line with a line of JSON."""

    def __init__(self, synergy):
        self.process = subprocess.Popen([synergy, "--memory", "--json", "--quiet"], text=True,
                                        bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.tell(line)
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            sys.exit(f"soak: {line}: {answer['error']['message']}")
        return answer

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def devices_of(console):
    return [d["name"] for d in console.ask("device list")["devices"]]


def watch(console, seconds, interval):
    """Samples; returns how many, or ends where a pipeline stands still."""
    count = max(1, seconds // interval)
    for i in range(count):
        sample = console.ask(f"watch --interval {interval} --count 1")
        still = [p["name"] for p in sample["pipelines"] if p["done"] == 0]
        if still:
            sys.exit(f"soak: after {i * interval} s nothing more came of {', '.join(still)}")
    return count


def counters(console, pipelines):
    """For each pipeline: what all devices sensed, acted on and dropped; and what links lost."""
    rows, lost = [{"sensed": 0, "acted": 0, "dropped": 0} for _ in range(pipelines)], 0
    for device in devices_of(console):
        for p, row in enumerate(rows):
            values = console.ask(f"stat {device} pipe{p}")["values"]
            for key in row:
                row[key] += values[key]
        link = console.ask(f"stat {device} link0")["values"]
        lost += link["bad_frames"] + link["lost_answers"]
    return rows, lost


def main():
    synergy, seconds, interval, *lines = sys.argv[1:]
    console = Console(synergy)
    for line in lines:
        console.tell(line)
    console.tell("echo ready")
    while "ready" not in console.process.stdout.readline():
        pass
    console.ask("run")
    samples = watch(console, int(seconds), int(interval))
    total = console.ask("stop")
    rows, lost = counters(console, len(total["pipelines"]))
    bad = lost > 0
    print(f"{total['t_s']:.0f} s of device time in {samples} samples, every pipeline in each of them; "
          f"{lost} damaged frames or lost answers")
    print(f"{'pipeline':<12} {'sensed':>9} {'acted on':>9} {'dropped':>9} {'under way':>9}")
    for pipeline, row in zip(total["pipelines"], rows):
        way = row["sensed"] - row["acted"] - row["dropped"]
        bad |= row["dropped"] > 0 or not 0 <= way <= UNDER_WAY
        print(f"{pipeline['name']:<12} {row['sensed']:>9} {row['acted']:>9} {row['dropped']:>9} {way:>9}")
    bad |= console.close() != 0
    sys.exit(1 if bad else 0)


main()
