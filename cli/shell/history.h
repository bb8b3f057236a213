/* SPDX-License-Identifier: GPL-3.0-or-later */
/* History of the line editor: one file in the state folder, private, bounded. */
#ifndef SYN_CLI_SHELL_HISTORY_H
#define SYN_CLI_SHELL_HISTORY_H

#include <stddef.h>

struct syn_console;

/* Reads the file; one that cannot be read or made leaves the history empty and in memory. */
void syn_history_load(struct syn_console *console);

/* Adds a line (not twice in a row, nothing that begins with a blank) to memory and file. */
void syn_history_add(struct syn_console *console, const char *line);

/* Cuts the file to the size that is set. */
void syn_history_trim(struct syn_console *console);

/* Lines in memory, the oldest first; NULL behind the last. */
const char *syn_history_line(size_t index);

#endif
