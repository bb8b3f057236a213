/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_open(struct text *text, const char *path, const void *bytes, size_t size,
               struct syn_error *error)
{
    *text = (struct text){
        .path = path, .at = bytes, .end = (const char *)bytes + size, .line = 1, .error = error};
}

int text_error(const struct text *text, int line, int code, const char *fmt, ...)
{
    char words[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    syn_error_set(text->error, code, "%s", words);
    syn_error_where(text->error, text->path, line, 0);
    return code;
}

static struct text_token stop(struct text *text, int line, const char *words)
{
    text_error(text, line, SYN_EINVAL, "%s", words);
    text->at = text->end;
    return (struct text_token){.kind = TEXT_ERROR, .line = line};
}

static char peek(const struct text *text, size_t ahead)
{
    return (size_t)(text->end - text->at) > ahead ? text->at[ahead] : '\0';
}

static void step(struct text *text)
{
    if (*text->at++ == '\n')
        text->line++;
}

static struct text_token token_from(const struct text *text, enum text_kind kind, const char *start,
                                    int line)
{
    return (struct text_token){
        .kind = kind, .start = start, .length = (size_t)(text->at - start), .line = line};
}

/* ---- comments and lines of the preprocessor ---------------------------------------------- */

static struct text_token read_comment(struct text *text)
{
    const char *start = text->at;
    const int line = text->line;
    if (peek(text, 1) == '/') {
        while (text->at < text->end && *text->at != '\n')
            text->at++;
        return token_from(text, TEXT_COMMENT, start, line);
    }
    text->at += 2;
    while (text->at < text->end && !(*text->at == '*' && peek(text, 1) == '/'))
        step(text);
    if (text->at == text->end)
        return stop(text, line, "a comment that does not end");
    text->at += 2;
    return token_from(text, TEXT_COMMENT, start, line);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* A #define is left behind its name, so that what it stands for comes as tokens. */
static struct text_token read_directive(struct text *text)
{
    static const char define[] = "#define";
    const char *start = text->at;
    const int line = text->line;
    if ((size_t)(text->end - start) > sizeof define && memcmp(start, define, 7) == 0 &&
        isblank((unsigned char)start[7])) {
        text->at += 7;
        while (isblank((unsigned char)peek(text, 0)))
            text->at++;
        while (is_word(peek(text, 0)))
            text->at++;
        return token_from(text, TEXT_DIRECTIVE, start, line);
    }
    while (text->at < text->end && *text->at != '\n') {
        if (*text->at == '\\' && peek(text, 1) == '\n')
            step(text);
        step(text);
    }
    return token_from(text, TEXT_DIRECTIVE, start, line);
}

/* ---- numbers, words, quotes -------------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static struct text_token read_number(struct text *text)
{
    struct text_token token = {.kind = TEXT_NUMBER, .start = text->at, .line = text->line};
    int base = 10;
    uint64_t value = 0;
    if (*text->at == '0' && (peek(text, 1) == 'x' || peek(text, 1) == 'X')) {
        base = 16;
        text->at += 2;
    } else if (*text->at == '0') {
        base = 8;
    }
    for (int digit; (digit = digit_of(peek(text, 0))) < base; text->at++) {
        value = value * (unsigned)base + (unsigned)digit;
        if (value > UINT32_MAX)
            return stop(text, token.line, "a number of more than 32 bits");
    }
    while (memchr("uUlL", peek(text, 0), 4))
        text->at++;
    if (is_word(peek(text, 0)) || peek(text, 0) == '.')
        return stop(text, token.line, "a number that is no whole number");
    token.length = (size_t)(text->at - token.start);
    token.value = (uint32_t)value;
    return token;
}

static struct text_token read_quoted(struct text *text)
{
    const char *start = text->at, quote = *start;
    const int line = text->line;
    text->at++;
    while (text->at < text->end && *text->at != quote && *text->at != '\n') {
        if (*text->at == '\\' && peek(text, 1))
            step(text);
        step(text);
    }
    if (peek(text, 0) != quote)
        return stop(text, line, "a text in quotes that does not end");
    text->at++;
    return token_from(text, TEXT_QUOTED, start, line);
}

static struct text_token read_token(struct text *text)
{
    const char *start = text->at;
    const int line = text->line;
    if (*start == '#')
        return read_directive(text);
    if (isdigit((unsigned char)*start))
        return read_number(text);
    if (*start == '"' || *start == '\'')
        return read_quoted(text);
    if (is_word(*start)) {
        while (is_word(peek(text, 0)))
            text->at++;
        return token_from(text, TEXT_WORD, start, line);
    }
    if (!isgraph((unsigned char)*start))
        return stop(text, line, "a character that is in no C text");
    text->at++;
    return token_from(text, TEXT_SIGN, start, line);
}

struct text_token text_next(struct text *text)
{
    for (;;) {
        while (text->at < text->end &&
               (isspace((unsigned char)*text->at) ||
                (*text->at == '\\' && (peek(text, 1) == '\n' || peek(text, 1) == '\r'))))
            step(text);
        if (text->at == text->end)
            return (struct text_token){.kind = TEXT_END, .line = text->line};
        if (*text->at != '/' || (peek(text, 1) != '/' && peek(text, 1) != '*'))
            return read_token(text);
        struct text_token comment = read_comment(text);
        if (text->comments || comment.kind == TEXT_ERROR)
            return comment;
    }
}

bool text_is(const struct text_token *token, const char *words)
{
    return token->start && token->length == strlen(words) &&
           memcmp(token->start, words, token->length) == 0;
}

void text_copy(const struct text_token *token, char *copy, size_t size)
{
    const size_t length = token->length < size ? token->length : size - 1;
    memcpy(copy, token->start, length);
    copy[length] = '\0';
}
