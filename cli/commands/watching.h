/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples of a run, one after the other: what `watch` and `expect` share. */
#ifndef SYN_CLI_COMMANDS_WATCHING_H
#define SYN_CLI_COMMANDS_WATCHING_H

#include "cli/fleet/runner.h"

/* What runs; SYN_ELINK where a device has left, SYN_ESTATE where nothing runs. */
int syn_watching_begin(struct syn_bench *bench, struct syn_error *error);

/* Waits for `seconds` of device time from the last sample on, and takes the next one. */
int syn_watching_next(struct syn_bench *bench, double seconds, struct syn_sample *sample,
                      struct syn_error *error);

#endif
