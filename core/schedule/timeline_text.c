/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Gantt chart for a terminal. */
#include "core/schedule/timeline_rows.h"

#include "core/cost/cost.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TICK_COLUMNS 16 /* at least, from tick to tick */
#define LABEL_MAX    24

struct chart {
    const struct syn_timeline *timeline;
    struct syn_timeline_rows rows;
    unsigned label, columns; /* of the names, of the time */
    int64_t *busy_ns;        /* [row][column][pipeline] */
};

/* Letters, then digits, which have no lower case. */
static char letter(unsigned pipeline)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    return letters[pipeline % (sizeof letters - 1)];
}

static int64_t *cell(const struct chart *c, unsigned row, unsigned column)
{
    return &c->busy_ns[((size_t)row * c->columns + column) * SYN_PIPELINES_MAX];
}

/* Columns share the window without rounding errors that add up. */
static int64_t column_start(const struct chart *c, unsigned column)
{
    const int64_t span = c->timeline->to_ns - c->timeline->from_ns;
    return c->timeline->from_ns + (int64_t)((double)span * column / c->columns);
}

static unsigned column_of(const struct chart *c, int64_t at_ns)
{
    const double share = (double)(at_ns - c->timeline->from_ns) /
                         (double)(c->timeline->to_ns - c->timeline->from_ns);
    unsigned column = (unsigned)(share * c->columns);
    while (column > 0 && column_start(c, column) > at_ns)
        column--;
    return column < c->columns ? column : c->columns - 1;
}

static void add_span(struct chart *c, const struct syn_task_span *span)
{
    int64_t start, end;
    if (!syn_timeline_clip(c->timeline, span, &start, &end))
        return;
    for (unsigned i = column_of(c, start); i < c->columns && column_start(c, i) < end; i++) {
        const int64_t from = column_start(c, i), to = column_start(c, i + 1);
        const int64_t ns = (end < to ? end : to) - (start > from ? start : from);
        for (unsigned u = 0; ns > 0 && u < SYN_UNIT_COUNT; u++)
            if (syn_timeline_occupies(span, (enum syn_unit)u))
                cell(c, (unsigned)c->rows.of[span->device][u],
                     i)[span->pipeline % SYN_PIPELINES_MAX] += ns;
    }
}

static char cell_letter(const struct chart *c, unsigned row, unsigned column)
{
    const int64_t *busy = cell(c, row, column);
    const int64_t whole = column_start(c, column + 1) - column_start(c, column);
    int64_t sum = 0;
    unsigned most = 0;
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++) {
        sum += busy[p];
        most = busy[p] > busy[most] ? p : most;
    }
    if (sum == 0)
        return '.';
    return 2 * sum > whole ? letter(most) : (char)tolower(letter(most));
}

static void write_row(const struct chart *c, unsigned row, FILE *out)
{
    const unsigned device = c->rows.list[row].device;
    const bool again = row > 0 && c->rows.list[row - 1].device == device;
    char name[LABEL_MAX];
    (void)snprintf(name, sizeof name, "%.*s", (int)(c->label - 8),
                   again ? "" : syn_timeline_device(c->timeline, device));
    (void)fprintf(out, "%-*s%-6s  ", (int)(c->label - 8), name,
                  syn_unit_name((enum syn_unit)c->rows.list[row].unit));
    for (unsigned i = 0; i < c->columns; i++)
        (void)fputc(cell_letter(c, row, i), out);
    (void)fputc('\n', out);
}

/* A line of the ruler: spaces, into which `put` writes, without those at its end. */
static void write_ruler(const struct chart *c, const char *title, char *line, FILE *out)
{
    size_t length = c->columns;
    while (length > 0 && line[length - 1] == ' ')
        length--;
    (void)fprintf(out, "%-*s%.*s\n", (int)c->label, title, (int)length, line);
}

static void put(const struct chart *c, char *line, unsigned column, const char *text)
{
    const size_t length = strlen(text);
    if (column + length <= c->columns)
        memcpy(line + column, text, length);
}

static void write_times(const struct chart *c, char *line, FILE *out)
{
    const double step = (double)(c->timeline->to_ns - c->timeline->from_ns) / 1e6 / c->columns;
    memset(line, ' ', c->columns);
    for (unsigned i = 0; i < c->columns; i += TICK_COLUMNS) {
        char text[32];
        (void)snprintf(text, sizeof text, "%.*f",
                       step < 0.1  ? 3
                       : step < 10 ? 1
                                   : 0,
                       (double)c->timeline->from_ns / 1e6 + i * step);
        put(c, line, i, text);
    }
    write_ruler(c, "ms", line, out);
}

/* Where a round of T ends; left out where rounds are shorter than columns. */
static void write_rounds(const struct chart *c, char *line, FILE *out)
{
    const int64_t from = c->timeline->from_ns, to = c->timeline->to_ns;
    const int64_t round = (int64_t)c->timeline->round_ns;
    char title[32];
    if (round <= 0 || (to - from) / round > (int64_t)c->columns / 2)
        return;
    memset(line, ' ', c->columns);
    for (int64_t at = from; at < to; at += round)
        line[column_of(c, at)] = '|';
    (void)snprintf(title, sizeof title, "| = T");
    write_ruler(c, title, line, out);
}

static void write_legend(const struct chart *c, FILE *out)
{
    const struct syn_problem *problem = c->timeline->problem;
    const unsigned width = c->label + c->columns;
    unsigned used = 0;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const unsigned length = (unsigned)strlen(problem->pipelines[p].spec.name) + 2;
        if (used > 0 && used + length + 2 > width) {
            (void)fputc('\n', out);
            used = 0;
        }
        (void)fprintf(out, "%s%c %s", used ? "  " : "", letter(p), problem->pipelines[p].spec.name);
        used += length + (used ? 2 : 0);
    }
    (void)fprintf(out, "\n. idle; lower case: busy for half of the column or less\n");
    if (c->timeline->round_ns > 0)
        (void)fprintf(out, "T: a round of %.3f ms\n", (double)c->timeline->round_ns / 1e6);
}

static void layout(struct chart *c, unsigned columns)
{
    size_t longest = 0;
    for (unsigned r = 0; r < c->rows.count; r++) {
        const size_t n = strlen(syn_timeline_device(c->timeline, c->rows.list[r].device));
        longest = n > longest ? n : longest;
    }
    if (columns < SYN_TIMELINE_COLUMNS_MIN)
        columns = SYN_TIMELINE_COLUMNS_MIN;
    if (longest > LABEL_MAX - 10)
        longest = LABEL_MAX - 10;
    c->label = (unsigned)longest + 2 + 8;
    c->columns = columns - c->label;
}

int syn_timeline_text(const struct syn_timeline *timeline, unsigned columns, char **text,
                      struct syn_error *error)
{
    struct chart c = {.timeline = timeline};
    struct syn_timeline_out out;
    *text = NULL;
    int rc = syn_timeline_open(timeline, &out, error);
    if (rc)
        return rc;
    syn_timeline_rows(timeline, &c.rows);
    layout(&c, columns);
    char *line = malloc(c.columns);
    c.busy_ns =
        calloc(((size_t)c.rows.count + 1) * c.columns * SYN_PIPELINES_MAX, sizeof *c.busy_ns);
    if (line && c.busy_ns) {
        for (size_t i = 0; i < timeline->span_count; i++)
            add_span(&c, &timeline->spans[i]);
        write_times(&c, line, out.stream);
        write_rounds(&c, line, out.stream);
        for (unsigned r = 0; r < c.rows.count; r++)
            write_row(&c, r, out.stream);
        write_legend(&c, out.stream);
    }
    const bool whole = line && c.busy_ns;
    free(line);
    free(c.busy_ns);
    rc = syn_timeline_close(&out, text, error);
    if (rc || whole)
        return rc;
    free(*text);
    *text = NULL;
    return syn_error_set(error, SYN_ENOMEM, "no memory for a timeline");
}
