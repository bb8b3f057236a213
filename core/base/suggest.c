/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 64

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static int folded(char c)
{
    return tolower((unsigned char)c);
}

static bool swapped(const char *a, const char *b, size_t i, size_t j)
{
    return i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
           folded(a[i - 2]) == folded(b[j - 1]);
}

unsigned syn_edit_distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    size_t rows_count = strnlen(a, WORD_MAX), columns = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= columns; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= rows_count; i++) {
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= columns; j++) {
            unsigned change = folded(a[i - 1]) != folded(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + change);
            if (swapped(a, b, i, j))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[columns];
}

static unsigned tolerance(const char *word)
{
    return least(3, 1 + (unsigned)(strnlen(word, WORD_MAX) / 4));
}

void syn_suggest_offer(struct syn_suggest *s, const char *candidate)
{
    unsigned distance = syn_edit_distance(s->word, candidate);
    if (distance > tolerance(s->word) || distance >= strnlen(s->word, WORD_MAX))
        return;
    if (!s->best || distance < s->distance) {
        s->best = candidate;
        s->distance = distance;
    }
}

const char *syn_suggest(const char *word, const char *const *candidates, size_t count)
{
    struct syn_suggest s = {.word = word};
    for (size_t i = 0; i < count; i++)
        syn_suggest_offer(&s, candidates[i]);
    return s.best;
}
