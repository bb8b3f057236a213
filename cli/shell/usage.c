/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/usage.h"

#include <string.h>

#define INDENT 24 /* columns in front of what a parameter or command is said to be */

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
    (void)fprintf(out, "  %-*s%s", INDENT, name, param->help ? param->help : "");
    if (param->standard)
        (void)fprintf(out, " (%s)", param->standard);
    (void)fputc('\n', out);
    print_choices(param, out);
}

void syn_usage_help(const struct syn_command *command, FILE *out)
{
    char usage[400];
    (void)fprintf(out, "%s\n    %s\n", syn_usage(command, usage, sizeof usage), command->summary);
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
