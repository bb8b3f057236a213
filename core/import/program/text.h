/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * C text as data: words, numbers and signs with their lines; comments and lines of the preprocessor
 * as one token each. Nothing is evaluated, nothing stored; a token points into the text.
 */
#ifndef SYN_CORE_IMPORT_PROGRAM_TEXT_H
#define SYN_CORE_IMPORT_PROGRAM_TEXT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_kind {
    TEXT_END,
    TEXT_WORD,      /* identifiers and keywords */
    TEXT_NUMBER,    /* decimal, octal or hexadecimal of 32 bits */
    TEXT_SIGN,      /* one character; operators of several come as several */
    TEXT_QUOTED,    /* "..." or '...' */
    TEXT_COMMENT,   /* with its slashes */
    TEXT_DIRECTIVE, /* #..., to the end of the line; a "#define" ends behind its name */
    TEXT_ERROR,     /* text.error is set */
};

struct text_token {
    enum text_kind kind;
    const char *start;
    size_t length;
    int line;
    uint32_t value; /* of a number */
};

struct text {
    const char *path, *at, *end;
    int line;
    bool comments; /* give comments, else they are skipped */
    struct syn_error *error;
};

/* `size` bytes that stay the caller's. */
void text_open(struct text *text, const char *path, const void *bytes, size_t size,
               struct syn_error *error);

/* The next token. After TEXT_ERROR and TEXT_END there is no other. */
struct text_token text_next(struct text *text);

bool text_is(const struct text_token *token, const char *words);

/* Copies the token, cut to `size`. */
void text_copy(const struct text_token *token, char *copy, size_t size);

/* An error at a line of the text; returns `code`. */
int text_error(const struct text *text, int line, int code, const char *fmt, ...) SYN_PRINTF(4, 5);

#endif
