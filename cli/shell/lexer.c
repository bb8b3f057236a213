/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/lexer.h"

#include <stdlib.h>
#include <string.h>

/* One word under construction. `open` also for "", which is a word though it has no bytes. */
struct word {
    char *bytes;
    size_t size, capacity;
    bool open;
};

void syn_lexer_init(struct syn_lexer *lexer, const char *text, size_t size)
{
    *lexer = (struct syn_lexer){.at = text, .end = text + size, .line = 1};
}

static int put(struct word *word, char byte)
{
    if (word->size == word->capacity) {
        size_t capacity = word->capacity ? 2 * word->capacity : 64;
        char *bytes = realloc(word->bytes, capacity);
        if (!bytes)
            return SYN_ENOMEM;
        word->bytes = bytes;
        word->capacity = capacity;
    }
    word->bytes[word->size++] = byte;
    word->open = true;
    return 0;
}

static int finish(struct word *word, struct syn_words *words)
{
    if (!word->open)
        return 0;
    word->open = false;
    size_t size = word->size;
    word->size = 0;
    return syn_words_add_size(words, size ? word->bytes : "", size);
}

static bool more(const struct syn_lexer *lexer)
{
    return lexer->at < lexer->end;
}

static char take(struct syn_lexer *lexer)
{
    char c = *lexer->at++;
    if (c == '\n')
        lexer->line++;
    return c;
}

static void skip_line(struct syn_lexer *lexer)
{
    while (more(lexer) && *lexer->at != '\n')
        lexer->at++;
}

/* What stands for `c` behind a backslash in double quotes; 0: nothing does. */
static char escape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '"':
    case '\\':
        return c;
    default:
        return 0;
    }
}

static int quoted(struct syn_lexer *lexer, char quote, struct word *word, struct syn_error *error)
{
    const struct syn_lexer begin = *lexer;
    word->open = true;
    while (more(lexer)) {
        char c = take(lexer);
        if (c == quote)
            return 0;
        if (c == '\0')
            return syn_error_set(error, SYN_EINVAL, "a zero byte in the text");
        if (quote == '"' && c == '\\' && more(lexer) && escape(*lexer->at))
            c = escape(take(lexer));
        if (put(word, c) < 0)
            return syn_error_set(error, SYN_ENOMEM, "out of memory");
    }
    int status = syn_error_set(error, SYN_EINVAL, "the quote %c is never closed", quote);
    *lexer = begin; /* the next line may be sound */
    return status;
}

static int backslash(struct syn_lexer *lexer, struct word *word)
{
    if (!more(lexer))
        return 0;
    if (*lexer->at == '\r' && lexer->at + 1 < lexer->end && lexer->at[1] == '\n')
        take(lexer);
    char c = take(lexer);
    return c == '\n' ? 0 : put(word, c);
}

/* Takes one byte outside quotes. 1: the command ends here. */
static int step(struct syn_lexer *lexer, struct word *word, struct syn_words *words,
                struct syn_error *error)
{
    char c = take(lexer);
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
        return finish(word, words);
    case '\n':
    case ';':
        return finish(word, words) < 0 ? SYN_ENOMEM : 1;
    case '\0':
        return syn_error_set(error, SYN_EINVAL, "a zero byte in the text");
    case '\'':
    case '"':
        return quoted(lexer, c, word, error);
    case '\\':
        return backslash(lexer, word);
    case '#':
        if (!word->open) {
            skip_line(lexer);
            return 0;
        }
        break;
    default:
        break;
    }
    return put(word, c);
}

int syn_lexer_next(struct syn_lexer *lexer, struct syn_words *words, int *line,
                   struct syn_error *error)
{
    struct word word = {0};
    int status = 0;
    syn_words_clear(words);
    *line = lexer->line;
    while (status == 0 && more(lexer)) {
        if (words->count == 0 && !word.open)
            *line = lexer->line;
        status = step(lexer, &word, words, error);
        if (status == 1 && words->count == 0)
            status = 0;
    }
    if (status >= 0 && finish(&word, words) < 0)
        status = SYN_ENOMEM;
    free(word.bytes);
    if (status == SYN_ENOMEM)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (status < 0) {
        skip_line(lexer);
        return status;
    }
    return words->count > 0;
}

static bool is_plain(const char *word)
{
    return word[0] != '\0' && word[0] != '#' && !strpbrk(word, " \t\r\n;'\"\\");
}

char *syn_lexer_quote(const char *word)
{
    if (is_plain(word))
        return strdup(word);
    char *text = malloc(2 * strlen(word) + 3), *to = text;
    if (!text)
        return NULL;
    *to++ = '"';
    for (const char *c = word; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '\n' || *c == '\t')
            *to++ = '\\';
        *to++ = *c == '\n' ? 'n' : (char)(*c == '\t' ? 't' : *c);
    }
    *to++ = '"';
    *to = '\0';
    return text;
}
