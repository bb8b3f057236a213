/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/usage.h"

#include <string.h>

#define INDENT 24 /* columns in front of what a parameter or command is said to be */
#define WIDTH  88 /* of a usage that is printed */

const char *syn_usage_param(const struct syn_param *param, bool option, char *text, size_t size)
{
    bool optional = option || (param->flags & SYN_OPTIONAL);
    bool many = (param->flags & (SYN_MANY | SYN_REST)) != 0;
    (void)snprintf(text, size, "%s%s%s%s%s%s", optional ? "[" : "", param->name,
                   param->value ? " " : "", param->value ? param->value : "", many ? "..." : "",
                   optional ? "]" : "");
    return text;
}

static void append(char *text, size_t size, const struct syn_param *params, bool options)
{
    char one[80];
    for (size_t i = 0; params[i].name; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, size - used, " %s",
                       syn_usage_param(&params[i], options, one, sizeof one));
    }
}

const char *syn_usage(const struct syn_command *command, char *text, size_t size)
{
    (void)syn_command_name(command, text, size);
    append(text, size, command->args, false);
    append(text, size, command->options, true);
    return text;
}

static void print_choices(const struct syn_param *param, FILE *out)
{
    if (!param->choices)
        return;
    (void)fprintf(out, "%*s", INDENT + 2, "");
    for (size_t i = 0; param->choices[i]; i++)
        (void)fprintf(out, "%s%s", i ? ", " : "one of ", param->choices[i]);
    (void)fputc('\n', out);
}

static void print_param(const struct syn_param *param, FILE *out)
{
    char name[80];
    (void)snprintf(name, sizeof name, "%s%s%s", param->name, param->value ? " " : "",
                   param->value ? param->value : "");
    (void)fprintf(out, "  %-*s", INDENT, name);
    if (strlen(name) >= INDENT)
        (void)fprintf(out, "\n  %*s", INDENT, "");
    (void)fputs(param->help ? param->help : "", out);
    if (param->standard)
        (void)fprintf(out, " (%s)", param->standard);
    (void)fputc('\n', out);
    print_choices(param, out);
}

/* Words of a usage: a blank inside brackets belongs to one. */
static size_t word_length(const char *text)
{
    int depth = 0;
    size_t i = 0;
    for (; text[i] && (text[i] != ' ' || depth > 0); i++)
        depth += (text[i] == '[') - (text[i] == ']');
    return i;
}

static void print_usage(const char *usage, FILE *out)
{
    size_t column = 0;
    for (const char *word = usage; *word; word += strspn(word, " ")) {
        const size_t length = word_length(word);
        const bool wraps = column > 0 && column + 1 + length > WIDTH;
        (void)fprintf(out, "%s%.*s", wraps ? "\n        " : column ? " " : "", (int)length, word);
        column = (wraps ? 8 : column + (column > 0)) + length;
        word += length;
    }
    (void)fputc('\n', out);
}

void syn_usage_help(const struct syn_command *command, FILE *out)
{
    char usage[512];
    print_usage(syn_usage(command, usage, sizeof usage), out);
    (void)fprintf(out, "    %s\n", command->summary);
    if (command->args[0].name || command->options[0].name)
        (void)fputc('\n', out);
    for (size_t i = 0; command->args[i].name; i++)
        print_param(&command->args[i], out);
    for (size_t i = 0; command->options[i].name; i++)
        print_param(&command->options[i], out);
    if (command->details)
        (void)fprintf(out, "\n%s\n", command->details);
}

void syn_usage_list(FILE *out)
{
    char name[64];
    for (size_t t = 0; syn_command_tables[t]; t++) {
        const struct syn_command_table *table = syn_command_tables[t];
        if (syn_command_begins(t))
            (void)fprintf(out, "%s%s\n", t ? "\n" : "", table->title);
        for (size_t i = 0; i < table->count; i++)
            (void)fprintf(out, "  %-*s%s\n", INDENT,
                          syn_command_name(&table->commands[i], name, sizeof name),
                          table->commands[i].summary);
    }
}
