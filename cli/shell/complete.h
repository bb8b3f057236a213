/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a half-typed word may become, from the command table and from what exists now. */
#ifndef SYN_CLI_SHELL_COMPLETE_H
#define SYN_CLI_SHELL_COMPLETE_H

#include "cli/console.h"
#include "cli/shell/words.h"

/*
 * Completions of `text`, which follows on `line` (whole words, up to the cursor), into `found`,
 * sorted. Returns true where file names are meant instead.
 */
bool syn_complete(struct syn_console *console, const char *line, size_t size, const char *text,
                  struct syn_words *found);

#endif
