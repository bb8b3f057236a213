# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests: a lab of serial ports in the present folder, `lab`. What it starts ends with the
# shell that sourced it. README.md shows how it is used.

serial_folder=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
serial_build=$(dirname "$(realpath "$(command -v synergy)")")/..
serial_shim=$serial_build/tests/testbed/serial/serial-shim.so
export SERIAL_LAB=$PWD/lab
declare -A serial_pids=()
mkdir -p lab

serial_end() {
    local name
    for name in "${!serial_pids[@]}"; do pull "$name"; done
}
trap serial_end EXIT

# A program under the shim: `lab_do synergy -c 'port list'`.
lab_do() { LD_PRELOAD=$serial_shim "$@"; }

# holder PORT: a program that has it open and does not lock it.
holder() {
    begin_in_lab "holder of $1" env "LD_PRELOAD=$serial_shim" python3 -c \
        'import os, sys, time; os.open(sys.argv[1], os.O_RDWR); print("ready", flush=True); time.sleep(300)' "$1"
}

# begin_in_lab NAME COMMAND...: starts it, waits for its line `ready ...`, and keeps its pid.
begin_in_lab() {
    local name=$1 fd line
    shift
    exec {fd}< <(exec "$@")
    serial_pids[$name]=$!
    while read -r line <&"$fd"; do [[ $line != ready* ]] || return 0; done
    return 1
}

# wearable NAME VID:PID[:SERIAL]|'' [OPTION...]: a virtual wearable at /dev/NAME. OPTIONs are those of
# synergy-agent. It ends when it is pulled.
wearable() {
    local name=$1 usb=$2
    shift 2
    begin_in_lab "$name" "$serial_build/devices/synergy-agent" --pty "lab/$name.pty" "$@" &&
        "$serial_folder/plug" lab "$name" "lab/$name.pty" "$usb"
}

# device NAME [OPTION...]: a virtual wearable that no cable leads to yet. It outlives its cables.
device() {
    local name=$1
    shift
    begin_in_lab "$name" "$serial_build/devices/synergy-agent" --unix "lab/$name.sock" "$@"
}

# cable NAME DEVICE VID:PID[:SERIAL]|'' [TEXT [TIMES]]: a port /dev/NAME that leads to a device, which
# logs TEXT once a host is there.
cable() { begin_in_lab "$1" "$serial_folder/cable" lab "$1" "lab/$2.sock" "${@:3}"; }

# pull NAME: the port is gone, and what was at its terminal.
pull() {
    "$serial_folder/unplug" lab "$1"
    kill "${serial_pids[$1]}" 2>/dev/null || true
    unset "serial_pids[$1]"
}
