/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/shell.h"

#include "cli/output/show.h"
#include "cli/output/terminal.h"
#include "cli/shell/call.h"
#include "cli/shell/editor.h"
#include "cli/shell/history.h"
#include "cli/shell/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void report_place(const struct syn_error *error, FILE *out)
{
    if (error->device[0])
        (void)fprintf(out, "%s: ", error->device);
    if (error->file[0])
        (void)fprintf(out, "%s:", error->file);
    if (error->file[0] && error->line > 0)
        (void)fprintf(out, "%d:", error->line);
    if (error->file[0] && error->line > 0 && error->column > 0)
        (void)fprintf(out, "%d:", error->column);
    if (error->file[0])
        (void)fputc(' ', out);
}

void syn_shell_report(struct syn_console *console, const struct syn_place *place, const char *what,
                      const struct syn_error *error)
{
    FILE *out = console->err;
    bool colour = syn_console_colour(console, true);
    if (console->options->json) {
        cJSON *object = console->partial ? cJSON_Duplicate(console->result.json, 1) : NULL;
        if (!object)
            object = cJSON_CreateObject();
        if (object && cJSON_AddItemToObject(object, "error", syn_show_error(error)))
            syn_show_write(object, console->out);
        cJSON_Delete(object);
    }
    (void)fflush(console->out);
    if (console->editor && console->stop == SYN_STOP_INTERRUPT)
        (void)fputc('\n', out); /* behind the ^C of the terminal */
    if (place->file)
        (void)fprintf(out, "%s:%d: ", place->file, place->line);
    if (what)
        (void)fprintf(out, "%s: ", what);
    (void)fputs(colour ? "\033[31m" : "", out);
    report_place(error, out);
    (void)fprintf(out, "%s%s\n", error->message, colour ? "\033[0m" : "");
    if (error->hint[0] && !console->options->quiet)
        (void)fprintf(out, "  hint: %s\n", error->hint);
    (void)fflush(out);
}

static bool wants_help(const char *const *words, size_t count, size_t named)
{
    return count == named + 1 && strcmp(words[named], "--help") == 0;
}

static int show_help(struct syn_console *console, const struct syn_command *command)
{
    FILE *out = syn_result_stream(&console->result);
    if (out)
        syn_usage_help(command, out);
    return out ? 0 : SYN_ENOMEM;
}

static int run(struct syn_console *console, const struct syn_command *command,
               const struct syn_call *call, struct syn_error *error)
{
    console->commands++;
    int status = command->run(console, call, error);
    if (status < 0 && error->code == 0)
        syn_error_set(error, status, "%s", syn_errno_text(status));
    return status;
}

int syn_shell_invoke(struct syn_console *console, const char *const *words, size_t count,
                     const char *device, struct syn_error *error)
{
    const struct syn_command *command = NULL;
    struct syn_call *call = NULL;
    int named = syn_command_find(words, count, &command, error);
    if (named < 0)
        return named;
    if (wants_help(words, count, (size_t)named))
        return show_help(console, command);
    int status =
        syn_call_parse(&call, command, words + named, count - (size_t)named, device, error);
    if (status == 0 && syn_call_resolve(call, console) < 0)
        status = syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (status == 0)
        status = run(console, command, call, error);
    syn_call_free(call);
    return status;
}

/* A full disk or a reader that went away must not look like success. */
static int print_result(struct syn_console *console, struct syn_error *error)
{
    errno = 0;
    if (!console->silent)
        syn_result_write(&console->result, console->options->json, console->out);
    if (!ferror(console->out))
        return 0;
    int reason = errno;
    clearerr(console->out);
    return syn_error_os(error, reason ? reason : EIO, "standard output");
}

/* "device ping" of the words as they were meant, the first word where they mean nothing. */
static const char *name_of(const char *const *words, size_t count, char *text, size_t size)
{
    const struct syn_command *command = NULL;
    if (syn_command_find(words, count, &command, NULL) > 0)
        return syn_command_name(command, text, size);
    return count ? words[0] : NULL;
}

int syn_shell_command(struct syn_console *console, const char *const *words, size_t count,
                      const struct syn_place *place)
{
    struct syn_error error = {0};
    char name[64];
    bool limited = console->out_terminal;
    syn_console_rest(console);
    syn_result_init(&console->result, syn_console_colour(console, false),
                    limited ? syn_terminal_width(STDOUT_FILENO) : 0);
    console->silent = console->reported = console->partial = false;
    int status = syn_shell_invoke(console, words, count, NULL, &error);
    if (status >= 0)
        status = print_result(console, &error);
    if (status < 0 && console->partial && !console->options->json)
        syn_result_write(&console->result, 0, console->out);
    if (status < 0 && !console->reported)
        syn_shell_report(console, place, name_of(words, count, name, sizeof name), &error);
    syn_result_clear(&console->result);
    console->reported = status < 0;
    return status;
}

/* Completion leaves a blank behind the last word. */
static void trim(char *line)
{
    size_t size = strlen(line);
    while (size > 0 && line[size - 1] == ' ')
        line[--size] = '\0';
}

int syn_shell_interactive(struct syn_console *console)
{
    struct syn_error error = {0};
    const struct syn_place place = {.file = NULL};
    char *line = NULL;
    int status = syn_editor_new(&console->editor, console, &error);
    if (status < 0) {
        syn_shell_report(console, &place, NULL, &error);
        return status;
    }
    while (!console->quit && syn_editor_read(console->editor, &line) > 0) {
        trim(line);
        syn_history_add(console, line);
        (void)syn_shell_text(console, NULL, line, strlen(line));
        free(line);
        syn_console_resume(console);
    }
    syn_editor_free(console->editor);
    console->editor = NULL;
    return 0;
}
