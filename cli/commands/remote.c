/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `shell`: the shell that a device has itself. */
#include "cli/commands/commands.h"
#include "cli/fleet/smp.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "transports/client/shell.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 32 };

/* Line by line, as terminals need it: without carriage returns and control characters. */
static void print(struct syn_console *console, const char *text)
{
    char line[512], clean[512];
    while (*text) {
        size_t n = strcspn(text, "\r\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)n, text);
        syn_text_clean(clean, sizeof clean, line);
        syn_result_print(&console->result, "%s\n", clean);
        text += n;
        text += *text == '\r';
        text += *text == '\n';
    }
}

/* What it printed is the reason; in JSON there is one object for a command: the error. */
static int failed(struct syn_console *console, const struct syn_member *member,
                  const struct syn_shell_output *output, struct syn_error *error)
{
    char clean[256];
    bool json = syn_console_json(console);
    syn_text_clean(clean, sizeof clean, output->text);
    if (!json)
        syn_console_emit(console);
    syn_error_set(error, SYN_EDEVICE, "the command returned %d%s%s", (int)output->status,
                  json && clean[0] ? ": " : "", json ? clean : "");
    syn_error_device(error, member->name);
    return SYN_EDEVICE;
}

static int show(struct syn_console *console, const struct syn_member *member,
                const struct syn_shell_output *output, struct syn_error *error)
{
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "device", member->name);
    syn_show_text(json, "output", output->text);
    syn_show_integer(json, "status", output->status);
    print(console, output->text);
    return output->status == 0 ? 0 : failed(console, member, output, error);
}

static int run_shell(struct syn_console *console, const struct syn_call *call,
                     struct syn_error *error)
{
    const char *words[WORDS_MAX];
    size_t count = syn_call_count(call, "CMD");
    struct syn_member *member;
    if (count > WORDS_MAX)
        return syn_error_set(error, SYN_EINVAL, "more than %d words", WORDS_MAX);
    for (size_t i = 0; i < count; i++)
        words[i] = syn_call_at(call, "CMD", i);
    int rc = syn_smp_member(console, syn_call_text(call, "NAME"), &member, error);
    struct syn_smp_call *ask = rc == 0 ? syn_smp_call_new(member, error) : NULL;
    if (!ask)
        return error->code;
    int started = syn_session_shell(member->session, words, count, syn_operation_done, &ask->op);
    rc = started == SYN_EINVAL
             ? syn_error_set(error, started, "the command does not fit into a message of %s",
                             member->name)
             : syn_smp_call_wait(ask, member, started, "shell", error);
    if (rc == 0)
        rc = show(console, member, &ask->answer.shell, error);
    free(ask);
    return rc;
}

static const struct syn_command commands[] = {
    {
        .noun = "shell",
        .summary = "run a command in a device's own shell",
        .details = "The words are handed over as they are. A command that returns another number "
                   "than 0 fails.",
        .args = {{.name = "NAME", .kind = SYN_VALUE_DEVICE, .help = "the device"},
                 {.name = "CMD",
                  .flags = SYN_MANY | SYN_REST,
                  .help = "the command and its arguments"}},
        .run = run_shell,
    },
};

const struct syn_command_table syn_commands_remote = SYN_COMMAND_TABLE("Any SMP device", commands);
