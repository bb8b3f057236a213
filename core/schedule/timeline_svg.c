/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Gantt chart as SVG, for a browser: no script, no font, no file beside it. */
#include "core/schedule/timeline_rows.h"

#include "core/cost/cost.h"

#define WIDTH      1200
#define LEFT       150 /* where time begins */
#define RIGHT      20
#define TOP        64
#define ROW        20
#define GAP        8 /* between devices */
#define LEGEND_ROW 18
#define LEGEND_PER 4 /* pipelines a line */
#define TICKS      10

struct drawing {
    const struct syn_timeline *timeline;
    struct syn_timeline_rows rows;
    int top[SYN_TIMELINE_ROWS_MAX];
    int bottom; /* of the last row */
    FILE *out;
};

static void write_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc((unsigned char)*text < ' ' ? '?' : *text, out);
        }
}

/* Hues far from each other for neighbours, however many there are. */
static unsigned colour(unsigned pipeline)
{
    const unsigned hue = pipeline * 137u % 360, sector = hue / 60, part = hue % 60;
    const unsigned low = 70, high = pipeline % 2 ? 200 : 225;
    const unsigned up = low + (high - low) * part / 60, down = high - (high - low) * part / 60;
    const unsigned r[] = {high, down, low, low, up, high}, g[] = {up, high, high, down, low, low},
                   b[] = {low, low, up, high, high, down};
    return r[sector] << 16 | g[sector] << 8 | b[sector];
}

static double x_of(const struct drawing *d, int64_t at_ns)
{
    const struct syn_timeline *t = d->timeline;
    return LEFT +
           (double)(at_ns - t->from_ns) / (double)(t->to_ns - t->from_ns) * (WIDTH - LEFT - RIGHT);
}

static void place_rows(struct drawing *d)
{
    int y = TOP;
    for (unsigned r = 0; r < d->rows.count; r++) {
        y += r > 0 && d->rows.list[r].device != d->rows.list[r - 1].device ? GAP : 0;
        d->top[r] = y;
        y += ROW;
    }
    d->bottom = y;
}

static void write_text(const struct drawing *d, double x, double y, const char *attributes,
                       const char *text)
{
    (void)fprintf(d->out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
    write_escaped(d->out, text);
    (void)fputs("</text>\n", d->out);
}

static void write_head(const struct drawing *d)
{
    const unsigned pipelines = d->timeline->problem->pipeline_count;
    const int height = d->bottom + 24 + LEGEND_ROW * (int)((pipelines - 1) / LEGEND_PER + 1);
    (void)fprintf(d->out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                  "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
                  "<title>",
                  WIDTH, height, WIDTH, height);
    write_escaped(d->out, d->timeline->title);
    (void)fputs("</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", d->out);
    write_text(d, 12, 20, " font-size=\"15\"", d->timeline->title);
}

static void write_rows(const struct drawing *d)
{
    for (unsigned r = 0; r < d->rows.count; r++) {
        const unsigned device = d->rows.list[r].device;
        if (r == 0 || d->rows.list[r - 1].device != device)
            write_text(d, 12, d->top[r] + 14, " font-weight=\"bold\"",
                       syn_timeline_device(d->timeline, device));
        write_text(d, LEFT - 8, d->top[r] + 14, " text-anchor=\"end\" fill=\"#555555\"",
                   syn_unit_name((enum syn_unit)d->rows.list[r].unit));
        (void)fprintf(d->out,
                      "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#f2f2f2\"/>\n",
                      LEFT, d->top[r] + 1, WIDTH - LEFT - RIGHT, ROW - 2);
    }
}

static void write_line(const struct drawing *d, double x, int top, const char *attributes)
{
    (void)fprintf(d->out, "<line x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\" %s/>\n", x, top, x,
                  d->bottom, attributes);
}

static void write_axis(const struct drawing *d)
{
    const struct syn_timeline *t = d->timeline;
    const int64_t span = t->to_ns - t->from_ns;
    for (int i = 0; i <= TICKS; i++) {
        const int64_t at = t->from_ns + span / TICKS * i;
        char text[48];
        (void)snprintf(text, sizeof text, span < 10000000 ? "%.3f ms" : "%.1f ms",
                       (double)at / 1e6);
        write_text(d, x_of(d, at), TOP - 10,
                   i < TICKS ? " text-anchor=\"middle\" font-size=\"10\""
                             : " text-anchor=\"end\" font-size=\"10\"", /* inside the drawing */
                   text);
        write_line(d, x_of(d, at), TOP - 6, "stroke=\"#dddddd\"");
    }
}

static void write_rounds(const struct drawing *d)
{
    const struct syn_timeline *t = d->timeline;
    const int64_t round = (int64_t)t->round_ns;
    if (round <= 0 || (t->to_ns - t->from_ns) / round > (WIDTH - LEFT) / 4)
        return;
    for (int64_t at = t->from_ns; at < t->to_ns; at += round)
        write_line(d, x_of(d, at), TOP - 26, "stroke=\"#cc0000\" stroke-dasharray=\"4 3\"");
    char text[64];
    (void)snprintf(text, sizeof text, "T = %.3f ms", (double)round / 1e6);
    write_text(d, x_of(d, t->from_ns) + 4, TOP - 24, " fill=\"#cc0000\" font-size=\"10\"", text);
}

static void write_tooltip(const struct drawing *d, const struct syn_task_span *span)
{
    const bool transfer = span->kind == SYN_TASK_SEND || span->kind == SYN_TASK_RECEIVE;
    (void)fputs("<title>", d->out);
    write_escaped(d->out, syn_timeline_pipeline(d->timeline, span->pipeline));
    (void)fprintf(d->out, ": %s%s", syn_timeline_task(span),
                  span->configure ? " with a change of chunk" : "");
    if (transfer) {
        (void)fputs(span->kind == SYN_TASK_SEND ? " to " : " from ", d->out);
        write_escaped(d->out, syn_timeline_device(d->timeline, span->peer));
    }
    (void)fprintf(d->out, ", inference %u, %.3f to %.3f ms (%.3f ms)</title>", span->inference,
                  (double)span->start_ns / 1e6, (double)span->end_ns / 1e6,
                  (double)(span->end_ns - span->start_ns) / 1e6);
}

static void write_span(const struct drawing *d, const struct syn_task_span *span)
{
    int64_t start, end;
    if (!syn_timeline_clip(d->timeline, span, &start, &end))
        return;
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
        if (!syn_timeline_occupies(span, (enum syn_unit)u))
            continue;
        const double x = x_of(d, start), width = x_of(d, end) - x;
        (void)fprintf(
            d->out, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"#%06x\"%s>", x,
            d->top[d->rows.of[span->device][u]] + 2, width < 0.3 ? 0.3 : width, ROW - 4,
            colour(span->pipeline), span->kind == SYN_TASK_INFER ? "" : " fill-opacity=\"0.7\"");
        write_tooltip(d, span);
        (void)fputs("</rect>\n", d->out);
    }
}

static void write_legend(const struct drawing *d)
{
    const struct syn_problem *problem = d->timeline->problem;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const int x = LEFT + (WIDTH - LEFT - RIGHT) / LEGEND_PER * (int)(p % LEGEND_PER);
        const int y = d->bottom + 14 + LEGEND_ROW * (int)(p / LEGEND_PER);
        (void)fprintf(d->out,
                      "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"#%06x\"/>\n", x, y,
                      colour(p));
        write_text(d, x + 18, y + 11, "", problem->pipelines[p].spec.name);
    }
}

int syn_timeline_svg(const struct syn_timeline *timeline, char **text, struct syn_error *error)
{
    struct drawing d = {.timeline = timeline};
    struct syn_timeline_out out;
    *text = NULL;
    int rc = syn_timeline_open(timeline, &out, error);
    if (rc)
        return rc;
    d.out = out.stream;
    syn_timeline_rows(timeline, &d.rows);
    place_rows(&d);
    write_head(&d);
    write_rows(&d);
    write_axis(&d);
    for (size_t i = 0; i < timeline->span_count; i++)
        write_span(&d, &timeline->spans[i]);
    write_rounds(&d);
    write_legend(&d);
    (void)fputs("</svg>\n", d.out);
    return syn_timeline_close(&out, text, error);
}
