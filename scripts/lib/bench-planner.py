#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# every planner on W1 to W5, GLPK beside them, large random problems, how search time grows [--full] [--write]
import contextlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys

import machine
import planner_tables
import svg_plot

BUILD = "build/release"
PROGRAM = f"{BUILD}/tests/bench/bench_planner"
PLOT = "build/planner-growth.svg"
# What --write renews.
FIGURES, PLOT_KEPT, MAN = "core/plan/FIGURES.md", "core/plan/growth.svg", "man/planner-figures.mdoc"
README, BETWEEN = "README.md", r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)"
LABS = ("max78000", "max78002", "mixed")
BASELINES = ("min-dev", "max-dev", "pri-min-dev", "pri-max-dev", "ind-model", "joint-model",
             "ind-e2e")
SEARCHERS = ("synergy", "auto", "exact")
USES = (0.3, 0.5, 0.8, 0.95)
# How much is measured: by default in about five minutes, with --full as long as it takes.
SHORT = {"limit_s": 10, "glpk_s": 15, "random_seeds": 6, "random_planners": "synergy,exact",
         "chain_seeds": 3, "chain_s": 2}
FULL = {"limit_s": 10, "glpk_s": 150, "random_seeds": 10,
        "random_planners": "synergy,auto,exact,min-dev,joint-model", "chain_seeds": 10,
        "chain_s": 10}
GROWTH = {  # at (devices, pipelines, layers)
    "devices": [(n, 4, 12) for n in (2, 4, 8, 12, 16)],
    "pipelines": [(8, n, 12) for n in (1, 2, 4, 8, 16, 32)],
    "layers": [(8, 4, n) for n in (3, 6, 12, 18, 24, 30)]}


def ask(*arguments):
    """The rows that bench_planner prints."""
    done = subprocess.run([PROGRAM, "--json", "--threads", str(len(os.sched_getaffinity(0))),
                           *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def median(values):
    return statistics.median(values) if values else None


def mean(values):
    return statistics.fmean(values) if values else None


# ---- the reference workloads ----


def add_glpk(rows, seconds):
    """GLPK's time goes to the row of `exact`; it is asked where there is a plan at all."""
    for row in rows:
        if row["planner"] != "exact" or row["status"] != "ok":
            continue
        glpk = ask("--planner", "glpk", "--workload", row["workload"], "--lab", row["lab"],
                   "--devices", row["device_count"], "--repeat", 1, "--time-limit", seconds)
        if not glpk:
            return  # built without it
        row["glpk_ms"] = glpk[0]["search_ms"]
        row["glpk_finished"] = glpk[0]["status"] == "ok"
        row["glpk_agrees"] = (glpk[0]["round_ns"] == row["round_ns"]
                              if row["glpk_finished"] and row["proven"] else None)


def measure_workloads(how):
    rows = ask("--workload", "all", "--lab", "all", "--devices", 4, "--repeat", 25,
               "--time-limit", how["limit_s"], "--simulate")
    add_glpk(rows, how["glpk_s"])
    return rows + ask("--workload", "all", "--lab", "all", "--devices", 8, "--repeat", 3,
                      "--time-limit", how["limit_s"], "--simulate",
                      "--planner", ",".join(SEARCHERS))


# ---- synergy in parallel, the seven baselines one task at a time ----


def compare(rows):
    """Mean ratios of `synergy` to every baseline where both have a plan."""
    four = {(r["workload"], r["lab"], r["planner"]): r for r in rows if r["device_count"] == 4}
    pairs, out_of_resource, impossible = [], 0, 0
    for (workload, lab, planner), row in four.items():
        if planner not in BASELINES:
            continue
        ours = four[workload, lab, "synergy"]
        if ours["status"] != "ok":
            impossible += 1
        elif row["status"] != "ok":
            out_of_resource += 1
        else:
            pairs.append((planner, ours, row))
    return {"pairs": len(pairs), "baseline_oor": out_of_resource, "both_oor": impossible,
            "all": ratios([p[1:] for p in pairs]),
            "by_baseline": {name: ratios([p[1:] for p in pairs if p[0] == name])
                            for name in BASELINES}}


def ratios(pairs):
    return {"count": len(pairs),
            "throughput": mean([a["throughput_ips"] / b["throughput_ips"] for a, b in pairs]),
            "latency_lower": mean([1 - a["latency_ms"] / b["latency_ms"] for a, b in pairs]),
            "power_lower": mean([1 - a["power_mw"] / b["power_mw"] for a, b in pairs]),
            "same_rate_power_lower": mean([1 - power_at(a, b["round_ns"]) / b["power_mw"]
                                           for a, b in pairs]),
            "energy_lower": mean([1 - a["energy_mj"] / b["energy_mj"] for a, b in pairs])}


def power_at(row, round_ns):
    """Of a plan that makes its rounds no faster than that: mJ beside idling, over the time."""
    active_mj = row["energy_mj"] - 1e-9 * row["idle_mw"] * row["round_ns"]
    return row["idle_mw"] + 1e9 * active_mj / round_ns


# ---- large random problems ----


def measure_random(how):
    found = []
    for use in USES:
        rows = ask("--random", f"1,{how['random_seeds']},16,32,{use}", "--repeat", 1,
                   "--time-limit", how["limit_s"], "--planner", how["random_planners"])
        found.append({"use": use, **summary(rows), "rows": rows})
    return found


def summary(rows):
    problems = {r["workload"] for r in rows}
    solvable = {r["workload"] for r in rows if r["status"] == "ok"}
    by_planner = {}
    for name in dict.fromkeys(r["planner"] for r in rows):
        mine = [r for r in rows if r["planner"] == name]
        gaps = [100 * r["gap"] for r in mine if r["status"] == "ok" and r["gap"] is not None]
        by_planner[name] = {
            "ok": sum(r["status"] == "ok" for r in mine),
            "repaired": sum(r["repaired"] for r in mine),
            "proven": sum(r["proven"] for r in mine),
            "gap_median_percent": median(gaps), "gap_worst_percent": max(gaps, default=None),
            "search_ms_median": median([r["search_ms"] for r in mine]),
            "search_ms_worst": max(r["search_ms"] for r in mine)}
    return {"problems": len(problems), "solvable": len(solvable), "planners": by_planner}


# ---- how search time grows ----


def measure_growth(how):
    found = {}
    for axis, points in GROWTH.items():
        found[axis] = []
        for devices, pipelines, layers in points:
            rows = ask("--chains", f"1,{how['chain_seeds']},{devices},{pipelines},{layers}",
                       "--planner", "synergy,exact", "--time-limit", how["chain_s"],
                       "--repeat", 1)
            found[axis].append({
                "devices": devices, "pipelines": pipelines, "layers": layers,
                **{f"{name}_ms": median([r["search_ms"] for r in rows if r["planner"] == name])
                   for name in ("synergy", "exact")},
                "exact_stopped": sum(r["stopped"] for r in rows)})
    return found


def plot(growth):
    plots = []
    for axis, points in growth.items():
        plots.append({"title": f"{axis} ({planner_tables.others(axis, points)})", "x": axis,
                      "series": {name: [(p[axis], p[f"{name}_ms"]) for p in points
                                        if p[f"{name}_ms"] is not None]
                                 for name in ("synergy", "exact")}})
    with open(PLOT, "w", encoding="utf-8") as file:
        file.write(svg_plot.draw(plots, "search, ms"))
    return PLOT


def written(show, *arguments):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        show(*arguments)
    return text.getvalue()


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(path)


def write(figures):
    """The tables of the documents, and their plot."""
    figures["plot"] = f"[{os.path.basename(PLOT_KEPT)}]({os.path.basename(PLOT_KEPT)})"
    put(FIGURES, written(planner_tables.print_figures, figures))
    put(MAN, written(planner_tables.print_man, figures))
    with open(README, encoding="utf-8") as file:
        readme = file.read()
    short = written(planner_tables.print_markdown, planner_tables.in_short(figures["rows"]))
    put(README, re.sub(BETWEEN, lambda _: short, readme, count=1, flags=re.S))
    shutil.copyfile(PLOT, PLOT_KEPT)
    print(PLOT_KEPT)


def main():
    full = "--full" in sys.argv[1:]
    how = FULL if full else SHORT
    figures = {"bench": "planner", "machine": machine.describe(BUILD), "how": how}
    figures["rows"] = measure_workloads(how)
    figures["ratios"] = compare(figures["rows"])
    figures["random"] = measure_random(how)
    figures["growth"] = measure_growth(how)
    figures["plot"] = plot(figures["growth"])
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
    elif "--write" in sys.argv[1:]:
        write(figures)
    else:
        planner_tables.show(figures)


main()
