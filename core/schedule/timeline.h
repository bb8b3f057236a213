/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spans of a simulation as pictures: a Gantt chart for a terminal, the same as SVG, and a trace
 * that Chrome and Perfetto open. A row is a unit of a device; a span stands in the row of every
 * unit that it keeps busy (loading: cpu and accel). Units without a span have no row.
 *
 * Every function gives NUL-terminated text that the caller frees; it returns 0 or SYN_ENOMEM, and
 * SYN_EINVAL for a window that is empty. Reads only, so threads may share a timeline.
 */
#ifndef SYN_CORE_SCHEDULE_TIMELINE_H
#define SYN_CORE_SCHEDULE_TIMELINE_H

#include "core/schedule/simulate.h"

struct syn_timeline {
    const struct syn_problem *problem; /* names of devices and pipelines */
    const char *title;
    const struct syn_task_span *spans;
    size_t span_count;
    int64_t from_ns, to_ns; /* what is shown; spans that reach over an end are cut there */
    uint64_t round_ns;      /* T, marked from from_ns on; 0: no mark */
};

#define SYN_TIMELINE_COLUMNS_MIN 40

/*
 * `columns` wide (at least SYN_TIMELINE_COLUMNS_MIN), ASCII. A column shows the pipeline that
 * keeps the unit busy longest in its time: upper case where more than half of it is busy.
 */
int syn_timeline_text(const struct syn_timeline *timeline, unsigned columns, char **text,
                      struct syn_error *error);

/* Self-contained; what a span is stands in its tooltip. */
int syn_timeline_svg(const struct syn_timeline *timeline, char **text, struct syn_error *error);

/* JSON object with traceEvents: a process a device, a thread a unit, times in microseconds. */
int syn_timeline_trace(const struct syn_timeline *timeline, char **text, struct syn_error *error);

#endif
