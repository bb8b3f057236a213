/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run has come to: predicted beside measured. */
#ifndef SYN_CLI_COMMANDS_RUN_SUMMARY_H
#define SYN_CLI_COMMANDS_RUN_SUMMARY_H

#include "cli/fleet/runner.h"

/* Of the whole run, which has stopped; `verified`: results that were checked, -1: none were. */
void syn_run_summary(struct syn_bench *bench, long verified);

/* Tables of a sample for people: pipelines, units. */
void syn_run_pipelines(struct syn_bench *bench, const struct syn_sample *sample);
void syn_run_units(struct syn_bench *bench, const struct syn_sample *sample);

/* "late": a line where a host was too slow. */
void syn_run_late(struct syn_bench *bench, const struct syn_sample *sample);

#endif
