/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shell: runs commands that come from scripts, -c, a pipe or the keyboard, prints what comes
 * of them, and decides what a failure means. All functions return 0 or the SYN_E... code of the
 * first failure, which has then been printed.
 */
#ifndef SYN_CLI_SHELL_SHELL_H
#define SYN_CLI_SHELL_SHELL_H

#include "cli/console.h"

/* Where a command stands; file NULL: typed at the prompt. */
struct syn_place {
    const char *file;
    int line;
};

/*
 * Finds, checks and runs one command; the result stays in the console, the error in *error.
 * `device`: see syn_call_parse.
 */
int syn_shell_invoke(struct syn_console *console, const char *const *words, size_t count,
                     const char *device, struct syn_error *error);

/* The same, with result or error printed. */
int syn_shell_command(struct syn_console *console, const char *const *words, size_t count,
                      const struct syn_place *place);

/* Commands of a text; stops at the first failure unless --keep-going. */
int syn_shell_text(struct syn_console *console, const char *name, const char *text, size_t size);

/* Commands of a file. Failure to read it is put into *error and not printed. */
int syn_shell_file(struct syn_console *console, const char *path, struct syn_error *error);

/* Commands from standard input, each run as soon as it is complete. */
int syn_shell_stdin(struct syn_console *console);

/* The prompt; never stops for an error. Returns 0. */
int syn_shell_interactive(struct syn_console *console);

/* Prints an error in the form that was asked for. `what`: the command, or NULL. */
void syn_shell_report(struct syn_console *console, const struct syn_place *place, const char *what,
                      const struct syn_error *error);

#endif
