/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing list of strings that it owns: words of a line, completions, names to choose from. */
#ifndef SYN_CLI_SHELL_WORDS_H
#define SYN_CLI_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct syn_words {
    char **items; /* NULL-terminated where there are any */
    size_t count, capacity;
};

int syn_words_add(struct syn_words *words, const char *text); /* copies; 0 or SYN_ENOMEM */
int syn_words_add_size(struct syn_words *words, const char *text, size_t size);
void syn_words_clear(struct syn_words *words); /* frees all */
void syn_words_sort(struct syn_words *words);  /* and drops doubles */

#endif
