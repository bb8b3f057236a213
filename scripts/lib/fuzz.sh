#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.sh [SECONDS]: builds every fuzz target and runs each for so long (4 s), after its corpus.
set -euo pipefail
. "$(dirname "$0")/common.sh"
seconds=${1:-4}

run() {
    local target=$1 name=${1##*/fuzz_}
    mkdir -p "build/fuzz/corpus/$name"
    if ! "$target" -max_total_time="$seconds" -verbosity=0 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/ "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" \
        >"build/fuzz/$name.log" 2>&1; then
        cat "build/fuzz/$name.log"
        return 255 # xargs then stops
    fi
    printf '%-20s %3d s  %s inputs\n' "$name" "$seconds" \
        "$(sed -n 's/.*number_of_executed_units: *//p' "build/fuzz/$name.log")"
}
export -f run
export seconds

cd "$top"
build fuzz fuzzers
say "fuzzing"
find build/fuzz/tests/fuzz -name 'fuzz_*' -type f -executable | sort |
    xargs -P "$(nproc)" -I '{}' bash -c 'run {}'
