/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A strict walk over JSON text (RFC 8259, UTF-8), for what cJSON does not tell: where things are,
 * and what is wrong with them. Values are counted in the order in which they begin; the value
 * `wanted` of that order is reported by its offset. Nothing is allocated.
 */
#ifndef SYN_CORE_BASE_JSON_SCAN_H
#define SYN_CORE_BASE_JSON_SCAN_H

#include <stddef.h>

#define SYN_JSON_DEPTH_MAX 16

struct syn_json_scan {
    size_t offset; /* where the text is wrong, or where `wanted` begins (its key, if it has one) */
    const char *why; /* what is wrong there (static), or NULL */
};

/* Walks all of `text`, or to the value `wanted` (counted from 0; SIZE_MAX for none). */
struct syn_json_scan syn_json_scan(const char *text, size_t size, size_t wanted);

/* Line and column, both from 1, of an offset; columns are bytes. */
void syn_json_line(const char *text, size_t offset, int *line, int *column);

#endif
