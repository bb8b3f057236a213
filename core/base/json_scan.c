/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/json_scan.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct walk {
    const char *text, *p, *end;
    size_t count, wanted;
    unsigned depth;
    const char *found;
    const char *why;
};

static bool value(struct walk *w, const char *begin);

static bool fail(struct walk *w, const char *why)
{
    if (!w->why)
        w->why = why;
    return false;
}

static void skip_space(struct walk *w)
{
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' || *w->p == '\n' || *w->p == '\r'))
        w->p++;
}

static bool take(struct walk *w, char c)
{
    if (w->p == w->end || *w->p != c)
        return false;
    w->p++;
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A \uXXXX; zero is refused, as it would end a C string. */
static bool unicode_escape(struct walk *w)
{
    bool zero = true;
    for (int i = 0; i < 4; i++, w->p++) {
        if (w->p == w->end || !is_hex(*w->p))
            return fail(w, "four hexadecimal digits must follow \\u");
        zero = zero && *w->p == '0';
    }
    return !zero || fail(w, "a string must not contain \\u0000");
}

static bool escape(struct walk *w)
{
    if (take(w, 'u'))
        return unicode_escape(w);
    if (w->p == w->end || !*w->p || !strchr("\"\\/bfnrt", *w->p))
        return fail(w, "unknown escape in a string");
    w->p++;
    return true;
}

/* Bytes that follow the first byte of a UTF-8 sequence, -1 where it starts none. */
static int utf8_more(unsigned char c)
{
    if (c < 0x80)
        return 0;
    if (c >= 0xc2 && c <= 0xdf)
        return 1;
    if (c >= 0xe0 && c <= 0xef)
        return 2;
    return c >= 0xf0 && c <= 0xf4 ? 3 : -1;
}

/* Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte. */
static bool utf8_second_ok(unsigned char first, unsigned char second)
{
    unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

static bool character(struct walk *w)
{
    unsigned char first = (unsigned char)*w->p;
    int more = utf8_more(first);
    if (first < 0x20)
        return fail(w, "control character in a string");
    if (more < 0 || w->end - w->p <= more ||
        (more > 0 && !utf8_second_ok(first, (unsigned char)w->p[1])))
        return fail(w, "not valid UTF-8");
    for (int i = 2; i <= more; i++)
        if (((unsigned char)w->p[i] & 0xc0) != 0x80)
            return fail(w, "not valid UTF-8");
    w->p += more + 1;
    return true;
}

static bool string(struct walk *w)
{
    if (!take(w, '"'))
        return fail(w, "expected a string in double quotes");
    while (w->p < w->end && *w->p != '"')
        if (!(take(w, '\\') ? escape(w) : character(w)))
            return false;
    return take(w, '"') || fail(w, "the string has no end");
}

static bool digits(struct walk *w)
{
    const char *begin = w->p;
    while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
        w->p++;
    return w->p > begin || fail(w, "expected a digit");
}

static bool number(struct walk *w)
{
    take(w, '-');
    if (take(w, '0')) {
        if (w->p < w->end && *w->p >= '0' && *w->p <= '9')
            return fail(w, "a number must not begin with 0");
    } else if (!digits(w)) {
        return false;
    }
    if (take(w, '.') && !digits(w))
        return false;
    if (!take(w, 'e') && !take(w, 'E'))
        return true;
    if (!take(w, '+'))
        take(w, '-');
    return digits(w);
}

static bool word(struct walk *w, const char *expected)
{
    size_t length = strlen(expected);
    if ((size_t)(w->end - w->p) < length || memcmp(w->p, expected, length) != 0)
        return fail(w, "expected a value");
    w->p += length;
    return true;
}

static bool member(struct walk *w)
{
    skip_space(w);
    const char *key = w->p;
    if (!string(w))
        return false;
    skip_space(w);
    if (!take(w, ':'))
        return fail(w, "expected \":\" after the field's name");
    skip_space(w);
    return value(w, key);
}

static bool element(struct walk *w)
{
    skip_space(w);
    return value(w, w->p);
}

static bool members(struct walk *w, char end, bool (*one)(struct walk *), const char *why)
{
    skip_space(w);
    if (take(w, end))
        return true;
    for (;;) {
        if (!one(w))
            return false;
        if (w->found)
            return true;
        skip_space(w);
        if (take(w, end))
            return true;
        if (!take(w, ','))
            return fail(w, why);
    }
}

static bool container(struct walk *w)
{
    if (w->depth == SYN_JSON_DEPTH_MAX)
        return fail(w, "nested too deeply (16 levels are read)");
    w->depth++;
    bool ok = take(w, '{') ? members(w, '}', member, "expected \",\" or \"}\"")
                           : (w->p++, members(w, ']', element, "expected \",\" or \"]\""));
    w->depth--;
    return ok;
}

static bool value(struct walk *w, const char *begin)
{
    if (w->count++ == w->wanted) {
        w->found = begin;
        return true;
    }
    switch (w->p < w->end ? *w->p : '\0') {
    case '{':
    case '[':
        return container(w);
    case '"':
        return string(w);
    case 't':
        return word(w, "true");
    case 'f':
        return word(w, "false");
    case 'n':
        return word(w, "null");
    default:
        break;
    }
    if (w->p < w->end && (*w->p == '-' || (*w->p >= '0' && *w->p <= '9')))
        return number(w);
    return fail(w, "expected a value");
}

struct syn_json_scan syn_json_scan(const char *text, size_t size, size_t wanted)
{
    assert(text);
    struct walk w = {.text = text, .p = text, .end = text + size, .wanted = wanted};
    skip_space(&w);
    if (value(&w, w.p) && !w.found) {
        skip_space(&w);
        if (w.p < w.end)
            fail(&w, "something follows the end of the document");
    }
    const char *at = w.found ? w.found : w.p;
    return (struct syn_json_scan){.offset = (size_t)(at - text), .why = w.why};
}

void syn_json_line(const char *text, size_t offset, int *line, int *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        *column = text[i] == '\n' ? 1 : *column + 1;
        *line += text[i] == '\n';
    }
}
