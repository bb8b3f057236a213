/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text on terminals: how wide it is, and numbers with units that people read. */
#ifndef SYN_CLI_OUTPUT_TEXT_H
#define SYN_CLI_OUTPUT_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the UTF-8 character at `text`; 0 where there is none (broken, or a lone byte). */
size_t syn_text_character(const char *text);

/* Columns that UTF-8 `text` takes; control characters and broken bytes count as one. */
size_t syn_text_width(const char *text);

/* Bytes of `text` that fit into `columns`; never cuts a character. */
size_t syn_text_fit(const char *text, size_t columns);

/*
 * Copies `text` with control characters (also ESC of a hostile device) and broken UTF-8 replaced
 * by '?'. Everything that came from outside and goes to a terminal passes here.
 */
void syn_text_clean(char *to, size_t size, const char *text);

/* "432 KiB", "1.7 MiB", "96 B". Returns `text`. */
const char *syn_text_bytes(char *text, size_t size, uint64_t bytes);

/* "1.52 ms", "840 us", "12.0 s", "3 min 20 s". Returns `text`. */
const char *syn_text_time(char *text, size_t size, double seconds);

#endif
