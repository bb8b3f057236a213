#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tidy.sh [whole]: clang-tidy over what is compiled, but for the tests, as build/sanitize and
# build/firmware compile it; any finding is an error. The analyzer takes fifty times as long as all
# other checks together; it gives up a function after 15000 nodes of its 225000, unless `whole`.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$top"

nodes=(--extra-arg=-Xclang --extra-arg=-analyzer-config
       --extra-arg=-Xclang --extra-arg=max-nodes=15000)
[ "${1:-}" = whole ] && nodes=()

# What GCC is told for firmware, for Clang.
for_clang=(--extra-arg-before=--target=arm-none-eabi
           --extra-arg=-isystem/usr/lib/picolibc/arm-none-eabi/include
           --extra-arg=-Wno-unknown-warning-option
           --extra-arg=-Wno-unused-command-line-argument)
firmware=('devices/ports/bare/*.c' 'devices/ports/m*/*.c')

# read_all OPTION...: the files of standard input. One a process: with several, clang-tidy 14 sees
# uninitialised va_lists that are none.
read_all() {
    nice -n 19 xargs -0 -P "$(nproc)" -n 1 clang-tidy --quiet "$@" "${nodes[@]}" \
        >>build/tidy.log 2>/dev/null
}

mkdir -p build/tidy # flags that clang has not got
sed 's/ -fcallgraph-info=su//g; s/ -fno-inline-functions-called-once//g' \
    build/firmware/compile_commands.json >build/tidy/compile_commands.json
: >build/tidy.log
if ! git ls-files -z '*.c' ':!tests' "${firmware[@]/#/:!}" | read_all -p build/sanitize ||
    ! git ls-files -z "${firmware[@]}" | read_all -p build/tidy "${for_clang[@]}"; then
    cat build/tidy.log
    die "clang-tidy has findings"
fi
