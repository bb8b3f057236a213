#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# uploads to a virtual wearable over paced and lossy links: bytes/s, share of the line [--full]
"""
Every row is an upload by bench_links (tests/bench) to one synergy-agent, or to emulated firmware,
which checks the hash of what it got. The pace and the losses are those of `fault:`. Losses are of
frames: one byte of so many per cent of them is lost, in both directions, but of answers 5 % at most,
for `hello` is as long as many of them and would never arrive.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import machine
from planner_tables import figure, percent, print_aligned

BUILD = "build/release"
PROGRAM = f"{BUILD}/tests/bench/bench_links"
AGENT = os.path.abspath(f"{BUILD}/devices/synergy-agent")
IMAGE = "build/firmware/synergy-agent-mps2-an386.img"
BYTES = 442368  # what W2 uploads
LINE = 92160  # 921,600 baud, 10 bits a byte
ANSWERS_LOST_MOST = 0.05
ANSWER_FRAME = {"cobs": 22, "console": 34}


def per_byte(share, frame_bytes):
    """The loss of bytes that hits so large a share of frames."""
    return 1 - (1 - share) ** (1 / frame_bytes)


def frame_bytes(framing, message):
    return message + 12 if framing == "cobs" else (message + 4) * 4 // 3 * 127 // 124 + 3


class Row:
    """One upload: over which link, in which framing, with how many on their way, at which loss."""

    def __init__(self, link, framing="cobs", window=0, message=2048, loss=0.0, paced=True):
        self.link, self.framing, self.window = link, framing, window
        self.message, self.loss, self.paced = message, loss, paced

    def options(self):
        words = [f"rate={LINE}"] if self.paced else []
        if self.loss:
            there = per_byte(self.loss, frame_bytes(self.framing, self.message))
            back = per_byte(min(self.loss, ANSWERS_LOST_MOST), ANSWER_FRAME[self.framing])
            words += [f"tx.drop={there:.3g}", f"rx.drop={back:.3g}", "seed=7"]
        return ",".join(words)

    def measure(self, uris):
        uri = uris[self.link]
        options = self.options()
        call = [PROGRAM, "--json", "--bytes", str(BYTES), "--framing", self.framing,
                "--message", str(self.message)]
        call += ["--window", str(self.window)] if self.window else []
        call += ["--line", str(LINE)] if self.paced else []
        call.append(f"fault:{options}:{uri}" if options else uri)
        done = subprocess.run(call, check=False, stdout=subprocess.PIPE, text=True)
        row = {"link": self.link, "loss": self.loss, "framing": self.framing, "paced": self.paced,
               "identical": done.returncode == 0}
        lines = done.stdout.splitlines()
        return {**row, **(json.loads(lines[0]) if lines else {})}


def rows(uris, full):
    yield Row("unix", paced=False)
    yield Row("pty", paced=False)
    yield Row("tcp", paced=False)
    for link in ("unix", "pty", "tcp"):
        yield Row(link)
    yield Row("unix", "console")
    for window in (1, 2):
        yield Row("unix", window=window)
    yield Row("unix", window=2, message=608)
    for loss in (0.01, 0.05) + ((0.1, 0.2) if full else ()):
        yield Row("unix", loss=loss)
        yield Row("unix", "console", loss=loss)
        yield Row("unix", window=1, loss=loss)
    if "mps2" in uris:
        yield Row("mps2", message=608)


def start_agent(folder, *where):
    agent = subprocess.Popen([AGENT, *where], stdout=subprocess.PIPE, text=True, cwd=folder)
    agent.stdout.readline()  # "ready ..."
    return agent


def start_tcp(socket):
    """A port of this machine that leads to a socket, as ser2net would."""
    port = 20000 + os.getpid() % 20000
    gate = subprocess.Popen(["socat", "-d", "-d", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,nodelay",
                             f"UNIX-CONNECT:{socket}"], stderr=subprocess.PIPE, text=True)
    gate.stderr.readline()  # "listening on ..."
    return gate, f"tcp:127.0.0.1:{port}"


def measure(full):
    with tempfile.TemporaryDirectory() as folder:
        running = [start_agent(folder, "--unix", "a.sock"), start_agent(folder, "--pty", "b.pty")]
        uris = {"unix": f"unix:{folder}/a.sock", "pty": f"pty:{folder}/b.pty"}
        if shutil.which("socat"):
            gate, uris["tcp"] = start_tcp(f"{folder}/a.sock")
            running.append(gate)
        if shutil.which("qemu-system-arm") and os.path.exists(IMAGE):
            uris["mps2"] = f"qemu:mps2-an386?image={os.path.abspath(IMAGE)}"
        try:
            return [row.measure(uris) for row in rows(uris, full) if row.link in uris]
        finally:
            for process in running:
                process.terminate()
                process.wait()


def table(figures):
    yield ("link", "line bytes/s", "framing", "window", "message", "loss", "bytes/s", "at best",
           "share", "sent", "resent", "late", "")
    for r in figures:
        note = "" if r["identical"] else "FAILED"
        if "bytes_per_s" not in r:
            yield (r["link"], "", r["framing"], *[""] * 9, note)
            continue
        yield (r["link"], str(LINE) if r["paced"] else "any", r["framing"], str(r["window"]),
               str(r["message_bytes"]), percent(r["loss"]), figure(r["bytes_per_s"], 0),
               figure(r["best_bytes_per_s"] or None, 0),
               percent(r["share"]) if r["paced"] else "-", str(r["sent"]), str(r["resent"]),
               str(r["late"]), note)


def main():
    about = machine.describe(BUILD)
    figures = measure("--full" in sys.argv[1:])
    if "--json" in sys.argv[1:]:
        print(json.dumps({"bench": "links", "machine": about, "rows": figures}))
        return
    print(machine.line(about))
    print(f"\nUploads of {BYTES} bytes; share: of what messages of this size, in this framing, "
          "could bring over the line\n")
    print_aligned(table(figures))


main()
