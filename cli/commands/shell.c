/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the shell itself: help, version, echo, source, on, history, quit. */
#include "cli/shell/shell.h"
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "cli/shell/history.h"
#include "cli/shell/usage.h"

#include <string.h>

#define SOURCE_DEPTH_MAX 16

/* What `help WORD` is about: one command, or all verbs of a noun. */
struct help {
    cJSON *list;
    FILE *out;
    const char *noun;
    unsigned count;
};

static void show_params(cJSON *object, const char *key, const struct syn_param *params)
{
    cJSON *list = syn_show_array(object, key);
    for (const struct syn_param *p = params; p->name; p++) {
        cJSON *entry = syn_show_object(list, NULL);
        syn_show_text(entry, "name", p->name);
        syn_show_text(entry, "value", p->value);
        syn_show_text(entry, "standard", p->standard);
        syn_show_text(entry, "help", p->help);
    }
}

static int show_command(void *ctx, const struct syn_command *command)
{
    struct help *help = ctx;
    char text[400];
    if (help->noun && strcmp(command->noun, help->noun) != 0)
        return 0;
    cJSON *entry = syn_show_object(help->list, NULL);
    syn_show_text(entry, "command", syn_command_name(command, text, sizeof text));
    syn_show_text(entry, "usage", syn_usage(command, text, sizeof text));
    syn_show_text(entry, "summary", command->summary);
    show_params(entry, "arguments", command->args);
    show_params(entry, "options", command->options);
    if (help->noun && help->count++)
        (void)fputc('\n', help->out);
    if (help->noun)
        syn_usage_help(command, help->out);
    return 0;
}

static int run_help(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct help help = {.out = syn_result_stream(&console->result),
                        .list = syn_show_array(syn_result_json(&console->result), "commands")};
    const struct syn_command *command = NULL;
    const char *words[] = {syn_call_at(call, "COMMAND", 0), syn_call_at(call, "COMMAND", 1)};
    size_t count = syn_call_count(call, "COMMAND");
    if (!help.out || !help.list)
        return SYN_ENOMEM;
    if (count == 0) {
        syn_usage_list(help.out);
        (void)syn_command_each(show_command, &help);
        return 0;
    }
    help.noun = count == 1 ? syn_command_noun(words[0]) : NULL;
    if (help.noun) {
        (void)syn_command_each(show_command, &help);
        return 0;
    }
    int named = syn_command_find(words, count < 2 ? count : 2, &command, error);
    if (named < 0)
        return named;
    help.noun = command->noun;
    return show_command(&help, command);
}

static int run_version(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error)
{
    (void)call, (void)error;
    syn_show_text(syn_result_json(&console->result), "version", SYN_VERSION);
    syn_result_print(&console->result, "synergy %s\n", SYN_VERSION);
    return 0;
}

static int run_echo(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    char text[4096] = "";
    (void)error;
    for (size_t i = 0, used = 0; i < syn_call_count(call, "TEXT") && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "",
                                 syn_call_at(call, "TEXT", i));
    syn_show_text(syn_result_json(&console->result), "text", text);
    syn_result_print(&console->result, "%s\n", text);
    return 0;
}

static int run_source(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    const char *path = syn_call_text(call, "FILE");
    if (console->depth >= SOURCE_DEPTH_MAX)
        return syn_error_set(error, SYN_EINVAL, "%s: scripts are nested more than %d deep", path,
                             SOURCE_DEPTH_MAX);
    console->depth++;
    int status = syn_shell_file(console, path, error);
    console->depth--;
    console->silent = true;
    return status;
}

/* One device of `on`: its result, or its error, joins the list. */
static int run_on_one(struct syn_console *console, const struct syn_call *call, const char *device,
                      cJSON *list, struct syn_error *error)
{
    const char *words[64];
    size_t count = syn_call_count(call, "COMMAND");
    if (count > sizeof words / sizeof words[0])
        return syn_error_set(error, SYN_EINVAL, "the command has too many words");
    for (size_t i = 0; i < count; i++)
        words[i] = syn_call_at(call, "COMMAND", i);
    struct syn_error own = {0};
    syn_result_set_json(&console->result, NULL);
    int status = syn_shell_invoke(console, words, count, device, &own);
    cJSON *entry = syn_show_object(list, NULL);
    syn_show_text(entry, "device", device);
    cJSON *result = status < 0 ? syn_show_error(&own) : console->result.json;
    if (result)
        (void)cJSON_AddItemToObject(entry, status < 0 ? "error" : "result", result);
    if (status >= 0)
        console->result.json = NULL;
    if (status < 0 && error->code == 0) {
        *error = own;
        if (!error->device[0])
            syn_error_device(error, device);
    }
    return status;
}

static int run_on(struct syn_console *console, const struct syn_call *call, struct syn_error *error)
{
    char device[64];
    int first = 0;
    cJSON *results = cJSON_CreateObject(), *list = syn_show_array(results, "results");
    for (size_t i = 0; syn_call_list(call, "NAMES", i, device, sizeof device); i++) {
        syn_result_print(&console->result, "%s:\n", device);
        int status = run_on_one(console, call, device, list, error);
        first = first < 0 ? first : status;
        if (syn_console_stopped(console))
            break;
    }
    syn_result_set_json(&console->result, results);
    console->partial = true; /* what the other devices said */
    return first;
}

static int run_history(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error)
{
    (void)call, (void)error;
    cJSON *list = syn_show_array(syn_result_json(&console->result), "lines");
    if (!console->editor)
        syn_history_load(console);
    const char *line = NULL;
    for (size_t i = 0; (line = syn_history_line(i)) != NULL; i++) {
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(line));
        syn_result_print(&console->result, "%5zu  %s\n", i + 1, line);
    }
    return 0;
}

static int run_quit(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    (void)call, (void)error;
    console->quit = true;
    return 0;
}

static const struct syn_command commands[] = {
    {
        .noun = "help",
        .summary = "list the commands, or explain one",
        .args = {{.name = "COMMAND",
                  .kind = SYN_VALUE_COMMAND,
                  .flags = SYN_OPTIONAL | SYN_REST,
                  .help = "a command, or a noun for all its verbs"}},
        .run = run_help,
    },
    {.noun = "version", .summary = "show the version", .run = run_version},
    {
        .noun = "echo",
        .summary = "print a text",
        .args = {{.name = "TEXT", .flags = SYN_OPTIONAL | SYN_REST, .help = "words"}},
        .run = run_echo,
    },
    {
        .noun = "source",
        .summary = "run the commands of a file",
        .details = "Stops at the first command that fails (unless --keep-going was given), also "
                   "at the prompt.",
        .args = {{.name = "FILE", .kind = SYN_VALUE_FILE, .help = "a script"}},
        .run = run_source,
    },
    {
        .noun = "on",
        .summary = "run one command on several devices, one after the other",
        .details = "The name of each device takes the place of the command's own device argument: "
                   "'on earbud,ring device ping'.",
        .args = {{.name = "NAMES",
                  .kind = SYN_VALUE_DEVICE,
                  .flags = SYN_LIST,
                  .help = "devices, separated by commas"},
                 {.name = "COMMAND",
                  .kind = SYN_VALUE_COMMAND,
                  .flags = SYN_REST,
                  .help = "a command that is about one device, without that device"}},
        .run = run_on,
    },
    {.noun = "history", .summary = "show the lines that were typed", .run = run_history},
    {.noun = "quit", .summary = "end the console", .run = run_quit},
    {.noun = "exit", .summary = "the same as quit", .run = run_quit},
};

const struct syn_command_table syn_commands_shell = SYN_COMMAND_TABLE("The shell", commands);
