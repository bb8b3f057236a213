# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bench was run on."""
import os
import platform
import subprocess


def _field(path, names):
    with open(path, encoding="ascii", errors="replace") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name.strip() in names:
                return value.strip()
    return ""


def _compiler(build):
    """The first line of what the compiler of a build says of itself, and how it was called."""
    settings = {}
    with open(f"{build}/CMakeCache.txt", encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.partition("=")
            settings[name.partition(":")[0]] = value.strip()
    said = subprocess.run([settings["CMAKE_C_COMPILER"], "--version"], check=True,
                          capture_output=True, text=True).stdout
    return f"{said.splitlines()[0]}, {settings.get('CMAKE_C_FLAGS_RELEASE', '')}"


def describe(build):
    return {"cpu": _field("/proc/cpuinfo", ("model name", "Model")) or platform.machine(),
            "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "memory_mib": int(_field("/proc/meminfo", ("MemTotal",)).split()[0]) // 1024,
            "compiler": _compiler(build),
            "load": round(os.getloadavg()[0], 2)}  # of others, before anything is measured


def line(about):
    return (f"{about['cpu']}, {about['cores']} cores, {about['memory_mib']} MiB, "
            f"Linux {about['kernel']}, {about['compiler']}, load {about['load']} before")
