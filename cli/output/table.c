/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/table.h"

#include "cli/output/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP      2 /* blanks between columns */
#define SHRUNK   8 /* a column that shrinks keeps so many */
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

/* Takes columns away from the widest column that shrinks, until the table fits or none is left. */
static void shrink(const struct syn_table *table, size_t *widths, size_t limit)
{
    for (;;) {
        size_t total = GAP * (table->column_count - 1), widest = table->column_count;
        for (size_t c = 0; c < table->column_count; c++) {
            total += widths[c];
            if (table->columns[c].shrinks && widths[c] > SHRUNK &&
                (widest == table->column_count || widths[c] > widths[widest]))
                widest = c;
        }
        if (total <= limit || widest == table->column_count)
            return;
        widths[widest]--;
    }
}

static void blanks(FILE *out, size_t count)
{
    (void)fprintf(out, "%*s", (int)count, "");
}

static void write_cell(const char *text, size_t width, bool right, bool last, FILE *out)
{
    size_t columns = syn_text_width(text);
    size_t pad = columns < width ? width - columns : 0;
    if (right)
        blanks(out, pad);
    if (columns > width)
        (void)fprintf(out, "%.*s" ELLIPSIS, (int)syn_text_fit(text, width - 1), text);
    else
        (void)fputs(text, out);
    if (!last)
        blanks(out, (right ? 0 : pad) + GAP);
}

static const char *title_of(const struct syn_table *table, size_t c)
{
    return table->columns[c].title;
}

static const char *cell_of(const struct syn_table *table, size_t row, size_t c)
{
    size_t index = row * table->column_count + c;
    return index < table->count ? table->cells[index] : "-";
}

int syn_table_write(const struct syn_table *table, FILE *out, bool colour, int width)
{
    size_t *widths = table ? calloc(table->column_count, sizeof *widths) : NULL;
    if (!widths)
        return SYN_ENOMEM;
    measure(table, widths);
    if (width > 0)
        shrink(table, widths, (size_t)width);
    size_t last = table->column_count - 1;
    (void)fputs(colour ? "\033[1m" : "", out);
    for (size_t c = 0; c <= last; c++)
        write_cell(title_of(table, c), widths[c], table->columns[c].right, c == last, out);
    (void)fputs(colour ? "\033[0m\n" : "\n", out);
    for (size_t row = 0; row < syn_table_rows(table); row++) {
        for (size_t c = 0; c <= last; c++)
            write_cell(cell_of(table, row, c), widths[c], table->columns[c].right, c == last, out);
        (void)fputc('\n', out);
    }
    free(widths);
    return table->failed ? SYN_ENOMEM : 0;
}
