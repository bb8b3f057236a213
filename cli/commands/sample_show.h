/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sample of a run as JSON: the object that `watch --json` prints and whose paths `expect` takes.
 */
#ifndef SYN_CLI_COMMANDS_SAMPLE_SHOW_H
#define SYN_CLI_COMMANDS_SAMPLE_SHOW_H

#include "cli/fleet/runner.h"

#include <cjson/cJSON.h>

/* Adds the fields to `json`. What was not measured is null. */
void syn_sample_show(cJSON *json, const struct syn_bench *bench, const struct syn_sample *sample);

/* Is it evidence, or was the host too slow? */
bool syn_sample_is_late(const struct syn_sample *sample);

#endif
