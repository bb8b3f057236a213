/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Progress of long work on stderr, with rate and time left: one line that is overwritten, on
 * terminals only; nothing is written anywhere else. `unit` "B" shows bytes with binary prefixes.
 *
 *     struct syn_progress progress;
 *     syn_console_progress(console, &progress, "uploading", "B");
 *     ... syn_progress_update(&progress, done, total); ...
 *     syn_progress_end(&progress);
 */
#ifndef SYN_CLI_OUTPUT_PROGRESS_H
#define SYN_CLI_OUTPUT_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

struct syn_progress {
    FILE *out; /* NULL: silent */
    const char *what, *unit;
    int64_t start_ns, shown_ns;
    int width; /* columns of the terminal */
};

/* `out` NULL or not a terminal: silent. */
void syn_progress_begin(struct syn_progress *progress, FILE *out, const char *what,
                        const char *unit);
/* total 0: not known. Draws at most ten times a second. */
void syn_progress_update(struct syn_progress *progress, uint64_t done, uint64_t total);
/* The same with words in place of amounts: "proof  41.2 inferences/s". */
void syn_progress_say(struct syn_progress *progress, const char *words);
void syn_progress_end(struct syn_progress *progress); /* wipes the line */

#endif
