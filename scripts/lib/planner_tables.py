# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of bench-planner.py as tables: for a terminal, as Markdown, for the manual."""
import re
import textwrap

import machine

AXES = ("devices", "pipelines", "layers")
PUBLISHED = ("published", "", "23.0 x", "73.9 %", "15.8 %", "", "")


def others(axis, points):
    """What stays the same along an axis: "4 pipelines, 12 layers"."""
    return ", ".join(f"{points[0][other]} {other}" for other in AXES if other != axis)


def figure(value, digits=2):
    return "-" if value is None else format(value, f".{digits}f")


def percent(value):
    return "-" if value is None else format(100 * value, ".1f") + " %"


# ---- rows of words: the head first ----


def note(row):
    if row["status"] != "ok":
        return ("OOR: " if row["status"] == "oor" else "") + row["reason"]
    words = [word for word in ("proven", "stopped", "repaired") if row[word]]
    if "glpk_ms" in row:
        words.append(f"GLPK {row['glpk_ms']:.0f} ms" if row["glpk_finished"] else
                     f"GLPK not finished after {row['glpk_ms'] / 1000:.0f} s")
        if row["glpk_agrees"] is False:
            words.append("GLPK DISAGREES")
    return ", ".join(words)


def workloads(rows):
    yield ("", "set", "devices", "planner", "inf/s", "simulated", "bound", "latency ms", "mW",
           "mJ/round", "search ms", "")
    for r in rows:
        yield (r["workload"], r["lab"], str(r["device_count"]), r["planner"],
               figure(r["throughput_ips"]), figure(r["simulated_ips"]), figure(r["bound_ips"]),
               figure(r["latency_ms"]), figure(r["power_mw"]), figure(r["energy_mj"]),
               figure(r["search_ms"], 3), note(r))


def side_by_side(rows):
    """A row for each workload and set: inferences a second by planner."""
    names = list(dict.fromkeys(r["planner"] for r in rows))
    yield ("", "set", "devices", *names, "bound", "`synergy` ms", "`exact` ms", "GLPK ms")
    cases = {}
    for r in rows:
        cases.setdefault((r["device_count"], r["workload"], r["lab"]), {})[r["planner"]] = r
    for (devices, workload, lab), by in cases.items():
        exact = by["exact"]
        glpk = figure(exact.get("glpk_ms"), 0)
        yield (workload, lab, str(devices),
               *("" if name not in by else "OOR" if by[name]["status"] != "ok" else
                 figure(by[name]["throughput_ips"]) for name in names),
               figure(exact["bound_ips"]), figure(by["synergy"]["search_ms"], 3),
               figure(exact["search_ms"], 3),
               glpk if exact.get("glpk_finished", True) else f"> {glpk}")


def in_short(rows):
    """For the README: `synergy`, the optimum and the best of the others, on four devices."""
    yield ("workload", "set", "`synergy`", "`exact`, proven", "best baseline")
    cases = {}
    for r in rows:
        if r["device_count"] == 4 and r["status"] == "ok":
            cases.setdefault((r["workload"], r["lab"]), {})[r["planner"]] = r
    for (workload, lab), by in cases.items():
        baselines = [(r["throughput_ips"], name) for name, r in by.items()
                     if r["execution"] == "sequential"]
        best = "none has a plan" if not baselines else "{:.2f} (`{}`)".format(*max(baselines))
        ours, exact = by.get("synergy"), by.get("exact")
        yield (workload, lab, figure(ours and ours["throughput_ips"]),
               figure(exact["throughput_ips"] if exact and exact["proven"] else None), best)


def ratios(found):
    yield ("`synergy` against", "pairs", "throughput", "latency lower", "power lower",
           "power lower at its rate", "energy lower")
    for name, one in [*found["by_baseline"].items(), ("all", found["all"])]:
        if one["count"]:
            yield (name, str(one["count"]), f"{one['throughput']:.1f} x",
                   percent(one["latency_lower"]), percent(one["power_lower"]),
                   percent(one["same_rate_power_lower"]), percent(one["energy_lower"]))
    yield PUBLISHED


def large(found):
    yield ("use", "planner", "plans", "repaired", "proven", "gap % median", "worst",
           "search ms median", "worst")
    for one in found:
        for name, s in one["planners"].items():
            yield (f"{one['use']:g}", name, f"{s['ok']} of {one['problems']}", str(s["repaired"]),
                   str(s["proven"]), figure(s["gap_median_percent"]),
                   figure(s["gap_worst_percent"]), figure(s["search_ms_median"], 1),
                   figure(s["search_ms_worst"], 1))


def growth(found):
    yield ("along", "", "synergy ms", "exact ms", "not proven")
    for axis, points in found.items():
        for p in points:
            yield (f"{axis} ({others(axis, points)})", str(p[axis]), figure(p["synergy_ms"], 3),
                   figure(p["exact_ms"], 3), str(p["exact_stopped"] or ""))


# ---- sentences ----


def drivers(found):
    """What moves the means, from the figures themselves."""
    known = {name: one for name, one in found["by_baseline"].items() if one["count"]}
    by = "throughput"
    most, least = max(known, key=lambda k: known[k][by]), min(known, key=lambda k: known[k][by])
    slow = max(known, key=lambda k: known[k]["latency_lower"])
    return (
        f"{found['pairs']} pairs of plans; {found['baseline_oor']} more where the baseline is out "
        f"of resource and {found['both_oor']} where `synergy` is, too, are left out.",
        f"Throughput: rounds that overlap instead of one task at a time, and fewer hops over a "
        f"slow radio: {known[most][by]:.1f} x against {most}, {known[least][by]:.1f} x against "
        f"{least}.",
        f"Latency: the hops that a baseline makes: {percent(known[slow]['latency_lower'])} against "
        f"{slow}; where a baseline stays at home there is nothing to gain, and `synergy` gives "
        "latency for throughput.",
        "Power: faster rounds keep more units busy, so power rises with throughput; at the rate "
        "of the baseline it is the energy that hops and waiting would have taken which is saved.")


def against_glpk(rows):
    times = [r["glpk_ms"] / r["search_ms"] for r in rows if r.get("glpk_finished")]
    missed = sum(not r["glpk_finished"] for r in rows if "glpk_ms" in r)
    if not times:
        return "GLPK was not there, or finished nothing."
    return (f"GLPK finished {len(times)} of {len(times) + missed} workloads; `exact` was "
            f"{min(times):.0f} to {max(times):.0f} times as fast.")


def sections(figures, all_workloads):
    how = figures["how"]
    yield ("The reference workloads",
           ("Inferences a second as predicted; the bound is what no plan exceeds in prediction. "
            "Baselines run one task at a time, the others with task parallelization.",
            "Milliseconds differ by a third from one measurement to the next where the processor "
            "is shared or changes its clock: PLANNER.md has instructions.",
            against_glpk(figures["rows"])), all_workloads(figures["rows"]))
    yield ("`synergy` in parallel against the baselines one task at a time, four devices",
           drivers(figures["ratios"]), ratios(figures["ratios"]))
    yield (f"16 devices and 32 random pipelines, {how['limit_s']} s at most",
           ("By use of memory: what all pipelines ask for of what all devices have.",),
           large(figures["random"]))
    yield ("How search time grows",
           (f"Median of {how['chain_seeds']} random problems; `exact` for at most "
            f"{how['chain_s']} s. As a plot: {figures['plot']}",), growth(figures["growth"]))


# ---- printing ----


def print_aligned(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    for row in rows:
        words = [word.ljust(width) if i < 4 and word[:1].isalpha() else word.rjust(width)
                 for i, (word, width) in enumerate(zip(row, widths))]
        print("  ".join([*words, row[-1]]).rstrip())


def print_markdown(rows):
    for i, row in enumerate(rows):
        print("| " + " | ".join(word.replace("|", "\\|") for word in row) + " |")
        if i == 0:
            print("| " + " | ".join("---" for _ in row) + " |")


def show(figures):
    print(machine.line(figures["machine"]))
    for title, sentences, rows in sections(figures, workloads):
        print(f"\n{title}\n", *sentences, "", sep="\n")
        print_aligned(rows)


def made_by(figures):
    return f"Made by `scripts/bench planner --write` on {machine.line(figures['machine'])}."


def print_figures(figures):
    """FIGURES.md."""
    print("<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n# What the planners reach\n\n"
          f"{made_by(figures)}\n\n"
          "Inferences a second as predicted, four devices, where there is a plan:\n")
    print_markdown(in_short(figures["rows"]))
    for title, sentences, rows in sections(figures, side_by_side):
        print(f"\n## {title}\n", "\n".join(f"* {s}" for s in sentences), "", sep="\n")
        print_markdown(rows)


def mdoc(text):
    """Words as mdoc has them; no line may begin with a dot or a quote."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return "\\&" + text if text[:1] in ".'" else text


def print_mdoc_table(rows):
    rows = list(rows)
    widths = [max(len(row[i].replace("`", "")) for row in rows) for i in range(len(rows[0]))]
    print(".Bl -column " + " ".join('"' + "m" * width + '"' for width in widths))
    for row in rows:
        print(".It " + " Ta ".join('"' + mdoc(word).replace('"', '\\(dq') + '"' for word in row))
    print(".El")


# Headings of ratios() that let the table stand in 80 columns.
SHORT = ("baseline", "pairs", "inf/s", "latency", "power", "at its rate", "energy")


def print_man(figures):
    """The section of synergy-planners(7)."""
    print('.\\" SPDX-License-Identifier: GPL-3.0-or-later\n'
          f'.\\" {made_by(figures)}\n'
          "Inferences a second as predicted on four devices, where there is a plan:")
    print_mdoc_table(in_short(figures["rows"]))
    print(".Pp\nMeans of\n.Cm synergy\nwith task parallelization against the baselines one task "
          "at a time,\nbeside those that the paper measured with its own devices:\n"
          "how many times the throughput,\n"
          "how much lower latency, power, power at the rate of the baseline, and energy.")
    print_mdoc_table([SHORT, *list(ratios(figures["ratios"]))[1:]])
    for sentence in drivers(figures["ratios"]):
        print(".Pp")
        for line in re.split(r"(?<=[.:;]) ", mdoc(sentence)):
            print(textwrap.fill(line, 79, break_on_hyphens=False))
