/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/schedule/timeline_rows.h"

#include <stdlib.h>

/* By task: the units that it occupies. */
static const struct {
    const char *name;
    uint8_t units;
} tasks[SYN_TASK_KIND_COUNT] = {
    [SYN_TASK_SENSE] = {"sense", 1 << SYN_UNIT_SENSOR},
    [SYN_TASK_LOAD] = {"load", 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL},
    [SYN_TASK_INFER] = {"infer", 1 << SYN_UNIT_ACCEL},
    [SYN_TASK_UNLOAD] = {"unload", 1 << SYN_UNIT_CPU | 1 << SYN_UNIT_ACCEL},
    [SYN_TASK_SEND] = {"send", 1 << SYN_UNIT_RADIO},
    [SYN_TASK_RECEIVE] = {"receive", 1 << SYN_UNIT_RADIO},
    [SYN_TASK_ACT] = {"act", 1 << SYN_UNIT_CPU},
};

static bool known(const struct syn_task_span *span)
{
    return span->kind < SYN_TASK_KIND_COUNT && span->device < SYN_RADIO_NODES;
}

bool syn_timeline_occupies(const struct syn_task_span *span, enum syn_unit unit)
{
    return known(span) && tasks[span->kind].units >> unit & 1;
}

const char *syn_timeline_task(const struct syn_task_span *span)
{
    return known(span) ? tasks[span->kind].name : "?";
}

const char *syn_timeline_device(const struct syn_timeline *timeline, unsigned device)
{
    const struct syn_fleet *fleet = timeline->problem->fleet;
    return device < fleet->count ? fleet->devices[device].name : "(console)";
}

const char *syn_timeline_pipeline(const struct syn_timeline *timeline, unsigned pipeline)
{
    const struct syn_problem *problem = timeline->problem;
    return pipeline < problem->pipeline_count ? problem->pipelines[pipeline].spec.name : "?";
}

bool syn_timeline_clip(const struct syn_timeline *timeline, const struct syn_task_span *span,
                       int64_t *start_ns, int64_t *end_ns)
{
    *start_ns = span->start_ns > timeline->from_ns ? span->start_ns : timeline->from_ns;
    *end_ns = span->end_ns < timeline->to_ns ? span->end_ns : timeline->to_ns;
    return *start_ns < *end_ns && known(span);
}

void syn_timeline_rows(const struct syn_timeline *timeline, struct syn_timeline_rows *rows)
{
    uint8_t busy[SYN_RADIO_NODES] = {0};
    int64_t start, end;
    rows->count = 0;
    for (size_t i = 0; i < timeline->span_count; i++)
        if (syn_timeline_clip(timeline, &timeline->spans[i], &start, &end))
            busy[timeline->spans[i].device] |= tasks[timeline->spans[i].kind].units;
    for (unsigned d = 0; d < SYN_RADIO_NODES; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            rows->of[d][u] = busy[d] >> u & 1 ? (int16_t)rows->count : -1;
            if (!(busy[d] >> u & 1))
                continue;
            rows->list[rows->count].device = (uint8_t)d;
            rows->list[rows->count++].unit = (uint8_t)u;
        }
}

int syn_timeline_open(const struct syn_timeline *timeline, struct syn_timeline_out *out,
                      struct syn_error *error)
{
    *out = (struct syn_timeline_out){.stream = NULL};
    if (timeline->to_ns <= timeline->from_ns)
        return syn_error_set(error, SYN_EINVAL, "a timeline of no time at all");
    out->stream = open_memstream(&out->text, &out->size);
    return out->stream ? 0 : syn_error_set(error, SYN_ENOMEM, "no memory for a timeline");
}

int syn_timeline_close(struct syn_timeline_out *out, char **text, struct syn_error *error)
{
    const bool failed = ferror(out->stream) != 0;
    *text = NULL;
    if (fclose(out->stream) || failed) {
        free(out->text);
        return syn_error_set(error, SYN_ENOMEM, "no memory for a timeline");
    }
    *text = out->text;
    return 0;
}
