/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trace event format of Chrome's tracing and of Perfetto: complete events ("X") on a thread for
 * each unit, metadata events ("M") that name processes and threads.
 */
#include "core/schedule/timeline_rows.h"

#include "core/cost/cost.h"

static void write_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            (void)fprintf(out, "\\u%04x", (unsigned)*text);
        else
            (void)fprintf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    (void)fputc('"', out);
}

static void write_name(FILE *out, const char *kind, unsigned pid, unsigned tid, const char *name)
{
    (void)fprintf(
        out, "{\"ph\":\"M\",\"name\":\"%s_name\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":", kind,
        pid, tid);
    write_string(out, name);
    (void)fputs("}},\n", out);
    (void)fprintf(out,
                  "{\"ph\":\"M\",\"name\":\"%s_sort_index\",\"pid\":%u,\"tid\":%u,"
                  "\"args\":{\"sort_index\":%u}},\n",
                  kind, pid, tid, tid ? tid : pid);
}

static void write_names(const struct syn_timeline *t, const struct syn_timeline_rows *rows,
                        FILE *out)
{
    for (unsigned r = 0; r < rows->count; r++) {
        const unsigned device = rows->list[r].device, unit = rows->list[r].unit;
        if (r == 0 || rows->list[r - 1].device != device)
            write_name(out, "process", device + 1, 0, syn_timeline_device(t, device));
        write_name(out, "thread", device + 1, unit + 1, syn_unit_name((enum syn_unit)unit));
    }
}

static void write_event(const struct syn_timeline *t, const struct syn_task_span *span,
                        unsigned unit, FILE *out)
{
    const bool transfer = span->kind == SYN_TASK_SEND || span->kind == SYN_TASK_RECEIVE;
    const char *pipeline = syn_timeline_pipeline(t, span->pipeline);
    (void)fputs("{\"ph\":\"X\",\"name\":", out);
    write_string(out, pipeline);
    (void)fprintf(out, ",\"cat\":\"%s\",\"pid\":%u,\"tid\":%u,\"ts\":%.3f,\"dur\":%.3f,\"args\":{",
                  syn_timeline_task(span), span->device + 1u, unit + 1,
                  (double)span->start_ns / 1e3, (double)(span->end_ns - span->start_ns) / 1e3);
    (void)fprintf(out, "\"task\":\"%s\",\"pipeline\":", syn_timeline_task(span));
    write_string(out, pipeline);
    (void)fprintf(out, ",\"inference\":%u", span->inference);
    if (span->kind == SYN_TASK_LOAD)
        (void)fprintf(out, ",\"change_of_chunk\":%s", span->configure ? "true" : "false");
    if (transfer) {
        (void)fputs(",\"peer\":", out);
        write_string(out, syn_timeline_device(t, span->peer));
    }
    (void)fputs("}},\n", out);
}

static void write_span(const struct syn_timeline *t, const struct syn_task_span *span, FILE *out)
{
    int64_t start, end;
    if (!syn_timeline_clip(t, span, &start, &end))
        return;
    struct syn_task_span inside = *span;
    inside.start_ns = start;
    inside.end_ns = end;
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        if (syn_timeline_occupies(span, (enum syn_unit)u))
            write_event(t, &inside, u, out);
}

int syn_timeline_trace(const struct syn_timeline *timeline, char **text, struct syn_error *error)
{
    struct syn_timeline_rows rows;
    struct syn_timeline_out out;
    *text = NULL;
    int rc = syn_timeline_open(timeline, &out, error);
    if (rc)
        return rc;
    syn_timeline_rows(timeline, &rows);
    (void)fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"title\":", out.stream);
    write_string(out.stream, timeline->title);
    (void)fprintf(out.stream, ",\"round_ns\":%llu},\n\"traceEvents\":[\n",
                  (unsigned long long)timeline->round_ns);
    write_names(timeline, &rows, out.stream);
    for (size_t i = 0; i < timeline->span_count; i++)
        write_span(timeline, &timeline->spans[i], out.stream);
    /* Ends the list without a comma behind its last event. */
    (void)fputs("{\"ph\":\"M\",\"name\":\"process_labels\",\"pid\":0,\"tid\":0,"
                "\"args\":{\"labels\":\"synergy\"}}\n]}\n",
                out.stream);
    return syn_timeline_close(&out, text, error);
}
