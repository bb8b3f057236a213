# SPDX-License-Identifier: GPL-3.0-or-later
"""The console and virtual wearables as processes, for tests that pull cables between them."""
import atexit
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time

TURN_S = 0.05
SOURCE = pathlib.Path(__file__).resolve().parents[3]


def agent_program(synergy):
    beside = pathlib.Path(synergy).resolve().parent
    for folder in (beside, beside.parent / "devices"):
        if (folder / "synergy-agent").exists():
            return str(folder / "synergy-agent")
    sys.exit("no synergy-agent beside " + synergy)


def start(argv, **options):
    """A process that does not outlive the test."""
    process = subprocess.Popen(argv, **options)
    atexit.register(process.kill)
    return process


class Wearable:
    """A virtual wearable that listens on NAME.dev in `folder` and outlives its links."""

    def __init__(self, synergy, name, *options, wear=None, folder="."):
        self.name, self.path = name, os.path.abspath(os.path.join(folder, name + ".dev"))
        self.out = os.path.abspath(os.path.join(folder, name + ".out"))
        self.argv = [agent_program(synergy), "--wear", wear or name, "--id", name + "-1",
                     "--unix", self.path, *options]
        self.process = None
        self.start()

    def start(self):
        with open(self.out, "w", encoding="ascii") as out:
            self.process = start(self.argv, stdout=out)
        wait_for(lambda: "ready" in pathlib.Path(self.out).read_text(), "ready")

    def kill(self):
        self.process.kill()
        self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)


def wait_for(done, what, seconds=30, seen=lambda: ""):
    """AssertionError where `what` is not there in time, with what was `seen` then."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"no {what} within {seconds} s\n{seen()}")
        time.sleep(0.02)


class Console:
    """`synergy -k -v --json`, fed line by line. A command's answer is one object."""

    def __init__(self, synergy, *options, env=None, folder="."):
        self.path = os.path.abspath(os.path.join(folder, "events"))
        self.events = open(self.path, "w+", encoding="utf-8", errors="replace")
        self.process = start(
            [synergy, "--memory", "-k", "-v", "--json", *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.events, env=env)
        self.rest = b""

    def begin(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def answer(self, seconds=120):
        """The next object; a console that gives none in time hangs, and is killed. Time is counted in
        turns of this process, so that a machine that stands still, for both, counts for neither."""
        turns = seconds / TURN_S
        while b"\n" not in self.rest:
            ready = select.select([self.process.stdout], [], [], TURN_S)[0]
            turns -= not ready
            data = os.read(self.process.stdout.fileno(), 65536) if ready else None
            if data == b"" or turns < 0:
                self.process.kill()
                raise AssertionError(f"the console {'hangs' if turns < 0 else 'has ended'}\n"
                                     + self.said())
            self.rest += data or b""
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def ask(self, line, seconds=120):
        self.begin(line)
        return self.answer(seconds)

    def good(self, line, seconds=120):
        answer = self.ask(line, seconds)
        assert "error" not in answer, f"{line}: {answer['error']}\n{self.said()}"
        return answer

    def said(self):
        """What stood above the prompt so far."""
        return pathlib.Path(self.path).read_text(encoding="utf-8", errors="replace")

    def wait_said(self, text, after=0, seconds=30):
        def is_said():
            ended = self.process.poll()
            if re.search(text, self.said()[after:]):
                return True
            assert ended is None, f"the console has ended ({ended}), no {text!r} in\n{self.said()}"
            return False
        wait_for(is_said, repr(text), seconds, self.said)

    def mark(self):
        return len(self.said())

    def status(self, *keys):
        """Fields of /proc/PID/status, in KiB."""
        fields = dict(re.findall(r"(\w+):\s+(\d+)",
                                 pathlib.Path(f"/proc/{self.process.pid}/status").read_text()))
        return [int(fields[key]) for key in keys]

    def cpu_s(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
