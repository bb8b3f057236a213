/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of the program: one table gives parsing, --help and the manual page. */
#ifndef SYN_CLI_OPTIONS_H
#define SYN_CLI_OPTIONS_H

#include "cli/console.h"

/* A script file ("-": standard input) or a -c command, in the order given. */
struct syn_source {
    const char *text;
    bool is_command;
};

struct syn_options {
    struct syn_console_options console;
    struct syn_source *sources; /* owned */
    size_t source_count;
    char *state; /* owned: the standard state folder */
};

struct syn_option_row {
    char letter;       /* 0: none */
    const char *name;  /* without the dashes; NULL: none */
    const char *value; /* as usage shows it; NULL for a flag */
    const char *help;
    size_t offset; /* into struct syn_console_options */
    int (*take)(struct syn_options *options, const struct syn_option_row *row, const char *value,
                struct syn_error *error);
};

extern const struct syn_option_row syn_option_rows[]; /* ends at a NULL take */

/* 0 or SYN_EINVAL with words. Also reads XDG_STATE_HOME, HOME and NO_COLOR. */
int syn_options_parse(struct syn_options *options, int argc, char **argv, struct syn_error *error);
void syn_options_clear(struct syn_options *options);
void syn_options_help(FILE *out);

#endif
