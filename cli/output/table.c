/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/table.h"

#include "cli/output/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP      2 /* blanks between columns, 1 where there is no room */
#define SHRUNK   8 /* a column that shrinks or wraps keeps so many */
#define CELL_MAX 512
#define ELLIPSIS "\xe2\x80\xa6"

struct syn_table {
    const struct syn_column *columns;
    size_t column_count;
    char **cells; /* row after row */
    size_t count, capacity;
    bool failed;
};

struct syn_table *syn_table_new(const struct syn_column *columns, size_t count)
{
    struct syn_table *table = calloc(1, sizeof *table);
    if (table)
        *table = (struct syn_table){.columns = columns, .column_count = count};
    return table;
}

void syn_table_free(struct syn_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

static bool make_room(struct syn_table *table)
{
    if (table->count < table->capacity)
        return true;
    size_t capacity = table->capacity ? 2 * table->capacity : 64;
    char **cells = realloc(table->cells, capacity * sizeof *cells);
    if (!cells)
        return false;
    table->cells = cells;
    table->capacity = capacity;
    return true;
}

void syn_table_text(struct syn_table *table, const char *text)
{
    char clean[CELL_MAX];
    if (!table || table->failed)
        return;
    syn_text_clean(clean, sizeof clean, text && *text ? text : "-");
    char *copy = strdup(clean);
    if (!copy || !make_room(table)) {
        free(copy);
        table->failed = true;
        return;
    }
    table->cells[table->count++] = copy;
}

void syn_table_format(struct syn_table *table, const char *fmt, ...)
{
    char text[CELL_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    syn_table_text(table, text);
}

size_t syn_table_rows(const struct syn_table *table)
{
    return table ? (table->count + table->column_count - 1) / table->column_count : 0;
}

static void measure(const struct syn_table *table, size_t *widths)
{
    for (size_t c = 0; c < table->column_count; c++)
        widths[c] = syn_text_width(table->columns[c].title);
    for (size_t i = 0; i < table->count; i++) {
        size_t width = syn_text_width(table->cells[i]);
        if (width > widths[i % table->column_count])
            widths[i % table->column_count] = width;
    }
}

/* Takes columns away from the widest column that may be narrower, until the table fits or none is
 * left. Returns the blanks between columns. */
static size_t shrink(const struct syn_table *table, size_t *widths, size_t limit)
{
    size_t gap = GAP;
    for (;;) {
        size_t total = gap * (table->column_count - 1), widest = table->column_count;
        for (size_t c = 0; c < table->column_count; c++) {
            const struct syn_column *column = &table->columns[c];
            total += widths[c];
            if ((column->shrinks || column->wraps) && widths[c] > SHRUNK &&
                (widest == table->column_count || widths[c] > widths[widest]))
                widest = c;
        }
        if (total <= limit || (widest == table->column_count && gap == 1))
            return gap;
        if (widest == table->column_count)
            gap = 1;
        else
            widths[widest]--;
    }
}

static void blanks(FILE *out, size_t count)
{
    (void)fprintf(out, "%*s", (int)count, "");
}

struct layout {
    FILE *out;
    size_t *widths;
    const char **rest; /* of the cells of a row, what is not yet written */
    size_t gap;
};

/* Bytes of `text` that stand in this line: all of it, or the words that fit. */
static size_t piece(const char *text, size_t width, bool wraps)
{
    if (!wraps || syn_text_width(text) <= width)
        return strlen(text);
    const size_t fit = syn_text_fit(text, width);
    for (size_t i = fit; i > 0; i--)
        if (text[i] == ' ')
            return i;
    return fit;
}

/* `blank`: columns that are owed from cells before. Returns those that are owed now. */
static size_t write_piece(const struct layout *l, const char *text, size_t width, bool right,
                          size_t blank)
{
    const size_t columns = syn_text_width(text);
    const size_t pad = columns < width ? width - columns : 0;
    if (!*text)
        return blank + pad;
    blanks(l->out, blank + (right ? pad : 0));
    if (columns > width)
        (void)fprintf(l->out, "%.*s" ELLIPSIS, (int)syn_text_fit(text, width - 1), text);
    else
        (void)fputs(text, l->out);
    return right ? 0 : pad;
}

/* One line of a row; false when nothing is left for another. */
static bool write_line(const struct syn_table *table, const struct layout *l)
{
    bool more = false;
    size_t blank = 0;
    for (size_t c = 0; c < table->column_count; c++) {
        const struct syn_column *column = &table->columns[c];
        char text[CELL_MAX] = "";
        size_t size = piece(l->rest[c], l->widths[c], column->wraps);
        memcpy(text, l->rest[c], size);
        text[size] = '\0';
        blank = write_piece(l, text, l->widths[c], column->right, blank) + l->gap;
        l->rest[c] += size + strspn(l->rest[c] + size, " ");
        more |= l->rest[c][0] != '\0';
    }
    return more;
}

static void write_row(const struct syn_table *table, const struct layout *l)
{
    while (write_line(table, l))
        (void)fputc('\n', l->out);
}

static const char *cell_of(const struct syn_table *table, size_t row, size_t c)
{
    size_t index = row * table->column_count + c;
    return index < table->count ? table->cells[index] : "-";
}

static void write_rows(const struct syn_table *table, const struct layout *l, bool colour)
{
    for (size_t c = 0; c < table->column_count; c++)
        l->rest[c] = table->columns[c].title;
    (void)fputs(colour ? "\033[1m" : "", l->out);
    write_row(table, l);
    (void)fputs(colour ? "\033[0m\n" : "\n", l->out);
    for (size_t row = 0; row < syn_table_rows(table); row++) {
        for (size_t c = 0; c < table->column_count; c++)
            l->rest[c] = cell_of(table, row, c);
        write_row(table, l);
        (void)fputc('\n', l->out);
    }
}

int syn_table_write(const struct syn_table *table, FILE *out, bool colour, int width)
{
    struct layout l = {.out = out, .gap = GAP};
    int rc = SYN_ENOMEM;
    l.widths = table ? calloc(table->column_count, sizeof *l.widths) : NULL;
    l.rest = table ? calloc(table->column_count, sizeof *l.rest) : NULL;
    if (l.widths && l.rest) {
        measure(table, l.widths);
        if (width > 0)
            l.gap = shrink(table, l.widths, (size_t)width);
        write_rows(table, &l, colour);
        rc = table->failed ? SYN_ENOMEM : 0;
    }
    free(l.rest);
    free(l.widths);
    return rc;
}
