/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line editor of interactive mode: readline's callback interface on the console's poll loop,
 * so that links live while somebody types. There is one at most, since readline has one state.
 */
#ifndef SYN_CLI_SHELL_EDITOR_H
#define SYN_CLI_SHELL_EDITOR_H

#include "core/base/error.h"

struct syn_console;
struct syn_editor;

/* Takes over the terminal while it reads; history comes from the console's state folder. */
int syn_editor_new(struct syn_editor **editor, struct syn_console *console,
                   struct syn_error *error);
void syn_editor_free(struct syn_editor *editor); /* NULL is fine */

/*
 * Shows the prompt and turns the loop until a line is there. *line belongs to the caller. Returns
 * 1; 0 at the end of input or when the program has to end. Ctrl-C drops the line and goes on.
 */
int syn_editor_read(struct syn_editor *editor, char **line);

/* Round output of others while the prompt stands: takes the line away, brings it back as it was.
 * Both do nothing while no prompt stands. */
void syn_editor_hide(struct syn_editor *editor);
void syn_editor_show(struct syn_editor *editor);

/* The console's status has changed: draws the prompt anew. */
void syn_editor_prompt(struct syn_editor *editor);

#endif
