/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean": the known word that is nearest to a mistyped one. */
#ifndef SYN_CORE_BASE_SUGGEST_H
#define SYN_CORE_BASE_SUGGEST_H

#include <stddef.h>

/* Insertions, deletions, substitutions and swaps of neighbours from a to b, case ignored; words
 * beyond 64 bytes are compared by their first 64. */
unsigned syn_edit_distance(const char *a, const char *b);

/* A search over candidates that come one by one. Set to zero, then set `word`. */
struct syn_suggest {
    const char *word;
    const char *best; /* nearest candidate so far, or NULL; belongs to who offered it */
    unsigned distance;
};

void syn_suggest_offer(struct syn_suggest *s, const char *candidate);

/* The nearest of `count` candidates, NULL where none is near (1 edit and one more for every 4
 * letters, at most 3). */
const char *syn_suggest(const char *word, const char *const *candidates, size_t count);

#endif
