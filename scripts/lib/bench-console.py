#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# the console and idle wearables: start, memory, processor time, connecting, searching, deploying
import json
import os
import platform
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = "build/release/cli/synergy"
WEARABLES = ("earbud", "glasses", "watch", "ring")
LABS = ("max78000", "max78002", "mixed")
WORKLOADS = ("w1", "w2", "w3", "w4")
STARTS, ROUNDS, IDLE_S, RUN_S = 20, 5, 30, 5


def median_worst(values, digits=2):
    return {"median": round(statistics.median(values), digits), "worst": round(max(values), digits),
            "count": len(values)}


# ---- what Linux says of a process ----


def status_of(path, field):
    with open(path, encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    raise LookupError(f"{path} has no {field}")


def resident_kib(pid):
    return status_of(f"/proc/{pid}/status", "VmRSS")


def ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def wakeups(pid):
    return sum(status_of(f"/proc/{pid}/task/{task}/status", "voluntary_ctxt_switches")
               for task in os.listdir(f"/proc/{pid}/task"))


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def wearables_of(console):
    """The processes of the virtual wearables that a console has started, by name."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if parent_of(pid) != console:
                continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode().split("\0")
        except OSError:
            continue
        for name in WEARABLES:
            if f"sim-{name}" in words:
                found[name] = int(pid)
    return found


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        models = [line.partition(":")[2].strip() for line in lines
                  if line.startswith(("model name", "Model"))]
    return {"cpu": models[0] if models else platform.machine(),
            "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "memory_mib": status_of("/proc/meminfo", "MemTotal") // 1024,
            "load": round(os.getloadavg()[0], 2)}  # of others, before anything is measured


# ---- a console that is talked to ----


class Console:
    """A console with its commands on a pipe: the answer to each is one line of JSON."""

    def __init__(self, state):
        self.process = subprocess.Popen([PROGRAM, "--json", "--state", state, "-k"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)  # the answers have errors, too

    def ask(self, command, may_fail=False):
        start = time.perf_counter()
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        took = 1000 * (time.perf_counter() - start)
        answer = json.loads(line)
        if "error" in answer and not may_fail:
            sys.exit(f"bench-console: {command}: {answer['error']['message']}")
        return answer, took

    def connect(self, lab):
        """As the lab's script has it; milliseconds of each."""
        with open(f"scripts/lab/{lab}.syn", encoding="utf-8") as lines:
            return [self.ask(line.strip())[1] for line in lines if line.startswith("connect ")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def prompt(state):
    """Starts a console in a terminal; the milliseconds to its prompt, and its memory there."""
    own, its = pty.openpty()
    seen = b""
    start = time.perf_counter()
    process = subprocess.Popen([PROGRAM, "--state", state], stdin=its, stdout=its, stderr=its,
                               start_new_session=True, env={**os.environ, "TERM": "xterm"})
    os.close(its)
    while b"synergy> " not in seen:
        if not select.select([own], [], [], 10)[0]:
            sys.exit("bench-console: no prompt within 10 s")
        seen += os.read(own, 4096)
    took = 1000 * (time.perf_counter() - start)
    memory = resident_kib(process.pid)
    os.write(own, b"quit\n")
    try:
        while os.read(own, 4096):
            pass
    except OSError:  # how Linux tells that the other end is closed
        pass
    process.wait()
    os.close(own)
    return took, memory


# ---- what is measured ----


def prepare(state):
    with Console(state) as console:
        console.ask("model zoo --all")
        for workload in WORKLOADS:
            console.ask(f"app add scripts/apps/{workload}.json")


def measure_start(state):
    seen = [prompt(state) for _ in range(STARTS)]
    return median_worst([s[0] for s in seen]), round(statistics.median(s[1] for s in seen))


def watch_processes(console, seconds):
    """What the console and its wearables take of processor and memory meanwhile."""
    pids = {"console": console.process.pid, **wearables_of(console.process.pid)}
    if len(pids) != 1 + len(WEARABLES):
        sys.exit(f"bench-console: of the wearables there are only {sorted(pids)}")
    before = {name: (ticks(pid), wakeups(pid)) for name, pid in pids.items()}
    start = time.perf_counter()
    time.sleep(seconds)
    took = time.perf_counter() - start
    rows = []
    for name, pid in pids.items():
        busy = (ticks(pid) - before[name][0]) / os.sysconf("SC_CLK_TCK")
        rows.append({"process": name, "cpu_percent": round(100 * busy / took, 3),
                     "voluntary_switches": wakeups(pid) - before[name][1],
                     "seconds": round(took, 2), "rss_kib": resident_kib(pid)})
    return rows


def measure_running(console):
    """The same while workload 2 runs, in which none of them may be idle."""
    console.ask("plan search --apps w2")
    console.ask("deploy")
    console.ask("run")
    rows = watch_processes(console, RUN_S)
    if not all(row["voluntary_switches"] for row in rows if row["process"] != "console"):
        sys.exit("bench-console: a wearable that runs counts no wake-ups: the idle ones prove nothing")
    return {"results": console.ask("stop")[0]["results"], "processes": rows}


def measure_search(state):
    rows = []
    for lab in LABS:
        with Console(state) as console:
            console.connect(lab)
            for workload in WORKLOADS:
                tried = [console.ask(f"plan search --apps {workload}", may_fail=True)
                         for _ in range(ROUNDS)]
                plan = tried[-1][0]["plans"][0]
                rows.append({"lab": lab, "workload": workload, "status": plan["status"],
                             "ms": median_worst([t[1] for t in tried], 3),
                             "search_ms": round(statistics.median(
                                 t[0]["plans"][0]["search_ms"] for t in tried), 3)})
    return rows


def measure_deploy(state):
    """Workload 2 onto wearables that hold nothing yet; also the times of connecting them."""
    deploys, connects = [], []
    for _ in range(ROUNDS):
        with Console(state) as console:
            connects += console.connect("max78000")
            console.ask("plan search --apps w2")
            deploys.append(console.ask("deploy"))
    sizes = {d[0]["bytes"] for d in deploys}
    ms = [d[1] for d in deploys]
    return median_worst(connects), {
        "bytes": max(sizes), "same_every_time": len(sizes) == 1, "ms": median_worst(ms),
        "mib_per_s": round(max(sizes) / 2**20 / (statistics.median(ms) / 1000), 1)}


def measure(state):
    prepare(state)
    figures = {"bench": "console", "machine": machine()}
    figures["start_ms"], figures["prompt_rss_kib"] = measure_start(state)
    figures["connect_ms"], figures["deploy_w2"] = measure_deploy(state)
    figures["search"] = measure_search(state)
    with Console(state) as console:
        console.connect("max78000")
        figures["idle"] = watch_processes(console, IDLE_S)
        figures["running_w2"] = measure_running(console)
    return figures


# ---- for people ----


def row(what, text):
    print(f"{what:<42} {text}")


def spread(times):
    return f"{times['median']:g} ms (median of {times['count']}), worst {times['worst']:g} ms"


def show_processes(what, rows):
    for one in rows:
        row(f"{one['process']}, {what} for {one['seconds']:.0f} s",
            f"{one['cpu_percent']:5.2f} % of a processor, {one['voluntary_switches']} wake-ups, "
            f"{one['rss_kib']} KiB resident")


def show(figures):
    about, deploy = figures["machine"], figures["deploy_w2"]
    row("machine", f"{about['cpu']}, {about['cores']} cores, {about['memory_mib']} MiB, "
                   f"Linux {about['kernel']}, load {about['load']} before")
    row("start to prompt", spread(figures["start_ms"]))
    row("console at the prompt", f"{figures['prompt_rss_kib']} KiB resident")
    row("connect a virtual wearable", spread(figures["connect_ms"]))
    row("deploy W2, nothing there before", f"{deploy['bytes']} bytes, {spread(deploy['ms'])}, "
        f"{deploy['mib_per_s']} MiB/s")
    for found in figures["search"]:
        row(f"plan search {found['workload'].upper()} on {found['lab']}",
            f"{spread(found['ms'])}; the search alone {found['search_ms']:g} ms"
            f"{'' if found['status'] == 'ok' else ', out of resource'}")
    show_processes("idle", figures["idle"])
    show_processes("running W2", figures["running_w2"]["processes"])
    row("inferences of W2 meanwhile", str(figures["running_w2"]["results"]))


def main():
    with tempfile.TemporaryDirectory(prefix="synergy-bench-") as state:
        figures = measure(state)
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
    else:
        show(figures)


main()
