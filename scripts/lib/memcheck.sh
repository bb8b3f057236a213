#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# memcheck.sh BUILD: its unit tests under valgrind; an invalid access or a lost block is an error.
set -euo pipefail
build=$1

run() {
    local status=0
    (cd "${1%/*}" && timeout 3600 valgrind --quiet --error-exitcode=99 --leak-check=full \
        --errors-for-leak-kinds=definite --child-silent-after-fork=yes "./${1##*/}") \
        >"$1.memcheck" 2>&1 || status=$?
    case $status in
    0) printf 'clean    %s\n' "${1##*/}" ;;
    77) printf 'skipped  %s\n' "${1##*/}" ;;
    *) cat "$1.memcheck"; printf 'FAILED   %s (%d)\n' "${1##*/}" "$status"; return 1 ;;
    esac
}
export -f run

find "$build/tests" -name 'test_*' -type f -executable | sort |
    xargs -P "$(nproc)" -I '{}' bash -c 'run {}'
