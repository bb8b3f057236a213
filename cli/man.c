/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/man.h"

#include "cli/events.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/shell/exitclass.h"
#include "cli/shell/usage.h"
#include "transports/links/driver.h"

#include <string.h>

#define LINE_MAX 72

/* What a byte is written as; NULL: as itself. */
static const char *escape_of(char c)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '"':
        return "\\(dq";
    case '-':
        return "\\-";
    default:
        return NULL;
    }
}

/* Columns of the next word in the source. */
static size_t word_width(const char *word)
{
    size_t width = 0;
    for (const char *c = word; *c && *c != ' ' && *c != '\n'; c++)
        width += escape_of(*c) ? strlen(escape_of(*c)) : 1;
    return width;
}

static size_t put(char c, FILE *out)
{
    const char *escaped = escape_of(c);
    if (escaped)
        (void)fputs(escaped, out);
    else
        (void)fputc(c, out);
    return escaped ? strlen(escaped) : 1;
}

/* One line, as it stands. */
static void put_line(const char *text, FILE *out)
{
    for (const char *c = text; *c; c++)
        (void)put(*c, out);
}

/*
 * A paragraph: lines are broken at blanks and behind sentences, as roff wants them. A dot and a
 * quote mean something at the start of a line only.
 */
static void escape(const char *text, FILE *out)
{
    size_t column = 0;
    for (const char *c = text; *c; c++) {
        if ((*c == ' ' || *c == '\n') && column > 0) {
            bool full = column + word_width(c + 1) > LINE_MAX;
            bool new_line = *c == '\n' || strchr(".!?", c[-1]) || full;
            (void)fputc(new_line ? '\n' : ' ', out);
            column = new_line ? 0 : column + 1;
            continue;
        }
        if (column == 0 && (*c == '.' || *c == '\''))
            (void)fputs("\\&", out);
        column += put(*c, out);
    }
}

static void item(const char *term, const char *text, FILE *out)
{
    (void)fputs(".It Li ", out);
    (void)fputc('"', out);
    put_line(term, out);
    (void)fputs("\"\n", out);
    escape(text, out);
    (void)fputc('\n', out);
}

static void write_options(FILE *out)
{
    (void)fputs(".Bl -tag -width Ds\n", out);
    for (const struct syn_option_row *row = syn_option_rows; row->take; row++) {
        (void)fputs(".It", out);
        if (row->letter)
            (void)fprintf(out, " Fl %c", row->letter);
        if (row->letter && row->name)
            (void)fputs(" ,", out);
        if (row->name)
            (void)fprintf(out, " Fl \\-%s", row->name);
        if (row->value)
            (void)fprintf(out, " Ar %s", row->value);
        (void)fputc('\n', out);
        escape(row->help, out);
        (void)fputs(".\n", out);
    }
    (void)fputs(".El\n", out);
}

static void add_choices(const struct syn_param *param, char *text, size_t size)
{
    for (size_t i = 0, used = strlen(text); param->choices && param->choices[i] && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s%s", i ? ", " : "\nOne of ",
                                 param->choices[i], param->choices[i + 1] ? "" : ".");
}

static void write_params(const struct syn_param *params, FILE *out)
{
    for (const struct syn_param *p = params; p->name; p++) {
        char term[120], text[400];
        (void)snprintf(term, sizeof term, "%s%s%s", p->name, p->value ? " " : "",
                       p->value ? p->value : "");
        (void)snprintf(text, sizeof text, "%s%s%s%s.", p->help ? p->help : "",
                       p->standard ? " (" : "", p->standard ? p->standard : "",
                       p->standard ? ")" : "");
        add_choices(p, text, sizeof text);
        item(term, text, out);
    }
}

static void write_command(const struct syn_command *command, FILE *out)
{
    char usage[400];
    item(syn_usage(command, usage, sizeof usage), command->summary, out);
    if (command->details) {
        (void)fputs(".Pp\n", out);
        escape(command->details, out);
        (void)fputc('\n', out);
    }
    if (!command->args[0].name && !command->options[0].name)
        return;
    (void)fputs(".Bl -tag -width Ds -compact\n", out);
    write_params(command->args, out);
    write_params(command->options, out);
    (void)fputs(".El\n", out);
}

static void write_commands(FILE *out)
{
    for (size_t t = 0; syn_command_tables[t]; t++) {
        const struct syn_command_table *table = syn_command_tables[t];
        if (syn_command_begins(t))
            (void)fprintf(out, ".Ss %s\n", table->title);
        (void)fputs(".Bl -tag -width Ds\n", out);
        for (size_t i = 0; i < table->count; i++)
            write_command(&table->commands[i], out);
        (void)fputs(".El\n", out);
    }
}

static void write_connections(FILE *out)
{
    (void)fputs(".Sh CONNECTIONS\nWhat a URI of the command\n.Ic connect\nmay be, beside\n"
                ".Li sim : .\n.Bl -tag -width Ds\n",
                out);
    for (const struct syn_link_driver *const *d = syn_link_drivers; *d; d++)
        item((*d)->usage, (*d)->help, out);
    (void)fputs(".El\n", out);
}

static void write_settings(FILE *out)
{
    (void)fputs(".Sh SETTINGS\n.Bl -tag -width Ds\n", out);
    write_params(syn_setting_params, out);
    (void)fputs(".El\n", out);
}

static void write_events(FILE *out)
{
    (void)fputs(".Sh EVENTS\nWhat the command\n.Ic wait\nmay wait for.\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < SYN_EVENT_COUNT; i++)
        item(syn_event_names[i], syn_event_help[i], out);
    (void)fputs(".El\n", out);
}

static void write_exit_classes(FILE *out)
{
    (void)fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
    for (const struct syn_exit_meaning *m = syn_exit_meanings; m->meaning; m++) {
        (void)fprintf(out, ".It %d\n", (int)m->exit);
        escape(m->meaning, out);
        (void)fputs(".\n", out);
    }
    (void)fputs(".El\n", out);
}

static void write_head(FILE *out)
{
    (void)fputs(".\\\" Made by synergy --man\n"
                ".Dd $Mdocdate$\n"
                ".Dt SYNERGY 1\n"
                ".Os\n"
                ".Sh NAME\n"
                ".Nm synergy\n"
                ".Nd the console for on-body AI\n"
                ".Sh SYNOPSIS\n"
                ".Nm\n"
                ".Op Ar options\n"
                ".Op Ar\n",
                out);
}

static void write_description(FILE *out)
{
    (void)fputs(".Sh DESCRIPTION\n"
                "A person wears several devices, each with a tiny AI accelerator.\n"
                ".Nm\n"
                "connects to them, searches for the plan that lets all apps run together best,\n"
                "deploys it to all devices or to none, runs it, and shows what is measured beside\n"
                "what was predicted.\n"
                ".Pp\n"
                "Without\n"
                ".Ar file\n"
                "and\n"
                ".Fl c\n"
                "it reads commands from a prompt when standard input is a terminal, else from\n"
                "standard input.\n"
                "A script stops at the first command that fails and says\n"
                ".Dq file:line: command: what went wrong\n"
                "on standard error.\n"
                ".Pp\n"
                "A command is a line of words; several stand on one line with\n"
                ".Ql \\&;\n"
                "between them.\n"
                "Quotes and backslashes work as in the shell, a word that begins with\n"
                ".Ql #\n"
                "begins a comment, and a backslash at the end of a line joins the next one.\n"
                "Nouns, verbs and options may be abbreviated where only one fits.\n"
                "Times are written as 2, 250ms, 1m or 1h.\n",
                out);
}

static void write_surroundings(FILE *out)
{
    (void)fputs(".Sh ENVIRONMENT\n"
                ".Bl -tag -width Ds\n"
                ".It Ev XDG_STATE_HOME\n"
                "Where the state folder is made.\n"
                ".It Ev NO_COLOR\n"
                "When set, no colours.\n"
                ".El\n"
                ".Sh FILES\n"
                ".Bl -tag -width Ds\n"
                ".It Pa ~/.local/state/synergy/registry.db\n"
                "Devices, models, apps, plans and settings.\n"
                ".It Pa ~/.local/state/synergy/history\n"
                "Lines that were typed.\n"
                ".El\n",
                out);
}

static void write_examples(FILE *out)
{
    (void)fputs(".Sh EXAMPLES\n"
                "Four virtual wearables, a plan by every planner, ten seconds of the best one:\n"
                ".Bd -literal -offset indent\n"
                "synergy scripts/lab/max78000.syn \\e\n"
                "    -c 'model zoo ConvNet5 ResSimpleNet UNet' \\e\n"
                "    -c 'app add scripts/apps/w1.json' \\e\n"
                "    -c 'plan search --planner all' -c deploy -c 'run --for 10s'\n"
                ".Ed\n"
                ".Sh SEE ALSO\n"
                ".Xr synergy-agent 1 ,\n"
                ".Xr synergy-planners 7\n",
                out);
}

void syn_man_write(FILE *out)
{
    write_head(out);
    write_description(out);
    (void)fputs(".Sh OPTIONS\n", out);
    write_options(out);
    (void)fputs(".Sh COMMANDS\n", out);
    write_commands(out);
    write_connections(out);
    write_settings(out);
    write_events(out);
    write_surroundings(out);
    write_exit_classes(out);
    write_examples(out);
}
