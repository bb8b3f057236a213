#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cppcheck.sh: what firmware embeds, read by cppcheck; any finding that cppcheck.suppressions has no
# reason for is an error.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$top"
for_firmware=(devices/{base,ble,boot,flash,part,wire,runtime,traffic,agent}
              devices/ports/{bare,mps2,max78000})
exec nice cppcheck --quiet --std=c11 --language=c --platform=unix32 -j "$(nproc)" -I . \
    --enable=warning,style,performance,portability --error-exitcode=1 \
    --suppressions-list=scripts/lib/cppcheck.suppressions --suppress=missingIncludeSystem \
    --template='{file}:{line}: {message} ({id})' "${for_firmware[@]}"
