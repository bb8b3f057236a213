/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/words.h"

#include "devices/base/error.h"

#include <stdlib.h>
#include <string.h>

static int grow(struct syn_words *words)
{
    if (words->count + 1 < words->capacity)
        return 0;
    size_t capacity = words->capacity ? 2 * words->capacity : 16;
    char **items = realloc(words->items, capacity * sizeof *items);
    if (!items)
        return SYN_ENOMEM;
    words->items = items;
    words->capacity = capacity;
    return 0;
}

int syn_words_add_size(struct syn_words *words, const char *text, size_t size)
{
    char *copy = strndup(text, size);
    if (!copy || grow(words) < 0) {
        free(copy);
        return SYN_ENOMEM;
    }
    words->items[words->count++] = copy;
    words->items[words->count] = NULL;
    return 0;
}

int syn_words_add(struct syn_words *words, const char *text)
{
    return syn_words_add_size(words, text, strlen(text));
}

void syn_words_clear(struct syn_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct syn_words){0};
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void syn_words_sort(struct syn_words *words)
{
    if (words->count == 0)
        return;
    qsort(words->items, words->count, sizeof *words->items, compare);
    size_t kept = 1;
    for (size_t i = 1; i < words->count; i++) {
        if (strcmp(words->items[i], words->items[kept - 1]) == 0)
            free(words->items[i]);
        else
            words->items[kept++] = words->items[i];
    }
    words->count = kept;
    words->items[kept] = NULL;
}
