/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include "cli/shell/call.h"
#include "core/base/suggest.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int take_flag(struct syn_options *options, const struct syn_option_row *row,
                     const char *value, struct syn_error *error)
{
    (void)value, (void)error;
    *(bool *)((char *)&options->console + row->offset) = true;
    return 0;
}

static int take_source(struct syn_options *options, const char *text, bool is_command,
                       struct syn_error *error)
{
    size_t bytes = (options->source_count + 1) * sizeof *options->sources;
    struct syn_source *sources = realloc(options->sources, bytes);
    if (!sources)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    options->sources = sources;
    sources[options->source_count++] = (struct syn_source){text, is_command};
    return 0;
}

static int take_command(struct syn_options *options, const struct syn_option_row *row,
                        const char *value, struct syn_error *error)
{
    (void)row;
    return take_source(options, value, true, error);
}

static int take_state(struct syn_options *options, const struct syn_option_row *row,
                      const char *value, struct syn_error *error)
{
    (void)row;
    if (value[0] == '\0')
        return syn_error_set(error, SYN_EINVAL, "--state: the value is empty");
    options->console.state = value;
    return 0;
}

static int take_timeout(struct syn_options *options, const struct syn_option_row *row,
                        const char *value, struct syn_error *error)
{
    (void)row;
    static const struct syn_param param = {
        .name = "--timeout", .kind = SYN_VALUE_SECONDS, .min = 0.001, .max = 1e7};
    if (syn_param_check(&param, value, error) < 0)
        return SYN_EINVAL;
    (void)syn_seconds_parse(value, &options->console.timeout_s);
    return 0;
}

static int take_colour(struct syn_options *options, const struct syn_option_row *row,
                       const char *value, struct syn_error *error)
{
    (void)row;
    static const char *const choices[] = {"auto", "never", "always", NULL};
    static const struct syn_param param = {
        .name = "--color", .kind = SYN_VALUE_CHOICE, .choices = choices};
    options->console.colour = value;
    return syn_param_check(&param, value, error);
}

#define FLAG(member) offsetof(struct syn_console_options, member), take_flag

const struct syn_option_row syn_option_rows[] = {
    {'c', NULL, "COMMAND", "run COMMAND; may be given several times, in order with FILEs", 0,
     take_command},
    {'k', "keep-going", NULL, "go on after a failed command; exit with the first failure's class",
     FLAG(keep_going)},
    {0, "json", NULL, "results and errors as JSON, one object a line", FLAG(json)},
    {0, "state", "DIR", "folder of registry and history", 0, take_state},
    {0, "memory", NULL, "keep nothing: registry and history in memory", FLAG(memory)},
    {0, "timeout", "S", "end the whole run after S seconds, with exit class 124", 0, take_timeout},
    {0, "color", "WHEN", "auto, never or always (NO_COLOR is honoured)", 0, take_colour},
    {'q', "quiet", NULL, "no hints, no progress, no events", FLAG(quiet)},
    {'v', "verbose", NULL, "events of devices on standard error in batch, too", FLAG(verbose)},
    {0, "version", NULL, "print the version", FLAG(version)},
    {'h', "help", NULL, "print this help", FLAG(help)},
    {0, "man", NULL, "print the source of the manual page", FLAG(man)},
    {0},
};

static const struct syn_option_row *row_by_letter(char letter)
{
    for (const struct syn_option_row *row = syn_option_rows; row->take; row++)
        if (row->letter == letter)
            return row;
    return NULL;
}

static const struct syn_option_row *row_by_name(const char *name, size_t size)
{
    for (const struct syn_option_row *row = syn_option_rows; row->take; row++)
        if (row->name && strncmp(row->name, name, size) == 0 && row->name[size] == '\0')
            return row;
    return NULL;
}

static int unknown(const char *word, struct syn_error *error)
{
    struct syn_suggest near = {.word = word + 2};
    syn_error_set(error, SYN_EINVAL, "no option %s", word);
    for (const struct syn_option_row *row = syn_option_rows; row->take; row++)
        if (row->name && word[1] == '-')
            syn_suggest_offer(&near, row->name);
    if (near.best && word[1] == '-')
        syn_error_hint(error, "did you mean --%s? 'synergy --help' lists the options", near.best);
    else
        syn_error_hint(error, "'synergy --help' lists the options");
    return SYN_EINVAL;
}

/* A value stands in the same word ("--state=DIR", "-cCOMMAND") or in the next one. */
static int take_value(struct syn_options *options, const struct syn_option_row *row,
                      const char *inside, char **argv, int *at, struct syn_error *error)
{
    const char *word = argv[*at];
    if (!inside && !argv[*at + 1])
        return syn_error_set(error, SYN_EINVAL, "%s needs a value (%s)", word, row->value);
    return row->take(options, row, inside ? inside : argv[++*at], error);
}

static int take_long(struct syn_options *options, char **argv, int *at, struct syn_error *error)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t size = equals ? (size_t)(equals - word) - 2 : strlen(word + 2);
    const struct syn_option_row *row = row_by_name(word + 2, size);
    if (!row)
        return unknown(word, error);
    if (row->value)
        return take_value(options, row, equals ? equals + 1 : NULL, argv, at, error);
    if (equals)
        return syn_error_set(error, SYN_EINVAL, "--%s takes no value", row->name);
    return row->take(options, row, NULL, error);
}

static int take_letters(struct syn_options *options, char **argv, int *at, struct syn_error *error)
{
    const char *word = argv[*at];
    for (const char *c = word + 1; *c; c++) {
        const struct syn_option_row *row = row_by_letter(*c);
        if (!row)
            return unknown(word, error);
        if (row->value)
            return take_value(options, row, c[1] ? c + 1 : NULL, argv, at, error);
        int status = row->take(options, row, NULL, error);
        if (status < 0)
            return status;
    }
    return 0;
}

static int standard_state(struct syn_options *options, struct syn_error *error)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int size = 0;
    if (options->console.state || options->console.memory)
        return 0;
    if (state && state[0] == '/')
        size = asprintf(&options->state, "%s/synergy", state);
    else if (home && home[0] == '/')
        size = asprintf(&options->state, "%s/.local/state/synergy", home);
    else
        return 0; /* told when something has to be kept */
    if (size < 0) {
        options->state = NULL;
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    }
    options->console.state = options->state;
    return 0;
}

int syn_options_parse(struct syn_options *options, int argc, char **argv, struct syn_error *error)
{
    int status = 0;
    bool options_end = false;
    *options = (struct syn_options){0};
    const char *no_colour = getenv("NO_COLOR");
    options->console.no_colour = no_colour && no_colour[0];
    for (int at = 1; at < argc && status == 0; at++) {
        const char *word = argv[at];
        if (options_end || word[0] != '-' || word[1] == '\0')
            status = take_source(options, word, false, error);
        else if (strcmp(word, "--") == 0)
            options_end = true;
        else if (word[1] == '-')
            status = take_long(options, argv, &at, error);
        else
            status = take_letters(options, argv, &at, error);
    }
    return status == 0 ? standard_state(options, error) : status;
}

void syn_options_clear(struct syn_options *options)
{
    free(options->sources);
    free(options->state);
    *options = (struct syn_options){0};
}

void syn_options_help(FILE *out)
{
    (void)fputs("synergy: the console for on-body AI\n\n"
                "  synergy [options]                   interactive, when stdin is a terminal\n"
                "  synergy [options] FILE...           run scripts, then exit\n"
                "  synergy [options] -c COMMAND...     run commands, then exit\n"
                "  synergy [options] < script          run commands from standard input\n\n",
                out);
    for (const struct syn_option_row *row = syn_option_rows; row->take; row++) {
        char names[40];
        (void)snprintf(names, sizeof names, "%c%c%s%s%s%s%s", row->letter ? '-' : ' ',
                       row->letter ? row->letter : ' ', row->letter && row->name ? ", " : "  ",
                       row->name ? "--" : "", row->name ? row->name : "", row->value ? " " : "",
                       row->value ? row->value : "");
        (void)fprintf(out, "  %-22s %s\n", names, row->help);
    }
    (void)fputs("\n'synergy -c help' lists the commands; the manual page is synergy(1).\n", out);
}
