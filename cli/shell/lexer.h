/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The language of the shell: words, separated by blanks, make a command; commands are separated by
 * newlines and ';'. 'single quotes' take everything as it stands; "double quotes" know \" \\ \n \t;
 * outside quotes a backslash takes the next character as it stands, and at the end of a line it
 * joins the next line. '#' at the start of a word begins a comment up to the end of the line.
 */
#ifndef SYN_CLI_SHELL_LEXER_H
#define SYN_CLI_SHELL_LEXER_H

#include "cli/shell/words.h"
#include "core/base/error.h"

struct syn_lexer {
    const char *at, *end;
    int line; /* of `at`, from 1 */
};

void syn_lexer_init(struct syn_lexer *lexer, const char *text, size_t size);

/*
 * Reads the next command that is not empty into `words` (cleared first); *line is where it begins.
 * Returns 1, 0 at the end, SYN_EINVAL (an open quote, a NUL; the rest of that line is skipped) or
 * SYN_ENOMEM.
 */
int syn_lexer_next(struct syn_lexer *lexer, struct syn_words *words, int *line,
                   struct syn_error *error);

/* Quotes a word so that the lexer reads it back; returns a malloc'ed string. */
char *syn_lexer_quote(const char *word);

#endif
