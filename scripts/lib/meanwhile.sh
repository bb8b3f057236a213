#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What computes, for the time that tests wait for their wearables: builds the sanitized tests and
# the fuzz targets, and reads all with clang-tidy. It gets a processor where nobody else wants it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

chrt --idle --pid 0 $$ 2>/dev/null || renice -n 19 $$ >/dev/null
build sanitize # by clang, the second compiler
scripts/lib/tidy.sh
build fuzz fuzzers
