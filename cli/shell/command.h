/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a command is: data. Usage, the check of arguments, help, completion and the manual page all
 * come from these tables; a handler only ever sees a call that has passed the check.
 *
 * A file under cli/commands/ defines one const table of commands and is listed once, in
 * commands.c (cli/ARCHITECTURE.md shows how).
 */
#ifndef SYN_CLI_SHELL_COMMAND_H
#define SYN_CLI_SHELL_COMMAND_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SYN_ARGS_MAX    6 /* of one command */
#define SYN_OPTIONS_MAX 14

struct syn_console;
struct syn_call;
struct syn_words;

/* What a value may be. The kind decides how it is checked and what completes it. */
enum syn_kind_of_value {
    SYN_VALUE_TEXT,
    SYN_VALUE_NUMBER,  /* a decimal number within min..max */
    SYN_VALUE_INTEGER, /* within min..max; also 0x... */
    SYN_VALUE_SECONDS, /* "2", "2s", "250ms", "1m", "1h"; in seconds, within min..max */
    SYN_VALUE_FILE,
    SYN_VALUE_URI,
    SYN_VALUE_CHOICE, /* one of `choices` */
    SYN_VALUE_DEVICE, /* names of the registry: completed, not checked, since only the handler */
    SYN_VALUE_MODEL,  /* can say what is missing */
    SYN_VALUE_APP,
    SYN_VALUE_PLAN,
    SYN_VALUE_COMMAND, /* words of another command */
    SYN_VALUE_COUNT
};

/* How often and in which form a value may be given. */
enum {
    SYN_OPTIONAL = 1 << 0, /* arguments: may be left out (options always may) */
    SYN_MANY = 1 << 1,     /* the last argument: any number of them, at least one */
    SYN_REST = 1 << 2,     /* like SYN_MANY; what follows is taken as it stands, options too */
    SYN_LIST = 1 << 3,     /* "A,B,C": completed one by one; syn_call_list takes it apart */
};

/* One argument ("NAME") or option ("--for S"). */
struct syn_param {
    const char *name;  /* argument: "NAME" as usage shows it; option: "--for" */
    const char *value; /* option: "S" as usage shows it; NULL for a flag */
    enum syn_kind_of_value kind;
    unsigned flags;
    const char *standard;       /* option: the value when it is not given; NULL: none */
    const char *help;           /* one line, no full stop */
    const char *const *choices; /* NULL-terminated; of SYN_VALUE_CHOICE, or more completions */
    double min, max;            /* both 0: no bounds */
    /* More completions than the kind gives: adds words that begin with anything; may be NULL. */
    void (*complete)(struct syn_console *console, struct syn_words *words);
};

struct syn_command {
    const char *noun;
    const char *verb;    /* NULL where the noun is the command */
    const char *summary; /* one line, no full stop */
    const char *details; /* sentences for help and the manual page; may be NULL */
    struct syn_param args[SYN_ARGS_MAX + 1];       /* ends at a NULL name */
    struct syn_param options[SYN_OPTIONS_MAX + 1]; /* likewise */
    /*
     * 0, or SYN_E... with words in *error. Prints nothing: fills the console's result
     * (cli/output/result.h). Must come back soon after syn_console_stopped() turns true.
     */
    int (*run)(struct syn_console *console, const struct syn_call *call, struct syn_error *error);
};

/* One file's commands: a noun's verbs stand together. */
struct syn_command_table {
    const char *title; /* heading in help and manual page */
    const struct syn_command *commands;
    size_t count;
};

#define SYN_COMMAND_TABLE(heading, array)                                                          \
    {                                                                                              \
        .title = (heading), .commands = (array), .count = sizeof(array) / sizeof((array)[0])       \
    }

/* All commands, cli/commands/commands.c; ends at a NULL title. */
extern const struct syn_command_table *const syn_command_tables[];

/* Does table `index` begin a heading? Tables of one title that follow each other share it. */
bool syn_command_begins(size_t index);

/*
 * Finds the command that words[0..count) begin with; nouns and verbs may be abbreviated where only
 * one fits. Returns how many words name it (1 or 2), or SYN_EINVAL with a hint of what was meant.
 */
int syn_command_find(const char *const *words, size_t count, const struct syn_command **command,
                     struct syn_error *error);

/* The noun that `word` is or abbreviates; NULL where none or several fit. */
const char *syn_command_noun(const char *word);

/* Calls `each` for all commands in order; it returns nonzero to stop, which is then returned. */
int syn_command_each(int (*each)(void *ctx, const struct syn_command *command), void *ctx);

/* "device ping"; returns `text`. */
const char *syn_command_name(const struct syn_command *command, char *text, size_t size);

#endif
