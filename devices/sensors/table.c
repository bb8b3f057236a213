/* SPDX-License-Identifier: MIT */
/* CSV: rows of integers. The numbers take the place of the text: none is shorter than its text. */
#include "devices/sensors/formats.h"

#include "devices/base/error.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

struct scan {
    const struct syn_sensor_file *file;
    size_t at;
    size_t line;
    size_t numbers; /* written so far */
};

static int peek(const struct scan *s)
{
    return s->at < s->file->size ? s->file->content[s->at] : '\n';
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->file->size && (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\r'))
        s->at++;
}

/* One number in -128..127, with blanks round it. */
static bool read_value(struct scan *s, int *value)
{
    skip_blanks(s);
    bool minus = peek(s) == '-';
    if (minus || peek(s) == '+')
        s->at++;
    if (!isdigit(peek(s)))
        return false;
    for (*value = 0; isdigit(peek(s)) && *value <= 128; s->at++)
        *value = *value * 10 + (peek(s) - '0');
    *value = minus ? -*value : *value;
    skip_blanks(s);
    return *value >= -128 && *value <= 127 && !isdigit(peek(s));
}

/* Reads a row up to its end of line; returns its numbers, or -1. */
static long read_row(struct scan *s)
{
    long columns = 0;
    int value;
    do {
        if (!read_value(s, &value))
            return -1;
        s->file->content[s->numbers++] = (uint8_t)(int8_t)value;
        columns++;
    } while (peek(s) == ',' && ++s->at);
    return peek(s) == '\n' ? columns : -1;
}

static bool at_row(struct scan *s)
{
    for (; s->at < s->file->size; s->at++, s->line++) {
        skip_blanks(s);
        if (s->at < s->file->size && peek(s) != '\n')
            return true;
    }
    return false;
}

int syn_sensor_read_csv(struct syn_sensor_file *f, char *why, size_t why_size)
{
    struct scan s = {.file = f, .line = 1};
    f->coding = SYN_CODING_SIGNED;
    f->data = f->window = f->count = 0;
    while (at_row(&s)) {
        long columns = read_row(&s);
        if (columns < 0) {
            (void)snprintf(why, why_size, "line %zu: integers from -128 to 127 are needed", s.line);
            return SYN_ECORRUPT;
        }
        if (f->window > 0 && f->window != (size_t)columns) {
            (void)snprintf(why, why_size, "line %zu: %ld numbers, the rows before have %zu", s.line,
                           columns, f->window);
            return SYN_ECORRUPT;
        }
        f->window = (size_t)columns;
        f->count++;
    }
    if (f->count > 0)
        return 0;
    (void)snprintf(why, why_size, "holds no rows");
    return SYN_ECORRUPT;
}
