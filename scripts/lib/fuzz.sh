#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.sh TARGET: runs one fuzz target of build/fuzz for SYN_FUZZ_SECONDS. Without that: what reads
# the files of strangers, and the emulator, for a minute, everything else for 6 s.
set -euo pipefail
. "$(dirname "$0")/common.sh"

target=$1
name=${target##*/fuzz_}
case $name in
import_* | emulator) seconds=60 ;;
*) seconds=6 ;;
esac
seconds=${SYN_FUZZ_SECONDS:-$seconds}
cd "$top"
mkdir -p "build/fuzz/corpus/$name"
if ! "$target" -max_total_time="$seconds" -verbosity=0 -print_final_stats=1 \
    -artifact_prefix=build/fuzz/ "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" \
    >"build/fuzz/$name.log" 2>&1; then
    cat "build/fuzz/$name.log"
    exit 255 # xargs then stops
fi
printf '%-20s %3d s  %s inputs\n' "$name" "$seconds" \
    "$(sed -n 's/.*number_of_executed_units: *//p' "build/fuzz/$name.log")"
