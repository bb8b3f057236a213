#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# In the virtual machine (vm/run ble BUILD channel.sh): what an LE channel carries by itself and what
# an upload brings over it, in turns, at each rate of the radio (bytes/s; 0: as fast as it goes).
# Prints a line for each: RATE channel|upload JSON. scripts/bench ble makes its table from it.
set -euo pipefail
uri='ble:C0:00:00:00:00:01?type=random'

channel() { "$BUILD/tests/bench/bench_channel" --json "$uri"; }
upload() { "$BUILD/tests/bench/bench_links" --json "$uri"; }

for _ in 1 2; do # the emulator translates what is run for the first time
    { channel; upload; } >/dev/null
done
for item in 50000:1 100000:3 200000:3 0:5; do # rate:turns
    rate=${item%:*}
    host air rate "$rate"
    for ((turn = 0; turn < ${item#*:}; turn++)); do
        printf '%s channel %s\n' "$rate" "$(channel)"
        printf '%s upload %s\n' "$rate" "$(upload)"
    done
done
