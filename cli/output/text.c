/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * Decodes one UTF-8 character. Returns its bytes, or 0 for a byte that begins none (also overlong
 * forms and surrogates, which terminals disagree about).
 */
static size_t decode(const char *text, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    size_t size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (size == 0 || s[0] > 0xf4)
        return 0;
    *point = size == 1 ? s[0] : s[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (s[i] & 0x3f);
    }
    bool bad = *point < least[size] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000);
    return bad ? 0 : size;
}

size_t syn_text_character(const char *text)
{
    uint32_t point = 0;
    return decode(text, &point);
}

/* Wide and combining characters as most terminals draw them. */
static size_t columns_of(uint32_t point)
{
    static const struct {
        uint32_t first, last;
        unsigned char columns;
    } ranges[] = {
        {0x0300, 0x036f, 0},   {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0xfe00, 0xfe0f, 0},
        {0x1100, 0x115f, 2},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},
        {0xf900, 0xfaff, 2},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},
        {0x1f300, 0x1f64f, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return ranges[i].columns;
    return 1;
}

/* Bytes and columns of the character at `text`. */
static size_t measure(const char *text, size_t *columns)
{
    uint32_t point = 0;
    size_t size = decode(text, &point);
    *columns = size ? columns_of(point) : 1;
    return size ? size : 1;
}

size_t syn_text_width(const char *text)
{
    size_t width = 0, columns = 0;
    while (*text) {
        text += measure(text, &columns);
        width += columns;
    }
    return width;
}

size_t syn_text_fit(const char *text, size_t columns)
{
    size_t at = 0, width = 0, one = 0;
    while (text[at]) {
        size_t size = measure(text + at, &one);
        if (width + one > columns)
            break;
        width += one;
        at += size;
    }
    return at;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

void syn_text_clean(char *to, size_t size, const char *text)
{
    size_t used = 0;
    while (*text && used + 4 < size) {
        uint32_t point = 0;
        size_t bytes = decode(text, &point);
        if (bytes == 0 || is_control(point)) {
            to[used++] = '?';
            text += bytes ? bytes : 1;
            continue;
        }
        memcpy(to + used, text, bytes);
        used += bytes;
        text += bytes;
    }
    if (size)
        to[used] = '\0';
}

const char *syn_text_bytes(char *text, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    bool whole = unit == 0 || value >= 100 || value == (double)(uint64_t)value;
    (void)snprintf(text, size, "%.*f %s", whole ? 0 : 1, value, units[unit]);
    return text;
}

const char *syn_text_time(char *text, size_t size, double seconds)
{
    if (seconds < 0.9995e-3)
        (void)snprintf(text, size, "%.3g us", seconds * 1e6);
    else if (seconds < 0.9995)
        (void)snprintf(text, size, "%.3g ms", seconds * 1e3);
    else if (seconds < 59.95)
        (void)snprintf(text, size, "%.1f s", seconds);
    else
        (void)snprintf(text, size, "%.0f min %02d s", (double)(long long)(seconds / 60),
                       (int)(long long)seconds % 60);
    return text;
}
