/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table for people: aligned columns, numbers to the right, units in the heading or in the cells,
 * widths counted in terminal columns (UTF-8). Where the terminal is too narrow, columns stand
 * closer together and those that may are cut or go on in the next lines.
 *
 *     static const struct syn_column columns[] = {{.title = "NAME"},
 *                                                 {.title = "BYTES", .right = true}};
 *     struct syn_table *table = syn_table_new(columns, 2);
 *     syn_table_text(table, name);
 *     syn_table_format(table, "%u", bytes);   // the row is full: the next cell starts a new one
 *     syn_result_table(result, table);
 *     syn_table_free(table);
 *
 * Out of memory is sticky: the table then prints what it has and syn_table_write returns an error.
 */
#ifndef SYN_CLI_OUTPUT_TABLE_H
#define SYN_CLI_OUTPUT_TABLE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct syn_column {
    const char *title;
    bool right;   /* align to the right: numbers */
    bool shrinks; /* may be cut (with an ellipsis) so that the table fits */
    bool wraps;   /* may go on in the next line, between words, so that the table fits */
};

struct syn_table;

struct syn_table *syn_table_new(const struct syn_column *columns, size_t count);
void syn_table_free(struct syn_table *table);

/* The next cell, from left to right. NULL and "" leave it empty (shown as "-"). */
void syn_table_text(struct syn_table *table, const char *text);
void syn_table_format(struct syn_table *table, const char *fmt, ...) SYN_PRINTF(2, 3);

size_t syn_table_rows(const struct syn_table *table);

/* `colour`: bold headings. `width`: columns of the terminal, 0 for no limit. */
int syn_table_write(const struct syn_table *table, FILE *out, bool colour, int width);

#endif
