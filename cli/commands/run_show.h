/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `run --show`: recognitions as they come, beside what was truly there where that is known. */
#ifndef SYN_CLI_COMMANDS_RUN_SHOW_H
#define SYN_CLI_COMMANDS_RUN_SHOW_H

#include "cli/fleet/runner.h"

#include <cjson/cJSON.h>

struct syn_sensor_file;

struct syn_run_show {
    struct syn_bench *bench;
    int64_t left;
    const char *of;                                   /* these pipelines only, a,b,c; NULL: all */
    cJSON *list;                                      /* NULL where nothing is shown as JSON */
    struct syn_sensor_file *files[SYN_PIPELINES_MAX]; /* what the sources read; NULL: a seed */
};

/* For the first `count` recognitions of what is deployed; `of` outlives it. */
void syn_run_show_begin(struct syn_run_show *show, struct syn_bench *bench, int64_t count,
                        const char *of);
void syn_run_show_end(struct syn_run_show *show);

/* Called for each, `ctx` is the struct syn_run_show. */
void syn_run_show_one(void *ctx, const struct syn_recognition *recognition);

#endif
