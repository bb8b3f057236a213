/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `device measure`, and how fast a device was found to be, in words. */
#ifndef SYN_CLI_COMMANDS_DEVICE_MEASURE_H
#define SYN_CLI_COMMANDS_DEVICE_MEASURE_H

#include "cli/fleet/bench.h"

struct syn_call;

int syn_device_measure_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error);

/* "accel 0.80, radio 1.20" of the figures that were measured; false where all are as profiled. */
bool syn_device_measured_words(const struct syn_timing *timing, char *text, size_t size);

/*
 * A line for every unit that is not as fast as its figures say, as far as the whole run shows: the
 * longer it lasts, the surer. With JSON into the object of a device.
 */
void syn_run_paces(struct syn_bench *bench);
void syn_run_paces_json(const struct syn_bench *bench, unsigned device, cJSON *object);

#endif
