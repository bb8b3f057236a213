/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the three pictures of a timeline share. */
#ifndef SYN_CORE_SCHEDULE_TIMELINE_ROWS_H
#define SYN_CORE_SCHEDULE_TIMELINE_ROWS_H

#include "core/schedule/timeline.h"

#include <stdio.h>

#define SYN_TIMELINE_ROWS_MAX (SYN_RADIO_NODES * SYN_UNIT_COUNT)

struct syn_timeline_rows {
    unsigned count;
    struct {
        uint8_t device; /* SYN_DEVICE_HUB: the console */
        uint8_t unit;
    } list[SYN_TIMELINE_ROWS_MAX];               /* by device, then by unit */
    int16_t of[SYN_RADIO_NODES][SYN_UNIT_COUNT]; /* index, -1: no such row */
};

void syn_timeline_rows(const struct syn_timeline *timeline, struct syn_timeline_rows *rows);

/* The part of the span inside the window; false where there is none. */
bool syn_timeline_clip(const struct syn_timeline *timeline, const struct syn_task_span *span,
                       int64_t *start_ns, int64_t *end_ns);

/* Does the span keep this unit of its device busy? */
bool syn_timeline_occupies(const struct syn_task_span *span, enum syn_unit unit);

const char *syn_timeline_device(const struct syn_timeline *timeline, unsigned device);
const char *syn_timeline_pipeline(const struct syn_timeline *timeline, unsigned pipeline);
const char *syn_timeline_task(const struct syn_task_span *span); /* "infer", "send", ... */

/* A stream into memory. `close` gives its text, or SYN_ENOMEM (the text is then freed). */
struct syn_timeline_out {
    FILE *stream;
    char *text;
    size_t size;
};

int syn_timeline_open(const struct syn_timeline *timeline, struct syn_timeline_out *out,
                      struct syn_error *error);
int syn_timeline_close(struct syn_timeline_out *out, char **text, struct syn_error *error);

#endif
